"""The re-test: whether what a unit sent since its ticket was opened passes the rule by itself.

Belongs here: which submissions are evidence, and what they say together. Does not: what follows from it
(`rectification/follow_up.py`), or the limits of a trailing window (`limits/control_limits.py`), whose warning limit is
the yardstick here too. A re-test never looks at the trailing window: what was wrong in it stays wrong for a year,
however well the unit does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.accountability.limits.beta_binomial import upper_tail
from pipeline.accountability.limits.over_dispersion import correlation_of
from pipeline.accountability.rectification.tickets import Outcome, Ticket
from pipeline.accountability.vocabulary import EVENT_RULES, Rule
from pipeline.settings.accountability import AccountabilitySettings


@dataclass(frozen=True)
class Case:
    """What one period of a unit's feed shows under a rule and item.

    Attributes:
        failed, evaluated: of the period alone.
        due_on: when it was due.
        arrived_on: the day on which the newest part of its current content came; None where nothing is there.
        expected: the unit's target share of failures in the window that ends with it; None where it was too few.
    """

    period: str
    item: str
    failed: int
    evaluated: int
    due_on: dt.date
    arrived_on: dt.date | None
    expected: float | None


@dataclass(frozen=True)
class Retest:
    """What later submissions say: the outcome, and the counts of the item that decided it."""

    outcome: Outcome
    failed: int = 0
    evaluated: int = 0

    @property
    def counts(self) -> tuple[int, int]:
        return self.failed, self.evaluated


def is_evidence(rule: str, case: Case, since: dt.date) -> bool:
    """Whether a period tells how a unit has done since a day: what it sent later, and what fell due later.

    A late submission stays late whenever it is sent again, so that of `late` only later periods tell.
    """
    is_later = case.due_on > since
    if rule == Rule.LATE:
        return is_later
    has_arrived = case.arrived_on is not None and case.arrived_on > since
    return has_arrived or (rule in EVENT_RULES and is_later)


def retest(
    ticket: Ticket, cases: Sequence[Case], since: dt.date, settings: AccountabilitySettings, minimum_submissions: int
) -> Retest:
    """Test what came since a day, item by item; the worst outcome stands.

    It *fails* beyond the warning limit around the unit's target, by half of the excess that matters. It is *too few*
    below the least number of cases, or where even the rate that opened the ticket would not show in so few.

    Args:
        cases: of the ticket's unit, feed and rule, in order of period.
        minimum_submissions: submissions under which timeliness is too few.
    """
    said = [_item(ticket, item, cases, since, settings, minimum_submissions) for item in ticket.items]
    for outcome in (Outcome.FAILED, Outcome.TOO_FEW):
        if chosen := [one for one in said if one.outcome is outcome]:
            return max(chosen, key=lambda one: one.counts)
    return max(said, key=lambda one: one.counts, default=Retest(Outcome.TOO_FEW))


def _item(
    ticket: Ticket,
    item: str,
    cases: Iterable[Case],
    since: dt.date,
    settings: AccountabilitySettings,
    minimum_submissions: int,
) -> Retest:
    rule = ticket.rule
    own = [case for case in cases if case.item == item]
    later = [case for case in own if case.evaluated and is_evidence(rule, case, since)]
    failed, evaluated = sum(case.failed for case in later), sum(case.evaluated for case in later)
    minimum = minimum_submissions if rule in EVENT_RULES else settings.minimum_rows
    if evaluated < minimum:
        return Retest(Outcome.TOO_FEW, failed, evaluated)
    known = [case.expected for case in own if case.expected is not None]
    target = known[-1] if known else settings.standard.get(rule, settings.acceptable_share[rule])
    if _is_out(failed, evaluated, target, rule, settings):
        return Retest(Outcome.FAILED, failed, evaluated)
    as_before = round(evaluated * ticket.failed / ticket.evaluated) if ticket.evaluated else evaluated
    would_show = _is_out(as_before, evaluated, target, rule, settings)
    # what closes a ticket is a submission that came: a period for which nothing came is a case, but no proof
    is_proof = max(later, key=lambda case: case.due_on).arrived_on is not None
    return Retest(Outcome.PASSED if would_show and is_proof else Outcome.TOO_FEW, failed, evaluated)


def _is_out(failed: int, evaluated: int, target: float, rule: str, settings: AccountabilitySettings) -> bool:
    if failed / evaluated - target < settings.minimum_excess[rule] / 2:
        return False
    mean = np.array([target])
    correlation = correlation_of(settings.assumed_spread[rule], mean)
    tail = upper_tail(np.array([failed]), np.array([evaluated]), mean, correlation)
    return bool(tail[0] <= settings.warning_level)
