"""From weighed pairs to children: components, and a constrained partition of those that hold a contradiction.

Belongs here: functions over arrays, for all components at once. Does not: scoring, identities, tables, or the search
within one contradictory part (`children/partition_search.py`). Records are numbered 0.. in the order of their keys;
every choice is made in a total order (value, then number) and weights are multiples of a power of two, whose sums are
exact in any order: the partition depends on the records and their weights alone, not on arrival, threads or other
components.

Records are put together so that the sum of the weights inside children is as great as it can be (correlation
clustering), while two records in hard conflict are never put together. Where nothing inside the parts that positive
weights connect speaks against them, these parts are the best partition. What is left are contradictory parts, each
searched by itself: no best partition puts records of two parts together.

What is known of a delivery weighs by child, not by pair: a delivery of two has no third child, however little a record
resembles either, and that a delivery was of twins is unlikely once, not once for each pair of records that it parts.
Where the children so found cost something, their component is searched as a whole; where they cost nothing, they are
the best with it too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.children.partition_search import CONFLICT_BITS, NOTHING_KNOWN, Delivery, best_partition

# bits: no single pair outweighs what several others say
WEIGHT_LIMIT = 25.0
# weights are rounded to multiples of this, so that sums of them are exact
GRAIN = 2.0**-20
# bits from which on a pair is not taken apart when the next best place of its records is looked for
FIRM_BITS = 10.0

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
class Decisions:
    """Pairs of records on which reviewers decided, the earliest decision first."""

    left: Numbers
    right: Numbers
    is_same: Flags


@dataclass(frozen=True)
class Resolution:
    """By record: the number of the child's first record, and by how many bits this child is a better place for the
    record, or for what is firmly tied to it, than the next best (NaN where no other was thought of)."""

    child: Numbers
    margin: Bits


def components(records: int, left: Numbers, right: Numbers) -> Numbers:
    """By record, the number of the first record of its connected component."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(len(left), dtype=np.int8)
    graph = coo_matrix((ones, (left, right)), shape=(records, records))
    _, labels = connected_components(graph, directed=False)
    # of equal labels, the first number is the smallest
    _, first = np.unique(labels, return_index=True)
    return first[labels].astype(np.int64)


def resolve(
    component: Numbers,
    pairs: Pairs,
    decisions: Decisions | None = None,
    deliveries: Mapping[int, Delivery] | None = None,
) -> Resolution:
    """Partition every component into children.

    Args:
        component: by record, as `components` gives it.
        pairs: pairs of records of one component; one that is absent weighs nothing.
        decisions: what reviewers decided; records decided to be one child's are together even over a hard conflict.
        deliveries: by component, what its children cost; costs are multiples of `GRAIN`.
    """
    node = np.arange(len(component), dtype=np.int64)
    weight = np.rint(np.clip(pairs.weight, -WEIGHT_LIMIT, WEIGHT_LIMIT) / GRAIN) * GRAIN
    weighed = Pairs(pairs.left, pairs.right, np.where(pairs.is_conflict, 0.0, weight), pairs.is_conflict)
    if decisions is not None and len(decisions.left):
        node, weighed = _obey(node, weighed, decisions)
    doubtful = np.zeros(len(component), dtype=np.bool_)
    doubtful[component[weighed.left[(weighed.weight < 0) | weighed.is_conflict]]] = True
    child, margin = component.copy(), np.full(len(component), np.nan)
    some = np.flatnonzero(doubtful[component] & (node == np.arange(len(node))))
    if len(some):
        chosen = doubtful[component[weighed.left]]
        # from here on numbers are places in `some`, so that the work is in proportion to it
        contested = Pairs(
            np.searchsorted(some, weighed.left[chosen]),
            np.searchsorted(some, weighed.right[chosen]),
            np.where(weighed.is_conflict, -CONFLICT_BITS, weighed.weight)[chosen],
            weighed.is_conflict[chosen],
        )
        placed, loss = _place(component[some], contested, deliveries or {})
        child[some] = some[placed]
        # where only hard conflicts bar every other place, none was thought of
        margin[some] = np.where(loss >= CONFLICT_BITS / 2, np.nan, loss)
    # a record goes where its node goes; a child is named after its first record, and a node is its own first
    return Resolution(child[node], margin[node])


def _place(component: Numbers, pairs: Pairs, deliveries: Mapping[int, Delivery]) -> tuple[Numbers, Bits]:
    """By node, the first of its child, and what the next best place would lose; of components with a doubt."""
    holds = pairs.weight >= 0
    part = components(len(component), pairs.left[holds], pairs.right[holds])
    inside = part[pairs.left] == part[pairs.right]
    placed, loss = part.copy(), np.full(len(part), np.inf)
    _search(part, np.unique(part[pairs.left[inside & ~holds]]), pairs, {}, placed, loss)
    known_components = 1 + max((*deliveries, component.max(initial=0)))
    counts = np.bincount(component[placed == np.arange(len(placed))], minlength=known_components)
    dear = [number for number, known in deliveries.items() if counts[number] > 1 and known.cost(counts[number]) > 0]
    _search(component, np.array(sorted(dear), dtype=np.int64), pairs, deliveries, placed, loss)
    counts = np.bincount(component[placed == np.arange(len(placed))], minlength=known_components)
    # one child more costs something, and one less saves it
    opening, saved = np.zeros(len(counts)), np.zeros(len(counts))
    for number, known in deliveries.items():
        opening[number] = known.next_cost(counts[number])
        saved[number] = known.next_cost(counts[number] - 1) if counts[number] > 1 else 0.0
    # a single record, and what is firmly tied together, may go elsewhere
    firm = (pairs.weight >= FIRM_BITS) & (placed[pairs.left] == placed[pairs.right])
    tied = components(len(placed), pairs.left[firm], pairs.right[firm])
    for unit in (np.arange(len(placed)), tied):
        loss = np.minimum(loss, _margins(unit, placed, pairs, opening[component], saved[component]))
    return placed, loss


