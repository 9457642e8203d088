"""How punctually units reported, month by month: numbers of submissions, which tell of no person.

Belongs here: the numbers of trends that more than one page draws. Does not: how a chart is drawn
(`publish/charts.py`), or trends of children, which pass disclosure control.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from pipeline.publish.charts import Line
from pipeline.publish.registers import register_label

_PUNCTUALITY = """
    SELECT
        unit_code, feed, period,
        count(*) AS owed,
        count(*) FILTER (status IN ('on_time', 'nil_on_time')) AS on_time
    FROM marts.submissions
    WHERE status <> 'not_due' AND length(period) = 7 AND period BETWEEN $first AND $last
    GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True)
class Punctuality:
    """What a unit owed a register for a month: how many submissions were due, and how many of them came on time."""

    unit_code: str
    feed: str
    period: str
    owed: int
    on_time: int


def read_punctuality(con: duckdb.DuckDBPyConnection, first: str, last: str) -> list[Punctuality]:
    """All that was due for the months from `first` to `last` (`YYYY-MM`), by unit, feed and month."""
    return [Punctuality(*row) for row in con.execute(_PUNCTUALITY, {"first": first, "last": last}).fetchall()]


def timeliness_lines(owed: Iterable[Punctuality]) -> list[Line]:
    """The share that came on time, a trend a register; none where no month is due yet."""
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for one in owed:
        due, on_time = sums.get((one.feed, one.period), (0, 0))
        sums[one.feed, one.period] = (due + one.owed, on_time + one.on_time)
    return share_lines((feed, period, on_time / due) for (feed, period), (due, on_time) in sorted(sums.items()))


def share_lines(shares: Iterable[tuple[str, str, float]]) -> list[Line]:
    """Shares by register and month, in order, as a trend a register."""
    found: dict[str, list[tuple[str, float]]] = {}
    for feed, month, share in shares:
        found.setdefault(feed, []).append((month, share))
    return [Line(register_label(feed), tuple(points)) for feed, points in found.items()]
