"""Control limits: whether a unit's failures are more than its county's own level, or a standard, lets expect.

Belongs here: targets, over-dispersion, p values, limits and verdicts, as pure functions over (units, periods) arrays.
Does not: which counts go in (`scorecards.py`), expectations by strata (`corroboration.py`), or words (`flags.py`).

Source: Spiegelhalter (2005), Funnel plots for comparing institutional performance, Stat. Med. 24:1185, and Handling
over-dispersion of performance indicators, Qual. Saf. Health Care 14:347 (winsorised z-scores, additive random
effects). Rates near 0 or 100 % and small counts have no normal limits, so that the same two moments enter a
beta-binomial distribution (`tails.py`). A look at a group of units goes:

1. the target of a unit is the level of the *others*, those under an alarm left out, weighted by their precision; with
   fewer than `peers` others, or where it is better than what is acceptable anyway, the standard;
2. units differ: the spread of their log-odds is assumed, and measured the more it is believed the more units there are;
3. who has an alarm is left out and the look begins anew, until it leaves out whom it found.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from pipeline.accountability.spread import FEWEST_UNITS, correlation_of, measured_spread
from pipeline.accountability.tails import all_failed, quantile, upper_tail
from pipeline.home import AccountabilitySettings

Floats = np.ndarray
ROUNDS = 12
_TINY = 1e-12
# 95 % and 99.8 % limits, both sides
LIMITS = {"low_998": 0.001, "low_95": 0.025, "high_95": 0.975, "high_998": 0.999}


@dataclass(frozen=True)
class Policy:
    """How a rule is judged.

    Attributes:
        acceptable: the level that serves as target where there are too few peers; None where strata give one.
        is_standard: the county set that level: it holds whatever the units do.
        spread: assumed standard deviation of the units' log-odds.
        minimum_excess: share above the target from which on an alarm matters.
        minimum_evaluated, minimum_batches, minimum_failed: cases, submissions and failures below which nothing is told.
        looks: how many items of one unit are looked at under the rule; they share its error.
    """

    acceptable: float
    spread: float
    minimum_excess: float
    minimum_evaluated: int
    minimum_failed: int = 2
    minimum_batches: int = 1
    is_standard: bool = False
    looks: int = 1


@dataclass(frozen=True)
class Look:
    """What a look found; arrays (units, periods).

    Attributes:
        target: the share expected to fail.
        correlation: of two cases of one unit, with the target's own uncertainty.
        cases: evaluated cases after the design effect.
        p_value: one-sided mid-p value, times the rule's items.
        is_alarming: beyond the 99.8 % limit, and by enough to matter.
        is_warning: the same beyond the 95 % limit, by half of that.
        is_enough: there were cases enough to tell.
    """

    target: Floats
    correlation: Floats
    cases: Floats
    p_value: Floats
    is_alarming: Floats
    is_warning: Floats
    is_enough: Floats

    def limits(self) -> dict[str, Floats]:
        """The funnel's four lines, as shares of failures."""
        return {
            name: quantile(level, np.where(self.is_enough, self.cases, 0), self.target, self.correlation)
            for name, level in LIMITS.items()
        }


