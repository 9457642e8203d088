"""What a unit is told of being critical: in which feed and period, since when, and until when it may reply.

Belongs here: reading it from the grades, and its lines. Does not: what makes an obligation critical
(`accountability.grades`), or noting that the unit was told (`publish.replies`, which the night joins with this).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from pipeline.casework.feedback.labels import both, feed_name, words


@dataclass(frozen=True)
class Critical:
    """An obligation that is critical, since the night's day that first found it so."""

    unit_code: str
    feed: str
    period: str
    since: dt.date

    @property
    def month(self) -> str:
        """The month that telling the unit is noted for: the period's own; of a year, its first."""
        return self.period if "-" in self.period else f"{self.period}-01"


def critical_obligations(con: duckdb.DuckDBPyConnection, since: tuple[str, str]) -> list[Critical]:
    """What stands as critical in the periods that are told of, in order.

    Args:
        since: the first month and the first year that are told of.
    """
    rows = con.execute(
        """
        SELECT unit_code, feed, period, critical_since FROM accountability.grades
        WHERE is_critical AND period >= CASE length(period) WHEN 4 THEN $year ELSE $month END
        ORDER BY ALL
        """,
        {"month": since[0], "year": since[1]},
    ).fetchall()
    return [Critical(*row) for row in rows]


def months_told(critical: list[Critical]) -> dict[str, set[str]]:
    """By unit, the months that it is told of."""
    found: dict[str, set[str]] = defaultdict(set)
    for one in critical:
        found[one.unit_code].add(one.month)
    return dict(sorted(found.items()))


def critical_line(one: Critical, reply_until: Mapping[tuple[str, str], dt.date]) -> tuple[str, ...]:
    """A line of the unit's sheet: feed, period, since when, the last day for a reply, what it means."""
    until = reply_until.get((one.unit_code, one.month))
    days = (one.since.isoformat(), until.isoformat() if until else "")
    return feed_name(one.feed), one.period, *days, both(words()["critical"])
