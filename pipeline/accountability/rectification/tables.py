"""Tickets in the warehouse: what a night found and what units sent since, read; events appended; tickets written.

Belongs here: SQL of schema `accountability` around the fold. Does not: the fold (`rectification/follow_up.py`).
The tickets before a night are replayed from the events of earlier nights, so that a night which is run again, or was
killed half way, ends the same.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

import duckdb

from pipeline.accountability.obligations.calendar import WorkingDays
from pipeline.accountability.obligations.statuses import Status
from pipeline.accountability.rectification.follow_up import Evidence, Finding, Terms, event_findings, fold
from pipeline.accountability.rectification.retest import Case
from pipeline.accountability.rectification.tickets import Change, Kind, Ticket, TicketEvent, replay
from pipeline.accountability.vocabulary import Severity, Verdict
from pipeline.checks.tables import insert_rows
from pipeline.home import Home
from pipeline.reference import Reference
from pipeline.statements import Statements
from pipeline.warehouse import transaction

_STATEMENTS = Statements(__file__)
_EVENT_COLUMNS = (
    "on_date, ticket_id, unit_code, feed, period, rule, kind, event, detail, due_on, items, failed, evaluated"
)


def write_tickets(
    con: duckdb.DuckDBPyConnection, home: Home, reference: Reference, night_no: int, as_of: dt.date
) -> dict[str, int]:
    """Fold a night into the tickets, in one transaction.

    Returns:
        What happened, by kind of change.
    """
    settings = home.settings
    terms = Terms(settings.accountability, settings.rectification, WorkingDays(reference.holidays))
    before = replay(read_events(con, before_night=night_no))
    statuses = _statuses(con)
    findings = [*event_findings(statuses), *_alarm_findings(con)]
    evidence = Evidence(statuses, _cases(con, before.values()))
    now, events = fold(before, findings, evidence, as_of, terms)
    with transaction(con):
        con.execute("DELETE FROM accountability.ticket_events WHERE night_no >= ?", [night_no])
        insert_rows(con, "accountability.ticket_events", (_line(night_no, *each) for each in enumerate(events, 1)))
        con.execute("DELETE FROM accountability.tickets")
        insert_rows(con, "accountability.tickets", _ticket_lines(now, reference))
    return dict(Counter(event.event.value for event in events))


def is_anything_due(con: duckdb.DuckDBPyConnection, as_of: dt.date, last_as_of: dt.date) -> bool:
    """Whether the day alone changes a ticket or a grade: a date of rectification or of an answer has passed since."""
    found = con.execute(
        _STATEMENTS["count_due"],
        {"day": as_of, "last": last_as_of},
    ).fetchall()
    return bool(found[0][0])


def read_events(con: duckdb.DuckDBPyConnection, before_night: int | None = None) -> list[TicketEvent]:
    """The history in order; of the nights before one, where it is given."""
    rows = con.execute(
        f"SELECT {_EVENT_COLUMNS} FROM accountability.ticket_events WHERE night_no < coalesce(?, night_no + 1) "
        "ORDER BY night_no, event_no",
        [before_night],
    ).fetchall()
    return [
        TicketEvent(
            on_date, name, unit_code, feed, period, rule, Kind(kind), Change(event), detail, due_on, tuple(items),
            failed, evaluated,
        )
        for on_date, name, unit_code, feed, period, rule, kind, event, detail, due_on, items, failed, evaluated in rows
    ]  # fmt: skip


def _line(night_no: int, event_no: int, event: TicketEvent) -> tuple:
    return (
        night_no, event_no, event.on_date, event.ticket_id, event.unit_code, event.feed, event.period, event.rule,
        event.kind.value, event.event.value, event.detail, event.due_on, list(event.items), event.failed,
        event.evaluated,
    )  # fmt: skip


def _ticket_lines(tickets: Mapping[str, Ticket], reference: Reference) -> Iterable[tuple]:
    for name in sorted(tickets):
        one = tickets[name]
        unit = reference.units.get(one.unit_code)
        yield (
            one.ticket_id, one.unit_code, one.feed, one.period, one.rule, one.kind.value, one.opened_on, one.since,
            one.due_on, one.status.value, one.overdue_on, one.closed_on, one.reopened_count, list(one.items),
            one.failed, one.evaluated, one.retest.value if one.retest else None,
            unit.responsible_post if unit else None,
        )  # fmt: skip


def _statuses(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[str, Status]]:
    found: dict[tuple[str, str], dict[str, Status]] = defaultdict(dict)
    for unit_code, feed, period, status in con.execute(
        "SELECT unit_code, feed, period, status FROM accountability.obligations ORDER BY ALL"
    ).fetchall():
        found[unit_code, feed][period] = Status(status)
    return dict(found)


def _alarm_findings(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Alarms at the latest period of a unit and feed that has fallen due, in order."""
    rows = con.execute(
        _STATEMENTS["alarms"],
        {"not_due": Status.NOT_DUE.value, "severity": Severity.ALARM.value, "verdict": Verdict.ALARM.value},
    ).fetchall()
    return [
        Finding(unit_code, feed, period, rule, Kind.ALARM, tuple(items), failed, evaluated)
        for unit_code, feed, period, rule, items, failed, evaluated in rows
    ]


def _cases(con: duckdb.DuckDBPyConnection, tickets: Iterable[Ticket]) -> dict[tuple[str, str, str], list[Case]]:
    """What the periods of units, feeds and rules with an alarm ticket show, each by itself."""
    wanted = sorted({(one.unit_code, one.feed, one.rule) for one in tickets if one.kind is Kind.ALARM})
    found: dict[tuple[str, str, str], list[Case]] = defaultdict(list)
    if not wanted:
        return found
    rows = con.execute(
        _STATEMENTS["cases"],
        dict(zip(("units", "feeds", "rules"), map(list, zip(*wanted, strict=True)), strict=True)),
    ).fetchall()
    for unit_code, feed, rule, *case in rows:
        found[unit_code, feed, rule].append(Case(*case))
    return found
