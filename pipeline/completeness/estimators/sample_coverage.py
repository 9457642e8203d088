"""Births by sample coverage: the share of births, each weighted by its reach, that the lists hold. Pure functions."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from pipeline.completeness.estimators.cells import Floats, by_lists, held_by, histories, lists_of


def coverage(cells: Floats) -> float:
    """Estimated sample coverage: one less the mean share of each list's children whom no other list holds."""
    lists, held = lists_of(cells), held_by(cells)
    only = np.array([cells[1 << r] for r in range(lists)], float)
    return float(1 - np.mean(only / np.maximum(held, 1)))


def covered(cells: Floats) -> float:
    """Births by coverage alone: children in at least one list, less a k-th of those in one only, over the coverage."""
    counts = by_lists(cells)
    return float((counts.sum() - counts[1] / lists_of(cells)) / coverage(cells))


def corrected(cells: Floats) -> float:
    """Births by coverage, corrected for dependence between pairs of three lists.

    Where coverage is low (under 0.55 by the source) the correction is unstable.

    Raises:
        ValueError: there are not three lists.

    Source: Chao and Tsay (1998), J. Am. Stat. Assoc. 93:283; Tsay and Chao (2001), Biometrical J. 43:1; Chao et al.
    (2001), Stat. Med. 20:3123, with the worked example of the tests.
    """
    if lists_of(cells) != 3:
        raise ValueError("the correction for dependence is of three lists")
    rows, held, share, first = histories(3), held_by(cells), coverage(cells), covered(cells)
    counts = np.asarray(cells, float)
    weighted, gain = 0.0, 0.0
    for one, other in combinations(range(3), 2):
        third = 3 - one - other
        outside = rows[:, third] == 0
        seen = counts[outside & (rows[:, one] == 1)].sum() + counts[outside & (rows[:, other] == 1)].sum()
        both = counts[(rows[:, one] == 1) & (rows[:, other] == 1)].sum()
        # with N births, the dependence of a pair is N * both / (n1 n2) - 1
        weighted += seen * both / (held[one] * held[other])
        gain += seen
    # N = first + (N * weighted - gain) / (3 C), solved for N
    return float((first - gain / (3 * share)) / (1 - weighted / (3 * share)))
