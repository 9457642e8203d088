"""Checks over rows put into intake's tables, through Great Expectations to the states and the report."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest

from pipeline.casework.feedback.two_meanings import both_days
from pipeline.checks import decide_states, run_checks, write_check_reports
from pipeline.checks.expectations import load_checks
from pipeline.contracts import load_feeds
from pipeline.contracts.id_numbers import check_character
from pipeline.intake.loading import make_raw_tables

AS_OF = dt.date(2024, 3, 31)
ARRIVED = "2024-03-05 10:00:00+08"
# a woman's number, born 1995-05-05; and one whose last digit is wrong
VALID_ID = "99997719950505122" + check_character("99997719950505122")
WRONG_ID = VALID_ID[:-1] + ("0" if VALID_ID[-1] != "0" else "1")
CHILD_ID = "99997720240210122" + check_character("99997720240210122")

GOOD = {
    "delivery_no": "D1", "mother_name": "王芳", "mother_id_no": VALID_ID, "phone": "13800000000",
    "township_name": "东河镇", "village_name": "上村", "delivered_at": "2024-02-10 08:30", "child_sex": "女",
    "birth_weight_g": "3200", "gestation_weeks": "39", "plurality": "1", "birth_rank": "1", "outcome": "活产",
}  # fmt: skip


class Intake:
    """Puts files into intake's tables, as intake would."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con, self.count = con, 0
        make_raw_tables(con)

    def file(self, rows: list[dict], *, unit="clinic-100", feed="delivery", period="2024-02", sha=None, outcome=None,
             suffix=None, arrived=ARRIVED, misfits=()) -> int:  # fmt: skip
        self.count += 1
        kind = outcome or ("parsed" if rows else "nil")
        facts = {
            "receipt_no": self.count, "unit_code": unit, "file_name": f"file-{self.count:03}", "file_bytes": 1,
            "arrived_at": arrived, "original_sha256": sha or f"sha-{self.count}", "feed": feed, "period": period,
            "suffix": suffix, "is_supplement": suffix == "bu", "outcome": kind, "row_count": len(rows),
            "ignored_headers": [], "refused_headers": [], "blanked_cells": 0, "is_loaded": kind == "parsed",
            "reason_code": "columns_absent" if kind == "unreadable" else None, "notes": [],
            "reading_no": self.count,
        }  # fmt: skip
        values = ", ".join(f"$v{n} AS {name}" for n, name in enumerate(facts))
        given = {f"v{n}": value for n, value in enumerate(facts.values())}
        self.con.execute(f"INSERT INTO intake.receipts BY NAME SELECT {values}", given)
        for row_no, row in enumerate(rows, start=1):
            cells = {"revision_id": self.count, "row_no": row_no, "line": row_no + 1, "is_misfit": row_no in misfits}
            cells |= {name: value for name, value in row.items() if value}
            names = ", ".join(f"${name} AS {name}" for name in cells)
            self.con.execute(f"INSERT INTO intake.raw_{feed} BY NAME SELECT {names}", cells)
            if row_no in misfits:
                line = [self.count, row_no, row_no + 1]
                self.con.execute("INSERT INTO intake.misfit_rows VALUES (?, ?, ?, 'too_many_cells')", line)
        return self.count

    def decide(self, revision_id: int, decision: str, *, unit="clinic-100", feed="delivery", period="2024-02") -> None:
        self.count += 1
        facts = [self.count, unit, feed, period, revision_id, decision, "county", None]
        self.con.execute("INSERT INTO intake.decisions VALUES (?, ?, ?, ?, ?, ?, ?, ?)", facts)


@pytest.fixture
def intake(con: duckdb.DuckDBPyConnection) -> Intake:
    return Intake(con)


def rows(*changes: dict) -> list[dict]:
    """Good rows, numbered, each with what is changed in it."""
    return [{**GOOD, "delivery_no": f"D{n}", **change} for n, change in enumerate(changes, start=1)]


def states(con: duckdb.DuckDBPyConnection) -> dict[int, tuple]:
    found = con.execute("SELECT revision_id, state, is_current FROM checks.submission_states").fetchall()
    return {revision_id: (state, is_current) for revision_id, state, is_current in found}


