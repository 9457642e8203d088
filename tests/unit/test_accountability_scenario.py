"""Rectification played through: from counts to alarms, tickets, grades and feedback, night after night.

Everything that judges is the night's own code; only what dbt counts and intake received is written here.
"""

from __future__ import annotations

import datetime as dt

import pytest

from pipeline.accountability.grades.grades import write_grades
from pipeline.accountability.obligations.calendar import WorkingDays, first_day, month_after, month_of
from pipeline.accountability.rectification.tables import is_anything_due, write_tickets
from pipeline.accountability.scorecards import write_scorecards
from pipeline.accountability.vocabulary import EVENT_RULES
from pipeline.casework import critical_months, write_feedback
from pipeline.contracts import load_feeds
from pipeline.publish.approval.approvals import TOLD, ledger
from pipeline.publish.approval.replies import note_all_told, reply_terms

FEED, ITEM, ROWS = "household_registration", "mother_id_no", 30
OURS = "police-100"
PEERS = [f"police-{number}" for number in range(200, 207)]
SCHEMA = """
    CREATE SCHEMA measures;
    CREATE TABLE measures.rule_counts (unit_code VARCHAR, feed VARCHAR, period VARCHAR, measure VARCHAR,
        rule VARCHAR, item VARCHAR, failed BIGINT, evaluated BIGINT, failed_in_time BIGINT);
    CREATE TABLE measures.event_days (unit_code VARCHAR, feed VARCHAR, period VARCHAR, event_date DATE, events BIGINT);
    CREATE TABLE measures.corroboration_cells (unit_code VARCHAR, feed VARCHAR, period VARCHAR,
        township_code VARCHAR, birth_quarter VARCHAR, is_resident BOOLEAN, has_mother_id BOOLEAN,
        has_child_number BOOLEAN, has_name BOOLEAN, has_phone BOOLEAN, due_elsewhere INTEGER, records BIGINT,
        uncorroborated BIGINT, uncorroborated_in_time BIGINT);
    CREATE TABLE measures.surplus_records (record_key BIGINT);
    CREATE TABLE measures.contradicted_records (record_key BIGINT, item VARCHAR);
    CREATE TABLE measures.corroboration_records (record_key BIGINT, unit_code VARCHAR, feed VARCHAR,
        is_corroborated BOOLEAN);
    CREATE SCHEMA intermediate;
    CREATE TABLE intermediate.int_possible_double_registrations
        (record_key_l BIGINT, record_key_r BIGINT, later_record_key BIGINT);
    CREATE TABLE intermediate.int_records_standardised (record_key BIGINT, unit_code VARCHAR, feed VARCHAR,
        period VARCHAR, revision_id INTEGER, row_no INTEGER, record_no VARCHAR, identical_row_count INTEGER);
    DROP VIEW checks.current_revisions;
    CREATE TABLE checks.current_revisions (unit_code VARCHAR, feed VARCHAR, period VARCHAR, revision_id INTEGER,
        arrived_at TIMESTAMP);
    INSERT INTO accountability.registers VALUES
        ('household_registration', 'police', 'birth', 'residence', 'month', 3, NULL);
"""


