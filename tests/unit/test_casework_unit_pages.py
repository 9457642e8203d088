"""The page that opens a unit's folder: what to do, the receipts of its files, nobody's data."""

from __future__ import annotations

import re
from urllib.parse import unquote

import duckdb
import pytest

from pipeline.accountability.vocabulary import RULE_LABELS, Rule
from pipeline.casework import write_receipts, write_unit_pages
from pipeline.casework.unit_pages import LISTED_FILES, PAGE
from pipeline.home import Home
from pipeline.intake import load, receive
from pipeline.reference import load_reference, write_reference
from pipeline.warehouse import open_warehouse
from tests.landing import AS_OF, csv_bytes, headers, land, records

TICKET = """
    INSERT INTO accountability.tickets BY NAME
    SELECT 'T-1' AS ticket_id, 'clinic-100' AS unit_code, 'delivery' AS feed, '2024-01' AS period, 'late' AS rule,
           'event' AS kind, DATE '2024-02-06' AS opened_on, DATE '2024-02-06' AS since, DATE '2024-03-01' AS due_on,
           ? AS status, 0 AS reopened_count, []::VARCHAR[] AS items, 1 AS failed, 1 AS evaluated
"""


@pytest.fixture
def con(home: Home):
    land(home, "clinic-100", "delivery_202401.csv", csv_bytes([headers("delivery"), *records("delivery", 4)]))
    land(home, "clinic-100", "分娩 &#<b>.csv", b"x")
    reference = load_reference(home)
    receive(home, reference, AS_OF)
    with open_warehouse(home) as found:
        write_reference(found, reference)
        load(found, home)
        write_receipts(found, home)
        yield found


def page(home: Home, unit_code: str = "clinic-100") -> str:
    return (home.outgoing / unit_code / PAGE).read_text(encoding="utf-8")


def test_every_unit_has_a_page_and_every_link_leads_somewhere(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    assert write_unit_pages(con, home) == sorted(load_reference(home).units)
    links = re.findall('href="([^"]+)"', page(home))
    assert len(links) == 2
    for link in links:
        assert (home.outgoing / "clinic-100" / unquote(link)).is_file()
    assert "&lt;b&gt;" in page(home)
    assert "<b>" not in page(home)
    assert "目前没有需要处理的事项" in page(home)
    for value in ("王芳", "110105199003074529", "13800000000", "F0001"):
        assert value not in page(home)
    silent = next(unit for unit in load_reference(home).units if unit != "clinic-100")
    assert "尚未收到文件" in page(home, silent)


def test_open_tickets_and_workbooks_are_named_first(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    write_unit_pages(con, home)
    con.execute(TICKET, ["overdue"])
    con.execute("INSERT INTO casework.feedback_files VALUES ('clinic-100', 'feedback_2024-02.xlsx', 'x', '2024-02-06')")
    assert write_unit_pages(con, home) == ["clinic-100"], "only what is new is written"
    text = page(home)
    assert text.index("feedback_2024-02.xlsx") < text.index("T-1") < text.index("receipts/")
    assert "已逾期" in text
    assert RULE_LABELS[Rule.LATE].zh in text, "a ticket says what it is about"
    con.execute("UPDATE accountability.tickets SET status = 'closed'")
    write_unit_pages(con, home)
    assert "T-1" not in page(home)
    assert write_unit_pages(con, home) == []


def test_a_long_history_is_listed_in_part(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    con.execute(
        "INSERT INTO intake.receipts BY NAME SELECT p.* REPLACE (100 + r.n AS receipt_no) "
        "FROM intake.receipts AS p, range(?) AS r(n) WHERE receipt_no = 1",
        [LISTED_FILES],
    )
    con.execute(
        "INSERT INTO casework.receipt_pages BY NAME SELECT p.* REPLACE (100 + n AS receipt_no) "
        "FROM casework.receipt_pages AS p, range(?) AS r(n) WHERE receipt_no = 1",
        [LISTED_FILES],
    )
    write_unit_pages(con, home)
    assert page(home).count('href="receipts/') == LISTED_FILES
    assert "2 earlier receipts" in page(home)