FAULTS = [
    ({"mother_name": None}, "required_blank", "mother_name"),
    ({"mother_name": "\u3000"}, "required_blank", "mother_name"),
    ({"delivered_at": "二月十日"}, "required_unreadable", "delivered_at"),
    ({"outcome": "不明"}, "required_unreadable", "outcome"),
    ({"delivered_at": "03/02/2024 08:30"}, "required_date_ambiguous", "delivered_at"),
    ({"village_name": None}, "expected_blank", "village_name"),
    ({"gestation_weeks": "足月"}, "unreadable", "gestation_weeks"),
    ({"birth_weight_g": "9000"}, "out_of_range", "birth_weight_g"),
    ({"mother_id_no": WRONG_ID}, "id_no_check_digit_wrong", "mother_id_no"),
    ({"mother_id_no": "12345"}, "id_no_malformed", "mother_id_no"),
    ({"mother_id_no": "999977199513051225"}, "id_no_date_invalid", "mother_id_no"),
    ({"phone": "999"}, "phone_implausible", "phone"),
    ({"delivered_at": "2024-02-30"}, "event_outside_period", "delivered_at"),
    ({"delivered_at": "2024-03-06"}, "date_in_future", "delivered_at"),
    ({"delivered_at": "2023-02-10"}, "event_outside_period", "delivered_at"),
    ({"birth_rank": "2"}, "birth_rank_above_plurality", "birth_rank"),
    ({"delivery_no": "D1"}, "record_no_repeated", "delivery_no"),
]
SET_ASIDE = {"required_blank", "required_unreadable", "required_date_ambiguous"}


def test_a_night_of_checks(con, home, reference, intake, capfd):
    """One file with one row a fault, one that is clean; found row by row, set aside where it must be."""
    faulty = intake.file(rows({}, *(change for change, _, _ in FAULTS)))
    clean = intake.file(rows({}, {"delivered_at": "2024年2月3日"}), unit="clinic-101")
    nil = intake.file([], unit="clinic-102")
    summary = run_checks(con, home, reference, AS_OF)
    of_faulty = "FROM checks.row_findings WHERE revision_id = ?"
    findings = con.execute(f"SELECT row_no, line, code, column_name {of_faulty}", [faulty]).fetchall()
    for row_no, (_, code, column) in enumerate(FAULTS, start=2):
        assert (row_no, row_no + 1, code, column) in findings
    assert (1, 2, "record_no_repeated", "delivery_no") in findings
    assert not con.execute("FROM checks.row_findings WHERE revision_id <> ?", [faulty]).fetchall()

    aside = con.execute("SELECT row_no, column_name, code FROM checks.set_aside_rows ORDER BY row_no").fetchall()
    assert aside == [(n, column, code) for n, (_, code, column) in enumerate(FAULTS, 2) if code in SET_ASIDE]
    assert summary.set_aside == len(aside)
    assert (summary.revisions, summary.rows) == (2, len(FAULTS) + 3)

    count = len(load_checks(load_feeds()["delivery"]).checks)
    lines = con.execute("SELECT revision_id, count(*), bool_and(is_passed) FROM checks.results GROUP BY ALL ORDER BY 1")
    assert lines.fetchall() == [(faulty, count, False), (clean, count, True)]
    evaluated = con.execute(
        "SELECT evaluated_count, failed_count FROM checks.results WHERE revision_id = ? AND code = 'out_of_range' "
        "AND column_name = 'birth_weight_g'", [faulty],
    )  # fmt: skip
    assert evaluated.fetchall() == [(len(FAULTS) + 1, 1)]

    decide_states(con, home)
    assert states(con) == {
        faulty: ("accepted_with_rows_set_aside", True),
        clean: ("accepted", True),
        nil: ("nil", True),
    }
    assert run_checks(con, home, reference, AS_OF).revisions == 0
    assert decide_states(con, home).submissions == 0

    [*_, page] = write_check_reports(con, home, reference, ["health"])
    text = page.read_text(encoding="utf-8")
    assert "东河镇卫生院" in text
    assert "校验码" in text
    assert "http" not in text
    printed = capfd.readouterr()
    for secret in (GOOD["mother_name"], VALID_ID, WRONG_ID, "13800000000", "2024-02-30"):
        assert secret not in text + printed.out + printed.err
    assert not printed.out + printed.err
    assert page.stat().st_mode & 0o077 == 0o040
    before = page.read_bytes()
    write_check_reports(con, home, reference)
    assert page.read_bytes() == before


