"""The links as a file: which record is which child's.

Belongs here: the export. Does not: how links are made.
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

from pipeline.errors import UsageError
from pipeline.whole_files import RESTRICTED_MODE

COLUMNS = ("feed", "record_no", "unit_code", "period", "child_id")


def export_links(con: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Write `linkage.child_records` as CSV (UTF-8, LF, header), sorted: the same links give the same bytes.

    Args:
        con: the warehouse, in use.
        path: the file; replaced whole.

    Returns:
        the number of records.

    Raises:
        UsageError: the file's folder is not there.
    """
    if not path.parent.is_dir():
        raise UsageError(f"The folder {path.parent} does not exist.", "Make it, or name a file in another folder.")
    columns = ", ".join(COLUMNS)
    beside = path.with_name(f".{path.name}.part")
    rows = f"SELECT {columns} FROM linkage.child_records ORDER BY {columns}"
    quoted = str(beside).replace("'", "''")
    con.execute(f"COPY ({rows}) TO '{quoted}' (FORMAT csv, HEADER true, DELIMITER ',')")
    os.chmod(beside, RESTRICTED_MODE)
    os.replace(beside, path)
    return con.execute("SELECT count(*) FROM linkage.child_records").fetchall()[0][0]
