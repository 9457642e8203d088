"""Targets: by which share of failures a unit is judged - the level of the others, or a standard.

Belongs here: how a rule is judged (`Policy`), levels of peers and what is not known of them, as pure functions over
(units, periods) arrays. Does not: limits around a target, and verdicts (`limits/control_limits.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.accountability.limits.over_dispersion import correlation_of
from pipeline.settings.accountability import AccountabilitySettings

Floats = np.ndarray
TINY = 1e-12


@dataclass(frozen=True)
class Policy:
    """How a rule is judged.

    Attributes:
        acceptable: the level that serves as target where there are too few peers; None where strata give one.
        highest_target: the level that no target of peers is above: where all fall short, all are told.
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
    highest_target: float = 1.0
    minimum_failed: int = 2
    minimum_batches: int = 1
    is_standard: bool = False
    looks: int = 1


def median(share: Floats, present: Floats) -> Floats:
    """The middle share of the rows that are there, by period; NaN where none is."""
    some = present.any(axis=0)
    out = np.full(share.shape[1], np.nan)
    out[some] = np.nanmedian(np.where(present, share, np.nan)[:, some], axis=0)
    return out


def median_of_others(share: Floats, present: Floats, level: Floats) -> Floats:
    """Of each row, the median of the other rows; where a row is not there or alone, the level.

    Among few peers the median of all is drawn half way to a second bad one: each would hide the other.
    """
    number = present.sum(axis=0)
    ordered = np.sort(np.where(present, share, np.inf), axis=0)
    rank = np.argsort(np.argsort(np.where(present, share, np.inf), axis=0, kind="stable"), axis=0, kind="stable")
    columns = np.arange(share.shape[1])
    middle = []
    for at in (np.maximum(number - 2, 0) // 2, np.maximum(number - 1, 0) // 2):
        # places in the others' order; from a row's own on, all have moved up by one
        place = np.minimum(at + (at >= rank), len(share) - 1)
        middle.append(ordered[place, columns])
    with np.errstate(invalid="ignore"):
        found = (middle[0] + middle[1]) / 2
    return np.where(present & (number > 1), found, level)


def weights(cases: Floats, included: Floats, correlation: Floats | float) -> Floats:
    """The precision of each unit's share, when units differ: no unit counts for more than 1 / correlation cases."""
    return np.where(included & (cases > 0), cases / (1 + np.maximum(cases - 1, 0) * correlation), 0.0)


def pooled_level(share: Floats, cases: Floats, included: Floats, spread: float) -> Floats:
    """The mean share of the rows that are included, by period, each weighted by its precision."""
    weight = weights(cases, included, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        pooled = (weight * share).sum(axis=0) / weight.sum(axis=0)
        weight = weights(cases, included, correlation_of(spread, np.nan_to_num(pooled)))
        return (weight * share).sum(axis=0) / weight.sum(axis=0)


def targets(
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
    weight = weights(cases, included, correlation_of(1.0, level) * variance)
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
        own_level = median_of_others(share, has_any[row_of] & (weight > 0), level)
    known = (others > TINY) & (number > 0)
    own_level = np.where(known, own_level, policy.acceptable)
    doubt = np.where(known, doubt, 0.0)
    if policy.is_standard:
        return np.full(share.shape, policy.acceptable), np.zeros(share.shape)
    # what falls short alike at all few peers is no one unit's fault: the standard gives way to it, but only so far
    is_own = (number >= settings.peers) | (own_level > policy.acceptable)
    own_level = np.minimum(own_level, policy.highest_target)
    return np.where(is_own, own_level, policy.acceptable), np.where(is_own, np.minimum(doubt, 0.5), 0.0)
