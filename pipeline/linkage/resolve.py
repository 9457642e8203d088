"""From scored pairs to children: components, and a constrained partition of those that hold a contradiction.

Belongs here: pure functions over arrays. Does not: scoring, identities, tables. Records are numbered 0.. in the
order of their keys; every choice is made in a total order (value, then number), so that the partition depends on
the records and their weights alone, not on arrival, threads or which other components there are.

A component whose pairs all speak for one child is one child. In any other, records are put together so that the
sum of the weights inside children is as great as can be found (correlation clustering), while two records in hard
conflict are never put together: children are joined while the best joining gains, then single records are moved,
and pairs of records exchanged, while that gains. Within a delivery this is the joint assignment of its records to
the siblings: a nameless record goes where all that are certain leave it a place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

# bits: no single pair outweighs what several others say
WEIGHT_LIMIT = 25.0
# bits that two records in hard conflict cost: more than any children's weights add up to
CONFLICT_BITS = 1e9
# bits below which two sums are the same: sums of floats may differ in their last digits by their order
TIE_BITS = 1e-6

Numbers = NDArray[np.int64]
Bits = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Pairs:
    """Pairs of records of one component each: numbers of both, weight in bits, whether they are in hard conflict."""

    left: Numbers
    right: Numbers
    weight: Bits
    is_conflict: Flags


@dataclass(frozen=True)
class Resolution:
    """By record: the number of the child's first record, and by how many bits this child is a better place for the
    record than the next best (NaN where no other was thought of)."""

    child: Numbers
    margin: Bits


def components(records: int, left: Numbers, right: Numbers) -> Numbers:
    """By record, the number of the first record of its connected component."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(len(left), dtype=np.int8)
    graph = coo_matrix((ones, (left, right)), shape=(records, records))
    _, labels = connected_components(graph, directed=False)
    first = np.full(labels.max(initial=-1) + 1, records, dtype=np.int64)
    np.minimum.at(first, labels, np.arange(records))
    return first[labels]


def resolve(component: Numbers, pairs: Pairs) -> Resolution:
    """Partition every component into children.

    Args:
        component: by record, as `components` gives it.
        pairs: every pair of records of one component, of all components; a pair that is absent weighs nothing.
    """
    child, margin = component.copy(), np.full(len(component), np.nan)
    is_doubtful = (pairs.weight < 0) | pairs.is_conflict
    doubtful = np.unique(component[pairs.left[is_doubtful]])
    if not len(doubtful):
        return Resolution(child, margin)
    chosen = np.flatnonzero(np.isin(component[pairs.left], doubtful))
    members = np.flatnonzero(np.isin(component, doubtful))
    chosen = chosen[np.argsort(component[pairs.left[chosen]], kind="stable")]
    members = members[np.argsort(component[members], kind="stable")]
    pair_bounds = np.searchsorted(component[pairs.left[chosen]], doubtful)
    member_bounds = np.searchsorted(component[members], doubtful)
    for at, (pair_from, member_from) in enumerate(zip(pair_bounds, member_bounds, strict=True)):
        is_last = at + 1 == len(doubtful)
        those = chosen[pair_from : None if is_last else pair_bounds[at + 1]]
        records = members[member_from : None if is_last else member_bounds[at + 1]]
        place = {int(record): number for number, record in enumerate(records)}
        weights = [[0.0] * len(records) for _ in records]
        for left, right, weight, is_conflict in zip(
            pairs.left[those].tolist(),
            pairs.right[those].tolist(),
            np.clip(pairs.weight[those], -WEIGHT_LIMIT, WEIGHT_LIMIT).tolist(),
            pairs.is_conflict[those].tolist(),
            strict=True,
        ):
            value = -CONFLICT_BITS if is_conflict else weight
            weights[place[left]][place[right]] = weights[place[right]][place[left]] = value
        groups = partition(weights)
        for group in groups:
            child[records[group]] = records[group[0]]
        margin[records] = margins(weights, groups)
    return Resolution(child, margin)


def partition(weights: Sequence[Sequence[float]]) -> list[list[int]]:
    """Groups of the numbers 0..n-1 whose inner weights add up to as much as can be found.

    Args:
        weights: a symmetric matrix.

    Returns:
        the groups, each in ascending order, by their first member.
    """
    groups = _join([[number] for number in range(len(weights))], weights)
    while True:
        before = value(weights, groups)
        groups = _join(_exchange(_move(groups, weights), weights), weights)
        if value(weights, groups) <= before + TIE_BITS:
            return groups


def value(weights: Sequence[Sequence[float]], groups: list[list[int]]) -> float:
    """The sum of the weights inside groups."""
    return sum(weights[one][other] for group in groups for one, other in combinations(group, 2))


def _tidy(groups: list[list[int]]) -> list[list[int]]:
    return sorted(sorted(group) for group in groups if group)


def _join(groups: list[list[int]], weights: Sequence[Sequence[float]]) -> list[list[int]]:
    """Join two groups at a time, the greatest gain first, while there is one."""
    groups = _tidy(groups)
    between = [[sum(weights[a][b] for a in one for b in other) for other in groups] for one in groups]
    while len(groups) > 1:
        best, gain = None, TIE_BITS
        for one, row in enumerate(between):
            for other in range(one + 1, len(row)):
                if row[other] > gain + TIE_BITS:
                    best, gain = (one, other), row[other]
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


def _move(groups: list[list[int]], weights: Sequence[Sequence[float]]) -> list[list[int]]:
    """Move single records to another group, or out of all, while that gains."""
    groups = [list(group) for group in groups]
    moved = True
    while moved:
        moved = False
        for record in range(len(weights)):
            home = next(number for number, group in enumerate(groups) if record in group)
            held = [sum(weights[record][other] for other in group if other != record) for group in groups]
            best = max(range(len(groups)), key=lambda number: (held[number], -number))
            target = max(held[best], 0.0)
            if target > held[home] + TIE_BITS:
                groups[home].remove(record)
                if held[best] > 0:
                    groups[best].append(record)
                else:
                    groups.append([record])
                groups = _tidy(groups)
                moved = True
    return groups


def _exchange(groups: list[list[int]], weights: Sequence[Sequence[float]]) -> list[list[int]]:
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


def margins(weights: Sequence[Sequence[float]], groups: list[list[int]]) -> list[float]:
    """By record, its weight in its group over that in the next best (another group, or none)."""
    found = [0.0] * len(weights)
    for group in groups:
        for record in group:
            here = sum(weights[record][other] for other in group if other != record)
            elsewhere = [sum(weights[record][other] for other in g) for g in groups if g is not group]
            if len(group) > 1:
                elsewhere.append(0.0)
            found[record] = here - max(elsewhere, default=0.0)
    return found
