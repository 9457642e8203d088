"""Writing rows to the warehouse: the one way for tuples, and the one for frames.

Belongs here: insertion only; transactions are the caller's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    import pandas as pd


def insert_rows(con: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Sequence[Any]]) -> int:
    """Insert tuples in the table's order of columns, in one statement; returns how many."""
    columns = list(zip(*rows, strict=True))
    if not columns:
        return 0
    types = [kind for _, kind, *_ in con.execute(f"DESCRIBE {table}").fetchall()]
    cells = ", ".join(f"unnest(?::{kind}[])" for kind in types)
    con.execute(f"INSERT INTO {table} SELECT {cells}", [list(column) for column in columns])
    return len(columns[0])


def insert_frame(con: duckdb.DuckDBPyConnection, table: str, frame: pd.DataFrame) -> None:
    """Insert a frame by the names of its columns."""
    if len(frame):
        con.register("frame_to_insert", frame)
        con.execute(f"INSERT INTO {table} BY NAME SELECT * FROM frame_to_insert")
        con.unregister("frame_to_insert")
