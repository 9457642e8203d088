"""Which further cells must not be published, so that nobody can work out the sensitive ones: secondary suppression.

Belongs here: choosing them, and proving the choice. Does not: which cells are sensitive (`sensitive.py`), or what an
attacker can do (`attack.py`).

For each sensitive cell that could be worked out too closely, one program finds the cheapest set of cells that, if they
were not published, would leave it free to be `width` apart in two worlds; those are suppressed. Cheap is what has a
small count and sums nothing: townships go before the county. The choice is not the least possible, but it is proved: in
the end
every sensitive cell, of this release and of those before it, has two worlds that all published numbers allow.

Source: the attacker-by-attacker heuristic of J. P. Kelly, B. L. Golden and A. A. Assad, "Cell suppression:
disclosure protection for sensitive tabular data", Networks 22 (1992), on the linear model of Fischetti and Salazar
(2001).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse

from pipeline.errors import RollcallError
from pipeline.publish.disclosure.attack import TOLERANCE, Attack, solve
from pipeline.publish.disclosure.cells import Cells, Controlled, Key, Rule, blocks, part_of
from pipeline.publish.disclosure.sensitive import sensitive_cells
from pipeline.publish.disclosure.unknowns import Region, Unknowns

# more than that of any dozen of other cells
_ZERO_WORTH = 200.0
# how much dearer a sum is than its parts, step by step
_DEARER = 6.0


def control(cells: Cells, earlier: Sequence[Controlled], rule: Rule) -> Controlled:
    """Decide what of a release is published, knowing all that was published before.

    Published counts are the true ones. What was suppressed and has not changed stays suppressed, so that the same
    numbers give the same tables again.

    Args:
        earlier: releases that are out, oldest first.

    Raises:
        RollcallError: the cells contradict their own equations.
    """
    if wrong := cells.contradictions():
        raise RollcallError(
            f"{len(wrong)} of the numbers to be published do not add up, the first at {' '.join(wrong[0].whole)}.",
            "The marts contradict each other; run the night again, and do not publish these.",
        )
    published: set[Key] = set()
    sensitive: set[Key] = set()
    for keys in blocks([cells, *(release.cells for release in earlier)]):
        if not keys & cells.values.keys():
            continue
        before = [_controlled_part(release, keys) for release in earlier]
        done = _control_block(part_of(cells, keys), before, rule)
        published |= done.published
        sensitive |= done.sensitive
    return Controlled(cells, frozenset(published), frozenset(sensitive))


def unprotected(release: Controlled, earlier: Sequence[Controlled], rule: Rule) -> list[Key]:
    """The sensitive cells that could be worked out too closely from a release and those before it; none if all is well.

    Starts from nothing but the published numbers: what `control` found on its way is not used. Nobody may come closer
    than `rule.width`; a told attacker may who would without this release, but no closer than without it.
    """
    found: set[Key] = set()
    for keys in blocks([release.cells, *(before.cells for before in earlier)]):
        mine, before = _controlled_part(release, keys), [_controlled_part(one, keys) for one in earlier]
        for known in ([], before):
            unknowns = Unknowns.build(known, mine.cells)
            attack = Attack(unknowns, unknowns.is_known(mine.published))
            without = Attack(unknowns, unknowns.is_known(()))
            unsafe = attack.unsafe(unknowns.targets(known, mine.sensitive), rule.width)
            without.unsafe(unsafe, rule.width)
            lost = {one for one in unsafe if without.reach(one) > attack.reach(one) + TOLERANCE}
            for here in [*unknowns.of_release, unknowns.current]:
                found |= {key for key, variable in here.items() if variable in lost}
    return sorted(found)


def _controlled_part(release: Controlled, keys: frozenset[Key]) -> Controlled:
    return Controlled(part_of(release.cells, keys), release.published & keys, release.sensitive & keys)


def _control_block(cells: Cells, earlier: Sequence[Controlled], rule: Rule) -> Controlled:
    sensitive = sensitive_cells(cells, earlier, rule)
    suppressed = ((cells.shown & sensitive) | _suppressed_still(cells, earlier)) - cells.given
    # who is told nothing learns nothing of one release from another
    still = _published_still(cells, earlier)
    for known in ([], earlier):
        unknowns = Unknowns.build(known, cells)
        suppressed |= _complements(unknowns, cells, known, sensitive, suppressed, rule.width, still)
    return Controlled(cells, cells.shown - suppressed, sensitive)


def _suppressed_still(cells: Cells, earlier: Sequence[Controlled]) -> frozenset[Key]:
    """Cells that the release before suppressed, with the value that they still have."""
    if not earlier:
        return frozenset()
    last = earlier[-1]
    return frozenset(key for key in last.suppressed & cells.shown if last.cells.values[key] == cells.values[key])


def _published_still(cells: Cells, earlier: Sequence[Controlled]) -> frozenset[Key]:
    """Cells that the release before published, with the value that they still have: a reader expects them again."""
    if not earlier:
        return frozenset()
    last = earlier[-1]
    return frozenset(key for key in last.published & cells.shown if last.cells.values[key] == cells.values[key])


def _complements(
    unknowns: Unknowns,
    cells: Cells,
    earlier: Sequence[Controlled],
    sensitive: frozenset[Key],
    suppressed: frozenset[Key],
    width: float,
    still: frozenset[Key],
) -> frozenset[Key]:
    """Cells to suppress beside `suppressed`, so that no target can be worked out to less than `width`.

    Where a told attacker would know more than that even if nothing of this release were published, no choice can
    help; the target then gets all that is left to get.
    """
    chosen: set[Key] = set()
    depths = _depths(cells)
    attack = Attack(unknowns, unknowns.is_known(cells.shown - suppressed))
    targets = unknowns.targets(earlier, sensitive)
    attack.settle_together(targets, width)
    # what is whole in several ways (the children known, for every register) ties all else together: if it is left
    # alone, the rest falls into parts, and programs stay small
    regions = [Region.split(unknowns, _hubs(unknowns, cells)), Region.split(unknowns, frozenset())]
    for target in sorted(attack.still_open(targets, width), key=lambda one: (unknowns.values[one], one)):
        for region in (split[target] for split in regions if target in split):
            if attack.reach(target) < width - TOLERANCE:
                left = cells.shown - suppressed - chosen
                # what is out and still true goes last of its kind
                candidates = {key: depths.get(key, 0) + (key in still) for key in left}
                further = _cheapest(unknowns, attack, region, candidates, target, width)
                chosen |= further
                attack.publish(unknowns.is_known(cells.shown - suppressed - chosen))
    return frozenset(chosen)


def _hubs(unknowns: Unknowns, cells: Cells) -> frozenset[int]:
    wholes = Counter(equation.whole for equation in cells.equations if equation.tells)
    return frozenset(
        here[key]
        for here in [unknowns.current, *unknowns.of_release]
        for key, count in wholes.items()
        if count > 1 and key in here
    )


def _depths(cells: Cells) -> dict[Key, int]:
    """By cell that is a sum over places or times, of how many steps: a year of the county is one of two."""
    parts = {equation.whole: equation.parts for equation in cells.equations if not equation.tells}
    found: dict[Key, int] = {}

    def depth(key: Key) -> int:
        if key not in found:
            found[key] = 0
            found[key] = 1 + max(map(depth, parts[key])) if len(parts.get(key, ())) > 1 else 0
        return found[key]

    for key in parts:
        depth(key)
    return found


def _cheapest(
    unknowns: Unknowns, attack: Attack, region: Region, candidates: Mapping[Key, int], target: int, width: float
) -> set[Key]:
    """The cheapest cells of a region that free a target by `width`; notes the two worlds that show it.

    Args:
        candidates: cells that may be suppressed, each with the steps of its sum (`_depths`).

    Where the region is all there is and has no such worlds, those that are furthest apart.
    """
    key_of = {unknowns.current[key]: key for key in candidates}
    at = np.array([variable for variable in region.members if variable in key_of], dtype=int)
    free = region.members[np.isin(region.members, attack.free)]
    dearer = np.array([_DEARER ** candidates[key_of[variable]] for variable in at.tolist()])
    program = _Program(unknowns, region, free, at, target, dearer)
    solution = program.solve(width)
    if solution is None and region.is_whole:
        most = program.most(width)
        solution = program.solve(most - TOLERANCE) if most > attack.reach(target) + TOLERANCE else None
    if solution is None:
        return set()
    for world in solution:
        attack.note(world)
    moved = np.max(np.abs([world[at] for world in solution]), axis=0, initial=0.0) > TOLERANCE
    return {key_of[variable] for variable, is_moved in zip(at, moved, strict=True) if is_moved}


class _Program:
    """Two worlds, one with a high and one with a low value of the target, in which few published cells move.

    Columns: for each world, the free variables, then the candidates' moves up, then their moves down.
    """

    def __init__(
        self, unknowns: Unknowns, region: Region, free: np.ndarray, at: np.ndarray, target: int, dearer: np.ndarray
    ) -> None:
        self.free, self.at, self.count = free, at, len(unknowns.values)
        columns = unknowns.columns
        matrix = sparse.hstack([columns[:, free], columns[:, at], -columns[:, at]], format="csr")[region.rows]
        self.equal = sparse.block_diag([matrix, matrix], format="csr")
        values = unknowns.values[at]
        world: list[tuple[float, float | None]] = [(-value, None) for value in unknowns.values[free]]
        world += [(0.0, None)] * len(at)
        world += [(0.0, value) for value in values]
        self.bounds = world * 2
        # a cell's worth grows with its count, and a sum's with what it sums: the county's total is the number that an
        # official needs, so townships go before it. A zero hides little: one may know from elsewhere of nobody
        worth = np.where(values > 0, np.log2(values + 2.0) * dearer, _ZERO_WORTH)
        self.cost = np.tile(np.concatenate([np.zeros(len(free)), worth, worth]), 2)
        self.apart = np.zeros(2 * len(world))
        column = int(np.searchsorted(free, target))
        self.apart[column], self.apart[len(world) + column] = 1.0, -1.0

    def solve(self, apart: float) -> tuple[np.ndarray, np.ndarray] | None:
        """The two worlds in which the target is `apart`, at the least cost; None where there are none."""
        solution = solve(self.cost, self.equal, self.bounds, sparse.csr_matrix(-self.apart), np.array([-apart]))
        if solution is None:
            return None
        high, low = np.split(solution, 2)
        return self._world(high), self._world(low)

    def most(self, apart: float) -> float:
        """How far apart two worlds can be at all, if no more than `apart`."""
        solution = solve(-self.apart, self.equal, self.bounds, sparse.csr_matrix(self.apart), np.array([apart]))
        return 0.0 if solution is None else float(self.apart @ solution)

    def _world(self, solution: np.ndarray) -> np.ndarray:
        deviation = np.zeros(self.count)
        free, up, down = np.split(solution, [len(self.free), len(self.free) + len(self.at)])
        deviation[self.free] = free
        deviation[self.at] = up - down
        return deviation
