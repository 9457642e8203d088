"""Precision and recall as people measured them, from reviewed random samples, with intervals.

Belongs here: pure functions from counts to figures. Does not: the draw (`review/sample.py`), or whose answers count
(`pipeline.casework`). Recall is of what was found: pairs that no blocking rule found, or that linkage weighed and did
not keep, are in no frame.

Every stratum's share of true pairs counts by the pairs that the stratum has in the frame, which is to weigh every
reviewed pair by the inverse of its inclusion probability. A stratum's interval is Wilson's (1927, Journal of the
American Statistical Association 22, 209-212), narrowed by the share of the stratum that was seen. Sums over strata
take the variances recovered from these limits (MOVER: Zou and Donner 2008, Statistics in Medicine 27, 1693-1702);
for proportions this is the stratified Wilson interval of Yan and Su (2010, Statistics in Biopharmaceutical Research
2, 329-335). The ratio of missed to made links takes Donner and Zou's closed form (2012, Statistical Methods in
Medical Research 21, 347-359).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.linkage.review.sample import APART, LINKED

# 97.5 % of the standard normal distribution lie below: intervals are of 95 %
Z = 1.959963984540054


@dataclass(frozen=True)
class Stratum:
    """A stratum of the frame: its pairs, how many of them people judged, how many of these were one child."""

    pairs: int
    reviewed: int
    same: int


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Measured:
    """What a reviewed sample says; a figure is None where the sample cannot tell it."""

    reviewed: int
    precision: Interval | None
    recall: Interval | None


def wilson(same: int, reviewed: int, pairs: int) -> Interval:
    """The share of a stratum with Wilson's interval; where all its pairs were seen, there is no doubt left.

    Raises:
        ValueError: nothing was reviewed, or more than there is.
    """
    if not 0 < reviewed <= pairs or not 0 <= same <= reviewed:
        raise ValueError("a share needs 0 <= same <= reviewed <= pairs, and one reviewed pair")
    share = same / reviewed
    if reviewed == pairs:
        return Interval(share, share, share)
    # a sample without replacement from few pairs tells as much as a larger one from many
    effective = reviewed * (pairs - 1) / (pairs - reviewed)
    centre = (share + Z**2 / (2 * effective)) / (1 + Z**2 / effective)
    half = Z / (1 + Z**2 / effective) * math.sqrt(share * (1 - share) / effective + Z**2 / (4 * effective**2))
    return Interval(
        share, max(0.0, centre - half) if same else 0.0, min(1.0, centre + half) if same < reviewed else 1.0
    )


def total(strata: list[Stratum]) -> Interval:
    """How many pairs of these strata are one child."""
    shares = [(stratum.pairs, wilson(stratum.same, stratum.reviewed, stratum.pairs)) for stratum in strata]
    value = sum(pairs * share.value for pairs, share in shares)
    below = math.sqrt(sum((pairs * (share.value - share.low)) ** 2 for pairs, share in shares))
    above = math.sqrt(sum((pairs * (share.high - share.value)) ** 2 for pairs, share in shares))
    return Interval(value, max(0.0, value - below), min(float(sum(pairs for pairs, _ in shares)), value + above))


def ratio(one: Interval, other: Interval) -> Interval | None:
    """`one` over `other`, two independent figures; None where `other` may be nothing."""
    low_part, high_part = other.high * (2 * other.value - other.high), other.low * (2 * other.value - other.low)
    if other.low <= 0 or low_part <= 0 or high_part <= 0:
        return None
    product = one.value * other.value
    below = max(0.0, product**2 - one.low * other.high * (2 * one.value - one.low) * (2 * other.value - other.high))
    above = max(0.0, product**2 - one.high * other.low * (2 * one.value - one.high) * (2 * other.value - other.low))
    return Interval(
        one.value / other.value,
        max(0.0, (product - math.sqrt(below)) / low_part),
        (product + math.sqrt(above)) / high_part,
    )


def measure(strata: Mapping[str, Stratum], enough: int) -> Measured:
    """Precision and recall of a part of the links.

    Args:
        strata: by the names of `review_sample.STRATA`; a stratum without pairs may be left out.
        enough: reviewed pairs under which no figure is stated.
    """
    there = {name: stratum for name, stratum in strata.items() if stratum.pairs}
    reviewed = sum(stratum.reviewed for stratum in there.values())
    linked = [there[name] for name in LINKED if name in there]
    apart = [there[name] for name in APART if name in there]
    if reviewed < enough or not linked or not all(stratum.reviewed for stratum in linked):
        return Measured(reviewed, None, None)
    right, pairs = total(linked), sum(stratum.pairs for stratum in linked)
    precision = Interval(right.value / pairs, right.low / pairs, right.high / pairs)
    if not all(stratum.reviewed for stratum in apart):
        return Measured(reviewed, precision, None)
    missed = ratio(total(apart) if apart else Interval(0, 0, 0), right)
    recall = Interval(1 / (1 + missed.value), 1 / (1 + missed.high), 1 / (1 + missed.low)) if missed else None
    return Measured(reviewed, precision, recall)
