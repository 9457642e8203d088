"""Townships' unseen births: their own evidence, drawn toward the county's where there is little of it.

A township's children in one list only, against what the county's share of these would give, tell how much harder its
families are to reach. The ratio is drawn toward 1 by as much as townships differ no more than chance would have it.

Sources: the gamma-Poisson model of Clayton and Kaldor (1987), Biometrics 43:671; sums kept to the county's as in small
area estimation, Rao and Molina (2015), ch. 6.
"""

from __future__ import annotations

import numpy as np

from pipeline.completeness.estimators.cells import Floats

# ratios between townships differ at least by this variance: they are never taken to be all the same
_LEAST_VARIANCE = 0.02


def shrunken_unseen(alone: Floats, observed: Floats, unseen: float) -> tuple[Floats, Floats]:
    """Unseen births of each township, and the variance of their logarithm beside the county's own.

    Args:
        alone: children in one list only, by township.
        observed: children in at least one, by township.
        unseen: of these townships together, by the county's estimate; the result adds up to it.
    """
    alone, observed = np.asarray(alone, float), np.asarray(observed, float)
    if observed.sum() <= 0:
        return np.zeros(len(observed)), np.zeros(len(observed))
    expected = observed * max(alone.sum(), 1.0) / observed.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(expected > 0, alone / expected, 1.0)
    spread = (expected * (ratio - 1) ** 2).sum() - max(len(observed) - 1, 0)
    room = expected.sum() - (expected**2).sum() / max(expected.sum(), 1e-9)
    strength = 1 / max(spread / room if room > 0 else 0.0, _LEAST_VARIANCE)
    drawn = (alone + strength) / (expected + strength)
    share = observed * drawn
    return unseen * share / share.sum(), 1 / (alone + strength)