def test_a_date_of_two_meanings_is_told_once_and_its_own_days_to_its_unit_alone(con, home, reference, intake):
    """The row is set aside; the findings name a column and a code; both days stand in the feedback's line only."""
    number = intake.file(rows({}, {"delivered_at": "3/2/2024"}, {"delivered_at": "02.13.2024"}))
    run_checks(con, home, reference, AS_OF)
    decide_states(con, home)
    findings = con.execute("SELECT row_no, code, column_name FROM checks.row_findings ORDER BY ALL").fetchall()
    assert findings == [(2, "required_date_ambiguous", "delivered_at")]
    assert con.execute("SELECT row_no, code FROM checks.set_aside_rows").fetchall() == [(2, "required_date_ambiguous")]
    of_dates = con.execute(
        "SELECT code, evaluated_count, failed_count FROM checks.results WHERE column_name = 'delivered_at' "
        "AND code IN ('required_unreadable', 'required_date_ambiguous') ORDER BY code"
    ).fetchall()
    assert of_dates == [("required_date_ambiguous", 1, 1), ("required_unreadable", 2, 0)], "counted once, as before"
    ((cell, line),) = both_days(con).items()
    assert cell == (number, 2, "delivered_at")
    assert "2024-02-03" in line
    assert "2024-03-02" in line
    page = write_check_reports(con, home, reference, ["health"])[-1].read_text(encoding="utf-8")
    assert "两种读法" in page
    assert "2024-02-03" not in page


def test_every_feed_is_checked_and_its_good_rows_pass(con, home, reference, intake):
    """Each feed's expectations run; a plausible row has no finding."""
    mother, child = VALID_ID, CHILD_ID
    family = {"child_name": "王小", "child_sex": "女", "mother_name": "王芳", "mother_id_no": mother,
              "township_name": "东河镇", "village_name": "上村", "phone": "13800000000"}  # fmt: skip
    good = {
        "birth_certificate": {"certificate_no": "a123456789", "born_at": "2024-02-10 08:30", "birth_weight_g": "3.2",
                              "facility_name": "卫生院", "issued_on": "20240212", "gestation_weeks": "39"},
        "immunization": {"card_no": "J1", "birth_date": "2024.02.10", "first_dose_on": "45332",
                         "enrolled_on": "2024/2/20", "certificate_no": "A123456789"},
        "household_registration": {"registration_no": "L1", "birth_date": "2024-02-10", "child_id_no": child,
                                   "certificate_no": "A123456789", "registered_on": "2024-02-20"},
        "population_register": {"report_no": "B1", "birth_date": "2024-02-10", "reported_on": "2024-02-20"},
        "marriage": {"marriage_no": "M1", "husband_name": "李强", "husband_id_no": "999977950505121",
                     "wife_name": "王芳", "wife_id_no": mother, "registered_on": "2024-02-20"},
        "school_enrolment": {"student_no": "S1", "birth_date": "2018-02-10", "guardian_name": "王芳",
                             "enrolled_on": "2024-02-20"},
    }  # fmt: skip
    for feed, cells in good.items():
        columns = load_feeds()[feed].columns
        row = {name: value for name, value in {**family, **cells}.items() if name in columns}
        intake.file([row], feed=feed, period="2024" if feed == "school_enrolment" else "2024-02")
    summary = run_checks(con, home, reference, AS_OF)
    assert summary.revisions == len(good)
    found = con.execute("SELECT code, column_name FROM checks.row_findings ORDER BY ALL").fetchall()
    # the pupil's id number is left out on purpose
    assert found == [("expected_blank", "child_id_no")]


