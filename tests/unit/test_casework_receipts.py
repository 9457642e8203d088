"""Receipts to the units: one page a file, with reasons and without anybody's data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipeline.casework import write_receipts
from pipeline.home import Home
from pipeline.intake import load, receive
from pipeline.reference import load_reference, write_reference
from pipeline.warehouse import open_warehouse
from tests.landing import AS_OF, csv_bytes, headers, land, records

HELD = "INSERT INTO checks.submission_states BY NAME SELECT 1 AS revision_id, 'clinic-100' AS unit_code, 'delivery' AS feed, '2024-01' AS period, 1 AS revision, ? AS state, 'held' AS first_state, 'drops_records' AS reason_code, false AS is_current, 5 AS dropped_count, 4 AS row_count, 1 AS set_aside_count, now() AS arrived_at"  # fmt: skip # noqa: E501


@pytest.fixture
def con(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """A night's intake of two files, one with a row that was set aside and one from a stranger."""
    land(home, "clinic-100", "delivery_202401.csv", csv_bytes([headers("delivery"), *records("delivery", 4)]))
    land(home, "stranger", "delivery 二月<b>.csv", b"x")
    reference = load_reference(home)
    receive(home, reference, AS_OF)
    with open_warehouse(home) as con:
        write_reference(con, reference)
        load(con, home)
        con.execute(HELD, ["held"])
        con.execute("INSERT INTO checks.set_aside_rows VALUES (1, 2, 3, 'mother_name', 'required_blank')")
        con.execute(
            "INSERT INTO checks.row_findings SELECT 1, n, n + 1, 'expected_blank', 'phone' FROM range(1, 31) r(n)"
        )
        yield con


def pages(home: Home, unit_code: str) -> list[Path]:
    return sorted((home.outgoing / unit_code / "receipts").iterdir())


def test_a_receipt_says_what_became_of_a_file(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    assert write_receipts(con, home) == [1, 2]
    (page,) = pages(home, "clinic-100")
    text = page.read_text(encoding="utf-8")
    assert page.stat().st_mode & 0o777 == 0o600
    assert page.parent.stat().st_mode & 0o777 == 0o700
    for expected in ("delivery_202401.csv", "东河镇卫生院", "2024-02-03 09:30", "待确认", "产妇姓名", "分娩登记"):
        assert expected in text
    # counted whole, listed in part; the row set aside is not listed twice
    assert ">29<" in text.replace(" ", "")
    assert "21、22…" in text
    for value in ("王芳", "110105199003074529", "13800000000", "F0001"):
        assert value not in text
    for outside in ("http://", "https://", "<script", "src="):
        assert outside not in text


def test_strangers_are_answered_apart(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    write_receipts(con, home)
    (page,) = pages(home, "_unknown")
    text = page.read_text(encoding="utf-8")
    assert "<b>" not in page.name
    assert "delivery 二月&lt;b&gt;.csv" in text
    assert not (home.outgoing / "stranger").exists()


def test_only_what_is_new_is_written(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    write_receipts(con, home)
    assert write_receipts(con, home) == []
    assert write_receipts(con, home, [2]) == [2]
    # it waits no longer
    con.execute("UPDATE checks.submission_states SET state = 'accepted', is_current = true")
    assert write_receipts(con, home) == [1]
    assert "现状：已接收" in pages(home, "clinic-100")[0].read_text(encoding="utf-8")
    # the file was read again
    con.execute("UPDATE intake.receipts SET reading_no = 9 WHERE receipt_no = 2")
    assert write_receipts(con, home) == [2]
    assert write_receipts(con, home) == []
