"""What is owed, from when, and with which status."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import duckdb
import pytest

from pipeline.accountability import STATUS_LABELS, Status, read_obligations, write_obligations
from pipeline.home import Home

AS_OF = dt.date(2024, 3, 10)


class States:
    """Puts lines into `checks.submission_states`."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con, self.count = con, 0

    def add(self, period: str, arrived: str, state: str, *, unit="police-100", feed="household_registration",
            first=None, rows=7, aside=0, revision=1) -> None:  # fmt: skip
        self.count += 1
        is_current = state in ("accepted", "accepted_with_rows_set_aside", "appended", "nil")
        self.con.execute(
            "INSERT INTO checks.submission_states VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?, NULL, NULL, ?, ?, NULL, ?)",
            [self.count, unit, feed, period, revision, state, first or state, is_current, rows, aside, arrived],
        )


@pytest.fixture
def states(con: duckdb.DuckDBPyConnection) -> States:
    return States(con)


def owed(con: duckdb.DuckDBPyConnection, unit="police-100", feed="household_registration") -> dict[str, str]:
    found = con.execute(
        "SELECT period, status FROM accountability.obligations WHERE unit_code = ? AND feed = ? ORDER BY period",
        [unit, feed],
    )
    return dict(found.fetchall())


def test_vocabulary_has_words():
    assert set(STATUS_LABELS) == set(Status)


@pytest.mark.parametrize(
    ("revisions", "status"),
    [
        ([("2024-02-05 23:59:59+08", "accepted")], "on_time"),
        ([("2024-02-06 00:00:00+08", "accepted")], "late"),
        ([("2024-02-05 16:30:00+00", "accepted")], "late"),  # the next day already, in the county
        ([("2024-01-15 10:00:00+08", "accepted")], "on_time"),
        ([("2024-02-05 10:00:00+08", "nil")], "nil_on_time"),
        ([("2024-02-07 10:00:00+08", "nil")], "nil_late"),
        ([("2024-02-05 10:00:00+08", "appended")], "on_time"),
        ([("2024-02-05 10:00:00+08", "accepted_with_rows_set_aside")], "on_time"),
        ([("2024-02-05 10:00:00+08", "rejected")], "rejected"),
        ([("2024-02-05 10:00:00+08", "rejected"), ("2024-02-06 10:00:00+08", "accepted")], "late"),
        ([("2024-02-05 10:00:00+08", "superseded", "accepted"), ("2024-02-20 10:00:00+08", "accepted")], "on_time"),
        ([("2024-02-05 10:00:00+08", "superseded", "nil"), ("2024-02-20 10:00:00+08", "accepted")], "nil_on_time"),
        ([("2024-02-05 10:00:00+08", "accepted"), ("2024-02-20 10:00:00+08", "held")], "on_time"),
        ([("2024-02-05 10:00:00+08", "rejected"), ("2024-02-05 11:00:00+08", "duplicate")], "rejected"),
        ([], "missing"),
    ],
)
def test_status(con, home, reference, states, revisions, status):
    for number, (arrived, state, *first) in enumerate(revisions, start=1):
        states.add("2024-01", arrived, state, first=first[0] if first else None, revision=number)
    write_obligations(con, home, reference, AS_OF)
    assert owed(con)["2024-01"] == status


def test_an_obligation_exists_from_the_month_in_which_it_is_due(con, home, reference):
    def periods(day: dt.date, **which: str) -> dict[str, str]:
        write_obligations(con, home, reference, day)
        return owed(con, **which)

    assert periods(dt.date(2024, 1, 31)) == {}
    assert periods(dt.date(2024, 2, 1)) == {"2024-01": "not_due"}
    assert periods(dt.date(2024, 2, 5)) == {"2024-01": "not_due"}
    assert periods(dt.date(2024, 2, 6)) == {"2024-01": "missing"}
    assert periods(dt.date(2024, 3, 1)) == {"2024-01": "missing", "2024-02": "not_due"}
    school = {"unit": "school-100", "feed": "school_enrolment"}
    assert periods(dt.date(2024, 8, 31), **school) == {}
    assert periods(dt.date(2024, 9, 1), **school) == {"2024": "not_due"}
    assert periods(dt.date(2024, 9, 21), **school) == {"2024": "missing"}


