"""What SQL after linkage needs of the county's settings, as a table.

Belongs here: which settings dbt models read. Does not: their meaning and defaults (`pipeline/home.py`).
"""

from __future__ import annotations

import duckdb

from pipeline.home import Home
from pipeline.warehouse import transaction


def write_settings(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Write `publish.settings` anew."""
    linkage = home.settings.linkage
    rows = [("review_low", linkage.review_low), ("review_high", linkage.review_high)]
    with transaction(con):
        con.execute("DELETE FROM publish.settings")
        con.executemany("INSERT INTO publish.settings VALUES (?, ?)", rows)
