"""Births by an area canvass: children met in villages drawn at random are a list that depends on no register.

The share of them whom no register holds is the share that is unseen, whatever registers have to do with each other: the
only evidence on the interaction that registers cannot tell. A sample that was drawn from the registers never is such a
list.

Belongs here: that estimate, and what it does to the models'. Does not: the drawing of villages, or links by token.

Sources: dual systems with a sample as the second list, Wolter (1986), J. Am. Stat. Assoc. 81:338; a ratio of weighted
sums over clusters, Cochran (1977), Sampling Techniques, section 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Met:
    """A child of the cohort that the canvass met.

    Attributes:
        village: the cluster.
        inclusion: the village's chance to be drawn, above 0 and at most 1.
        is_held: whether any birth register holds the child.
    """

    village: str
    inclusion: float
    is_held: bool


def unseen_odds(met: Sequence[Met]) -> tuple[float, float]:
    """Odds of a child to be in no register, and the variance of their logarithm.

    Raises:
        ValueError: nobody was met, or a chance is not above 0 and at most 1.
    """
    if not met or any(not 0 < child.inclusion <= 1 for child in met):
        raise ValueError("a canvass needs children, in villages with a chance to be drawn above 0 and at most 1")
    weight = np.array([1 / child.inclusion for child in met])
    held = np.array([child.is_held for child in met])
    # in children of equal weight; half a child each way keeps the odds off 0
    effective = weight.sum() ** 2 / (weight**2).sum()
    share = weight[~held].sum() / weight.sum()
    unseen, seen = share * effective + 0.5, (1 - share) * effective + 0.5
    odds = unseen / seen
    villages = sorted({child.village for child in met})
    at = np.array([villages.index(child.village) for child in met])
    gap = np.bincount(at, weights=weight * (~held - odds * held), minlength=len(villages))
    # families hard to reach cluster in villages: never less than chance alone would give
    between = len(villages) / (len(villages) - 1) * ((gap - gap.mean()) ** 2).sum() if len(villages) > 1 else 0.0
    clustered = between / max(weight[held].sum() * odds, 1e-9) ** 2
    return float(odds), float(max(clustered, 1 / unseen + 1 / seen))


def combined(model: tuple[float, float], canvass: tuple[float, float]) -> tuple[float, float]:
    """Two independent estimates of the odds, each with its log variance, weighted by their precision."""
    precision = 1 / model[1], 1 / canvass[1]
    logarithm = (precision[0] * np.log(model[0]) + precision[1] * np.log(canvass[0])) / sum(precision)
    return float(np.exp(logarithm)), 1 / sum(precision)
