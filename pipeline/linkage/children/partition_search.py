"""The best partition of a few records whose weights contradict each other, and what comes near it.

Belongs here: the search over one matrix of weights. Does not: which records belong into it (`children/resolution.py`).

Up to `EXACT_RECORDS` records the partition found is the best there is: a search over all partitions that leaves out
only what cannot come within `NEAR_BITS` of the best (branch and bound), so that a delivery's records are assigned to
its siblings jointly. Beyond that, or where `SEARCH_STEPS` do not suffice, records are joined greedily, then moved and
exchanged, and any two children that compete are taken apart and put together again in the best way, while that gains:
no move, exchange, joining or splitting of two children gains then, but the best partition may be another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

# bits that two records in hard conflict cost: more than any children's weights add up to
CONFLICT_BITS = 1e9
# bits below which two sums are the same: sums of floats may differ in their last digits by their order
TIE_BITS = 1e-6
# bits within which other partitions are looked for: 2^-6 is what the odds of the better one are then at least
NEAR_BITS = 6.0
EXACT_RECORDS = 16
SEARCH_STEPS = 20_000
UNKNOWN = float("inf")

Matrix = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Delivery:
    """What is known of the delivery that records are of, and what its children cost, in bits.

    Args:
        children: how many it had; 0 where no record says so.
        further_child: the cost of each child after the first, up to that number (or of all, where it is not known).
        excess_child: the cost of each child beyond it.
    """

    children: int = 0
    further_child: float = 0.0
    excess_child: float = 0.0

    def cost(self, children: int) -> float:
        """What so many children cost together."""
        known = min(children, self.children) if self.children else children
        return self.further_child * max(known - 1, 0) + self.excess_child * (children - known)

    def next_cost(self, children: int) -> float:
        """What one more costs than so many."""
        return self.cost(children + 1) - self.cost(children)


NOTHING_KNOWN = Delivery()


def best_partition(weights: Matrix, delivery: Delivery = NOTHING_KNOWN) -> tuple[list[list[int]], list[float]]:
    """Groups of the numbers 0..n-1 whose inner weights, less what so many children cost, add up to as much as they can.

    Args:
        weights: a symmetric matrix, zeros in the diagonal.
        delivery: what children cost.

    Returns:
        the groups, each in ascending order, by their first member; of partitions of equal value, the one that comes
        first in this order. And by number, how many bits are lost by the best partition in which it is elsewhere;
        infinity where that is more than `NEAR_BITS` or was not searched.
    """
    groups = _join([[number] for number in range(len(weights))], weights, delivery)
    if len(weights) <= EXACT_RECORDS:
        for slack in (NEAR_BITS, 0.0):
            search = _Search(weights, _lost(weights, groups) + delivery.cost(len(groups)) + slack, slack, delivery)
            if search.run():
                return search.best(), search.losses()
    return _by_steps(groups, weights, delivery), [UNKNOWN] * len(weights)


def value(weights: Matrix, groups: list[list[int]], delivery: Delivery = NOTHING_KNOWN) -> float:
    """The sum of the weights inside groups, less what so many children cost."""
    inside = sum(weights[one][other] for group in groups for one, other in combinations(group, 2))
    return inside - delivery.cost(len(groups))


def _lost(weights: Matrix, groups: list[list[int]]) -> float:
    """What speaks for a pair that is apart, and against one that is together."""
    place = {number: at for at, group in enumerate(groups) for number in group}
    return sum(
        max(-weights[one][other], 0.0) if place[one] == place[other] else max(weights[one][other], 0.0)
        for one, other in combinations(range(len(weights)), 2)
    )


class _Search:
    """All partitions that lose at most `limit` bits, where the limit follows the best one found.

    Args:
        others: children of the delivery beside those that are searched for.
    """

    def __init__(
        self, weights: Matrix, limit: float, slack: float, delivery: Delivery = NOTHING_KNOWN, others: int = 0
    ) -> None:
        self.size, self.limit, self.slack = len(weights), limit, slack
        self.opening = [delivery.next_cost(others + groups) for groups in range(self.size)]
        # what weighs most is placed first: what contradicts it is then left out early
        self.order = sorted(range(self.size), key=lambda n: (-sum(abs(weight) for weight in weights[n]), n))
        self.weights = [[weights[one][other] for other in self.order] for one in self.order]
        self.steps = 0
        self.place: list[int] = []
        self.found: list[tuple[float, list[int]]] = []

    def run(self) -> bool:
        """Search; False where that takes too many steps."""
        nothing = [0.0] * self.size
        return self._place(0.0, [], nothing)

    def _place(self, lost: float, apart: list[list[float]], together: list[float]) -> bool:
        """Place the next number in every group, or in a new one.

        Args:
            apart: by group, by number, what is lost by placing it there, over what is lost by placing it in a new one.
            together: by number, what is lost by placing it in a new group.
        """
        self.steps += 1
        if self.steps > SEARCH_STEPS:
            return False
        number = len(self.place)
        if number == self.size:
            self.found.append((lost, self.place.copy()))
            self.limit = min(self.limit, lost + self.slack)
            return True
        row = self.weights[number]
        rest = range(number + 1, self.size)
        alone = [0.0] * self.size
        for other in rest:
            alone[other] = together[other] + max(row[other], 0.0)
        for group in range(len(apart) + 1):
            if group < len(apart):
                grown = apart[group].copy()
                for other in rest:
                    grown[other] -= row[other]
                now, groups = lost + together[number] + apart[group][number], [*apart]
                groups[group] = grown
            else:
                now, groups = lost + together[number] + self.opening[group], [*apart, [-weight for weight in row]]
            least = now
            for other in rest:
                least += alone[other] + min(0.0, min(lines[other] for lines in groups))
            if least > self.limit + TIE_BITS:
                continue
            self.place.append(group)
            is_done = self._place(now, groups, alone)
            self.place.pop()
            if not is_done:
                return False
        return True

    def _groups(self, place: list[int]) -> list[list[int]]:
        groups: dict[int, list[int]] = {}
        for number, group in zip(self.order, place, strict=True):
            groups.setdefault(group, []).append(number)
        return _tidy(list(groups.values()))

    def best(self) -> list[list[int]]:
        """Of the partitions that lose least, the first."""
        least = min(self.found)[0]
        return min(self._groups(place) for lost, place in self.found if lost <= least + TIE_BITS)

    def losses(self) -> list[float]:
        """By number, what the best of the other partitions loses in which it is elsewhere."""
        losses = [UNKNOWN] * self.size
        first, least = self.best(), min(self.found)[0]
        for lost, place in sorted(self.found):
            more = lost - least
            if self.slack and more <= self.slack and any(loss > more for loss in losses):
                for number in _moved(first, self._groups(place)):
                    losses[number] = min(losses[number], more)
        return losses


def _moved(groups: list[list[int]], others: list[list[int]]) -> list[int]:
    """Which numbers are elsewhere in another partition, when its groups are named to keep as many as can be."""
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    if groups == others:
        return []
    shared = np.array([[len(set(group) & set(other)) for other in others] for group in groups])
    kept: set[int] = set()
    for one, other in zip(*linear_sum_assignment(shared, maximize=True), strict=True):
        kept |= set(groups[one]) & set(others[other])
    return [number for group in groups for number in group if number not in kept]


def _tidy(groups: list[list[int]]) -> list[list[int]]:
    return sorted(sorted(group) for group in groups if group)


def _by_steps(groups: list[list[int]], weights: Matrix, delivery: Delivery) -> list[list[int]]:
    """Improve a partition step by step while that gains."""
    while True:
        before = value(weights, groups, delivery)
        moved = _exchange(_move(groups, weights, delivery), weights)
        groups = _join(_rejudge(moved, weights, delivery), weights, delivery)
        if value(weights, groups, delivery) <= before + TIE_BITS:
            return groups


def _join(groups: list[list[int]], weights: Matrix, delivery: Delivery) -> list[list[int]]:
    """Join two groups at a time, the greatest gain first, while there is one."""
    groups = _tidy(groups)
    between = [[sum(weights[a][b] for a in one for b in other) for other in groups] for one in groups]
    while len(groups) > 1:
        saved = delivery.next_cost(len(groups) - 1)
        best, gain = None, TIE_BITS
        for one, row in enumerate(between):
            for other in range(one + 1, len(row)):
                if row[other] + saved > gain + TIE_BITS:
                    best, gain = (one, other), row[other] + saved
        if best is None:
            break
        one, other = best
        groups[one] = groups[one] + groups[other]
        for number, row in enumerate(between):
            row[one] += row[other]
            between[one][number] = row[one]
        between[one][one] = 0.0
        del groups[other], between[other]
        for row in between:
            del row[other]
    return _tidy(groups)


def _move(groups: list[list[int]], weights: Matrix, delivery: Delivery) -> list[list[int]]:
    """Move single records to another group, or out of all, while that gains."""
    groups = [list(group) for group in groups]
    moved = True
    while moved:
        moved = False
        for record in range(len(weights)):
            home = next(number for number, group in enumerate(groups) if record in group)
            others = len(groups) - (len(groups[home]) == 1)
            held = [sum(weights[record][other] for other in group if other != record) for group in groups]
            own = -delivery.next_cost(others)
            if others < len(groups):
                held[home] = own
            best = max(range(len(groups)), key=lambda number: (held[number], -number))
            if max(held[best], own) > held[home] + TIE_BITS:
                groups[home].remove(record)
                if held[best] > own:
                    groups[best].append(record)
                else:
                    groups.append([record])
                groups = _tidy(groups)
                moved = True
    return groups


def _exchange(groups: list[list[int]], weights: Matrix) -> list[list[int]]:
    """Exchange two records of two groups while that gains."""
    groups = [list(group) for group in groups]
    exchanged = True
    while exchanged:
        exchanged = False
        for one, other in combinations(range(len(groups)), 2):
            for a, b in [(a, b) for a in groups[one] for b in groups[other]]:
                if a not in groups[one] or b not in groups[other]:
                    continue
                rest_one, rest_other = [x for x in groups[one] if x != a], [x for x in groups[other] if x != b]
                before = sum(weights[a][x] for x in rest_one) + sum(weights[b][x] for x in rest_other)
                after = sum(weights[b][x] for x in rest_one) + sum(weights[a][x] for x in rest_other)
                if after > before + TIE_BITS:
                    groups[one], groups[other] = [*rest_one, b], [*rest_other, a]
                    exchanged = True
    return _tidy(groups)


def _rejudge(groups: list[list[int]], weights: Matrix, delivery: Delivery) -> list[list[int]]:
    """Put the records of any two groups that compete together again in the best way, where they are few enough."""
    groups, is_better = _tidy(groups), True
    while is_better:
        is_better = False
        for one, other in combinations(groups, 2):
            both = sorted(one + other)
            if len(both) > EXACT_RECORDS or not any(weights[a][b] > 0 for a in one for b in other):
                continue
            held = [[weights[a][b] for b in both] for a in both]
            now = [[both.index(number) for number in group] for group in (one, other)]
            rest = [group for group in groups if group is not one and group is not other]
            cost = sum(delivery.next_cost(len(rest) + number) for number in range(2))
            search = _Search(held, _lost(held, now) + cost, 0.0, delivery, len(rest))
            if not search.run():
                continue
            found = _tidy([*rest, *([both[number] for number in group] for group in search.best())])
            if value(weights, found, delivery) > value(weights, groups, delivery) + TIE_BITS:
                groups = found
                is_better = True
                break
    return groups
