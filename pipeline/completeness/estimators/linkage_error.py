"""Counts and estimates set right for links that were missed or wrong. Pure functions.

A missed link makes two of one child, each in fewer lists than the child is: every estimator then counts too many. A
wrong link makes one of two. Belongs here: corrections by error rates that are given. Does not: the rates (review).

Sources: Ding and Fienberg (1994), Surv. Methodol. 20:149 (missed links); Di Consiglio and Tuoto (2015), J. Off. Stat.
31:415 (wrong links too); Zult, de Wolf, Bakker and van der Heijden (2021), J. Off. Stat. 37:699 (more than two lists).
"""

from __future__ import annotations

from functools import cache

import numpy as np

from pipeline.completeness.estimators.cells import Floats, histories, lists_of


def ding_fienberg(both: float, first: float, second: float, found: float) -> float:
    """Births by two lists where a share of true links was found and no link is wrong; NaN where none was found.

    Args:
        both: linked pairs.
        first, second: children in each list, linked or not.
        found: share of the true links that was found, above 0.
    """
    return di_consiglio_tuoto(both, first, second, found, 0.0)


def di_consiglio_tuoto(both: float, first: float, second: float, found: float, wrong: float) -> float:
    """Births by two lists, where children of the first list without a record in the second get a link by mistake too.

    Args:
        wrong: share of these who get one; less than `found`.

    Raises:
        ValueError: the rates tell nothing.
    """
    if not 0 <= wrong < found <= 1:
        raise ValueError("the share of links found must be above that of wrong links, and at most 1")
    true = (both - wrong * first) / (found - wrong)
    return first * second / true if true > 0 else float("nan")


@cache
def _splitting(lists: int) -> np.ndarray:
    """What a missed link does to a child's cell, per unit of the share of memberships that stand apart."""
    rows = histories(lists)
    change = np.zeros((1 << lists, 1 << lists))
    for cell in range(1 << lists):
        held = np.flatnonzero(rows[cell])
        if len(held) > 1:
            for r in held:
                change[cell, cell] -= 1
                change[cell & ~(1 << r), cell] += 1
                change[1 << r, cell] += 1
    return change


def put_together(cells: Floats, missed: float) -> Floats:
    """A table as it would be without missed links: expected counts, none negative.

    Args:
        missed: share of memberships in a list that stand apart from their child (of children in two lists or more).
    """
    lists = lists_of(cells)
    true = np.linalg.solve(np.eye(1 << lists) + missed * _splitting(lists), np.asarray(cells, float))
    return np.maximum(true, 0.0)


def missed_by_recall(recall: float) -> float:
    """Share of memberships that stand apart, by the share of pairs of records that linkage found.

    One membership of m that stands apart loses m - 1 of m (m - 1) / 2 pairs, and one of m memberships does.
    """
    return (1 - recall) / 2
