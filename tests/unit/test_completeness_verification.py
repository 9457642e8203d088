"""Estimates from a verified sample: unbiased, with ends that hold what can be."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.completeness.verification.sample_estimates import (
    Stratum,
    cluster_total,
    horvitz_thompson,
    verification_factor,
)


@st.composite
def stratum(draw: st.DrawFn) -> Stratum:
    population = draw(st.integers(0, 500))
    drawn = draw(st.integers(0, min(population, 40)))
    answered = draw(st.integers(0, drawn))
    return Stratum(population, drawn, answered, draw(st.integers(0, answered)))


@given(st.lists(stratum(), max_size=6))
def test_ends_enclose_the_value_and_stay_shares(strata):
    found = horvitz_thompson(strata)
    if found is None:
        assert not any(one.answered for one in strata)
        return
    assert 0 <= found.low <= found.value <= found.high <= 1
    total, low, high = found.total
    assert low <= total <= high <= sum(one.population for one in strata)


@given(st.lists(st.lists(st.booleans(), min_size=2, max_size=5), min_size=1, max_size=2))
def test_the_total_is_right_on_average_over_all_samples(populations):
    size = 2
    means = []
    for values in populations:
        totals = [
            horvitz_thompson([Stratum(len(values), size, size, sum(taken))]) for taken in combinations(values, size)
        ]
        means.append(sum(one.total[0] for one in totals if one) / len(totals))
    assert sum(means) == pytest.approx(sum(sum(values) for values in populations))


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 60)), min_size=1, max_size=5))
def test_a_census_leaves_nothing_to_chance(counts):
    strata = [Stratum(units, units, units, min(units, positive)) for units, positive in counts]
    found = horvitz_thompson(strata)
    assert found is not None
    assert found.low == found.value == found.high
    assert found.total[0] == pytest.approx(sum(one.positive for one in strata))


def test_what_was_not_answered_is_like_what_was_answered_of_its_stratum():
    whole = horvitz_thompson([Stratum(100, 10, 10, 5), Stratum(1_000, 10, 10, 10)])
    partly = horvitz_thompson([Stratum(100, 20, 10, 5), Stratum(1_000, 40, 10, 10)])
    assert whole == partly
    assert whole is not None
    assert whole.total[0] == pytest.approx(1_050)


def test_a_sample_without_a_fault_does_not_rule_faults_out():
    found = horvitz_thompson([Stratum(1_000, 2, 2, 2), Stratum(10, 10, 10, 10)])
    assert found is not None
    assert found.value == 1
    # the two that stand for nearly all weigh nearly all: the ten others make the interval no narrower
    assert found.low < 0.4


def test_a_stratum_nobody_answered_of_is_like_the_others():
    found = horvitz_thompson([Stratum(100, 10, 10, 5), Stratum(300, 10, 0, 0)])
    assert found is not None
    assert (found.population, found.value) == (400, 0.5)


@pytest.mark.parametrize("counts", [(5, 6, 0, 0), (5, 5, 6, 0), (5, 5, 5, 6), (5, 5, 5, -1)])
def test_counts_that_cannot_be_are_refused(counts):
    with pytest.raises(ValueError, match="a part of the one before"):
        Stratum(*counts)


def test_the_verification_factor_is_recounted_over_reported():
    found = verification_factor([True, True, False, True], [10, 10, 10, 10])
    assert found is not None
    assert (found.population, found.value) == (40, 0.75)
    assert found.low < 0.5 < 0.9 < found.high
    weighted = verification_factor([True, False], [30, 10])
    assert weighted is not None
    assert weighted.value == 0.75
    assert verification_factor([True, False], [1, 1]).low == 0.5
    assert verification_factor([], []) is None
    with pytest.raises(ValueError, match="weight"):
        verification_factor([True], [])


@given(st.lists(st.integers(0, 30), min_size=2, max_size=12), st.integers(0, 40))
def test_a_canvass_counts_at_least_those_it_met(counts, others):
    total, low, high = cluster_total(counts, len(counts) + others)
    assert sum(counts) <= low + 1e-9
    assert low <= total + 1e-9 <= high + 2e-9
    if not others:
        assert low == pytest.approx(total) == pytest.approx(high)


def test_one_village_says_nothing_of_the_others():
    assert cluster_total([4], 9) is None
    with pytest.raises(ValueError, match="more villages"):
        cluster_total([1, 2, 3], 2)
