"""The limits of docs/purpose.md, each looked for in what a night leaves behind."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import openpyxl
import pytest

from pipeline.contracts import load_feeds
from pipeline.home import Home
from pipeline.warehouse import open_warehouse

# a woman's other children, by whatever name
PARITY = re.compile(r"parity|sibling|birth_order|children_(of|per)|(?<!has_)mother_(key|id$)|family|孩次|胎次")


@pytest.fixture(scope="module")
def warehouse(night_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_warehouse(Home(night_home), read_only=True) as con:
        yield con


@pytest.fixture(scope="module")
def marts(night_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(night_home / "published" / "current.duckdb"), read_only=True) as con:
        yield con


def columns(con: duckdb.DuckDBPyConnection, database: str) -> list[tuple[str, str, str]]:
    return con.execute(
        "SELECT schema_name, table_name, column_name FROM duckdb_columns() WHERE database_name = ? AND NOT internal",
        [database],
    ).fetchall()


def restricted_values(con: duckdb.DuckDBPyConnection) -> set[str]:
    """Every name, id number and phone that was sent, of at least three characters."""
    found: set[str] = set()
    for feed in load_feeds().values():
        for column in feed.columns.values():
            if column.type in ("name", "id_no", "phone"):
                rows = con.execute(f"SELECT DISTINCT {column.name} FROM {feed.raw_table}").fetchall()
                found |= {value for (value,) in rows if value and len(value) >= 3}
    return found


def landed_rows(path: Path) -> list[list[str]]:
    """Every row of a file as text, by no reader of the project's own."""
    content = path.read_bytes()
    if path.suffix == ".xlsx":
        try:
            sheet = openpyxl.load_workbook(path, read_only=True, data_only=True).worksheets[0]
        except (zipfile.BadZipFile, KeyError):
            return []
        return [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", errors="replace")
    return list(csv.reader(io.StringIO(text)))


def texts(con: duckdb.DuckDBPyConnection, table: str, column: str = "*") -> set[str]:
    """Every text that stands in a table, or in a column of it."""
    return {
        cell for row in con.execute(f"SELECT {column} FROM {table}").fetchall() for cell in row if isinstance(cell, str)
    }


def test_only_contracted_columns_are_kept(warehouse):
    own = {"revision_id", "row_no", "sheet", "line", "is_misfit"}
    for feed in load_feeds().values():
        have = {
            name for schema, table, name in columns(warehouse, "warehouse") if f"{schema}.{table}" == feed.raw_table
        }
        assert have == own | set(feed.columns)


def test_refused_columns_are_recorded_by_header_and_leave_no_value(warehouse, night_home):
    refused = warehouse.execute("SELECT DISTINCT unnest(refused_headers) FROM intake.receipts").fetchall()
    assert {"准生证号", "孩次"} <= {header for (header,) in refused}
    # the county's units write permit numbers and 计划外 beside what is asked: look for both everywhere but in the
    # units' own folders and in the originals, which are kept for a while
    sent: set[str] = set()
    for path in sorted(path for path in (night_home / "landing").rglob("*.*") if path.is_file()):
        rows = landed_rows(path)
        header = next((row for row in rows if "准生证号" in row), None)
        if header:
            where = header.index("准生证号")
            sent |= {
                row[where] for row in rows if len(row) == len(header) and row is not header and len(row[where]) >= 5
            }
    assert sent
    for feed in load_feeds().values():
        cells = texts(warehouse, feed.raw_table)
        assert not sent & cells
        assert not any("计划外" in cell for cell in cells)
    outside = [
        night_home / "archive" / "objects",
        night_home / "casework",
        night_home / "reports",
        night_home / "state",
    ]
    for path in (path for folder in outside for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        assert not any(value.encode() in content for value in sent), path


def test_no_lasting_table_outside_linkage_tells_of_a_womans_children(warehouse):
    found = [f"{s}.{t}.{c}" for s, t, c in columns(warehouse, "warehouse") if s != "linkage" and PARITY.search(c)]
    assert not found


def test_marts_tell_of_no_person_and_no_marriage(marts):
    names = [column for _, _, column in columns(marts, "current")]
    assert not [
        name for name in names if re.search(r"mother|father|parent|guardian|marri|husband|wife|id_no|phone", name)
    ]
    place_names = ("unit_name", "division_name")
    assert not [name for name in names if re.search(r"village|birth_date|_name$", name) and name not in place_names]
    assert not [name for name in names if PARITY.search(name)]


def test_no_cell_of_a_mart_holds_what_was_sent(marts, warehouse):
    sent = restricted_values(warehouse)
    assert len(sent) > 500
    for (table,) in marts.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'marts'").fetchall():
        assert not sent & texts(marts, f"marts.{table}"), table


def test_reports_and_state_hold_no_name_and_no_number(night_home, warehouse):
    # surnames with a given name of two characters or more do not come about by chance in a page of counts
    sent = {value.encode() for value in restricted_values(warehouse)}
    folders = [night_home / "reports", night_home / "state", night_home / "published", night_home / "public"]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert files
    for path in [*files, night_home / "said.txt"]:
        content = path.read_bytes()
        leaked = [value for value in sent if value in content]
        assert not leaked, f"{path.name}: {len(leaked)} values"


def test_no_minute_of_a_birth_is_told(night_home, warehouse):
    """A day alone is some other date as well; a birth's day and minute as it was sent is nothing else."""
    sent: set[bytes] = set()
    for table, column in (("raw_delivery", "delivered_at"), ("raw_birth_certificate", "born_at")):
        rows = warehouse.execute(f"SELECT DISTINCT {column} FROM intake.{table} WHERE {column} LIKE '%:%'").fetchall()
        sent |= {value.encode() for (value,) in rows}
    assert len(sent) > 100
    folders = [night_home / name for name in ("reports", "state", "published", "public")]
    for path in [path for folder in folders for path in folder.rglob("*") if path.is_file()]:
        content = path.read_bytes()
        assert not any(value in content for value in sent), path.name


def test_months_are_published_and_days_of_birth_are_not(marts):
    assert all(re.fullmatch(r"\d{4}-\d{2}", month) for month in texts(marts, "marts.children", "birth_month"))
    types = marts.execute("SELECT DISTINCT data_type FROM duckdb_columns() WHERE table_name = 'children'").fetchall()
    assert not [name for (name,) in types if "DATE" in name or "TIME" in name]


def worklists(night_home: Path) -> dict[str, list[tuple[str, list[list[str]]]]]:
    """By unit, the sheets of its worklist."""
    found = {}
    for path in sorted((night_home / "casework" / "outgoing").rglob("worklist_*.xlsx")):
        book = openpyxl.load_workbook(path, data_only=False)
        found[path.parent.name] = [
            (
                sheet.title,
                [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)],
            )
            for sheet in book.worksheets
        ]
    return found


def test_named_lists_go_to_health_units_and_schools_that_hold_the_child(warehouse, night_home):
    found = worklists(night_home)
    assert found
    agencies = dict(warehouse.execute("SELECT unit_code, agency FROM reference.units").fetchall())
    assert {agencies[unit_code] for unit_code in found} <= {"health", "education"}
    own = warehouse.execute("SELECT DISTINCT unit_code, record_no FROM linkage.child_records").fetchall()
    allowed = {load_feeds()[feed].zh for feed in ("birth_certificate", "immunization", "household_registration")}
    for unit_code, sheets in found.items():
        titles = {title for title, _ in sheets[1:]}
        assert titles <= (allowed if agencies[unit_code] == "health" else {"入学核对 Pupils"})
        for _, rows in sheets[1:]:
            start = next(number for number, row in enumerate(rows) if row[0].startswith("序号"))
            assert rows[start + 1 :]
            assert all((unit_code, row[2]) in own for row in rows[start + 1 :])


def test_every_sheet_of_a_list_says_that_nothing_is_asked(night_home):
    for sheets in worklists(night_home).values():
        for title, rows in sheets:
            said = " ".join(cell for row in rows[:4] for cell in row)
            assert "Registration has no precondition" in said
            assert "登记没有任何前提条件" in said
            if title.endswith("Pupils"):
                assert "Enrolment never depends on registration" in said


def test_named_lists_hold_no_more_of_the_parents_than_a_phone(warehouse, night_home):
    cells = {
        cell
        for sheets in worklists(night_home).values()
        for _, rows in sheets[1:]
        for row in rows[3:]
        for cell in row
        if cell
    }
    columns_of_parents = ("mother_id_no", "father_id_no", "husband_id_no", "wife_id_no", "marriage_no", "child_id_no")
    for feed in load_feeds().values():
        for column in columns_of_parents:
            if column in feed.columns:
                assert not cells & {text for text in texts(warehouse, feed.raw_table, column) if len(text) > 3}
    # a parent's name may be some child's, so that headings are looked at, and each line's own record
    headings = {
        rows[n][c] for s in worklists(night_home).values() for _, rows in s[1:] for n in (1, 2) for c in range(9)
    }
    assert not [text for text in headings if re.search(r"mother|father|guardian|marri|母|父|监护|婚|胎|孩次", text)]
