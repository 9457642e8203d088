"""Intervals of a number of births that are seen in part. Pure functions.

Source of both: Chao (1987), Biometrics 43:783: the unseen number is taken to be log-normal, so that no interval reaches
below what was observed.
"""

from __future__ import annotations

import numpy as np

# of a two-sided 95 % interval
Z = 1.959963984540054


def log_interval(births: float, error: float, observed: float) -> tuple[float, float]:
    """95 % interval of births, given their standard error."""
    unseen = births - observed
    if not np.isfinite(births) or unseen <= 0:
        return observed, max(births, observed)
    factor = float(np.exp(Z * np.sqrt(np.log1p((error / unseen) ** 2))))
    return observed + unseen / factor, observed + unseen * factor


def unseen_interval(unseen: float, log_deviation: float) -> tuple[float, float]:
    """95 % interval of the unseen number, given the deviation of the logarithm of its expectation.

    The number itself varies around its expectation as a Poisson number does.
    """
    factor = float(np.exp(Z * np.sqrt(log_deviation**2 + np.log1p(1 / max(unseen, 0.5)))))
    # no births unseen at all is never ruled out where less than one is expected
    return (0.0 if unseen < 1 else unseen / factor), max(unseen, 0.5) * factor