class County:
    """Eight police stations from January 2024 on. Each period of each has blank items of `ROWS` rows and a day of
    arrival; without one, nothing came."""

    def __init__(self, con, home, reference):
        self.con, self.home, self.reference = con, home, reference
        self.sent: dict[tuple[str, str], tuple[int, int, dt.date | None]] = {}
        self.first: dict[tuple[str, str], dt.date | None] = {}
        self.nights = 0
        self.days = WorkingDays(reference.holidays)

    def send(self, unit, period, blanks, day=None, rows=ROWS):
        """A submission, or a corrected one in its place; without a day, on the first of the next month."""
        day = day or month_after(first_day(period))
        self.sent[unit, period] = (blanks, rows, day)
        if self.first.get((unit, period)) is None:
            self.first[unit, period] = day

    def skip(self, unit, period):
        self.sent[unit, period] = (0, 0, None)
        self.first[unit, period] = None

    def months(self, first, last, ours=2, is_silent=False):
        """Months in which the others send what is usual, and ours `ours` blank items, or nothing."""
        month = first
        while month <= last:
            for number, unit in enumerate(PEERS):
                self.send(unit, month, 1 + number % 3)
            if is_silent:
                self.skip(OURS, month)
            else:
                self.send(OURS, month, ours)
            month = month_of(month_after(first_day(month)))

    def night(self, day):
        """One night; returns what happened to tickets of ours, as (rule, kind, change, detail)."""
        as_of = dt.date.fromisoformat(day)
        self.nights += 1
        self._write(as_of)
        write_scorecards(self.con, self.home)
        write_tickets(self.con, self.home, self.reference, self.nights, as_of)
        write_grades(self.con, self.home, as_of)
        return self.con.execute(
            "SELECT rule, kind, event, detail FROM accountability.ticket_events WHERE night_no = ? AND unit_code = ? "
            "ORDER BY event_no",
            [self.nights, OURS],
        ).fetchall()

    def _write(self, as_of):
        for table in ("measures.rule_counts", "accountability.obligations", "checks.current_revisions"):
            self.con.execute(f"DELETE FROM {table}")
        owed, counts, arrivals = [], [], []
        for (unit, period), (blanks, rows, day) in sorted(self.sent.items()):
            due_on = self.days.next_working_day(month_after(first_day(period)).replace(day=5))
            has_come = day is not None and day <= as_of
            # what is sent again is as late as what came first
            first = self.first[unit, period]
            status = (
                ("on_time" if first <= due_on else "late") if has_come else "missing" if due_on < as_of else "not_due"
            )
            owed.append((unit, FEED, period, status, due_on))
            is_known = int(status != "not_due")
            for rule in EVENT_RULES:
                is_so = {"late": "late", "missing_submission": "missing"}.get(rule.value) == status
                counts.append((unit, FEED, period, "timeliness", rule.value, "", int(is_so), is_known))
            blanks, rows = (blanks, rows) if has_come else (0, 0)
            counts.append((unit, FEED, period, "item_completeness", "item_missing", ITEM, blanks, rows))
            if has_come:
                arrivals.append((unit, FEED, period, 1, dt.datetime.combine(day, dt.time(9))))
        insert = "INSERT INTO accountability.obligations (unit_code, feed, period, status, due_on) VALUES "
        self.con.executemany(insert + "(?, ?, ?, ?, ?)", owed)
        self.con.executemany("INSERT INTO measures.rule_counts VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $7)", counts)
        self.con.executemany("INSERT INTO checks.current_revisions VALUES (?, ?, ?, ?, ?)", arrivals)

    def ticket(self, rule):
        return self.con.execute(
            "SELECT status, reopened_count, retest FROM accountability.tickets "
            "WHERE unit_code = ? AND rule = ? AND kind = 'alarm'",
            [OURS, rule],
        ).fetchall()

    def verdict(self, period, measure="item_completeness"):
        return self.con.execute(
            "SELECT verdict FROM accountability.measure_results WHERE unit_code = ? AND period = ? AND measure = ? "
            "AND time_window = 'trailing'",
            [OURS, period, measure],
        ).fetchall()[0][0]

    def grade(self, period):
        return self.con.execute(
            "SELECT grade, is_critical FROM accountability.grades WHERE unit_code = ? AND period = ?", [OURS, period]
        ).fetchall()[0]


@pytest.fixture
def county(con, home, reference):
    con.execute(SCHEMA)
    con.execute("INSERT INTO reference.units (unit_code, agency, unit_name, division_code, active_from) "
                "VALUES (?, 'police', '所', '999977100', '2015-01-01')", [OURS])  # fmt: skip
    for feed in load_feeds().values():
        schema, _ = feed.raw_table.split(".")
        con.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        con.execute(f"CREATE TABLE IF NOT EXISTS {feed.raw_table} (revision_id INTEGER, row_no INTEGER, line INTEGER)")
    return County(con, home, reference)


