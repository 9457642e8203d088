"""What stands out on the night that a submission comes: far more or fewer rows than before, or another month's file.

Belongs here: these two looks at what arrived since the last night. Does not: rates over a trailing window
(`scorecards.py`), or what a check found in single rows. Both are questions to the unit, not verdicts: a campaign or a
closed ward changes a month's numbers too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
from scipy import stats

from pipeline.settings.accountability import ArrivalSettings
from pipeline.statements import Statements

_STATEMENTS = Statements(__file__)
OUTSIDE_ITS_PERIOD = "event_outside_period"


@dataclass(frozen=True)
class Arrival:
    """A submission that arrived since, and what is odd about it.

    Attributes:
        rows: rows of its current content.
        usual: mean of its unit's earlier periods for a sudden change; None for a file of another month.
        share_outside: share of its events outside its period; None for a sudden change.
    """

    unit_code: str
    feed: str
    period: str
    rows: int
    usual: float | None = None
    share_outside: float | None = None


def two_sided_p(rows: int, history: Sequence[int]) -> float:
    """How likely so many rows, or fewer (or more), are after such a history.

    The history is a sample of a negative binomial distribution by its moments; with the uncertainty of its mean in the
    variance, so that a short history lets more pass. A month of nothing but zeros is taken to have held half a row.

    Args:
        rows: rows of the period.
        history: rows of earlier periods, at least two.

    Returns:
        the two-sided probability, twice the smaller tail, at most 1.
    """
    values = np.asarray(history, dtype=float)
    mean = max(float(values.mean()), 0.5)
    spread = max(float(values.var(ddof=1)), mean)
    variance = spread * (1 + 1 / len(values))
    size = mean**2 / max(variance - mean, 1e-9)
    counts = stats.nbinom(size, size / (size + mean))
    return float(min(1.0, 2 * min(counts.cdf(rows), counts.sf(rows - 1))))


def sudden_changes(
    con: duckdb.DuckDBPyConnection, settings: ArrivalSettings, since: dt.datetime | None
) -> list[Arrival]:
    """Submissions whose content arrived since an instant and whose rows are far from their unit's own history.

    Args:
        since: the end of the last night's day; None looks at each unit's last period only.
    """
    rows = con.execute(
        _STATEMENTS["sudden_changes"],
        {"periods": settings.history_periods, "least": settings.history_minimum, "since": since},
    ).fetchall()
    return [
        Arrival(unit, feed, period, count, usual=float(np.mean(history)))
        for unit, feed, period, count, history, _ in rows
        if two_sided_p(count, history) < settings.sudden_change_level
    ]


def other_months(con: duckdb.DuckDBPyConnection, settings: ArrivalSettings, since: dt.datetime | None) -> list[Arrival]:
    """Submissions that arrived since an instant and whose events mostly lie outside the period they were sent for."""
    rows = con.execute(
        _STATEMENTS["other_months"],
        {
            "code": OUTSIDE_ITS_PERIOD,
            "least": settings.other_month_minimum,
            "share": settings.other_month_share,
            "since": since,
        },
    ).fetchall()
    return [Arrival(unit, feed, period, count, share_outside=share) for unit, feed, period, count, share in rows]
