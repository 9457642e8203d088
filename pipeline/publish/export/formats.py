"""A table as a file: Parquet, CSV or a workbook. One writer each; the registry says which there are.

Belongs here: how a value is written in a format. Does not: which tables, or where the files go (`export/write.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.publish.export.tables import INSTANT, Field, Table
from pipeline.publish.export.words import refused
from pipeline.written_workbooks import CELL_CHARS, new_workbook

# ISO 8601 to the microsecond; the engine's clock is UTC
_INSTANT_TEXT = "%Y-%m-%dT%H:%M:%S.%fZ"
# what a sheet holds, its heading counted
SHEET_ROWS = 1_048_576
_NAME_CHARS = 31
_ROWS_AT_ONCE = 10_000
_WIDTH = 18

Writer = Callable[[duckdb.DuckDBPyConnection, Table, Path, str], None]


@dataclass(frozen=True)
class Format:
    """A format of files.

    Attributes:
        mediatype: as in a data package.
        write: writes one table; its last argument is when the release was made.
        fits: refuses a table that the format cannot hold, before anything is written.
        is_text: whether the file is UTF-8 text.
    """

    name: str
    mediatype: str
    write: Writer
    fits: Callable[[duckdb.DuckDBPyConnection, Table], None] = lambda con, table: None
    is_text: bool = False


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _write_parquet(con: duckdb.DuckDBPyConnection, table: Table, path: Path, made_at: str) -> None:
    con.execute(f"COPY (FROM {table.relation}) TO {_literal(path)} (FORMAT parquet, COMPRESSION zstd)")


def _write_csv(con: duckdb.DuckDBPyConnection, table: Table, path: Path, made_at: str) -> None:
    con.execute(f"COPY ({_as_text(table)}) TO {_literal(path)} (FORMAT csv, HEADER)")


def _as_text(table: Table) -> str:
    """The table's rows with instants as text: neither CSV nor a sheet has a form of its own for them."""
    columns = ", ".join(_selected(field) for field in table.fields)
    return f"SELECT {columns} FROM {table.relation}"


def _selected(field: Field) -> str:
    quoted = f'"{field.name}"'
    if field.engine_type != INSTANT:
        return quoted
    return f"strftime({quoted}::TIMESTAMP, '{_INSTANT_TEXT}') AS {quoted}"


def _fits_a_sheet(con: duckdb.DuckDBPyConnection, table: Table) -> None:
    if table.rows >= SHEET_ROWS:
        raise refused("too_many_rows", table=table.name, rows=f"{table.rows:,}", limit=f"{SHEET_ROWS - 1:,}")
    texts = [f'coalesce(max(length("{field.name}")), 0)' for field in table.fields if field.engine_type == "VARCHAR"]
    longest = con.execute(f"SELECT {', '.join(texts)} FROM {table.relation}").fetchall()[0] if texts else (0,)
    if max(longest) > CELL_CHARS:
        raise refused("text_too_long", table=table.name, limit=f"{CELL_CHARS:,}")


def _write_workbook(con: duckdb.DuckDBPyConnection, table: Table, path: Path, made_at: str) -> None:
    import xlsxwriter

    created = dt.datetime.fromisoformat(made_at).astimezone(dt.UTC).replace(tzinfo=None, microsecond=0)
    book = new_workbook(path, created, table.name)
    head, day = book.add_format({"bold": True, "bg_color": "#DDEBF7"}), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet(table.name[:_NAME_CHARS])
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(table.fields) - 1, _WIDTH)
    for number, field in enumerate(table.fields):
        sheet.write_string(0, number, field.name, head)
    found, line = con.execute(_as_text(table)), 1
    while rows := found.fetchmany(_ROWS_AT_ONCE):
        for row in rows:
            for number, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(line, number, value)
                elif isinstance(value, dt.date):
                    sheet.write_datetime(line, number, value, day)
                elif isinstance(value, bool):
                    sheet.write_boolean(line, number, value)
                elif value is not None:
                    sheet.write_number(line, number, value)
            line += 1
    try:
        book.close()
    except xlsxwriter.exceptions.FileCreateError as error:
        raise OSError(*error.args) from error


FORMATS = {
    each.name: each
    for each in (
        Format("parquet", "application/vnd.apache.parquet", _write_parquet),
        Format("csv", "text/csv", _write_csv, is_text=True),
        Format(
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            _write_workbook,
            fits=_fits_a_sheet,
        ),
    )
}
