"""The partition: constraints hold, order does not matter, sums are as great as can be found."""

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.linkage.children import partition_search
from pipeline.linkage.children.partition_search import (
    CONFLICT_BITS,
    NEAR_BITS,
    NOTHING_KNOWN,
    Delivery,
    best_partition,
    value,
)
from pipeline.linkage.children.resolution import Decisions, Pairs, components, resolve


@st.composite
def weighed(draw, largest=7):
    """A symmetric matrix of weights, some of them hard conflicts."""
    size = draw(st.integers(2, largest))
    weights = [[0.0] * size for _ in range(size)]
    for one, other in combinations(range(size), 2):
        bits = draw(st.one_of(st.integers(-120, 120).map(lambda n: n / 8), st.just(-CONFLICT_BITS)))
        weights[one][other] = weights[other][one] = bits
    return weights


def pairs_of(weights, order):
    size = len(weights)
    listed = [(one, other) for one, other in combinations(range(size), 2)]
    listed = [listed[number] for number in order]
    left, right = (np.array([pair[side] for pair in listed], dtype=np.int64) for side in (0, 1))
    bits = np.array([weights[one][other] for one, other in listed])
    is_conflict = bits == -CONFLICT_BITS
    return Pairs(left, right, np.where(is_conflict, 10.0, bits), is_conflict)


def partition(weights):
    return best_partition(weights)[0]


def partitions(numbers):
    """All partitions of a list."""
    if not numbers:
        yield []
        return
    first, rest = numbers[0], numbers[1:]
    for smaller in partitions(rest):
        for at, group in enumerate(smaller):
            yield [*smaller[:at], [first, *group], *smaller[at + 1 :]]
        yield [[first], *smaller]


@given(weighed())
def test_every_record_is_in_one_group_and_no_two_in_conflict_share_one(weights):
    groups = partition(weights)
    assert sorted(number for group in groups for number in group) == list(range(len(weights)))
    assert all(weights[a][b] > -CONFLICT_BITS for group in groups for a, b in combinations(group, 2))


deliveries = st.one_of(
    st.just(NOTHING_KNOWN),
    st.builds(Delivery, st.integers(0, 3), st.sampled_from([0.0, 4.5]), st.sampled_from([0.0, 20.0])),
)


@settings(max_examples=80)
@given(weighed(), deliveries)
def test_no_partition_is_worth_more_and_what_comes_near_is_told(weights, delivery):
    """Against all partitions of up to seven records (877)."""
    groups, losses = best_partition(weights, delivery)
    everything = [sorted(map(sorted, found)) for found in partitions(list(range(len(weights))))]
    worth = {str(found): value(weights, found, delivery) for found in everything}
    greatest = max(worth.values())
    assert worth[str(groups)] >= greatest - 1e-6
    # of partitions worth the same, always the same one
    assert groups == min(found for found in everything if worth[str(found)] >= greatest - 1e-6)
    nearest = min((greatest - worth[str(found)] for found in everything if found != groups), default=NEAR_BITS + 1)
    if nearest <= NEAR_BITS:
        assert abs(min(losses) - nearest) < 1e-6
    else:
        assert min(losses) == float("inf")


@settings(max_examples=40)
@given(weighed(largest=6))
def test_beyond_the_exact_search_no_move_joining_exchange_or_splitting_gains(weights):
    """By steps: what is found where there are too many records to search all partitions."""
    groups = partition_search._by_steps([[number] for number in range(len(weights))], weights, NOTHING_KNOWN)
    found = value(weights, groups)
    for one, other in combinations(range(len(groups)), 2):
        rest = [g for n, g in enumerate(groups) if n not in (one, other)]
        assert value(weights, [*rest, groups[one] + groups[other]]) <= found + 1e-3
        for a in groups[one]:
            without = [x for x in groups[one] if x != a]
            assert value(weights, [*rest, without, [*groups[other], a]]) <= found + 1e-3
            for b in groups[other]:
                swapped = [[*without, b], [*(x for x in groups[other] if x != b), a]]
                assert value(weights, [*rest, *swapped]) <= found + 1e-3


def test_by_steps_the_sum_is_the_greatest_there_is_nearly_always():
    rng = np.random.default_rng(5)
    best = 0
    for _ in range(60):
        weights = np.triu(rng.normal(0, 8, (6, 6)), 1)
        weights = (weights + weights.T).tolist()
        greatest = max(value(weights, groups) for groups in partitions(list(range(6))))
        alone = [[number] for number in range(6)]
        best += value(weights, partition_search._by_steps(alone, weights, NOTHING_KNOWN)) >= greatest - 1e-6
    assert best >= 50


def test_a_search_that_takes_too_long_falls_back_to_steps(monkeypatch):
    monkeypatch.setattr(partition_search, "SEARCH_STEPS", 3)
    weights = [[0, 9, -9, 1], [9, 0, 2, -9], [-9, 2, 0, 9], [1, -9, 9, 0]]
    assert best_partition(weights) == ([[0, 1], [2, 3]], [float("inf")] * 4)


@settings(max_examples=60)
@given(weighed(), st.randoms(use_true_random=False))
def test_the_order_of_pairs_does_not_matter(weights, random):
    count = len(weights) * (len(weights) - 1) // 2
    shuffled = list(range(count))
    random.shuffle(shuffled)
    component = np.zeros(len(weights), dtype=np.int64)
    one, other = (resolve(component, pairs_of(weights, order)) for order in (range(count), shuffled))
    assert one.child.tolist() == other.child.tolist()
    assert np.allclose(one.margin, other.margin, equal_nan=True)


