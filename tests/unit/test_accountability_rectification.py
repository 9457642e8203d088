"""Tickets: opened by what a night finds, closed only by what comes later and passes, reopened, overdue; as history."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.accountability.grades.grades import overdue_alarms
from pipeline.accountability.obligations.calendar import WorkingDays
from pipeline.accountability.obligations.statuses import Status
from pipeline.accountability.rectification.follow_up import Evidence, Finding, Terms, event_findings, fold
from pipeline.accountability.rectification.retest import Case
from pipeline.accountability.rectification.tickets import Change, Kind, TicketStatus, replay, ticket_id
from pipeline.accountability.vocabulary import Rule
from pipeline.settings.accountability import AccountabilitySettings
from pipeline.settings.rectification import RectificationSettings

UNIT, FEED = "police-100", "household_registration"
TERMS = Terms(AccountabilitySettings(), RectificationSettings(), WorkingDays())
TARGET = 0.10


def day(text):
    return dt.date.fromisoformat(f"2024-{text}")


def alarm(rule, period, items=("mother_id_no",), failed=60, evaluated=100):
    return Finding(UNIT, FEED, period, rule, Kind.ALARM, items, failed, evaluated)


def rows(period, failed, evaluated, arrived, item="mother_id_no", due="2024-01-05"):
    due_on = dt.date.fromisoformat(due)
    return Case(period, item, failed, evaluated, due_on, arrived and day(arrived), TARGET)


def submissions(*failed, first_due=dt.date(2024, 7, 15)):
    """Of missing submissions: a case a month, from the first due day on; what did not fail came on its day."""
    due = [first_due + dt.timedelta(days=31 * at) for at in range(len(failed))]
    return [
        Case(f"2024-{6 + at:02d}", "", int(each), 1, due[at], None if each else due[at], 0.02)
        for at, each in enumerate(failed)
    ]


class Story:
    """Nights one after another."""

    def __init__(self):
        self.tickets, self.events = {}, []

    def night(self, text, findings=(), cases=(), statuses=None, rule=Rule.ITEM_MISSING):
        statuses = {"2024-01": Status.ON_TIME} if statuses is None else statuses
        evidence = Evidence({(UNIT, FEED): statuses}, {(UNIT, FEED, rule.value): list(cases)})
        findings = [*event_findings(evidence.statuses), *findings]
        self.tickets, new = fold(self.tickets, findings, evidence, day(text), TERMS)
        again, twice = fold(self.tickets, findings, evidence, day(text), TERMS)
        assert (again, twice) == (self.tickets, []), "a night that is run twice adds nothing"
        self.events += new
        assert replay(self.events) == self.tickets
        return [(event.event.value, event.detail) for event in new]

    @property
    def ticket(self):
        (one,) = self.tickets.values()
        return one


def test_alarm_ticket_resubmission_that_passes_closed_then_recurrence_reopened():
    story, found = Story(), alarm("item_missing", "2024-06")
    assert story.night("07-10", [found]) == [("opened", None)]
    assert story.ticket.due_on == TERMS.working_days.after(day("07-10"), 45)
    old = [rows(f"2024-0{month}", 12, 20, f"0{month + 1}-05") for month in range(1, 6)]
    # what was there before is no evidence, whatever it shows; the alarm lasts
    assert story.night("07-15", [found], old) == []
    # a resubmission that fails closes nothing
    failing = [rows("2024-05", 11, 20, "07-20"), *old[:4]]
    assert story.night("07-21", [found], failing) == [("retested", "failed")]
    # nor does one that is too small to tell
    small = [rows("2024-06", 0, 9, "07-25")]
    assert story.night("07-26", [found], small) == [("retested", "too_few")]
    good = [rows("2024-05", 0, 20, "07-28"), rows("2024-06", 1, 25, "07-28"), *old[:4]]
    assert story.night("07-29", [found], good) == [("closed", "passed")]
    assert (story.ticket.status, story.ticket.closed_on) == (TicketStatus.CLOSED, day("07-29"))
    # the trailing window forgets slowly: an alarm that merely lasts reopens nothing
    assert story.night("08-10", [alarm("item_missing", "2024-07")], good) == []
    # what comes after it and fails again does
    recurring = [*good, rows("2024-07", 15, 25, "08-12")]
    assert story.night("08-13", [alarm("item_missing", "2024-07")], recurring) == [("reopened", None)]
    assert (story.ticket.reopened_count, story.ticket.since) == (1, day("08-13"))
    assert story.ticket.closed_on is None
    assert story.ticket.due_on == TERMS.working_days.after(day("08-13"), 45)


def test_a_deadline_that_passes_makes_it_overdue_and_missing_submissions_critical():
    story, rule = Story(), Rule.MISSING_SUBMISSION
    found = alarm("missing_submission", "2024-06", items=("",), failed=4, evaluated=12)
    assert story.night("07-10", [found], rule=rule) == [("opened", None)]
    due_on = story.ticket.due_on
    assert story.night(f"{due_on:%m-%d}", [found], rule=rule) == []
    assert overdue_alarms(story.events) == {(UNIT, FEED): []}
    assert story.night("09-01", [found], submissions(1, 1), rule=rule) == [("retested", "too_few"), ("overdue", None)]
    assert story.ticket.status is TicketStatus.OVERDUE
    assert [span.start for span in overdue_alarms(story.events)[UNIT, FEED]] == [day("09-01")]
    # three that came are enough to tell; once closed, it is critical no more
    cases = submissions(1, 1, 0, 0, 0, 0, 0, 0)
    assert story.night("12-31", [found], cases, rule=rule) == [("retested", "failed")]
    cases = [*submissions(0, 0, 0, 0, 0, 0, 0)]
    assert story.night("12-31", [found], cases, rule=rule) == [("closed", "passed")]
    assert [span.end for span in overdue_alarms(story.events)[UNIT, FEED]] == [day("12-31")]


def test_events_are_tickets_of_their_period_closed_by_the_submission():
    story = Story()
    assert story.night("03-10", statuses={"2024-01": Status.MISSING, "2024-02": Status.ON_TIME}) == [("opened", None)]
    assert (story.ticket.rule, story.ticket.due_on) == ("missing_submission", day("03-15"))
    # a file that is rejected does not put a missing one right, and is an event of its own
    rejected = {"2024-01": Status.REJECTED, "2024-02": Status.ON_TIME}
    assert story.night("03-12", statuses=rejected) == [("opened", None)]
    assert story.night("03-18", statuses=rejected) == [("overdue", None)]
    came = {"2024-01": Status.LATE, "2024-02": Status.ON_TIME}
    assert story.night("03-19", statuses=came) == [("closed", "passed"), ("closed", "passed")]
    # taken back: missing again
    assert story.night("03-20", statuses={"2024-01": Status.MISSING}) == [("reopened", None)]


def test_late_is_put_right_by_a_later_one_on_time():
    story = Story()
    late = {"2024-01": Status.ON_TIME, "2024-02": Status.LATE}
    assert story.night("03-10", statuses=late) == [("opened", None)]
    assert story.night("04-10", statuses={**late, "2024-03": Status.NIL_LATE}) == [("opened", None)]
    on_time = {**late, "2024-03": Status.NIL_LATE, "2024-04": Status.NIL_ON_TIME}
    assert story.night("05-10", statuses=on_time) == [("closed", "passed")] * 2


def test_the_first_night_on_a_backlog_opens_only_what_is_not_yet_put_right():
    statuses = {"2024-01": Status.LATE, "2024-02": Status.ON_TIME, "2024-03": Status.MISSING, "2024-04": Status.LATE}
    found = event_findings({(UNIT, FEED): statuses})
    assert [(one.period, one.rule) for one in found] == [("2024-03", "missing_submission"), ("2024-04", "late")]


def test_what_is_no_longer_owed_is_closed_so():
    story = Story()
    story.night("03-10", statuses={"2024-01": Status.MISSING})
    assert story.night("03-11", statuses={"2024-02": Status.ON_TIME}) == [("closed", "no_longer_owed")]


def test_every_item_of_an_alarm_must_pass_and_new_ones_join_it():
    story = Story()
    story.night("07-10", [alarm("item_missing", "2024-06", ("phone",))])
    both = alarm("item_missing", "2024-06", ("mother_id_no", "phone"))
    assert story.night("07-11", [both]) == [("evidence_added", None)]
    half = [rows("2024-05", 0, 30, "07-20"), rows("2024-05", 20, 30, "07-20", item="phone")]
    assert story.night("07-21", [both], half) == [("retested", "failed")]
    assert story.ticket.items == ("mother_id_no", "phone")


def test_late_submissions_sent_again_are_no_evidence_of_punctuality():
    story, rule = Story(), Rule.LATE
    found = alarm("late", "2024-05", ("",), 6, 12)
    story.night("06-10", [found], rule=rule)
    again = [Case(f"2024-0{month}", "", 1, 1, day(f"0{month + 1}-05"), day("06-20"), 0.05) for month in range(1, 5)]
    assert story.night("06-21", [found], again, rule=rule) == []


def test_names_are_of_what_a_ticket_is_about():
    keys = [(unit, rule, kind) for unit in ("a", "b") for rule in ("late", "duplicates") for kind in Kind]
    names = {ticket_id(unit, FEED, rule, "2024-01", kind) for unit, rule, kind in keys}
    assert len(names) == len(keys)
    assert ticket_id("a", FEED, "late", "2024-01", Kind.EVENT) == ticket_id("a", FEED, "late", "2024-01", Kind.EVENT)


STATUSES = st.dictionaries(
    st.sampled_from([f"2024-{month:02d}" for month in range(1, 7)]), st.sampled_from(list(Status)), max_size=6
)
CASES = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 300), st.integers(0, 300), st.booleans()),
    max_size=5,
)
NIGHTS = st.lists(st.tuples(st.integers(0, 60), STATUSES, CASES, st.booleans()), min_size=1, max_size=8)


@given(nights=NIGHTS)
def test_any_sequence_of_nights_is_history_without_contradiction(nights):
    tickets, history, as_of = {}, [], dt.date(2024, 1, 1)
    for passed, statuses, cases, is_alarming in nights:
        as_of += dt.timedelta(days=passed)
        known = [
            Case("2024-01", "phone", min(failed, evaluated), evaluated, dt.date(2024, 1, 1) + dt.timedelta(days=due),
                 min(as_of, dt.date(2024, 1, 1) + dt.timedelta(days=arrived)) if is_there else None, TARGET)
            for failed, evaluated, due, arrived, is_there in cases
        ]  # fmt: skip
        evidence = Evidence(
            {(UNIT, FEED): {**statuses, "2023-12": Status.ON_TIME}}, {(UNIT, FEED, "item_missing"): known}
        )
        findings = [*event_findings(evidence.statuses), *[alarm("item_missing", "2024-06", ("phone",))][:is_alarming]]
        before = dict(tickets)
        tickets, events = fold(tickets, findings, evidence, as_of, TERMS)
        assert fold(before, findings, evidence, as_of, TERMS) == (tickets, events)
        assert fold(tickets, findings, evidence, as_of, TERMS) == (tickets, [])
        history += events
    assert replay(history) == tickets
    assert Counter(event.event for event in history)[Change.OPENED] == len(tickets)
    for name, ticket in tickets.items():
        assert name == ticket.ticket_id
        assert ticket.opened_on <= ticket.since <= ticket.due_on
        assert (ticket.closed_on is not None) == (ticket.status is TicketStatus.CLOSED)
        assert ticket.closed_on is None or ticket.since <= ticket.closed_on
        assert (ticket.status is TicketStatus.OVERDUE) <= (ticket.overdue_on is not None)


def test_replaying_what_does_not_follow_is_refused():
    story = Story()
    story.night("03-10", statuses={"2024-01": Status.MISSING})
    with pytest.raises(ValueError, match="does not follow"):
        replay([*story.events, *story.events])
