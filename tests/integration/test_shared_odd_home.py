"""A home of odd files that nobody here made, one a unit: no case is lost, and what is not taken is answered."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from pipeline.contracts.dates import two_meanings
from pipeline.home import Home
from pipeline.warehouse import open_warehouse

# a minute where two processors are shared
pytestmark = [pytest.mark.shared, pytest.mark.long]

AS_OF = "2025-04-20"
# cases whose file holds no report: what the receipt says of it
NOT_READ = {
    "FILE big5": "header_not_found",
    "FILE empty": "empty_file",
    "FILE only newline": "empty_file",
    "FILE dup header": "header_twice",
    "FILE html as xls": "header_not_found",
    "NAME zip": "name_not_pattern",
}
# a lock file of an office program and an upload that goes on: neither is a submission
NO_SUBMISSION = {"NAME tmp", "NAME partial"}
# a header alone says that there was nothing to report
NIL = {"FILE header only", "FILE html as xlsx"}
# cases of which a row is set aside, and why
SET_ASIDE = {
    "date 31/12/2024 dmy": ("required_date_ambiguous", "birth_date"),
    "date 2025-2-30": ("required_unreadable", "birth_date"),
    "date lunar text": ("required_unreadable", "birth_date"),
    "FILE gbk euro 0x80": ("required_unreadable", "enrolled_on"),
    "XLSX formula no cache": ("required_blank", "birth_date"),
}


@pytest.fixture(scope="module")
def odd(shared_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The home after one night, with its files' times kept (they are arrivals)."""
    archive = shared_folder / "cases" / "odd.tar.gz"
    if not archive.is_file():
        pytest.skip("the odd home is not there")
    target = tmp_path_factory.mktemp("odd")
    subprocess.run(["tar", "-xzf", str(archive), "-C", str(target)], check=True)
    home = Home(target / "odd")
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", "run", "--home", str(home.root), "--as-of", AS_OF],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return home


@pytest.fixture(scope="module")
def cases(odd: Home) -> dict[str, str]:
    """Case by unit."""
    table = pd.read_csv(odd.root / "cases.csv", dtype=str)
    return dict(zip(table.unit_code, table["case"], strict=True))


@pytest.fixture(scope="module")
def receipts(odd: Home, cases: dict[str, str]) -> pd.DataFrame:
    """Every receipt with its state, by case."""
    with open_warehouse(odd, read_only=True) as con:
        found = con.execute(
            """
            SELECT r.receipt_no, r.unit_code, r.outcome, r.reason_code, r.row_count, s.state, s.set_aside_count
            FROM intake.receipts AS r
            LEFT JOIN checks.submission_states AS s ON r.receipt_no = s.revision_id
            """
        ).df()
    found["case"] = found.unit_code.map(cases)
    assert found["case"].notna().all()
    assert found["case"].is_unique
    return found.set_index("case")


def test_no_case_is_lost(cases, receipts):
    assert set(cases.values()) - set(receipts.index) == NO_SUBMISSION
    assert set(receipts.index) <= set(cases.values())


def test_what_is_not_read_says_why_and_all_else_is_in(receipts):
    reasons = receipts.reason_code.dropna().to_dict()
    assert reasons == NOT_READ
    assert Counter(receipts.outcome) == {
        "parsed": len(receipts) - len(NOT_READ) - len(NIL),
        "nil": len(NIL),
        "unreadable": len(NOT_READ) - 1,
        "not_parsed": 1,
    }
    assert set(receipts.index[receipts.state == "nil"]) == NIL
    assert set(receipts.index[receipts.state == "accepted_with_rows_set_aside"]) == set(SET_ASIDE)
    read = set(receipts.index) - set(NOT_READ) - NIL - set(SET_ASIDE)
    assert set(receipts.state[sorted(read)]) == {"accepted"}
    # a case of a cell is one row; one of a file a few
    assert (receipts.row_count[sorted(read)] >= 1).all()


def test_every_row_that_was_read_is_a_record_or_set_aside(odd, receipts):
    with open_warehouse(odd, read_only=True) as con:
        aside = con.execute(
            "SELECT r.unit_code, s.code, s.column_name FROM checks.set_aside_rows AS s "
            "JOIN intake.receipts AS r ON s.revision_id = r.receipt_no"
        ).fetchall()
        ((kept, kept_aside, repeated),) = con.execute(
            "SELECT count(*), count(*) FILTER (is_set_aside), sum(identical_row_count - 1) "
            "FROM intermediate.int_records_standardised"
        ).fetchall()
    by_unit = {unit: (code, column) for unit, code, column in aside}
    assert {case: by_unit[receipts.unit_code[case]] for case in SET_ASIDE} == SET_ASIDE
    assert kept + repeated == receipts.row_count.sum()
    assert kept_aside == len(aside) == len(SET_ASIDE)
    marts = duckdb.connect(str(odd.root / "published" / "current.duckdb"), read_only=True)
    statuses = dict(
        marts.execute("SELECT unit_code, status FROM marts.submissions WHERE period = '2025-03'").fetchall()
    )
    missing = {case for case, unit in receipts.unit_code.items() if statuses[unit] == "missing"}
    assert missing == {"NAME zip"}
    assert {case for case, unit in receipts.unit_code.items() if statuses[unit] == "rejected"} == (
        set(NOT_READ) - {"NAME zip"}
    )


def test_every_file_is_answered_with_a_page(odd, receipts):
    for number, unit, state in zip(receipts.receipt_no, receipts.unit_code, receipts.state, strict=True):
        (page,) = (odd.outgoing / unit / "receipts").glob(f"{number:08d}_*.html")
        text = page.read_text(encoding="utf-8")
        assert state != "rejected" or "已退回" in text
    pages = list(odd.outgoing.glob("*/receipts/*.html"))
    assert len(pages) == len(receipts)


def test_a_date_of_two_meanings_is_told_with_both_to_its_unit(odd, receipts):
    unit = receipts.unit_code["date 31/12/2024 dmy"]
    with open_warehouse(odd, read_only=True) as con:
        ((text,),) = con.execute(
            "SELECT birth_date FROM intake.raw_immunization AS raw JOIN intake.receipts AS r "
            "ON raw.revision_id = r.receipt_no WHERE r.unit_code = ?", [unit],
        ).fetchall()  # fmt: skip
    days = two_meanings(text)
    assert days is not None
    (book,) = (odd.outgoing / unit).glob("feedback_*.xlsx")
    rows = pd.read_excel(book, sheet_name=None, header=None, dtype=str, engine="calamine")
    said = "\n".join(str(cell) for sheet in rows.values() for cell in sheet.to_numpy().ravel())
    assert f"此格可读作 {days[0]} 或 {days[1]}" in said
