"""Confidence intervals of shares: pure functions over arrays.

Belongs here: intervals and the design effect of a share whose cases come in clusters (submissions). Does not: limits
around a target (`limits/control_limits.py`), or which counts go in (`measures/trailing_windows.py`, `scorecards.py`).
"""

from __future__ import annotations

import numpy as np
from scipy import special, stats

Floats = np.ndarray
TWO_SIDED = 0.05


def wilson(good: Floats, evaluated: Floats, design_effect: Floats | float = 1.0) -> tuple[Floats, Floats]:
    """95 % score interval of a share; NaN where nothing was evaluated.

    Source: Wilson (1927), J. Am. Stat. Assoc. 22:209. The design effect divides the cases, as Rao and Scott (1992),
    Biometrics 48:577, do.
    """
    good, evaluated = np.asarray(good, float), np.asarray(evaluated, float)
    cases = evaluated / np.maximum(design_effect, 1.0)
    z2 = stats.norm.isf(TWO_SIDED / 2) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        share = good / evaluated
        middle = (share + z2 / (2 * cases)) / (1 + z2 / cases)
        half = np.sqrt(z2 * (share * (1 - share) + z2 / (4 * cases)) / cases) / (1 + z2 / cases)
    return np.clip(np.minimum(middle - half, share), 0, 1), np.clip(np.maximum(middle + half, share), 0, 1)


def clopper_pearson(good: Floats, evaluated: Floats) -> tuple[Floats, Floats]:
    """95 % exact interval of a share of independent cases; NaN where nothing was evaluated.

    Source: Clopper and Pearson (1934), Biometrika 26:404.
    """
    good, evaluated = np.asarray(good, float), np.asarray(evaluated, float)
    bad = evaluated - good
    with np.errstate(invalid="ignore"):
        low = np.where(good > 0, special.betaincinv(np.maximum(good, 0.5), bad + 1, TWO_SIDED / 2), 0.0)
        high = np.where(bad > 0, special.betaincinv(good + 1, np.maximum(bad, 0.5), 1 - TWO_SIDED / 2), 1.0)
    some = evaluated > 0
    return np.where(some, low, np.nan), np.where(some, high, np.nan)


def ratio_variance(clusters: Floats, sum_xx: Floats, sum_xn: Floats, sum_nn: Floats, x: Floats, n: Floats) -> Floats:
    """Variance of the ratio x / n by its differences between clusters; NaN with fewer than two clusters.

    Args:
        clusters: how many clusters have cases.
        sum_xx, sum_xn, sum_nn: sums over clusters of x², x·n and n².
        x, n: sums over clusters of good cases and of cases.

    Source: Cochran (1977), Sampling Techniques, 3rd ed., section 6.4 (ratio estimator), without a finite population.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = x / n
        spread = np.maximum(sum_xx - 2 * ratio * sum_xn + ratio**2 * sum_nn, 0.0)
        variance = clusters / (clusters - 1) * spread / n**2
    return np.where((clusters > 1) & (n > 0), variance, np.nan)


def design_effect(variance: Floats, x: Floats, n: Floats) -> Floats:
    """How many times a share varies more between clusters than independent cases would; at least 1 (Kish 1965)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = x / n
        effect = variance * n / (share * (1 - share))
    return np.where(np.isfinite(effect), np.maximum(effect, 1.0), 1.0)


def cluster_robust(x: Floats, n: Floats, clusters: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """95 % interval of a share whose errors come in clusters.

    The ratio's between-cluster standard error with Student's t of clusters − 1 degrees of freedom, and never narrower
    than Wilson's interval at the same design effect: near 0 and 100 % few clusters show no variance at all.
    """
    low, high = wilson(x, n, design_effect(variance, x, n))
    with np.errstate(invalid="ignore", divide="ignore"):
        half = stats.t.isf(TWO_SIDED / 2, np.maximum(clusters - 1, 1)) * np.sqrt(variance)
        share = x / n
    half = np.where(np.isfinite(half), half, 0.0)
    return np.clip(np.minimum(low, share - half), 0, 1), np.clip(np.maximum(high, share + half), 0, 1)
