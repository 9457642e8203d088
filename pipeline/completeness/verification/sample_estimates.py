"""What a verified sample says of everything that it was drawn from: pure functions of counts.

Belongs here: Horvitz-Thompson totals, their intervals, the adjustment for what was not answered, WHO's verification
factor. Does not: drawing (`verification/sampling.py`), agreement of two teams (`pipeline.agreement`), or tables
(`verification/verified.py`).

What was drawn and not answered is taken to be like what was answered of the same stratum and place: its weight goes to
them (response homogeneity groups: Särndal, Swensson and Wretman 1992, Model Assisted Survey Sampling, section 15.6).
A stratum of which nothing was answered is taken to be like all others together; it makes the interval no narrower.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from pipeline.accountability.limits.intervals import TWO_SIDED, wilson

# one village does not tell how villages differ
FEWEST_CLUSTERS = 2


@dataclass(frozen=True)
class Stratum:
    """Counts of one stratum.

    Attributes:
        population: units that it was drawn from.
        drawn: units drawn.
        answered: of them, with an answer that counts.
        positive: of these, that have what is counted.
    """

    population: int
    drawn: int
    answered: int
    positive: int

    def __post_init__(self) -> None:
        if not 0 <= self.positive <= self.answered <= self.drawn <= self.population:
            raise ValueError("a stratum's counts are not each a part of the one before")


@dataclass(frozen=True)
class Share:
    """A share of a population with its 95 % interval, and the population that it is of."""

    population: int
    value: float
    low: float
    high: float

    @property
    def total(self) -> tuple[float, float, float]:
        """The number of units, low and high end."""
        return self.population * self.value, self.population * self.low, self.population * self.high


def horvitz_thompson(strata: Sequence[Stratum]) -> Share | None:
    """The share of all strata's units that have what is counted; `Share.total` is the Horvitz-Thompson total.

    Each answered unit stands for population / answered of its stratum: one over its chance of being drawn, times the
    adjustment for non-response (Horvitz and Thompson 1952, Journal of the American Statistical Association 47,
    663-685). Variance: stratified sampling without replacement, response as a second phase (Cochran 1977, section
    5.6); a stratum with one answer varies as all together do. Interval: Wilson's, over the number of independent
    answers that would vary as much, never more than Kish's effective number for unequal weights, so that a rare
    answer that the sample happened not to meet is not ruled out (Dean and Pagano 2015, Survey Practice 8(5)). Where
    every unit was answered nothing is left to chance, and the ends are the value.

    Returns:
        None where nothing was answered.
    """
    there = [one for one in strata if one.answered]
    if not there:
        return None
    population = sum(one.population for one in strata)
    covered = sum(one.population for one in there)
    value = sum(one.population * one.positive / one.answered for one in there) / covered
    if all(one.answered == one.population for one in strata):
        return Share(population, value, value, value)
    variance = sum(_variance(one, value) for one in there) / covered**2
    kish = covered**2 / sum(one.population**2 / one.answered for one in there)
    answers = min(kish, value * (1 - value) / variance) if variance > 0 and 0 < value < 1 else kish
    low, high = _score_interval(value, answers)
    return Share(population, value, low, high)


def _score_interval(value: float, answers: float) -> tuple[float, float]:
    low, high = wilson(np.array(value * answers), np.array(answers))
    return min(float(low), value), max(float(high), value)


def _variance(one: Stratum, overall: float) -> float:
    share = one.positive / one.answered
    spread = share * (1 - share) * one.answered / (one.answered - 1) if one.answered > 1 else overall * (1 - overall)
    return one.population**2 * (1 - one.answered / one.population) * spread / one.answered


def verification_factor(recounted: Sequence[bool], weights: Sequence[float]) -> Share | None:
    """Recounted over reported, of the records of one unit and period, or of any other part of a sample.

    The factor of WHO's Data Quality Review (2017, module 3, section on data verification): 1 where every reported
    record stands on a document, less where some stand on nothing. Records that were never reported are not in it: those
    are what gaps count. A ratio of weighted counts (Cochran 1977, section 5A.14, of a domain).

    Args:
        recounted: of each answered record, whether its document was found.
        weights: how many records each stands for, 1 or more.

    Returns:
        None where nothing was answered. Its `population` is the weighted number of reported records, rounded.

    Raises:
        ValueError: the two lists differ in length.
    """
    if len(recounted) != len(weights):
        raise ValueError("a weight is missing")
    reported = sum(weights)
    if not reported:
        return None
    value = sum(weight for weight, found in zip(weights, recounted, strict=True) if found) / reported
    answers = reported**2 / sum(weight**2 for weight in weights)
    if all(weight == 1 for weight in weights):
        return Share(round(reported), value, value, value)
    low, high = _score_interval(value, answers)
    return Share(round(reported), value, low, high)


def cluster_total(counts: Sequence[float], population: int) -> tuple[float, float, float] | None:
    """A total over all villages from counts in some that were drawn with equal chances, with its 95 % interval.

    Simple random sample of clusters, all of whose members are counted (Cochran 1977, section 9A.1); Student's t.

    Args:
        counts: one per village that was walked through; a village without children counts 0.
        population: villages that they were drawn from.

    Returns:
        total, low, high; None with fewer than two villages. `low` is never under what was counted.

    Raises:
        ValueError: more villages were counted than there are.
    """
    drawn = len(counts)
    if drawn > population:
        raise ValueError("more villages were counted than there are")
    if drawn < FEWEST_CLUSTERS:
        return None
    mean = sum(counts) / drawn
    spread = sum((count - mean) ** 2 for count in counts) / (drawn - 1)
    half = stats.t.isf(TWO_SIDED / 2, drawn - 1) * population * math.sqrt((1 - drawn / population) * spread / drawn)
    total = population * mean
    return total, max(total - half, float(sum(counts))), total + half
