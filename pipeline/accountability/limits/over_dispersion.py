"""Over-dispersion: how much units that do nothing wrong differ beyond chance, on the scale of log-odds.

Belongs here: measuring a spread, and what it means for cases of one unit. Does not: what is assumed (the settings), or
limits (`limits/control_limits.py`).
"""

from __future__ import annotations

import numpy as np
from scipy import stats

Floats = np.ndarray
# a level is never taken to be nearer to 0 or 1: nobody has seen so many cases
_LEAST = 1e-4
# so many units measure a spread; of fewer, one alone would decide it
FEWEST_UNITS = 5


def correlation_of(spread: Floats | float, level: Floats) -> Floats:
    """The correlation of two cases of one unit that a spread of log-odds makes at a level (delta method)."""
    return np.clip(np.asarray(spread) ** 2 * level * (1 - level), 0, 0.5)


def measured_spread(share: Floats, cases: Floats, level: Floats, included: Floats, winsorised: float) -> Floats:
    """Variance of the units' log-odds beyond chance, per period; 0 where they differ by no more.

    Additive random effects by moments of winsorised z-scores (Spiegelhalter 2005), with φ divided by what winsorising
    leaves of a normal variance, so that units that vary by chance alone give 1. Fewer than `FEWEST_UNITS` measure
    nothing.

    Args:
        share, cases, included: (units, periods). level: what each unit is measured against, the same or (periods,).
    """
    level = np.broadcast_to(np.clip(level, _LEAST, 1 - _LEAST), share.shape)
    slope = level * (1 - level)
    used = included & (cases > 0)
    units = used.sum(axis=0)
    # at least one unit at either end: of few, one bad unit would otherwise widen the limits of all
    drawn_in = np.maximum(winsorised, 1 / np.maximum(units, FEWEST_UNITS))
    # on the scale of log-odds: their variance by chance is 1 / (cases · p · (1 − p))
    weight = np.where(used, cases * slope, 0.0)
    scores = _winsorised((share - level) / slope * np.sqrt(weight), used, drawn_in)
    total = np.maximum(weight.sum(axis=0), 1e-12)
    phi = (scores**2).sum(axis=0) / np.maximum(units, 1) / _winsorised_variance(drawn_in)
    scale = np.maximum(total - (weight**2).sum(axis=0) / total, 1e-12)
    return np.where(units >= FEWEST_UNITS, np.maximum(0.0, (units * phi - (units - 1)) / scale), 0.0)


def _winsorised(scores: Floats, used: Floats, share: Floats) -> Floats:
    """Scores drawn in to the units that stand a share from either end, column by column; 0 where not used."""
    ordered = np.sort(np.where(used, scores, np.inf), axis=0)
    last = np.maximum(used.sum(axis=0) - 1, 0)

    def at(place: Floats) -> Floats:
        return np.take_along_axis(ordered, np.clip(place, 0, last).astype(int)[None, :], axis=0)[0]

    edge = np.ceil(share * last)
    return np.where(used, np.clip(scores, at(edge), at(last - edge)), 0.0)


def _winsorised_variance(share: Floats) -> Floats:
    """Variance of a standard normal variable clipped at its own quantiles."""
    share = np.clip(share, 1e-9, 0.45)
    edge = stats.norm.isf(share)
    return 1 - 2 * share - 2 * edge * stats.norm.pdf(edge) + 2 * share * edge**2
