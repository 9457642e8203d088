"""At least so many births: what must be there however families differ in reach. Pure functions."""

from __future__ import annotations

import numpy as np

from pipeline.completeness.estimators.cells import Floats, by_lists, lists_of


def chao(cells: Floats) -> tuple[float, float]:
    """Chao's lower bound and its standard error, by the children in one list only (f1) and in two (f2).

    Unseen are at least (k - 1) / k * f1 (f1 - 1) / (2 (f2 + 1)), were lists independent for each family. Lists that
    depend on each other, or invented births among those in one list, break the bound.

    Source: Chao (1987), Biometrics 43:783, in the form without a division by zero of Chao (2005), Encyclopedia of
    Statistical Sciences.
    """
    lists, counts = lists_of(cells), by_lists(cells)
    share = (lists - 1) / lists
    ones, twos = float(counts[1]), float(counts[2])
    unseen = share * ones * max(ones - 1, 0) / (2 * (twos + 1))
    ratio = ones / max(twos, 1.0)
    variance = max(twos, 1.0) * (share * ratio**2 / 2 + share**2 * ratio**3 + share**2 * ratio**4 / 4)
    return float(counts.sum() + unseen), float(np.sqrt(variance))
