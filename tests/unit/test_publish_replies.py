"""The right of reply: no unit is named critical outside before it was told and has replied, or let ten days pass."""

import datetime as dt
import random

import duckdb
import pytest

from pipeline.accountability.obligations.calendar import WorkingDays
from pipeline.errors import RollcallError, UsageError
from pipeline.publish.approval.approvals import ledger
from pipeline.publish.approval.approve import approve
from pipeline.publish.approval.controlled import controlled, decide
from pipeline.publish.approval.prepared import prepare
from pipeline.publish.approval.replies import (
    check_critical,
    last_day,
    note_all_told,
    note_reply,
    note_told,
    reply_terms,
    waiting,
)
from tests import public_marts
from tests.public_marts import make_marts

PERIOD, NEXT = "2024-12", "2025-01"
TOLD = dt.date(2025, 1, 6)
# ten working days from Tuesday 7 January 2025
LAST = dt.date(2025, 1, 20)
CRITICAL = [("police-100", "2024-12"), ("police-100", "2025-01")]


@pytest.fixture
def marts():
    with duckdb.connect(":memory:") as con:
        make_marts(con, public_marts.draw(random.Random(1)), critical=CRITICAL)
        yield con


def names(con, home, period=PERIOD, today=LAST):
    tables = decide(con, home, period, today).tables
    return "unit_grades" in tables.tables, tables.named_critical


def test_ten_working_days_begin_the_day_after(home, reference):
    assert last_day(TOLD, 10, WorkingDays(reference.holidays)) == LAST
    # the Spring Festival is not worked
    assert last_day(dt.date(2025, 1, 24), 10, WorkingDays()) == dt.date(2025, 2, 13)


def test_no_grade_is_given_as_long_as_a_critical_unit_may_reply(marts, home, reference):
    assert names(marts, home) == (False, ())
    note_told(home, reference, "police-100", PERIOD, TOLD, "office")
    assert names(marts, home, today=LAST) == (False, ())
    assert names(marts, home, today=LAST + dt.timedelta(days=1)) == (True, ("police-100",))
    # nothing tells which unit it is
    assert not any("police-100" in note.en for note in decide(marts, home, PERIOD, LAST).tables.notes)


def test_a_reply_ends_the_wait_also_for_the_months_that_follow_without_a_break(marts, home, reference):
    note_reply(home, reference, "police-100", PERIOD, TOLD, "office", "the entries are being verified")
    assert names(marts, home) == (True, ("police-100",))
    assert waiting(marts, home, reference, NEXT, LAST) == []


def test_a_unit_that_was_not_critical_between_is_asked_again(marts, home, reference):
    make_marts(
        marts, public_marts.draw(random.Random(1)), critical=[("police-100", "2024-10"), ("police-100", "2024-12")]
    )
    note_reply(home, reference, "police-100", "2024-10", TOLD, "office", "it was verified")
    assert [one.unit_code for one in waiting(marts, home, reference, PERIOD, LAST)] == ["police-100"]


def test_told_twice_the_first_day_counts_and_every_reply_is_kept(home, reference):
    assert note_told(home, reference, "police-100", PERIOD, TOLD, "office")
    assert not note_told(home, reference, "police-100", PERIOD, LAST, "office")
    for words in ("one", "two"):
        note_reply(home, reference, "police-100", PERIOD, LAST, "office", words)
    assert [entry["kind"] for entry in ledger(home).read()] == ["told", "replied", "replied"]
    assert ledger(home).verify() == []


@pytest.mark.parametrize(
    ("unit", "period", "words"), [("nobody", PERIOD, "x"), ("police-100", "December", "x"), ("police-100", PERIOD, " ")]
)
def test_a_reply_that_cannot_be_is_refused_in_a_sentence(home, reference, unit, period, words):
    with pytest.raises(UsageError):
        note_reply(home, reference, unit, period, TOLD, "office", words)
    assert ledger(home).read() == []


def test_a_name_that_was_prepared_too_early_does_not_go_out(marts, home, reference):
    note_reply(home, reference, "police-100", PERIOD, TOLD, "office", "the entries are being verified")
    prepare(marts, home, PERIOD)
    home.approvals_file.unlink()
    with pytest.raises(RollcallError, match=r"police-100 is named critical .* has not been told"):
        approve(marts, home, PERIOD, "李主任", LAST)
    note_told(home, reference, "police-100", PERIOD, TOLD, "office")
    with pytest.raises(RollcallError, match="may reply until 2025-01-20"):
        approve(marts, home, PERIOD, "李主任", LAST)
    assert not (home.public / PERIOD).exists()


def test_without_grades_nobody_is_critical(marts, home, reference):
    marts.execute("DROP TABLE marts.unit_scorecards")
    assert waiting(marts, home, reference, PERIOD, LAST) == []
    assert "unit_grades" not in controlled(marts, home, PERIOD).tables


def test_feedback_starts_the_time_for_a_reply_once(home, reference):
    critical = {"police-100": {PERIOD}, "nobody": {PERIOD}}
    assert reply_terms(home, reference, critical, TOLD)["police-100", PERIOD] == LAST
    assert note_all_told(home, reference, critical, TOLD, "feedback") == ["police-100"]
    later = TOLD + dt.timedelta(days=30)
    # the month after is of the same run of months: the first day counts
    both = {"police-100": {PERIOD, NEXT}}
    assert set(reply_terms(home, reference, both, later).values()) == {LAST}
    assert note_all_told(home, reference, both, later, "feedback") == ["police-100"]
    assert note_all_told(home, reference, both, later, "feedback") == []
    # a night that is replayed knows nothing of what came after it
    before = TOLD - dt.timedelta(days=1)
    assert reply_terms(home, reference, {"police-100": {PERIOD}}, before)["police-100", PERIOD] < LAST


def test_a_unit_that_is_not_critical_is_not_told_that_it_is(marts):
    check_critical(marts, "police-100", PERIOD)
    with pytest.raises(UsageError, match=r"clinic-100 is not critical in 2024-12") as error:
        check_critical(marts, "clinic-100", PERIOD)
    assert "police-100" in error.value.remedy
