"""What a unit's own date may mean, of which day and month are not certain: both days, for its eyes alone.

Belongs here: finding the cells, and their two days in words. Does not: the codes' own sentences (`expectations/`),
which receipts show too and which hold no cell of anybody's.
"""

from __future__ import annotations

import duckdb

from pipeline.casework.feedback.labels import words
from pipeline.checks.vocabulary import AMBIGUOUS_DATES
from pipeline.contracts import load_feeds
from pipeline.contracts.dates import two_meanings

# a cell by its revision, row and column
Cell = tuple[int, int, str]


def both_days(con: duckdb.DuckDBPyConnection) -> dict[Cell, str]:
    """By cell of the current content, a line in both languages that names the two days that it may mean."""
    columns = con.execute(
        """
        SELECT DISTINCT c.feed, f.column_name FROM checks.row_findings AS f
        JOIN checks.current_revisions AS c USING (revision_id)
        WHERE f.code IN (SELECT unnest(?)) ORDER BY ALL
        """,
        [list(AMBIGUOUS_DATES)],
    ).fetchall()
    found = {}
    for feed, column in columns:
        cells = con.execute(
            f"""
            SELECT f.revision_id, f.row_no, raw."{column}" FROM checks.row_findings AS f
            JOIN {load_feeds()[feed].raw_table} AS raw USING (revision_id, row_no)
            WHERE f.column_name = ? AND f.code IN (SELECT unnest(?))
            """,
            [column, list(AMBIGUOUS_DATES)],
        ).fetchall()
        for revision_id, row_no, text in cells:
            if days := two_meanings(text):
                found[revision_id, row_no, column] = _line(*(day.isoformat() for day in days))
    return found


def _line(one: str, other: str) -> str:
    text = words()["two_meanings"]
    return f"{text['zh']}\n{text['en']}".format(one=one, other=other)
