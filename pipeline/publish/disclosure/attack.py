"""What an attacker can work out: the unknown cells, bounded by linear programming.

Belongs here: how far a cell can be from its true value without contradicting anything that is published. Does not:
what the attacker knows (`unknowns.py`), or which cells to suppress (`suppress.py`).

Source: M. Fischetti and J. J. Salazar, "Solving the cell suppression problem on tabular data with linear
constraints", Management Science 47 (2001), for the attacker's programs. Solved by HiGHS.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from pipeline.publish.disclosure.unknowns import Unknowns

# the solver's own feasibility tolerance is 1e-7
TOLERANCE = 1e-6
# programs over all open targets at once, before each is looked at by itself
_ROUNDS = 12


class Attack:
    """How far each unknown can be from its true value, by solutions that were found so far.

    Every solution of the attacker's equations is a world that the published numbers allow. A target whose values in
    two such worlds lie `width` apart is safe, and most programs settle many targets at once, so that few need one of
    their own.

    Attributes:
        up, down: by variable, the furthest above and below its true value that a solution was found.
    """

    def __init__(self, unknowns: Unknowns, known: np.ndarray) -> None:
        self.unknowns = unknowns
        self.is_bound = np.diff(unknowns.columns.indptr) > 0
        # nothing is known of what stands in no equation
        self.up = np.where(self.is_bound, 0.0, np.inf)
        self.down = np.zeros(len(unknowns.values))
        self.publish(known)

    def publish(self, known: np.ndarray) -> None:
        """Say which variables are published; solutions stay good as long as fewer are than before."""
        self.free = np.flatnonzero(~known & self.is_bound)
        self.position = np.full(len(known), -1)
        self.position[self.free] = np.arange(len(self.free))
        matrix = self.unknowns.columns[:, self.free].tocsr()
        self.matrix = matrix[np.flatnonzero(np.diff(matrix.indptr))]
        self.floor = -self.unknowns.values[self.free]

    def reach(self, variable: int) -> float:
        """The width of the interval in which a variable is known to be free."""
        return self.up[variable] + self.down[variable]

    def note(self, deviation: np.ndarray) -> None:
        """Take note of a solution, given as each variable's distance from its true value.

        Raises:
            ArithmeticError: it is no solution; the solver's tolerances were not kept.
        """
        off = np.abs(self.unknowns.matrix @ deviation)
        if (off.size and off.max() > TOLERANCE * 10) or (deviation + self.unknowns.values).min() < -TOLERANCE * 10:
            raise ArithmeticError("the solver gave what is no solution")
        self.up = np.maximum(self.up, deviation)
        self.down = np.maximum(self.down, -deviation)

    def unsafe(self, targets: Sequence[int], width: float) -> list[int]:
        """The targets that can be worked out to less than `width`."""
        self.settle_together(targets, width)
        return [target for target in self.still_open(targets, width) if self._alone(target, width) < width - TOLERANCE]

    def still_open(self, targets: Sequence[int], width: float) -> list[int]:
        """The targets for which no two worlds that far apart were found so far."""
        return [target for target in targets if self.reach(target) < width - TOLERANCE]

    def settle_together(self, targets: Sequence[int], width: float) -> None:
        """Push all targets that are still open up, or down, at once, each by no more than it needs."""
        for turn in range(_ROUNDS):
            still = self.still_open(targets, width)
            if not still:
                return
            before = len(still)
            self._push(still, width, 1.0 if turn % 2 == 0 else -1.0)
            if turn and len(self.still_open(targets, width)) == before:
                return

    def _push(self, targets: Sequence[int], width: float, sign: float) -> None:
        free, count = len(self.free), len(targets)
        at = self.position[list(targets)]
        # move - sign * deviation <= 0, for each target
        moves = sparse.hstack(
            [sparse.csr_matrix((np.full(count, -sign), (np.arange(count), at)), shape=(count, free)), sparse.eye(count)]
        )
        equal = sparse.hstack([self.matrix, sparse.csr_matrix((self.matrix.shape[0], count))])
        bounds = [*((low, None) for low in self.floor), *((0.0, width) for _ in range(count))]
        cost = np.concatenate([np.zeros(free), -np.ones(count)])
        solution = solve(cost, equal, bounds, moves)
        if solution is not None:
            self._note_free(solution[:free])

    def _alone(self, target: int, width: float) -> float:
        """One target's own interval: its width, or `width` where it has at least that."""
        at, free = int(self.position[target]), len(self.free)
        for sign in (1.0, -1.0):
            if self.reach(target) >= width - TOLERANCE:
                break
            cost = np.zeros(free)
            cost[at] = -sign
            bounds: list[tuple[float, float | None]] = [(low, None) for low in self.floor]
            if sign > 0:
                bounds[at] = (bounds[at][0], width)
            solution = solve(cost, self.matrix, bounds)
            if solution is not None:
                self._note_free(solution)
        return self.reach(target)

    def _note_free(self, deviation: np.ndarray) -> None:
        full = np.zeros(len(self.unknowns.values))
        full[self.free] = deviation
        self.note(full)


def solve(
    cost: np.ndarray,
    equal: sparse.csr_matrix,
    bounds: Sequence[tuple[float, float | None]],
    at_most: sparse.csr_matrix | None = None,
    limits: np.ndarray | None = None,
) -> np.ndarray | None:
    """The least-cost solution of `equal @ x = 0`, `at_most @ x <= limits` (zeros); None where there is none."""
    rows = equal.shape[0]
    done = linprog(
        cost,
        A_eq=equal if rows else None,
        b_eq=np.zeros(rows) if rows else None,
        A_ub=at_most,
        b_ub=None if at_most is None else np.zeros(at_most.shape[0]) if limits is None else limits,
        bounds=bounds,
        method="highs",
    )
    return done.x if done.status == 0 else None