def test_an_alarm_is_put_right_by_what_is_sent_again_and_comes_back(county):
    alarm = ("item_missing", "alarm")
    county.months("2024-01", "2024-09", ours=20)
    assert county.night("2024-10-15") == [(*alarm, "opened", None)]
    assert county.verdict("2024-09") == "alarm"
    # a resubmission that fails closes nothing
    county.send(OURS, "2024-05", 15, dt.date(2024, 10, 17))
    assert county.night("2024-10-18") == [(*alarm, "retested", "failed")]
    assert county.ticket("item_missing") == [("open", 0, "failed")]
    # one that is too small to tell closes nothing either, whatever it shows
    county.send(OURS, "2024-05", 20)
    county.send(OURS, "2024-04", 0, dt.date(2024, 10, 21), rows=6)
    assert county.night("2024-10-22") == [(*alarm, "retested", "too_few")]
    # months that pass do, though the trailing rate is an alarm still
    for month in ("2024-08", "2024-09"):
        county.send(OURS, month, 1, dt.date(2024, 10, 24))
    assert county.night("2024-10-25") == [(*alarm, "closed", "passed")]
    assert county.verdict("2024-09") == "alarm"
    assert county.ticket("item_missing") == [("closed", 0, "passed")]
    # an alarm that merely lasts reopens nothing
    county.months("2024-10", "2024-10", ours=2)
    assert county.night("2024-11-15") == []
    assert county.verdict("2024-10") == "alarm"
    # what is sent after it and fails does
    county.months("2024-11", "2024-12", ours=28)
    assert county.night("2025-01-15") == [(*alarm, "reopened", None)]
    assert county.ticket("item_missing") == [("open", 1, None)]


def test_silence_is_a_ticket_each_month_an_alarm_overdue_and_critical_until_it_ends(county):
    county.months("2024-01", "2024-03")
    assert county.night("2024-04-10") == []
    county.months("2024-04", "2024-07", is_silent=True)
    said = county.night("2024-08-09")
    assert said.count(("missing_submission", "event", "opened", None)) == 4
    assert ("missing_submission", "alarm", "opened", None) in said
    assert county.verdict("2024-07", "timeliness") == "alarm"
    assert county.grade("2024-07")[1] is False, "its date has not passed"
    assert critical_months(county.con, county.home, dt.date(2024, 8, 9)) == {}
    # the date passes: overdue, and critical whatever the mean
    last = dt.date(2024, 8, 9)
    as_of = dt.date(2024, 9, 12)
    county.months("2024-08", "2024-08", is_silent=True)
    assert is_anything_due(county.con, as_of, last)
    assert ("missing_submission", "alarm", "overdue", None) in county.night("2024-09-12")
    assert county.ticket("missing_submission")[0][0] == "overdue"
    assert county.grade("2024-08") == ("D", True)
    # the unit reads it in its feedback, and may reply from that day on
    assert told(county, as_of) == [OURS]
    (entry,) = {entry["told_on"] for entry in ledger(county.home).read() if entry["kind"] == TOLD}
    assert entry == "2024-09-12"
    file = county.home.outgoing / OURS / "feedback_2024-09.xlsx"
    first = file.read_bytes()
    # a later night tells nothing again, and moves no date
    assert told(county, as_of + dt.timedelta(days=3)) == []
    assert file.read_bytes() == first
    # one that comes is too few to tell; three more are enough: closed, and critical no more from then on
    county.send(OURS, "2024-08", 2, dt.date(2024, 9, 20))
    assert ("missing_submission", "alarm", "retested", "too_few") in county.night("2024-09-23")
    assert county.ticket("missing_submission")[0][0] == "overdue"
    county.months("2024-09", "2024-11")
    assert ("missing_submission", "alarm", "closed", "passed") in county.night("2024-12-10")
    county.months("2024-12", "2024-12")
    county.night("2025-01-15")
    assert county.grade("2024-12")[1] is False
    assert county.grade("2024-08")[1] is True, "what it was then stays so"


def told(county, as_of):
    """The night's feedback, as its stage joins it with the right of reply; returns the units newly told."""
    critical = critical_months(county.con, county.home, as_of)
    until = reply_terms(county.home, county.reference, critical, as_of)
    assert set(until.values()) <= {county.days.after(dt.date(2024, 9, 12), 10)}
    write_feedback(county.con, county.home, as_of, until)
    return note_all_told(county.home, county.reference, critical, as_of, "feedback")
