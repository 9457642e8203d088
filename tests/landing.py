"""Landing files in a temporary home, for tests: rows in, a file of a chosen form out."""

from __future__ import annotations

import datetime as dt
import io
import os
from collections.abc import Sequence
from pathlib import Path

import duckdb
import xlsxwriter

from pipeline.contracts import load_feeds
from pipeline.home import Home

ARRIVED = "2024-02-03 09:30"
AS_OF = dt.date(2024, 2, 29)

# a whole record of each feed that tests land, in the contract's order of columns
RECORDS = {
    "delivery": ["F0001", "王芳", "110105199003074529", "李强", "13800000000", "上村", "东河镇", "2024-01-07 10:30",
                 "男", "3250", "39", "1", "1", "活产"],
    "household_registration": ["H0001", "李小明", "男", "2024-01-07", "999977202401071239", "A123456789", "王芳",
                               "110105199003074529", "李强", "", "东河镇", "上村", "2024-01-20"],
    "marriage": ["M0001", "李强", "110105198803074511", "王芳", "110105199003074529", "2024-01-05"],
}  # fmt: skip


def headers(feed: str) -> list[str]:
    """A feed's Chinese headers."""
    return [column.zh for column in load_feeds()[feed].columns.values()]


def record(feed: str, **cells: str) -> list[str]:
    """A whole record with some cells changed, by column name."""
    names = list(load_feeds()[feed].columns)
    row = list(RECORDS[feed])
    for name, value in cells.items():
        row[names.index(name)] = value
    return row


def records(feed: str, count: int) -> list[list[str]]:
    """Records that differ in their number only."""
    key = load_feeds()[feed].record_no
    return [record(feed, **{key: f"F{number:04d}"}) for number in range(1, count + 1)]


def csv_bytes(rows: Sequence[Sequence[str]], encoding: str = "utf-8", delimiter: str = ",", end: str = "\r\n") -> bytes:
    """Rows as a CSV without quotes."""
    return "".join(delimiter.join(row) + end for row in rows).encode(encoding)


def xlsx_bytes(sheets: dict[str, Sequence[Sequence[object]]]) -> bytes:
    """Sheets as a workbook; dates become Excel date cells."""
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, {"default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return sink.getvalue()


def land(home: Home, unit_code: str, name: str, data: bytes, arrived: str = ARRIVED) -> Path:
    """Put a file into a unit's folder, with its arrival (county time) as its modification time."""
    path = home.landing / unit_code / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    arrive(home, path, arrived)
    return path


def arrive(home: Home, path: Path, arrived: str) -> None:
    """Set when something arrived."""
    moment = dt.datetime.fromisoformat(arrived).replace(tzinfo=home.settings.zone).timestamp()
    os.utime(path, (moment, moment), follow_symlinks=False)


def everything_kept(home: Home, con: duckdb.DuckDBPyConnection) -> str:
    """All text that a night leaves: tables, copies, ledger, pages; not the landing folder and the originals."""
    parts: list[str] = []
    tables = con.execute(
        "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE database_name = 'warehouse'"
    ).fetchall()
    for (table,) in tables:
        parts += map(str, con.execute(f"FROM {table}").fetchall())
    for path in sorted(home.root.rglob("*")):
        if not path.is_file() or path.is_relative_to(home.landing) or path.is_relative_to(home.archive / "originals"):
            continue
        if path.suffix == ".parquet":
            parts += map(str, con.execute("FROM read_parquet(?)", [str(path)]).fetchall())
        elif ".duckdb" not in path.name:
            parts.append(path.read_text(encoding="utf-8", errors="replace"))
    return "\n".join(parts)
