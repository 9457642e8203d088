"""What each unit owes, and what became of it.

Belongs here: obligations, their status, and what SQL needs to know of each register. Does not: how good a submission
was (measures), flags, grades.

An obligation is a unit's feed and period:

- *monthly*: the month is not before `first_period` and the unit was active on any of its days;
- *yearly*: the due day is not in a month before `first_period`, and the unit was active on it.

It exists from the first day of the month in which it is due; earlier where something was received for it.
Its status goes by the first revision that was ever part of the content (an accepted file, a nil report or a
supplement), on time if it arrived on or before the due day in the county's time zone. A withdrawn revision was
never there. Nothing is held where nothing is current, so a submission is never "held only".
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from pipeline.accountability.obligations.calendar import (
    WorkingDays,
    due_on,
    first_day,
    month_of,
    nominal_due_on,
    periods_between,
)
from pipeline.accountability.obligations.statuses import Status
from pipeline.checks.tables import insert_rows
from pipeline.checks.vocabulary import RECEIVED_STATES, State
from pipeline.contracts import Feed, load_feeds
from pipeline.contracts.model import Due
from pipeline.home import Home
from pipeline.reference import Reference, Unit
from pipeline.warehouse import transaction

Submission = tuple[str, str, str]


@dataclass(frozen=True)
class Obligation:
    """A line of `accountability.obligations`, in its order."""

    unit_code: str
    feed: str
    period: str
    status: Status
    due_on: dt.date
    received_at: dt.datetime | None = None
    revision: int | None = None
    row_count: int | None = None
    set_aside_count: int | None = None

    @property
    def line(self) -> tuple:
        return (
            self.unit_code, self.feed, self.period, self.status.value, self.due_on,
            self.received_at, self.revision, self.row_count, self.set_aside_count,
        )  # fmt: skip


@dataclass
class ObligationSummary:
    """What was worked out: a digest of every line, obligations by status, and warnings of the calendar."""

    digest: str
    counts: dict[str, int]
    warnings: tuple[str, ...] = ()


@dataclass
class _Received:
    """What came in for one submission."""

    received_at: dt.datetime | None = None
    is_nil: bool = False
    revision: int | None = None
    row_count: int = 0
    set_aside_count: int = 0


def write_obligations(
    con: duckdb.DuckDBPyConnection, home: Home, reference: Reference, as_of: dt.date
) -> ObligationSummary:
    """Write `accountability.obligations` and `accountability.registers` anew, in one transaction."""
    owed, registers, warnings = _work_out(con, home, reference, as_of)
    with transaction(con):
        con.execute("DELETE FROM accountability.obligations")
        con.execute("DELETE FROM accountability.registers")
        insert_rows(con, "accountability.obligations", (obligation.line for obligation in owed))
        insert_rows(con, "accountability.registers", registers)
    return _summary(owed, registers, warnings)


def read_obligations(
    con: duckdb.DuckDBPyConnection, home: Home, reference: Reference, as_of: dt.date
) -> ObligationSummary:
    """The same without writing: tells whether the day alone changes what is owed, due or missing."""
    return _summary(*_work_out(con, home, reference, as_of))


def _work_out(
    con: duckdb.DuckDBPyConnection, home: Home, reference: Reference, as_of: dt.date
) -> tuple[list[Obligation], list[tuple], tuple[str, ...]]:
    working_days = WorkingDays(reference.holidays)
    received, rejected = _read_received(con)
    start = _first_period(con, home)
    owed = [
        _obligation(key, due_on(due, key[2], working_days), received.get(key), key in rejected, as_of, home)
        for unit in sorted(reference.units.values(), key=lambda unit: unit.unit_code)
        for feed, due in sorted((name, home.due(name, load_feeds()[name].due)) for name in unit.feeds)
        for key in _owed_by(unit, feed, due, start, as_of, {*received, *rejected})
    ]
    registers = [_register(home, feed, as_of, working_days) for feed in load_feeds().values()]
    return owed, registers, working_days.warnings


def _first_period(con: duckdb.DuckDBPyConnection, home: Home) -> str | None:
    """The first month that is owed: the county's, else the earliest that anyone landed in a file that could be read."""
    if home.settings.first_period:
        return home.settings.first_period
    read = "SELECT min(period) FROM checks.submission_states WHERE state <> 'rejected' AND length(period) = ?"
    month, year = (con.execute(read, [digits]).fetchall()[0][0] for digits in (len("2024-01"), len("2024")))
    return month or (f"{year}-01" if year else None)


