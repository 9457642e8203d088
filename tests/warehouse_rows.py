"""Rows in a warehouse as intake and checks leave them, for tests of what comes after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from pipeline.contracts import load_feeds
from pipeline.intake.loading import make_raw_tables

ARRIVED = "2024-02-03 10:00:00+08"


def _insert(con: duckdb.DuckDBPyConnection, table: str, row: Mapping[str, object]) -> None:
    marks = ", ".join("?" * len(row))
    con.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))


def add_receipt(con: duckdb.DuckDBPyConnection, revision_id: int, feed: str, reading_no: int) -> None:
    """Say that a revision's file was read, by the ledger's entry `reading_no`."""
    con.execute("DELETE FROM intake.receipts WHERE receipt_no = ?", [revision_id])
    receipt = {"receipt_no": revision_id, "reading_no": reading_no, "feed": feed, "file_name": f"{feed}_202401.csv"}
    receipt |= {"unit_code": "clinic-100", "period": "2024-01", "file_bytes": 1, "arrived_at": ARRIVED, "notes": []}
    receipt |= {"is_supplement": False, "outcome": "parsed", "row_count": 1, "blanked_cells": 0, "is_loaded": True}
    _insert(con, "intake.receipts", receipt | {"ignored_headers": [], "refused_headers": []})


def add_revision(
    con: duckdb.DuckDBPyConnection,
    revision_id: int,
    feed: str,
    rows: Sequence[Mapping[str, str]],
    *,
    is_current: bool = True,
) -> None:
    """Put an accepted revision of clinic-100 for January 2024 into the warehouse."""
    make_raw_tables(con)
    for row_no, row in enumerate(rows, start=1):
        keys = {"revision_id": revision_id, "row_no": row_no, "line": row_no + 1, "is_misfit": False}
        _insert(con, load_feeds()[feed].raw_table, keys | dict(row))
    add_receipt(con, revision_id, feed, revision_id)
    state = {"revision_id": revision_id, "unit_code": "clinic-100", "feed": feed, "period": "2024-01"}
    state |= {"revision": revision_id, "state": "accepted", "first_state": "accepted", "is_current": is_current}
    state |= {"row_count": len(rows), "set_aside_count": 0, "arrived_at": ARRIVED}
    _insert(con, "checks.submission_states", state)
