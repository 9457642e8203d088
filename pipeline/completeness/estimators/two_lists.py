"""Births by two lists: the number that neither holds, were the lists independent. Pure functions.

Dependence makes them wrong: positive, as of registers that follow from one another, too few births. They are shown for
every pair of registers, never published where there are three lists or more.
"""

from __future__ import annotations

import numpy as np


def chandrasekaran_deming(both: float, first_only: float, second_only: float) -> tuple[float, float]:
    """Births and their standard error: n1 n2 / m; NaN where no child is in both.

    Source: Chandrasekaran and Deming (1949), J. Am. Stat. Assoc. 44:101.
    """
    if both <= 0:
        return float("nan"), float("nan")
    first, second = both + first_only, both + second_only
    return first * second / both, float(np.sqrt(first * second * first_only * second_only / both**3))


def chapman(both: float, first_only: float, second_only: float) -> tuple[float, float]:
    """Births and their standard error, nearly without bias in small samples.

    Source: Chapman (1951), Univ. Calif. Publ. Stat. 1:131; variance of Seber (1970), Biometrics 26:313.
    """
    first, second = both + first_only, both + second_only
    births = (first + 1) * (second + 1) / (both + 1) - 1
    variance = (first + 1) * (second + 1) * first_only * second_only / ((both + 1) ** 2 * (both + 2))
    return births, float(np.sqrt(variance))