def effective(failed: Floats, evaluated: Floats, effect: Floats) -> tuple[Floats, Floats]:
    """Whole counts that tell as much as clustered ones: both divided by the design effect (Rao and Scott 1992)."""
    cases = np.where(evaluated > 0, np.maximum(np.round(evaluated / effect), 1), 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(evaluated > 0, failed / evaluated, 0.0)
    return np.floor(share * cases + 0.5), cases


def is_enough(evaluated: Floats, submissions: Floats, policy: Policy) -> Floats:
    """Where there are as many cases and submissions as the policy asks for."""
    return (evaluated >= policy.minimum_evaluated) & (submissions >= policy.minimum_batches)


def look(
    failed: Floats,
    cases: Floats,
    is_enough: Floats,
    units: Floats,
    policy: Policy,
    settings: AccountabilitySettings,
    expected: Floats | None = None,
    uncertainty: Floats | float = 0.0,
) -> Look:
    """Judge a group of peers at every period.

    Args:
        failed, cases: (rows, periods), whole, after the design effect.
        is_enough: (rows, periods), where there are cases and submissions enough to be told anything (`is_enough`).
        units: (rows,) who each row is of; all rows of a unit are left out of its own target.
        expected: (rows, periods) targets found otherwise; None takes them from the peers.
        uncertainty: variance of those targets as a share of target · (1 − target).
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(cases > 0, failed / cases, 0.0)
    present = (cases > 0) & is_enough
    # to begin with, half of the units may be beyond all limits
    out = np.zeros(share.shape, bool)
    seen: list[bytes] = []
    found = _round(failed, cases, share, present, out, units, policy, settings, expected, uncertainty, is_first=True)
    for _ in range(ROUNDS):
        if found.is_alarming.tobytes() in seen:
            break
        seen.append(found.is_alarming.tobytes())
        found = _round(failed, cases, share, present, found.is_alarming, units, policy, settings, expected, uncertainty)
    return found


def after_mending(found: Look, failed: Floats, policy: Policy, settings: AccountabilitySettings) -> Look:
    """The same look at units that have mended some failures since: what they were measured against stays as it was.

    So what one unit finds late helps that unit, and moves no limit of another's.

    Args:
        failed: (rows, periods), whole, after the design effect; nowhere more than what was looked at.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        excess = np.where(found.cases > 0, failed / found.cases, 0.0) - found.target
    p_value = np.where(np.isfinite(found.p_value), 1.0, np.nan)
    where = np.nonzero(np.isfinite(p_value) & (excess > 0))
    tail = upper_tail(failed[where], found.cases[where], found.target[where], found.correlation[where])
    p_value[where] = np.minimum(tail * policy.looks, 1.0)
    enough = failed >= policy.minimum_failed
    with np.errstate(invalid="ignore"):
        alarming = enough & (p_value <= settings.alarm_level) & (excess >= policy.minimum_excess)
        warning = enough & (p_value <= settings.warning_level) & (excess >= policy.minimum_excess / 2)
    return replace(
        found, p_value=p_value, is_alarming=found.is_alarming & alarming, is_warning=found.is_warning & warning
    )


def _round(
    failed: Floats,
    cases: Floats,
    share: Floats,
    present: Floats,
    out: Floats,
    units: Floats,
    policy: Policy,
    settings: AccountabilitySettings,
    expected: Floats | None,
    uncertainty: Floats | float,
    is_first: bool = False,
) -> Look:
    included = present & ~out
    level = _median(share, present) if is_first else _level(share, cases, included, policy.spread)
    level = np.clip(np.nan_to_num(level, nan=policy.acceptable), _TINY, 1 - _TINY)
    # what is assumed counts as much as `peers` units, and alone where they are too few to measure anything
    peers = included.sum(axis=0)
    peers = np.where(peers >= FEWEST_UNITS, peers, 0)
    if is_first:
        # who is far beyond what is assumed must not widen the limits that it is judged by
        variance = np.full(len(level), policy.spread**2)
    else:
        around = level if expected is None else expected
        measured = measured_spread(share, cases, around, included, settings.winsorised_share)
        variance = (settings.peers * policy.spread**2 + peers * measured) / (settings.peers + peers)
    if expected is None:
        target, uncertainty = _targets(share, cases, included, units, level, variance, policy, settings, is_first)
    else:
        target = expected
    target = np.clip(target, 0.0, 1.0)
    correlation = np.clip(correlation_of(1.0, target) * variance + uncertainty, 0, 0.5)
    # were every case to fail, would it be an alarm? Where not, nothing can be told
    enough = present & (all_failed(cases, target, correlation) * policy.looks <= settings.alarm_level)
    above = present & (share > target)
    p_value = np.where(present, 1.0, np.nan)
    where = np.nonzero(above)
    p_value[where] = np.minimum(
        upper_tail(failed[where], cases[where], target[where], correlation[where]) * policy.looks, 1.0
    )
    excess, enough_failed = share - target, failed >= policy.minimum_failed
    with np.errstate(invalid="ignore"):
        alarming = enough & enough_failed & (p_value <= settings.alarm_level) & (excess >= policy.minimum_excess)
        warning = enough & enough_failed & (p_value <= settings.warning_level) & (excess >= policy.minimum_excess / 2)
    return Look(target, correlation, cases, p_value, alarming, warning, enough)


def _median(share: Floats, present: Floats) -> Floats:
    some = present.any(axis=0)
    out = np.full(share.shape[1], np.nan)
    out[some] = np.nanmedian(np.where(present, share, np.nan)[:, some], axis=0)
    return out


def _weights(cases: Floats, included: Floats, correlation: Floats | float) -> Floats:
    """The precision of each unit's share, when units differ: no unit counts for more than 1 / correlation cases."""
    return np.where(included & (cases > 0), cases / (1 + np.maximum(cases - 1, 0) * correlation), 0.0)


def _level(share: Floats, cases: Floats, included: Floats, spread: float) -> Floats:
    weight = _weights(cases, included, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        pooled = (weight * share).sum(axis=0) / weight.sum(axis=0)
        weight = _weights(cases, included, correlation_of(spread, np.nan_to_num(pooled)))
        return (weight * share).sum(axis=0) / weight.sum(axis=0)


def _targets(
    share: Floats,
    cases: Floats,
    included: Floats,
    units: Floats,
    level: Floats,
    variance: Floats,
    policy: Policy,
    settings: AccountabilitySettings,
    is_first: bool,
) -> tuple[Floats, Floats]:
    """Each row's target and its uncertainty: the level of the other units, or the standard."""
    weight = _weights(cases, included, correlation_of(1.0, level) * variance)
    codes, row_of = np.unique(units, return_inverse=True)
    by_unit = np.zeros((3, len(codes), share.shape[1]))
    for part, values in zip(by_unit, (weight, weight * share, included.astype(float)), strict=True):
        np.add.at(part, row_of, values)
    total, total_failed = by_unit[0].sum(axis=0), by_unit[1].sum(axis=0)
    has_any = by_unit[2] > 0
    others = total - by_unit[0][row_of]
    with np.errstate(invalid="ignore", divide="ignore"):
        # where they do better than is acceptable, one more unit at that level is among them: no level is known to be 0
        one_more = total / np.maximum(has_any.sum(axis=0), 1)
        failed_by_others = total_failed - by_unit[1][row_of]
        shrunk = (failed_by_others + one_more * policy.acceptable) / (others + one_more)
        own_level = np.maximum(failed_by_others / others, shrunk)
        doubt = 1 / others
    number = has_any.sum(axis=0) - has_any[row_of]
    if is_first:
        own_level = np.broadcast_to(level, share.shape)
    known = (others > _TINY) & (number > 0)
    own_level = np.where(known, own_level, policy.acceptable)
    doubt = np.where(known, doubt, 0.0)
    if policy.is_standard:
        return np.full(share.shape, policy.acceptable), np.zeros(share.shape)
    # what falls short alike at all few peers is no one unit's fault: the standard gives way to it
    is_own = (number >= settings.peers) | (own_level > policy.acceptable)
    return np.where(is_own, own_level, policy.acceptable), np.where(is_own, np.minimum(doubt, 0.5), 0.0)


def false_discovery(p_value: Floats, considered: Floats) -> Floats:
    """q values of one look at all units, column by column (Benjamini and Hochberg 1995, J. R. Stat. Soc. B 57:289).

    Only rows that could be told anything of at all are tests; NaN elsewhere.
    """
    out = np.full(p_value.shape, np.nan)
    for period in range(p_value.shape[1]):
        rows = np.flatnonzero(considered[:, period] & np.isfinite(p_value[:, period]))
        if len(rows):
            out[rows, period] = stats.false_discovery_control(p_value[rows, period], method="bh")
    return out


def expected_false_alarms(level: float, window: int, looks_a_year: int = 12) -> float:
    """How many alarms a year begin at one unit, feed and rule by chance, when every look has that level.

    Successive looks share all but one of their `window` periods, so that their scores correlate by 1 − 1 / window; an
    alarm begins where one look is within and the next beyond the limit. Normal scores; whole counts give fewer.
    """
    edge = stats.norm.isf(level)
    together = stats.multivariate_normal.cdf(
        [-edge, -edge], mean=[0, 0], cov=[[1, 1 - 1 / window], [1 - 1 / window, 1]]
    )
    return looks_a_year * float(level - together)
