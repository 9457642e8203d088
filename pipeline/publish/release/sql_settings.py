"""What SQL after linkage needs of the county's settings, as a table.

Belongs here: which settings dbt models read. Does not: their meaning and defaults (`pipeline/home.py`).
"""

from __future__ import annotations

import duckdb

from pipeline.home import Home
from pipeline.warehouse import transaction


def write_settings(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Write `publish.settings` anew."""
    linkage, gaps = home.settings.linkage, home.settings.gaps
    rows = [
        ("review_low", linkage.review_low),
        ("review_high", linkage.review_high),
        ("gap_sole_spread", gaps.sole_spread),
        ("gap_sole_allowance", gaps.sole_allowance),
        ("gap_prior_children", gaps.prior_children),
        ("gap_usual_omitted_share", gaps.usual_omitted_share),
        ("gap_infant_deaths", gaps.infant_deaths_per_1000 / 1000),
    ]
    with transaction(con):
        con.execute("DELETE FROM publish.settings")
        con.executemany("INSERT INTO publish.settings VALUES (?, ?)", rows)
