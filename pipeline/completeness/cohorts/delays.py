"""How long registers take to report a birth, and how many of a young month's births are still to come.

Only what has come is seen, so that short delays are over-represented in young months (right truncation). Corrected by
reverse hazards: of births reported within d months, the share reported in the d-th, by all months old enough to tell.

Belongs here: pure functions of that. Does not: which records count (`cohorts/estimates.py`).

Sources: Lagakos, Barraj and De Gruttola (1988), Biometrika 75:515; Kalbfleisch and Lawless (1989), J. Am. Stat. Assoc.
84:360; the same as the chain ladder, Mack (1993), ASTIN Bull. 23:213.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.completeness.estimators.cells import Floats


@dataclass(frozen=True)
class Delays:
    """Distribution of the delay in months, of births that are ever reported within the longest.

    Attributes:
        reported: share that has come by the end of month d after that of birth; position d, the last is 1.
        log_variance: of the logarithm of that share.
        births: births of months that are old enough to tell of month d.
    """

    reported: Floats
    log_variance: Floats
    births: Floats


def delay_distribution(counts: Floats, ages: Floats) -> Delays:
    """The distribution by a run-off triangle.

    Args:
        counts: births by month of birth (rows) and months until reported (columns).
        ages: by month of birth, the last delay that can have been seen; beyond it, counts are not looked at.
    """
    longest = counts.shape[1] - 1
    reported, variance, births = np.ones(longest + 1), np.zeros(longest + 1), np.zeros(longest + 1)
    by_then = np.cumsum(counts, axis=1)
    for delay in range(longest, -1, -1):
        old = np.asarray(ages) >= delay
        within, new = by_then[old, delay].sum(), counts[old, delay].sum()
        births[delay] = within
        if delay == 0:
            break
        # where no month is old enough, nothing is known to come so late
        hazard = new / within if within > 0 else 0.0
        hazard = min(hazard, 0.99)
        reported[delay - 1] = reported[delay] * (1 - hazard)
        variance[delay - 1] = variance[delay] + (hazard / (within * (1 - hazard)) if within > 0 else 0.0)
    return Delays(reported, variance, births)


def still_to_come(seen: Floats, ages: Floats, delays: Delays) -> tuple[float, float]:
    """Of young months, births still to be reported, and their variance.

    Args:
        seen: births reported so far, by month.
        ages: months since, of each.
    """
    at = np.minimum(np.asarray(ages, int), len(delays.reported) - 1)
    share = delays.reported[at]
    ever = np.asarray(seen, float) / share
    awaited = ever - seen
    # the number itself is negative binomial; the share is estimated once for all months
    chance = (seen * (1 - share) / share**2).sum()
    return float(awaited.sum()), float(chance + (ever * np.sqrt(delays.log_variance[at])).sum() ** 2)