def test_what_came_early_is_owed_early(con, home, reference, states):
    states.add("2024-03", "2024-03-09 10:00:00+08", "accepted")
    states.add("2023-12", "2024-01-04 10:00:00+08", "accepted")
    write_obligations(con, home, reference, AS_OF)
    # December lies before the county's first period: nobody owed it
    assert owed(con) == {"2024-01": "missing", "2024-02": "missing", "2024-03": "on_time"}


def test_a_unit_owes_while_it_is_active(con, home, reference):
    units = {
        code: replace(unit, active_from=dt.date(2024, 2, 20), active_to=dt.date(2024, 4, 2))
        for code, unit in reference.units.items()
    }
    write_obligations(con, home, replace(reference, units=units), dt.date(2024, 12, 31))
    assert list(owed(con)) == ["2024-02", "2024-03", "2024-04"]
    assert owed(con, "school-100", "school_enrolment") == {}


def test_the_first_period_is_the_earliest_that_anyone_landed(con, home, reference, states):
    path = home.county_yaml
    path.write_text(path.read_text(encoding="utf-8").replace('first_period: "2024-01"\n', ""), encoding="utf-8")
    home = Home(home.root)
    write_obligations(con, home, reference, AS_OF)
    assert owed(con) == {}
    states.add("2024-02", "2024-03-05 10:00:00+08", "accepted", unit="civil-100", feed="marriage")
    states.add("2023-01", "2024-03-05 10:00:00+08", "rejected")
    write_obligations(con, home, reference, AS_OF)
    assert list(owed(con)) == ["2024-02"]


def test_the_countys_own_due_day(con, home, reference, states):
    path = home.county_yaml
    override = "due: {household_registration: {every: month, day: 20}}\n"
    path.write_text(path.read_text(encoding="utf-8") + override, encoding="utf-8")
    states.add("2024-01", "2024-02-19 10:00:00+08", "accepted")
    write_obligations(con, Home(home.root), reference, AS_OF)
    assert owed(con)["2024-01"] == "on_time"


def test_rows_are_those_of_the_current_content(con, home, reference, states):
    states.add("2024-01", "2024-02-02 10:00:00+08", "superseded", first="accepted", rows=5)
    states.add("2024-01", "2024-02-03 10:00:00+08", "accepted_with_rows_set_aside", rows=8, aside=2, revision=2)
    states.add("2024-01", "2024-02-09 10:00:00+08", "appended", rows=3, aside=1, revision=3)
    states.add("2024-01", "2024-02-10 10:00:00+08", "held", rows=1, revision=4)
    write_obligations(con, home, reference, AS_OF)
    line = con.execute(
        "SELECT status, received_at::VARCHAR, revision, row_count, set_aside_count FROM accountability.obligations "
        "WHERE unit_code = 'police-100' AND period = '2024-01'"
    )
    assert line.fetchall() == [("on_time", "2024-02-02 10:00:00+08", 3, 11, 3)]


def test_the_digest_changes_with_what_is_owed_only(con, home, reference, states):
    states.add("2024-01", "2024-02-05 10:00:00+08", "accepted")
    told = read_obligations(con, home, reference, AS_OF)
    assert con.execute("SELECT count(*) FROM accountability.obligations").fetchall() == [(0,)]
    assert write_obligations(con, home, reference, AS_OF) == told
    assert read_obligations(con, home, reference, AS_OF + dt.timedelta(days=1)).digest == told.digest
    con.execute("SET TimeZone = 'UTC'")
    assert read_obligations(con, home, reference, AS_OF).digest == told.digest
    assert read_obligations(con, home, reference, dt.date(2024, 4, 1)).digest != told.digest
    # the population office has until Monday the 11th
    assert told.counts == {"on_time": 1, "missing": 10, "not_due": 1}


def test_registers(con, home, reference):
    write_obligations(con, home, reference, dt.date(2024, 2, 29))
    found = con.execute("SELECT feed, grace_months, due_through FROM accountability.registers ORDER BY feed").fetchall()
    assert ("delivery", 2, "2024-01") in found
    assert ("household_registration", 3, "2024-01") in found
    assert ("school_enrolment", 84, "2023") in found
    write_obligations(con, home, reference, dt.date(2024, 2, 5))
    due = con.execute("SELECT due_through FROM accountability.registers WHERE feed = 'delivery'").fetchall()
    assert due == [("2023-12",)]
