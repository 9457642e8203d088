"""What an attacker knows: the equations of several releases put together, over what is unknown.

Belongs here: variables, equations and how they fall into parts. Does not: bounds on them (`attack.py`).

The attacker knows every published number of every release, how all cells add up, and that no count is negative. The
*told* attacker knows besides which of the unpublished counts did not change from one release to the next: the same
unknown then stands in the equations of both. This is more than anybody outside can know; it is what makes two
releases more than the sum of what each gives away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from pipeline.publish.disclosure.cells import Cells, Controlled, Equation, Key


@dataclass
class Unknowns:
    """Everything that the releases say together, as equations over counts.

    A variable is a cell from one change of its value to the next, over the releases.

    Attributes:
        values: true count by variable.
        matrix: the equations; `matrix @ values` is zero.
        is_out: whether the variable is known whatever the release in the making publishes.
        current: the variable of each cell of the release in the making.
        of_release: the same for each earlier release.
    """

    values: np.ndarray
    matrix: sparse.csr_matrix
    is_out: np.ndarray
    current: dict[Key, int]
    of_release: list[dict[Key, int]]

    @cached_property
    def columns(self) -> sparse.csc_matrix:
        """The equations, quick to take columns of."""
        return self.matrix.tocsc()

    @classmethod
    def build(cls, earlier: Sequence[Controlled], cells: Cells) -> Unknowns:
        """The variables and equations of a release and of those before it, oldest first.

        Equations that no unknown connects with the release in the making are left out, with their targets' bounds.
        """
        values: list[int] = []
        is_out: list[bool] = []
        last: dict[Key, int] = {}
        index: list[dict[Key, int]] = []
        rows: set[tuple[tuple[int, int], ...]] = set()
        for release in [*(before.cells for before in earlier), cells]:
            here: dict[Key, int] = {}
            for key in sorted(release.values):
                variable = last.get(key)
                if variable is None or values[variable] != release.values[key]:
                    variable = len(values)
                    values.append(release.values[key])
                    is_out.append(False)
                here[key] = variable
            for equation in release.equations:
                rows.add(_row(equation, here))
            index.append(here)
            # a cell that a release lacks is not carried over it
            last = here
        known = [*(before.published | before.cells.given for before in earlier), cells.given]
        for keys, here in zip(known, index, strict=True):
            for key in keys:
                is_out[here[key]] = True
        matrix, out = _matrix(sorted(rows), len(values)), np.array(is_out, bool)
        matrix = _touching(matrix, out, np.array(sorted(index[-1].values()), dtype=int))
        return cls(np.array(values, float), matrix, out, index[-1], index[:-1])

    def targets(self, earlier: Sequence[Controlled], sensitive: Iterable[Key]) -> list[int]:
        """Variables that must stay unknown: of the release in the making, and of those before it."""
        found = {self.current[key] for key in sensitive}
        for release, here in zip(earlier, self.of_release, strict=True):
            found |= {here[key] for key in release.sensitive}
        return sorted(variable for variable in found if not self.is_out[variable])

    def is_known(self, published: Iterable[Key]) -> np.ndarray:
        """By variable, whether it is published, be it now or before."""
        known = self.is_out.copy()
        known[[self.current[key] for key in published]] = True
        return known


def _row(equation: Equation, here: dict[Key, int]) -> tuple[tuple[int, int], ...]:
    return ((here[equation.whole], 1), *sorted((here[part], -1) for part in equation.parts))


def _matrix(rows: list[tuple[tuple[int, int], ...]], width: int) -> sparse.csr_matrix:
    lines = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    columns = [column for row in rows for column, _ in row]
    signs = [float(sign) for row in rows for _, sign in row]
    return sparse.csr_matrix((signs, (lines, columns)), shape=(len(rows), width))


def _components(matrix: sparse.csr_matrix, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which of the given columns hang together by rows: a component by row (that of its first column) and by column.

    Other columns have the component -1, and so have rows that hold none of the given ones.
    """
    part = matrix[:, columns]
    rows = part.shape[0]
    _, found = csgraph.connected_components(sparse.bmat([[None, part], [part.T, None]]), directed=False)
    by_column = np.full(matrix.shape[1], -1)
    by_column[columns] = found[rows:]
    return np.where(np.diff(part.indptr) > 0, found[:rows], -1), by_column


def _touching(matrix: sparse.csr_matrix, is_out: np.ndarray, current: np.ndarray) -> sparse.csr_matrix:
    """The equations from which a path of unknowns leads to the release in the making; nothing is learnt of others."""
    unknown = np.flatnonzero(~is_out)
    if not matrix.shape[0] or not len(unknown):
        return matrix
    by_row, by_column = _components(matrix, unknown)
    wanted = np.unique(by_column[current])
    return matrix[np.flatnonzero(np.isin(by_row, wanted[wanted >= 0]))]


@dataclass(frozen=True)
class Region:
    """Variables that hang together, and the equations between them, all others being left at their true values.

    Attributes:
        is_whole: no variable that could move was left out.
    """

    members: np.ndarray
    rows: np.ndarray
    is_whole: bool

    @classmethod
    def split(cls, unknowns: Unknowns, fixed: frozenset[int]) -> dict[int, Region]:
        """The region of each variable that is neither out nor `fixed`."""
        is_movable = ~unknowns.is_out
        is_movable[list(fixed)] = False
        movable = np.flatnonzero(is_movable)
        if not len(movable) or not unknowns.matrix.shape[0]:
            return {}
        by_row, by_column = _components(unknowns.matrix, movable)
        found: dict[int, Region] = {}
        for component in np.unique(by_column[movable]):
            members = np.flatnonzero(by_column == component)
            region = cls(members, np.flatnonzero(by_row == component), not fixed)
            found |= dict.fromkeys(members.tolist(), region)
        return found
