"""Control limits: whether a unit's failures are more than its county's own level, or a standard, lets expect.

Belongs here: over-dispersion, p values, limits and verdicts, as pure functions over (units, periods) arrays. Does not:
targets (`limits/targets.py`), which counts go in (`scorecards.py`), expectations by strata
(`limits/corroboration.py`), words (`limits/flags.py`).

Source: Spiegelhalter (2005), Funnel plots for comparing institutional performance, Stat. Med. 24:1185, and Handling
over-dispersion of performance indicators, Qual. Saf. Health Care 14:347 (winsorised z-scores, additive random
effects). Rates near 0 or 100 % and small counts have no normal limits, so that the same two moments enter a
beta-binomial distribution (`limits/beta_binomial.py`). A look at a group of units goes:

1. the target of a unit is the level of the *others*, those under an alarm left out, weighted by their precision; with
   fewer than `peers` others, or where it is better than what is acceptable anyway, the standard;
2. units differ: the spread of their log-odds is assumed, and measured the more it is believed the more units there are;
3. who has an alarm is left out and the look begins anew, until it leaves out whom it found.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from pipeline.accountability.limits.beta_binomial import all_failed, quantile, upper_tail
from pipeline.accountability.limits.over_dispersion import FEWEST_UNITS, correlation_of, measured_spread
from pipeline.accountability.limits.targets import TINY, Floats, Policy, median, pooled_level, targets
from pipeline.settings.accountability import AccountabilitySettings

ROUNDS = 12
# 95 % and 99.8 % limits, both sides
LIMITS = {"low_998": 0.001, "low_95": 0.025, "high_95": 0.975, "high_998": 0.999}


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
    level = median(share, present) if is_first else pooled_level(share, cases, included, policy.spread)
    level = np.clip(np.nan_to_num(level, nan=policy.acceptable), TINY, 1 - TINY)
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
        target, uncertainty = targets(share, cases, included, units, level, variance, policy, settings, is_first)
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