def _search(
    part: Numbers,
    wanted: Numbers,
    pairs: Pairs,
    deliveries: Mapping[int, Delivery],
    placed: Numbers,
    loss: Bits,
) -> None:
    """Put the best partition of every wanted part into `placed` and `loss`."""
    if not len(wanted):
        return
    chosen = np.flatnonzero((part[pairs.left] == part[pairs.right]) & np.isin(part[pairs.left], wanted))
    chosen = chosen[np.argsort(part[pairs.left[chosen]], kind="stable")]
    members = np.flatnonzero(np.isin(part, wanted))
    members = members[np.argsort(part[members], kind="stable")]
    for number, those, nodes in zip(
        wanted.tolist(),
        np.split(chosen, np.searchsorted(part[pairs.left[chosen]], wanted[1:])),
        np.split(members, np.searchsorted(part[members], wanted[1:])),
        strict=True,
    ):
        weights = np.zeros((len(nodes), len(nodes)))
        one, other = np.searchsorted(nodes, pairs.left[those]), np.searchsorted(nodes, pairs.right[those])
        weights[one, other] = weights[other, one] = pairs.weight[those]
        groups, loss[nodes] = best_partition(weights.tolist(), deliveries.get(number, NOTHING_KNOWN))
        for group in groups:
            placed[nodes[group]] = nodes[group[0]]


def _margins(unit: Numbers, child: Numbers, pairs: Pairs, opening: Bits, saved: Bits) -> Bits:
    """By node, the weight of its unit (nodes that go together) in its child over that in the next best place.

    Args:
        opening, saved: by node, what a child more costs its delivery, and what one less saves.
    """
    count = len(unit)
    between = unit[pairs.left] != unit[pairs.right]
    left, right, value = pairs.left[between], pairs.right[between], pairs.weight[between]
    ends, others = np.r_[unit[left], unit[right]], np.r_[child[right], child[left]]
    keys, slot = np.unique(ends * count + others, return_inverse=True)
    sums = np.bincount(slot, weights=np.r_[value, value], minlength=len(keys))
    ends, others = keys // count, keys % count
    is_home = others == child[ends]
    here, elsewhere = np.zeros(count), np.full(count, -np.inf)
    here[ends[is_home]] = sums[is_home]
    np.maximum.at(elsewhere, ends[~is_home], sums[~is_home])
    # a unit that is not all of its child may also be a child of its own
    of_unit, of_child = np.bincount(unit, minlength=count), np.bincount(child, minlength=count)
    is_all = of_unit[unit] == of_child[child]
    return here[unit] - np.where(is_all, elsewhere[unit] + saved, np.maximum(elsewhere[unit], -opening))


def _obey(node: Numbers, pairs: Pairs, decisions: Decisions) -> tuple[Numbers, Pairs]:
    """Make records decided to be one child's one node, named after its first record, and those decided not to be in
    hard conflict. A decision for one child that contradicts earlier ones and those against is left out."""
    together: dict[int, set[int]] = {}
    apart: dict[int, set[int]] = {}
    for one, other, is_same in zip(*(values.tolist() for values in
                                     (decisions.left, decisions.right, decisions.is_same)), strict=True):  # fmt: skip
        if not is_same:
            apart.setdefault(one, set()).add(other)
            apart.setdefault(other, set()).add(one)
    for one, other, is_same in zip(*(values.tolist() for values in
                                     (decisions.left, decisions.right, decisions.is_same)), strict=True):  # fmt: skip
        if is_same:
            mine, theirs = together.get(one, {one}), together.get(other, {other})
            if mine is not theirs and not any(apart.get(record, set()) & theirs for record in mine):
                joined = mine | theirs
                together.update(dict.fromkeys(joined, joined))
    for record, joined in together.items():
        node[record] = min(joined)
    barred = ~decisions.is_same
    left = node[np.r_[pairs.left, decisions.left[barred]]]
    right = node[np.r_[pairs.right, decisions.right[barred]]]
    weight = np.r_[pairs.weight, np.zeros(barred.sum())]
    is_conflict = np.r_[pairs.is_conflict, np.ones(barred.sum(), dtype=np.bool_)]
    between = left != right
    first, last = np.minimum(left, right)[between], np.maximum(left, right)[between]
    keys, slot = np.unique(first * len(node) + last, return_inverse=True)
    return node, Pairs(
        keys // len(node),
        keys % len(node),
        np.bincount(slot, weights=weight[between], minlength=len(keys)).astype(np.float64),
        np.bincount(slot, weights=is_conflict[between], minlength=len(keys)) > 0,
    )