def _owed_by(
    unit: Unit, feed: str, due: Due, start: str | None, as_of: dt.date, touched: set[Submission]
) -> Iterator[Submission]:
    """What a unit owes of a feed by a day, in order of period."""
    if start is None:
        return
    since = max(first_day(start), unit.active_from)
    until = min(as_of, unit.active_to) if unit.active_to else as_of
    sent = {period for code, name, period in touched if (code, name) == (unit.unit_code, feed)}
    for period in sorted({*periods_between(due, since, until), *sent}):
        nominal = nominal_due_on(due, period)
        exists = nominal.replace(day=1) <= as_of or period in sent
        if exists and _is_owed(unit, due, period, nominal, start):
            yield unit.unit_code, feed, period


def _is_owed(unit: Unit, due: Due, period: str, nominal: dt.date, start: str) -> bool:
    """Whether the unit was there for the period, and the county had begun."""
    until = unit.active_to or dt.date.max
    if due.every == "year":
        return first_day(start) <= nominal and unit.active_from <= nominal <= until
    return start <= period and month_of(unit.active_from) <= period <= month_of(until)


def _read_received(con: duckdb.DuckDBPyConnection) -> tuple[dict[Submission, _Received], set[Submission]]:
    """Submissions with something received, and those of which everything was rejected."""
    found: dict[Submission, _Received] = {}
    seen: set[Submission] = set()
    for unit, feed, period, revision, state, first_state, is_current, rows, aside, arrived in con.execute(
        """
        SELECT unit_code, feed, period, revision, state, first_state, is_current,
               row_count, set_aside_count, arrived_at
        FROM checks.submission_states ORDER BY unit_code, feed, period, revision
        """
    ).fetchall():
        key = (unit, feed, period)
        seen.add(key)
        if state not in RECEIVED_STATES:
            continue
        is_nil = first_state == State.NIL or (first_state == State.HELD and rows == 0)
        one = found.setdefault(key, _Received(arrived, is_nil))
        if is_current:
            one.revision = revision
            one.row_count += rows
            one.set_aside_count += aside
    return found, seen - found.keys()


def _obligation(
    key: Submission, due: dt.date, received: _Received | None, is_rejected: bool, as_of: dt.date, home: Home
) -> Obligation:
    if received is None or received.received_at is None:
        past = as_of > due
        status = Status.REJECTED if is_rejected else Status.MISSING if past else Status.NOT_DUE
        return Obligation(*key, status, due)
    is_on_time = received.received_at.astimezone(home.settings.zone).date() <= due
    if received.is_nil:
        status = Status.NIL_ON_TIME if is_on_time else Status.NIL_LATE
    else:
        status = Status.ON_TIME if is_on_time else Status.LATE
    return Obligation(
        *key, status, due, received.received_at, received.revision, received.row_count, received.set_aside_count
    )


def _register(home: Home, feed: Feed, as_of: dt.date, working_days: WorkingDays) -> tuple:
    """A line of `accountability.registers`, in its order."""
    coverage, due = home.settings.coverage, home.due(feed.feed, feed.due)
    default = coverage.grace_months_later_contact if feed.kind == "later_contact" else coverage.grace_months_default
    # the period whose due day passed last: two periods back at the most, wherever holidays move it
    recent = periods_between(due, as_of.replace(year=as_of.year - 2, day=1), as_of)
    passed = [period for period in recent if due_on(due, period, working_days) < as_of]
    return (
        feed.feed, feed.agency, feed.kind, feed.catchment, due.every,
        coverage.grace_months.get(feed.feed, default), passed[-1] if passed else None,
    )  # fmt: skip


def _summary(owed: list[Obligation], registers: list[tuple], warnings: tuple[str, ...]) -> ObligationSummary:
    digest = hashlib.sha256()
    for line in [*(obligation.line for obligation in owed), *registers]:
        digest.update(repr([_canonical(cell) for cell in line]).encode())
    counts = Counter(obligation.status.value for obligation in owed)
    return ObligationSummary(
        digest.hexdigest(), {s.value: counts[s.value] for s in Status if counts[s.value]}, warnings
    )


def _canonical(cell: object) -> object:
    """Instants in UTC, so that the digest is the same however a connection shows them."""
    if isinstance(cell, dt.datetime):
        return cell.astimezone(dt.UTC).isoformat()
    return cell.isoformat() if isinstance(cell, dt.date) else cell
