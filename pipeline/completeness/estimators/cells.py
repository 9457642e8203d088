"""Cells of a capture-recapture table: how many children have which history. Pure functions over arrays.

A table of k lists is an array of 2^k numbers. Bit r of a cell's number (1 << r) says whether list r holds the children
of that cell; cell 0, in no list, is not observed and holds 0. Belongs here: making such tables, looking at pairs of
lists, and counts by the number of lists. Does not: any estimator.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np

Floats = np.ndarray


@cache
def histories(lists: int) -> np.ndarray:
    """All histories as a matrix of 0 and 1, shape (2^lists, lists); row number = cell number."""
    cells = np.arange(1 << lists)
    matrix = (cells[:, None] >> np.arange(lists)) & 1
    matrix.setflags(write=False)
    return matrix


def lists_of(cells: Floats) -> int:
    """How many lists a table has.

    Raises:
        ValueError: its length is no power of two, a cell is negative, or the unobserved cell holds something.
    """
    lists = len(cells).bit_length() - 1
    if len(cells) != 1 << lists or lists < 1:
        raise ValueError(f"a table of k lists has 2^k cells, not {len(cells)}")
    if cells[0] != 0 or np.any(np.asarray(cells) < 0):
        raise ValueError("cells are not negative, and the one of no list is not observed")
    return lists


def cell_number(held: Iterable[str], registers: Sequence[str]) -> int:
    """The cell of a history that is given by the names of the lists that hold the child."""
    return sum(1 << registers.index(name) for name in set(held))


def by_lists(cells: Floats) -> Floats:
    """Children by the number of lists that hold them: position j holds f_j, from 0 to k."""
    return np.bincount(histories(lists_of(cells)).sum(axis=1), weights=cells)


def held_by(cells: Floats) -> Floats:
    """Children that each list holds."""
    return np.asarray(cells, float) @ histories(lists_of(cells))


def pair(cells: Floats, one: int, other: int) -> tuple[float, float, float]:
    """Of two lists: children in both, in the first only, in the second only."""
    rows = histories(lists_of(cells))
    first, second = rows[:, one] == 1, rows[:, other] == 1
    cells = np.asarray(cells, float)
    return float(cells[first & second].sum()), float(cells[first & ~second].sum()), float(cells[~first & second].sum())
