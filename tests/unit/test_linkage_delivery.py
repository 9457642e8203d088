"""What a delivery's children cost in the search for the best partition."""

from __future__ import annotations

import random

import numpy as np
import pytest

from pipeline.linkage.children.partition_search import Delivery, best_partition, value
from pipeline.linkage.children.resolution import Pairs, resolve

TWINS = Delivery(children=2, excess_child=20.0)


def partitions(numbers):
    """Every way to group the numbers."""
    if not numbers:
        yield []
        return
    first, rest = numbers[0], numbers[1:]
    for groups in partitions(rest):
        yield [[first], *groups]
        for at, group in enumerate(groups):
            yield [*groups[:at], [first, *group], *groups[at + 1 :]]


@pytest.mark.parametrize("delivery", [Delivery(), TWINS, Delivery(further_child=5.75), Delivery(3, 0.0, 20.0)])
@pytest.mark.parametrize("seed", range(8))
def test_the_best_partition_is_the_best_of_all(delivery, seed):
    rng = random.Random(seed)
    weights = [[0.0] * 7 for _ in range(7)]
    for one in range(7):
        for other in range(one):
            weights[one][other] = weights[other][one] = float(rng.randrange(-12, 13))
    groups, _ = best_partition(weights, delivery)
    best = max(value(weights, every, delivery) for every in partitions(list(range(7))))
    assert value(weights, groups, delivery) == best


def resolved(weights, delivery=None):
    """Children of one component, from its pairs' weights."""
    pairs = Pairs(
        np.array([one for one, _ in weights]),
        np.array([other for _, other in weights]),
        np.array(list(weights.values()), dtype=float),
        np.zeros(len(weights), dtype=bool),
    )
    size = max(max(pair) for pair in weights) + 1
    found = resolve(np.zeros(size, dtype=np.int64), pairs, None, {0: delivery} if delivery else None)
    return found.child.tolist()


# two children of two records each, and a fifth that is a little like neither, and a little more like the second
FIVE = {(0, 1): 20, (2, 3): 20, (0, 2): -20, (0, 3): -20, (1, 2): -20, (1, 3): -20}
FIVE |= {(0, 4): -4, (1, 4): -4, (2, 4): -2, (3, 4): -3}


def test_a_delivery_of_two_has_no_third_child():
    assert resolved(FIVE) == [0, 0, 2, 2, 4]
    assert resolved(FIVE, TWINS) == [0, 0, 2, 2, 2]


def test_what_nothing_explains_stays_by_itself_even_so():
    assert resolved(FIVE | {(2, 4): -20, (3, 4): -20, (0, 4): -20, (1, 4): -20}, TWINS) == [0, 0, 2, 2, 4]


def test_a_second_child_is_unlikely_once():
    weights = {(0, 1): 10, (2, 3): 10, (0, 2): -1, (0, 3): -1, (1, 2): -1, (1, 3): -1}
    assert resolved(weights) == [0, 0, 2, 2]
    assert resolved(weights, Delivery(further_child=3.0)) == [0, 0, 2, 2]
    assert resolved(weights, Delivery(further_child=5.0)) == [0, 0, 0, 0]