@settings(max_examples=60)
@given(weighed(largest=5), weighed(largest=5))
def test_a_component_is_solved_alike_whatever_else_there_is(first, second):
    """What an incremental night rests on: only touched components need solving again."""
    alone = [
        resolve(np.zeros(len(w), dtype=np.int64), pairs_of(w, range(len(w) * (len(w) - 1) // 2)))
        for w in (first, second)
    ]
    shift = len(first)
    a, b = (pairs_of(w, range(len(w) * (len(w) - 1) // 2)) for w in (first, second))
    together = resolve(
        np.array([0] * shift + [shift] * len(second), dtype=np.int64),
        Pairs(
            np.r_[a.left, b.left + shift],
            np.r_[a.right, b.right + shift],
            np.r_[a.weight, b.weight],
            np.r_[a.is_conflict, b.is_conflict],
        ),
    )
    assert together.child.tolist() == [*alone[0].child.tolist(), *(alone[1].child + shift).tolist()]


@settings(max_examples=60)
@given(weighed(), st.data())
def test_decisions_are_obeyed(weights, data):
    """Records decided to be one child's are together even over a conflict, unless that contradicts; never those not."""
    size = len(weights)
    pairs = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)).filter(lambda pair: pair[0] < pair[1])
    decided = data.draw(st.dictionaries(pairs, st.booleans(), max_size=4))
    left, right = (np.array([pair[side] for pair in decided], dtype=np.int64) for side in (0, 1))
    decisions = Decisions(left, right, np.array(list(decided.values()), dtype=np.bool_))
    order = range(size * (size - 1) // 2)
    child = resolve(np.zeros(size, dtype=np.int64), pairs_of(weights, order), decisions).child.tolist()
    apart = [pair for pair, is_same in decided.items() if not is_same]
    assert all(child[one] != child[other] for one, other in apart)
    if not apart:
        assert all(child[one] == child[other] for one, other in decided)
    assert all(child[first] == first for first in child)


def margin_of(weights):
    size = len(weights)
    found = resolve(np.zeros(size, dtype=np.int64), pairs_of(weights, range(size * (size - 1) // 2)))
    return found.child.tolist(), found.margin.tolist()


def symmetric(size, listed):
    weights = [[0.0] * size for _ in range(size)]
    for one, other, bits in listed:
        weights[one][other] = weights[other][one] = float(bits)
    return weights


def test_a_tie_is_told_by_the_margin():
    """0, 1: the twins' deliveries, named by 2 and 3; 4: a nameless record that either may be."""
    listed = [(0, 1, -CONFLICT_BITS), (0, 2, 9), (1, 3, 9), (0, 3, -9), (1, 2, -9), (2, 3, -9)]
    even = [(4, other, 1) for other in (0, 1, 2, 3)]
    child, margin = margin_of(symmetric(5, listed + even))
    assert child[:4] == [0, 1, 0, 1]
    assert margin[4] == 0
    _, margin = margin_of(symmetric(5, [*listed, *even[:3], (4, 3, -2)]))
    # 2 bits over a child of its own, 3 over the other twin
    assert margin[4] == 2


def test_a_delivery_of_two_has_no_third_child():
    weights = symmetric(5, [(0, 1, -CONFLICT_BITS), (0, 2, 9), (1, 3, 9), (0, 3, -9), (1, 2, -9), (2, 3, -9),
                            (4, 0, -3), (4, 1, -4), (4, 2, -3), (4, 3, -4)])  # fmt: skip
    pairs = pairs_of(weights, range(10))
    component = np.zeros(5, dtype=np.int64)
    assert resolve(component, pairs).child.tolist() == [0, 1, 0, 1, 4]
    known = resolve(component, pairs, deliveries={0: Delivery(children=2, excess_child=20.0)})
    assert known.child.tolist() == [0, 1, 0, 1, 0]
    # 8 bits against the other twin, 6 against this one
    assert known.margin[4] == 2


def test_two_records_that_could_change_places_together_are_a_tie_too():
    """4 and 5 are surely one child's, and that child's may be either."""
    listed = [(0, 1, -CONFLICT_BITS), (0, 2, 20), (1, 3, 20), (0, 3, -20), (1, 2, -20), (2, 3, -20), (4, 5, 20)]
    listed += [(a, b, bits) for a in (4, 5) for b, bits in ((0, 0.5), (2, 0.5), (1, -0.5), (3, -0.5))]
    child, margin = margin_of(symmetric(6, listed))
    assert child == [0, 1, 0, 1, 0, 0]
    # 2 bits speak for it, and 2 against the other place
    assert margin[4] == margin[5] == 2


def test_components_are_named_after_their_first_record():
    found = components(6, np.array([4, 2]), np.array([2, 5]))
    assert found.tolist() == [0, 1, 2, 3, 2, 2]
    assert components(2, np.array([], dtype=np.int64), np.array([], dtype=np.int64)).tolist() == [0, 1]


def test_a_nameless_record_of_twins_goes_where_the_named_one_leaves_it_a_place():
    """0, 1: the twins' deliveries; 2: the vaccination of the second, by name; 3: a nameless vaccination."""
    weights = [[0.0] * 4 for _ in range(4)]
    for one, other, bits in ((0, 1, -CONFLICT_BITS), (0, 2, -6), (1, 2, 9), (0, 3, 1), (1, 3, 1), (2, 3, -4)):
        weights[one][other] = weights[other][one] = float(bits)
    assert partition(weights) == [[0, 3], [1, 2]]
