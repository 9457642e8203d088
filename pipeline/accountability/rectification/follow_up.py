"""Rectification: the fold of a night. From tickets as they stood and what the night found, what happens to them.

Belongs here: when a ticket is opened, re-tested, overdue, closed or reopened; pure, dates are the night's day. Does
not: what passes (`rectification/retest.py`), what a ticket is (`rectification/tickets.py`), or tables
(`rectification/tables.py`).

1. Every ticket that is not closed is tested again: an event by what became of its obligation, an alarm by what came in
   since. What passes is closed, and nothing else closes it. What does not and is past its date is overdue.
2. What the night found and no ticket covers is opened. A closed ticket is reopened when an event is back, or when what
   came in *since it was closed* is out of limits again: an alarm that merely lasts, because a trailing window forgets
   slowly, reopens nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.accountability.obligations.calendar import WorkingDays
from pipeline.accountability.obligations.statuses import Status
from pipeline.accountability.rectification.retest import Case, Retest, retest
from pipeline.accountability.rectification.tickets import (
    NO_LONGER_OWED,
    Change,
    Kind,
    Outcome,
    Ticket,
    TicketEvent,
    TicketStatus,
    after,
    event_of,
    ticket_id,
)
from pipeline.accountability.vocabulary import Rule
from pipeline.settings.accountability import AccountabilitySettings
from pipeline.settings.rectification import RectificationSettings

Series = tuple[str, str, str]
_NOT_THERE = (Status.MISSING, Status.REJECTED)
_LATE = (Status.LATE, Status.NIL_LATE)
_ON_TIME = (Status.ON_TIME, Status.NIL_ON_TIME)


@dataclass(frozen=True)
class Finding:
    """What a night found wrong: an event of a period, or an alarm over the window that ends with it.

    Attributes:
        items: what is out of limits, in order; `('',)` for rules without items.
        failed, evaluated: of the item furthest out of its limits.
    """

    unit_code: str
    feed: str
    period: str
    rule: str
    kind: Kind
    items: tuple[str, ...] = ("",)
    failed: int = 1
    evaluated: int = 1


@dataclass(frozen=True)
class Evidence:
    """What a night knows of what units sent.

    Attributes:
        statuses: of every obligation, by unit and feed, then by period.
        cases: by unit, feed and rule, in order of period.
    """

    statuses: Mapping[tuple[str, str], Mapping[str, Status]] = field(default_factory=dict)
    cases: Mapping[Series, Sequence[Case]] = field(default_factory=dict)


@dataclass(frozen=True)
class Terms:
    """By what a ticket is judged and dated."""

    accountability: AccountabilitySettings
    rectification: RectificationSettings
    working_days: WorkingDays

    def due_on(self, kind: Kind, rule: str, opened_on: dt.date) -> dt.date:
        """The last day for putting it right."""
        terms = self.rectification
        days = (terms.event_working_days if kind is Kind.EVENT else terms.alarm_working_days)[rule]
        return self.working_days.after(opened_on, days)


def event_findings(statuses: Mapping[tuple[str, str], Mapping[str, Status]]) -> list[Finding]:
    """Submissions that are missing or rejected, and late ones that no later one on time has followed, in order."""
    found = []
    for (unit_code, feed), periods in sorted(statuses.items()):
        for period, status in sorted(periods.items()):
            rule = _rule_of(status)
            if rule is None or (rule is Rule.LATE and _is_followed(periods, period)):
                continue
            found.append(Finding(unit_code, feed, period, rule.value, Kind.EVENT))
    return found


def fold(
    tickets: Mapping[str, Ticket], findings: Iterable[Finding], evidence: Evidence, as_of: dt.date, terms: Terms
) -> tuple[dict[str, Ticket], list[TicketEvent]]:
    """What a night does to the tickets.

    Args:
        tickets: as they stood before the night, by id.
        findings: all that the night found wrong, in a fixed order.

    Returns:
        The tickets after it, and its events in order. The same night again on these tickets has no events.
    """
    now: dict[str, Ticket] = dict(tickets)
    events: list[TicketEvent] = []

    def happen(event: TicketEvent) -> None:
        now[event.ticket_id] = after(now.get(event.ticket_id), event)
        events.append(event)

    for name in sorted(tickets):
        if not tickets[name].is_closed:
            _look_again(now[name], evidence, as_of, terms, happen)
    alarms = _alarm_tickets(now)
    for finding in findings:
        own = _ticket_of(finding, now, alarms)
        if own is None:
            happen(_opening(finding, as_of, terms))
        elif not own.is_closed:
            items = tuple(sorted({*own.items, *finding.items}))
            if items != own.items:
                counts = {"failed": finding.failed, "evaluated": finding.evaluated}
                happen(event_of(own, as_of, Change.EVIDENCE_ADDED, items=items, **counts))
        elif _recurs(own, finding, evidence, terms):
            due_on = terms.due_on(own.kind, own.rule, as_of)
            what = {"due_on": due_on, "items": finding.items}
            happen(event_of(own, as_of, Change.REOPENED, failed=finding.failed, evaluated=finding.evaluated, **what))
    return now, events


def _rule_of(status: Status) -> Rule | None:
    if status is Status.MISSING:
        return Rule.MISSING_SUBMISSION
    if status is Status.REJECTED:
        return Rule.REJECTED_FILE
    return Rule.LATE if status in _LATE else None


def _is_followed(periods: Mapping[str, Status], period: str) -> bool:
    return any(later > period and status in _ON_TIME for later, status in periods.items())


def _look_again(
    ticket: Ticket, evidence: Evidence, as_of: dt.date, terms: Terms, happen: Callable[[TicketEvent], None]
) -> None:
    periods = evidence.statuses.get((ticket.unit_code, ticket.feed), {})
    if not periods or (ticket.kind is Kind.EVENT and ticket.period not in periods):
        happen(event_of(ticket, as_of, Change.CLOSED, detail=NO_LONGER_OWED))
        return
    said = _event_again(ticket, periods) if ticket.kind is Kind.EVENT else _alarm_again(ticket, evidence, terms)
    if ticket.kind is Kind.ALARM and ticket.retest is not None and said.counts == ticket.retested:
        # nothing more came since it was tested last: a level of others that moved is no work of this unit
        said = replace(said, outcome=ticket.retest)
    counts = {"failed": said.failed, "evaluated": said.evaluated}
    if said.outcome is Outcome.PASSED:
        happen(event_of(ticket, as_of, Change.CLOSED, detail=said.outcome.value, **counts))
        return
    # of an event there is nothing to tell but that it is still so
    if ticket.kind is Kind.ALARM and said.evaluated and (said.outcome, said.counts) != (ticket.retest, ticket.retested):
        happen(event_of(ticket, as_of, Change.RETESTED, detail=said.outcome.value, **counts))
    if ticket.status is TicketStatus.OPEN and as_of > ticket.due_on:
        happen(event_of(ticket, as_of, Change.OVERDUE))


def _event_again(ticket: Ticket, periods: Mapping[str, Status]) -> Retest:
    if ticket.rule == Rule.LATE:
        is_right = periods[ticket.period] not in _LATE or _is_followed(periods, ticket.period)
    else:
        is_right = periods[ticket.period] not in _NOT_THERE
    return Retest(Outcome.PASSED, 0, 1) if is_right else Retest(Outcome.FAILED, 1, 1)


def _alarm_again(ticket: Ticket, evidence: Evidence, terms: Terms, since: dt.date | None = None) -> Retest:
    cases = evidence.cases.get((ticket.unit_code, ticket.feed, ticket.rule), ())
    minimum = terms.rectification.minimum_submissions
    return retest(ticket, cases, since or ticket.since, terms.accountability, minimum)


def _alarm_tickets(tickets: Mapping[str, Ticket]) -> dict[Series, Ticket]:
    """The last opened alarm ticket of each unit, feed and rule: there is one a time."""
    chosen = sorted(
        (ticket for ticket in tickets.values() if ticket.kind is Kind.ALARM),
        key=lambda one: (one.opened_on, one.ticket_id),
    )
    return {(one.unit_code, one.feed, one.rule): one for one in chosen}


def _ticket_of(finding: Finding, tickets: Mapping[str, Ticket], alarms: Mapping[Series, Ticket]) -> Ticket | None:
    if finding.kind is Kind.ALARM:
        return alarms.get((finding.unit_code, finding.feed, finding.rule))
    return tickets.get(ticket_id(finding.unit_code, finding.feed, finding.rule, finding.period, finding.kind))


def _recurs(ticket: Ticket, finding: Finding, evidence: Evidence, terms: Terms) -> bool:
    """Whether a finding is new since its ticket was closed."""
    if ticket.kind is Kind.EVENT:
        return True
    again = replace(ticket, items=finding.items, failed=finding.failed, evaluated=finding.evaluated)
    return _alarm_again(again, evidence, terms, since=ticket.closed_on).outcome is Outcome.FAILED


def _opening(finding: Finding, as_of: dt.date, terms: Terms) -> TicketEvent:
    key = (finding.unit_code, finding.feed, finding.rule, finding.period)
    unit_code, feed, rule, period = key
    return TicketEvent(
        as_of, ticket_id(*key, finding.kind), unit_code, feed, period, rule, finding.kind, Change.OPENED,
        due_on=terms.due_on(finding.kind, rule, as_of), items=finding.items, failed=finding.failed,
        evaluated=finding.evaluated,
    )  # fmt: skip
