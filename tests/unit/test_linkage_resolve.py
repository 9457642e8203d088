"""The partition: constraints hold, order does not matter, sums are as great as can be found."""

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.linkage.resolve import CONFLICT_BITS, Pairs, components, partition, resolve, value


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


@given(weighed(largest=6))
def test_no_single_move_joining_or_exchange_would_gain(weights):
    groups = partition(weights)
    found = value(weights, groups)
    for one, other in combinations(range(len(groups)), 2):
        rest = [g for n, g in enumerate(groups) if n not in (one, other)]
        assert value(weights, [*rest, groups[one] + groups[other]]) <= found + 1e-3
        for a in groups[one]:
            without = [x for x in groups[one] if x != a]
            assert value(weights, [*rest, without, [*groups[other], a]]) <= found + 1e-3
            assert value(weights, [*rest, without, [a], groups[other]]) <= found + 1e-3


def test_the_sum_is_the_greatest_there_is_nearly_always():
    rng = np.random.default_rng(5)
    best = 0
    for _ in range(60):
        weights = np.triu(rng.normal(0, 8, (6, 6)), 1)
        weights = (weights + weights.T).tolist()
        greatest = max(value(weights, groups) for groups in partitions(list(range(6))))
        best += value(weights, partition(weights)) >= greatest - 1e-6
    assert best >= 50


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
