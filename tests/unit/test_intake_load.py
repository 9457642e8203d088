"""From the archive to the warehouse: raw tables, files read again, decisions."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb
import pytest

from pipeline.contracts import load_feeds
from pipeline.errors import RollcallError, UsageError
from pipeline.home import Home
from pipeline.intake import decide, load, receive, reread
from pipeline.reference import Reference
from tests.landing import AS_OF, csv_bytes, headers, land, record, records, xlsx_bytes

DELIVERY = load_feeds()["delivery"]


def raw(con: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return con.execute("FROM intake.raw_delivery ORDER BY revision_id, row_no").fetchall()


def test_every_feed_has_its_table_before_anything_arrives(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    assert load(con, home).receipt_nos == ()
    for feed in load_feeds().values():
        columns = [name for (name, *_) in con.execute(f"DESCRIBE {feed.raw_table}").fetchall()]
        assert columns == ["revision_id", "row_no", "sheet", "line", "is_misfit", *feed.columns]


def test_cells_are_loaded_as_they_were_sent(con: duckdb.DuckDBPyConnection, home: Home, reference: Reference) -> None:
    first = record("delivery", mother_name="王　芳", phone="")
    land(home, "clinic-100", "delivery_202401.csv", csv_bytes([headers("delivery"), first]))
    land(
        home,
        "clinic-100",
        "delivery_202312.xlsx",
        xlsx_bytes({"十二月": [["表"], headers("delivery"), record("delivery")]}),
    )
    receive(home, reference, AS_OF)
    loaded = load(con, home)
    assert (loaded.receipt_nos, loaded.row_counts) == ((1, 2), {"delivery": 2})
    cells = [cell or None for cell in first]
    assert raw(con) == [
        (1, 1, "十二月", 3, False, *record("delivery")),
        (2, 1, None, 2, False, *cells),
    ]
    revisions = con.execute(
        "SELECT revision_id, unit_code, feed, period, revision, arrived_at, outcome, row_count FROM intake.revisions"
    ).fetchall()
    arrived = dt.datetime(2024, 2, 3, 9, 30, tzinfo=home.settings.zone)
    assert sorted(revisions) == [
        (1, "clinic-100", "delivery", "2023-12", 1, arrived, "parsed", 1),
        (2, "clinic-100", "delivery", "2024-01", 1, arrived, "parsed", 1),
    ]
    assert load(con, home).receipt_nos == ()
    assert len(raw(con)) == 2


def test_a_copy_that_two_receipts_share_is_loaded_for_both(
    con: duckdb.DuckDBPyConnection, home: Home, reference: Reference
) -> None:
    data = csv_bytes([headers("delivery"), *records("delivery", 2)])
    land(home, "clinic-100", "delivery_202401.csv", data)
    land(home, "clinic-100", "delivery_202312.csv", data)
    receive(home, reference, AS_OF)
    load(con, home)
    assert [row[:2] for row in raw(con)] == [(1, 1), (1, 2), (2, 1), (2, 2)]


def test_a_warehouse_built_in_two_nights_equals_one_built_at_once(
    con: duckdb.DuckDBPyConnection, home: Home, reference: Reference
) -> None:
    for month, day in (("202312", 3), ("202401", 7)):
        data = csv_bytes([headers("delivery"), *records("delivery", day)])
        land(home, "clinic-100", f"delivery_{month}.csv", data, f"2024-02-0{day} 08:00")
        receive(home, reference, dt.date(2024, 2, day))
        load(con, home)
    tables = ("receipts", "raw_delivery", "misfit_rows")
    nightly = [con.execute(f"FROM intake.{table} ORDER BY ALL").fetchall() for table in tables]
    for table in tables:
        con.execute(f"DELETE FROM intake.{table}")
    load(con, home)
    assert [con.execute(f"FROM intake.{table} ORDER BY ALL").fetchall() for table in tables] == nightly


def test_an_absent_copy_is_said(con: duckdb.DuckDBPyConnection, home: Home, reference: Reference) -> None:
    land(home, "clinic-100", "delivery_202401.csv", csv_bytes([headers("delivery"), record("delivery")]))
    receive(home, reference, AS_OF)
    (copy,) = (home.archive / "objects").glob("*/*")
    copy.unlink()
    with pytest.raises(RollcallError, match="copy of receipt 1 is absent"):
        load(con, home)
    assert con.execute("SELECT count(*) FROM intake.receipts").fetchall() == [(0,)]


def test_a_contract_that_gains_a_column(
    con: duckdb.DuckDBPyConnection, home: Home, reference: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    less = {name: column for name, column in DELIVERY.columns.items() if name != "phone"}
    old = {**load_feeds(), "delivery": DELIVERY.model_copy(update={"columns": less})}
    from pipeline.intake import loading as load_module
    from pipeline.intake import parsing

    data = csv_bytes([headers("delivery"), record("delivery")])
    land(home, "clinic-100", "delivery_202401.csv", data)
    with monkeypatch.context() as patch:
        patch.setattr(parsing, "load_feeds", lambda: old)
        patch.setattr(load_module, "load_feeds", lambda: old)
        receive(home, reference, AS_OF)
        load(con, home)
    con.execute("INSERT INTO checks.row_findings VALUES (1, 1, 2, 'x', 'phone'), (7, 1, 2, 'x', 'phone')")
    load(con, home)
    assert con.execute("SELECT phone FROM intake.raw_delivery").fetchall() == [(None,)]

    # a first load of old and new copies together
    con.execute("DELETE FROM intake.receipts")
    con.execute("DELETE FROM intake.raw_delivery")
    assert load(con, home).row_counts == {"delivery": 1}

    again = reread(home, reference, "delivery", "2024-01")
    assert (again.changed, again.unchanged, again.without_original) == ((1,), (), ())
    assert reread(home, reference, "delivery", "2024-01").unchanged == (1,)
    loaded = load(con, home)
    assert (loaded.receipt_nos, loaded.reread_revisions) == ((), (1,))
    assert con.execute("SELECT phone FROM intake.raw_delivery").fetchall() == [("13800000000",)]
    assert con.execute("SELECT receipt_no, reading_no FROM intake.receipts").fetchall() == [(1, 2)]
    # what was found in the old rows is gone, what was found elsewhere is not
    assert con.execute("SELECT revision_id FROM checks.row_findings").fetchall() == [(7,)]
    assert load(con, home).reread_revisions == ()


def test_reading_again_needs_a_submission_and_its_original(home: Home, reference: Reference) -> None:
    with pytest.raises(UsageError):
        reread(home, reference, "delivery", "2024-01")
    land(home, "clinic-100", "delivery_202401.csv", csv_bytes([headers("delivery"), record("delivery")]))
    receive(home, reference, AS_OF)
    for path in (home.archive / "originals").glob("*/*"):
        path.unlink()
    assert reread(home, reference, "delivery", "2024-01").without_original == (1,)


def test_decisions(con: duckdb.DuckDBPyConnection, home: Home, reference: Reference) -> None:
    for name, hour in (("delivery_202401.csv", "08:00"), ("delivery_202401_r2.csv", "09:00")):
        data = csv_bytes([headers("delivery"), record("delivery", delivery_no=name)])
        land(home, "clinic-100", name, data, f"2024-02-03 {hour}")
    receive(home, reference, AS_OF)
    load(con, home)
    decide(home, "clinic-100", "delivery", "2024-01", "confirm", "赵敏", "电话核实")
    decide(home, "clinic-100", "delivery", "2024-01", "withdraw", "赵敏", revision_id=1)
    assert load(con, home).decision_count == 2
    assert con.execute("SELECT * EXCLUDE note FROM intake.decisions ORDER BY decision_no").fetchall() == [
        (3, "clinic-100", "delivery", "2024-01", 2, "confirm", "赵敏"),
        (4, "clinic-100", "delivery", "2024-01", 1, "withdraw", "赵敏"),
    ]
    assert load(con, home).decision_count == 0
    for wrong in (
        ("clinic-100", "delivery", "2023-01", "confirm", "赵敏"),
        ("clinic-100", "delivery", "2024-01", "maybe", "赵敏"),
        ("clinic-100", "delivery", "2024-01", "confirm", " "),
    ):
        with pytest.raises(UsageError):
            decide(home, *wrong)
    with pytest.raises(UsageError):
        decide(home, "clinic-100", "delivery", "2024-01", "confirm", "赵敏", revision_id=9)
