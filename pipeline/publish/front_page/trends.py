"""How the registers have covered children over the last two years, by month of birth, for the office's own page.

Belongs here: the numbers of children in trends, which do not leave the office. Does not: how punctually units reported
(`publish/trends.py`), or how a chart is drawn (`publish/charts.py`).
"""

from __future__ import annotations

import datetime as dt

import duckdb

from pipeline.accountability.obligations.calendar import month_after, month_of
from pipeline.publish.charts import Line
from pipeline.publish.trends import share_lines

MONTHS = 24
# of coverage a month with fewer children due says nothing yet
FEWEST_DUE = 5

_COVERAGE = """
    SELECT register, birth_month, sum(children_held) / sum(children_due)
    FROM marts.register_coverage WHERE birth_month >= $first
    GROUP BY ALL HAVING sum(children_due) >= $fewest ORDER BY ALL
"""


def first_month(as_of: dt.date) -> str:
    """The first of the months that the charts show."""
    return month_of(month_after(as_of.replace(day=1), -MONTHS))


def last_month(as_of: dt.date) -> str:
    """The last of the months that the charts show: the day's own."""
    return month_of(as_of.replace(day=1))


def coverage_lines(con: duckdb.DuckDBPyConnection, as_of: dt.date) -> list[Line]:
    """A trend a register; none where no child is due yet."""
    return share_lines(con.execute(_COVERAGE, {"first": first_month(as_of), "fewest": FEWEST_DUE}).fetchall())