def test_a_file_of_slipped_columns_is_rejected_and_misfits_are_set_aside(con, home, reference, intake):
    slipped = intake.file(rows(*[{"delivered_at": "王芳", "child_sex": "1380"}] * 30))
    small = intake.file(rows(*[{"delivered_at": "王芳"}] * 5), period="2023-12")
    few = intake.file(rows(*[{"delivered_at": "王芳"}] * 2), period="2024-01")
    misfit = intake.file(rows({}, {}, {"mother_name": None}), unit="clinic-101", misfits=(2, 3))
    summary = run_checks(con, home, reference, AS_OF)
    decide_states(con, home)
    # a small unit's file of five rows of five is as wrong as a large one's
    assert summary.failed_files == 2
    assert states(con) == {
        slipped: ("rejected", False),
        small: ("rejected", False),
        few: ("accepted_with_rows_set_aside", True),
        misfit: ("accepted_with_rows_set_aside", True),
    }
    aside = con.execute("SELECT row_no, column_name, code FROM checks.set_aside_rows WHERE revision_id = ?", [misfit])
    assert aside.fetchall() == [(2, None, "too_many_cells"), (3, None, "too_many_cells")]
    reason = con.execute("SELECT reason_code FROM checks.submission_states WHERE revision_id = ?", [slipped])
    assert reason.fetchall() == [("rows_mostly_unreadable",)]


def judge(con, home):
    """States without expectations: every parsed file as if it had passed."""
    con.execute(
        "INSERT INTO checks.results SELECT revision_id, unit_code, feed, period, 'x', NULL, 'row', 'validity', 1, 0, "
        "true FROM intake.revisions ANTI JOIN checks.results USING (revision_id) WHERE outcome = 'parsed'"
    )
    return decide_states(con, home)


def test_decisions_are_heeded_once_and_only_touched_submissions_change(con, home, intake):
    first = intake.file(rows(*[{}] * 20))
    second = intake.file(rows(*[{}] * 10))
    elsewhere = intake.file(rows({}), period="2024-01")
    assert judge(con, home).submissions == 2
    assert states(con) == {first: ("accepted", True), second: ("held", False), elsewhere: ("accepted", True)}
    dropped = con.execute("SELECT dropped_count FROM checks.submission_states WHERE revision_id = ?", [second])
    assert dropped.fetchall() == [(10,)]

    intake.decide(second, "confirm")
    assert judge(con, home).submissions == 1
    assert states(con)[first] == ("superseded", False)
    assert states(con)[second] == ("accepted", True)
    assert judge(con, home).submissions == 0

    intake.decide(second, "withdraw")
    assert judge(con, home).counts == {"accepted": 1, "rejected": 1}
    assert states(con)[first] == ("accepted", True)


def test_record_numbers_are_compared_as_typed_by_any_hand(con, home, intake):
    intake.file([{**GOOD, "delivery_no": f"d{n}"} for n in range(10)])
    again = intake.file([{**GOOD, "delivery_no": f"Ｄ{n} "} for n in range(10)])
    judge(con, home)
    assert states(con)[again] == ("accepted", True)


def test_same_bytes_of_another_unit_are_accepted_and_flagged(con, home, intake):
    one = intake.file(rows({}), sha="same", arrived="2024-03-04 10:00:00+08")
    judge(con, home)
    other = intake.file(rows({}), sha="same", unit="clinic-101", arrived="2024-03-05 10:00:00+08")
    earlier = intake.file(rows({}), sha="same", period="2024-01", arrived="2024-03-01 10:00:00+08")
    nil_one = intake.file([], sha="nil", period="2023-12")
    nil_two = intake.file([], sha="nil", period="2023-11")
    bad_one = intake.file([], sha="bad", period="2023-10", outcome="unreadable")
    bad_two = intake.file([], sha="bad", period="2023-09", outcome="unreadable")
    judge(con, home)
    flagged = dict(con.execute("SELECT revision_id, same_bytes_as FROM checks.submission_states").fetchall())
    # a file that came earlier than the one known so far takes its place
    assert flagged == {
        earlier: None, one: earlier, other: earlier, nil_one: None, nil_two: None, bad_one: None, bad_two: None,
    }  # fmt: skip
    assert states(con)[other] == ("accepted", True)
