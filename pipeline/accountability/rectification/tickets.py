"""Tickets: what a unit has to put right, and how each of the things that may happen to a ticket changes it.

Belongs here: a ticket, its events, and replaying events into tickets. Does not: when what happens
(`rectification/follow_up.py`), what counts as put right (`rectification/retest.py`), or tables
(`rectification/tables.py`). A ticket is what its events say, nothing else: the same events give the same tickets.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

_ID_DIGITS = 12


class Kind(StrEnum):
    """What opened a ticket: a submission that was late, is missing or was rejected; or a rate out of its limits."""

    EVENT = "event"
    ALARM = "alarm"


class TicketStatus(StrEnum):
    """How a ticket stands."""

    OPEN = "open"
    OVERDUE = "overdue"
    CLOSED = "closed"


class Change(StrEnum):
    """What may happen to a ticket."""

    OPENED = "opened"
    EVIDENCE_ADDED = "evidence_added"
    RETESTED = "retested"
    OVERDUE = "overdue"
    CLOSED = "closed"
    REOPENED = "reopened"


class Outcome(StrEnum):
    """What a re-test said."""

    PASSED = "passed"
    FAILED = "failed"
    TOO_FEW = "too_few"


# why a ticket may be closed without a re-test: nothing is owed any more that could be put right
NO_LONGER_OWED = "no_longer_owed"


@dataclass(frozen=True)
class Ticket:
    """A ticket as it stands; a line of `accountability.tickets` without its owner."""

    ticket_id: str
    unit_code: str
    feed: str
    period: str
    rule: str
    kind: Kind
    opened_on: dt.date
    since: dt.date
    due_on: dt.date
    status: TicketStatus = TicketStatus.OPEN
    overdue_on: dt.date | None = None
    closed_on: dt.date | None = None
    reopened_count: int = 0
    items: tuple[str, ...] = ()
    failed: int = 0
    evaluated: int = 0
    retest: Outcome | None = None
    # what the last re-test counted
    retested: tuple[int, int] = (0, 0)

    @property
    def is_closed(self) -> bool:
        return self.status is TicketStatus.CLOSED


@dataclass(frozen=True)
class TicketEvent:
    """A change of a ticket; a line of `accountability.ticket_events` without the night's number."""

    on_date: dt.date
    ticket_id: str
    unit_code: str
    feed: str
    period: str
    rule: str
    kind: Kind
    event: Change
    detail: str | None = None
    due_on: dt.date | None = None
    items: tuple[str, ...] = ()
    failed: int | None = None
    evaluated: int | None = None


def ticket_id(unit_code: str, feed: str, rule: str, period: str, kind: Kind) -> str:
    """The ticket's name: follows from what it is about, so that every rebuild finds the same."""
    text = "|".join((unit_code, feed, rule, period, kind.value))
    return "T-" + hashlib.sha256(text.encode()).hexdigest()[:_ID_DIGITS]


def event_of(ticket: Ticket, on_date: dt.date, change: Change, **what: object) -> TicketEvent:
    """An event of a ticket that is there."""
    facts: dict = {"items": ticket.items, **what}
    return TicketEvent(
        on_date,
        ticket.ticket_id,
        ticket.unit_code,
        ticket.feed,
        ticket.period,
        ticket.rule,
        ticket.kind,
        change,
        **facts,
    )


def after(before: Ticket | None, event: TicketEvent) -> Ticket:
    """The ticket after an event.

    Raises:
        ValueError: the event does not follow from what was before, such as a second opening.
    """
    if (before is None) != (event.event is Change.OPENED):
        raise ValueError(f"{event.ticket_id}: {event.event.value} does not follow")
    return _after(before, event)


def _after(before: Ticket | None, event: TicketEvent) -> Ticket:
    if before is None:
        assert event.due_on is not None
        return Ticket(
            event.ticket_id, event.unit_code, event.feed, event.period, event.rule, event.kind, event.on_date,
            event.on_date, event.due_on, items=event.items, failed=event.failed or 0, evaluated=event.evaluated or 0,
        )  # fmt: skip
    counts = (event.failed or 0, event.evaluated or 0)
    match event.event:
        case Change.EVIDENCE_ADDED:
            return replace(before, items=event.items)
        case Change.RETESTED:
            return replace(before, retest=Outcome(str(event.detail)), retested=counts)
        case Change.OVERDUE:
            return replace(before, status=TicketStatus.OVERDUE, overdue_on=event.on_date)
        case Change.CLOSED:
            retest = None if event.detail == NO_LONGER_OWED else Outcome(str(event.detail))
            return replace(before, status=TicketStatus.CLOSED, closed_on=event.on_date, retest=retest, retested=counts)
        case Change.REOPENED:
            assert event.due_on is not None
            return replace(
                before, status=TicketStatus.OPEN, since=event.on_date, due_on=event.due_on, overdue_on=None,
                closed_on=None, reopened_count=before.reopened_count + 1, items=event.items, failed=counts[0],
                evaluated=counts[1], retest=None, retested=(0, 0),
            )  # fmt: skip
    raise ValueError(f"{event.ticket_id}: opened twice")


def replay(events: Iterable[TicketEvent]) -> dict[str, Ticket]:
    """Tickets by id, from their events in order."""
    tickets: dict[str, Ticket] = {}
    for event in events:
        tickets[event.ticket_id] = after(tickets.get(event.ticket_id), event)
    return tickets
