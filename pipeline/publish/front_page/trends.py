"""How the registers have done over the last two years, as charts: coverage by month of birth, timeliness by period.

Belongs here: the numbers of the trends. Does not: how a chart is drawn (`publish/charts.py`).
"""

from __future__ import annotations

import datetime as dt

import duckdb

from pipeline.checks.vocabulary import Label
from pipeline.contracts import load_feeds
from pipeline.publish.charts import Line, lines

Charts = tuple[dict[str, str], ...]
MONTHS = 24
# of coverage a month with fewer children due says nothing yet
FEWEST_DUE = 5

_COVERAGE = """
    SELECT register, birth_month, sum(children_held) / sum(children_due)
    FROM marts.register_coverage WHERE birth_month >= $first
    GROUP BY ALL HAVING sum(children_due) >= $fewest ORDER BY ALL
"""
_TIMELINESS = """
    SELECT feed, period, count(*) FILTER (status IN ('on_time', 'nil_on_time')) / count(*)
    FROM accountability.obligations WHERE status <> 'not_due' AND length(period) = 7 AND period >= $first
    GROUP BY ALL ORDER BY ALL
"""


def first_month(as_of: dt.date) -> str:
    """The first of the months that the charts show."""
    month = as_of.year * 12 + as_of.month - 1 - MONTHS
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def coverage_charts(con: duckdb.DuckDBPyConnection, as_of: dt.date) -> Charts:
    """A picture a register, by language; none where no child is due yet."""
    return _charts(con, _COVERAGE, {"first": first_month(as_of), "fewest": FEWEST_DUE})


def timeliness_charts(con: duckdb.DuckDBPyConnection, as_of: dt.date) -> Charts:
    """A picture a register, by language; none where no month is due yet."""
    return _charts(con, _TIMELINESS, {"first": first_month(as_of)})


def _charts(con: duckdb.DuckDBPyConnection, sql: str, values: dict) -> Charts:
    found: dict[str, list[tuple[str, float]]] = {}
    for feed, month, share in con.execute(sql, values).fetchall():
        found.setdefault(feed, []).append((month, share))
    feeds = load_feeds()
    return lines([Line(Label(feeds[feed].zh, feed.replace("_", " ")), tuple(points)) for feed, points in found.items()])
