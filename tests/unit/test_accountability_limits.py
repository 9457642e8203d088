"""Control limits: tails and quantiles of the beta-binomial, targets, verdicts, and what a look must never do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pipeline.accountability.limits.beta_binomial import all_failed, quantile, upper_tail
from pipeline.accountability.limits.control_limits import effective, expected_false_alarms, false_discovery, look
from pipeline.accountability.limits.over_dispersion import measured_spread
from pipeline.accountability.limits.targets import Policy, median_of_others
from pipeline.settings.accountability import AccountabilitySettings

SETTINGS = AccountabilitySettings()
POLICY = Policy(acceptable=0.05, spread=0.5, minimum_excess=0.05, minimum_evaluated=10)


def one_look(failed, evaluated, policy=POLICY, chosen=SETTINGS):
    failed, evaluated = (np.array(each, float)[:, None] for each in (failed, evaluated))
    enough = evaluated >= policy.minimum_evaluated
    return look(failed, evaluated, enough, np.arange(len(failed)), policy, chosen)


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.005, 0.6),
       st.floats(0.001, 0.3))  # fmt: skip
def test_the_tail_is_that_of_the_beta_binomial(counts, mean, correlation):
    failed, evaluated = counts
    known = stats.betabinom(evaluated, mean * (1 / correlation - 1), (1 - mean) * (1 / correlation - 1))
    exact = known.sf(failed) + known.pmf(failed) / 2
    found = upper_tail(np.array(failed), np.array(evaluated), np.array(mean), np.array(correlation))
    # beyond some hundred failures the beta distribution of the same moments stands in
    assert found == pytest.approx(exact, abs=1e-9 if failed <= 250 else 2e-2)


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.005, 0.9))
def test_without_correlation_it_is_binomial(counts, mean):
    failed, evaluated = counts
    known = stats.binom(evaluated, mean)
    found = upper_tail(np.array(failed), np.array(evaluated), np.array(mean), np.array(0.0))
    assert found == pytest.approx(known.sf(failed) + known.pmf(failed) / 2, abs=1e-9)


@given(st.integers(1, 200), st.floats(0.01, 0.9), st.floats(0.0, 0.3))
def test_more_failures_are_never_more_likely(evaluated, mean, correlation):
    failed = np.arange(evaluated + 1)
    tail = upper_tail(failed, np.full(len(failed), evaluated), np.array(mean), np.array(correlation))
    assert (np.diff(tail) <= 1e-12).all()
    # the tail is a difference of logarithms of gamma functions: good to 1e-8, far below any level that is asked
    assert all_failed(np.array(evaluated), np.array(mean), np.array(max(correlation, 1e-6))) == pytest.approx(
        tail[-1], rel=1e-3, abs=1e-8
    )


@given(st.integers(1, 2000), st.floats(0.0, 1.0), st.floats(0.0, 0.3))
def test_limits_contain_the_target_and_widen_outwards(evaluated, mean, correlation):
    lines = [
        quantile(level, np.array([float(evaluated)]), np.array([mean]), np.array([correlation]))[0]
        for level in (0.001, 0.025, 0.975, 0.999)
    ]
    assert lines == sorted(lines)
    assert lines[1] <= mean <= lines[2]


@settings(max_examples=60)
@given(st.lists(st.integers(0, 40), min_size=2, max_size=30), st.integers(40, 120), st.integers(0, 40))
def test_a_unit_that_fails_more_is_never_judged_more_kindly(others, evaluated, failed):
    kinder = one_look([failed, *others], [evaluated] * (len(others) + 1))
    harder = one_look([min(failed + 5, evaluated), *others], [evaluated] * (len(others) + 1))
    if (kinder.is_alarming[1:] == harder.is_alarming[1:]).all():
        assert harder.p_value[0] <= kinder.p_value[0] + 1e-12
        assert harder.is_alarming[0] >= kinder.is_alarming[0]


@given(st.integers(2, 40), st.integers(20, 500), st.floats(0, 0.9))
def test_units_that_are_all_alike_are_in_control(units, evaluated, share):
    found = one_look([round(share * evaluated)] * units, [evaluated] * units)
    assert not found.is_alarming.any()
    assert not found.is_warning.any()


def test_too_few_cases_tell_nothing():
    found = one_look([9, 1, 1, 1], [9, 100, 100, 100])
    assert not found.is_enough[0]
    assert not found.is_alarming[0]
    # enough rows, but at this level even all of them failing would be no alarm
    rare = Policy(acceptable=0.6, spread=0.5, minimum_excess=0.05, minimum_evaluated=2)
    assert not one_look([3, 1], [3, 100], rare).is_enough[0]


def test_two_bad_units_do_not_hide_one_another():
    found = one_look([70, 75, 8, 12, 9, 11], [100] * 6)
    assert found.is_alarming[:, 0].tolist() == [True, True, False, False, False, False]
    # each is judged by those without an alarm
    assert found.target[0] == pytest.approx(0.1, abs=0.02)


def test_two_bad_units_of_six_do_not_hide_one_another_behind_a_third_that_is_poor():
    said = one_look([17, 21, 13, 1, 1, 2], [55, 66, 100, 80, 60, 40])
    assert said.is_alarming[:2].all()
    assert not said.is_alarming[3:].any()


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=8))
def test_the_first_look_takes_the_median_of_the_others(units):
    share = np.array([[value] for value, _ in units])
    present = np.array([[is_there] for _, is_there in units])
    found = median_of_others(share, present, np.array([-1.0]))
    for at, (_, is_there) in enumerate(units):
        others = [value for number, (value, too) in enumerate(units) if too and number != at]
        assert found[at, 0] == pytest.approx(np.median(others) if is_there and others else -1.0)


def test_what_falls_short_alike_at_few_peers_is_no_one_unit_s_fault():
    assert not one_look([60, 66, 63, 58], [100] * 4).is_alarming.any()


def test_a_standard_of_the_county_holds_whatever_its_units_do():
    standard = Policy(acceptable=0.05, spread=0.5, minimum_excess=0.05, minimum_evaluated=10, is_standard=True)
    assert one_look([60, 66, 63, 58], [100] * 4, standard).is_alarming.all()


def test_an_excess_that_does_not_matter_is_no_alarm():
    policy = Policy(acceptable=0.001, spread=0.1, minimum_excess=0.05, minimum_evaluated=10)
    found = one_look([400] + [10] * 25, [10_000] * 26, policy)
    assert found.p_value[0] < 1e-6
    assert not found.is_alarming[0]


def test_all_rows_of_a_unit_are_left_out_of_its_target():
    failed, evaluated = np.array([[8.0], [8.0], [0.0], [1.0]]), np.full((4, 1), 12.0)
    policy = Policy(acceptable=0.05, spread=0.5, minimum_excess=0.15, minimum_evaluated=6)
    found = look(failed, evaluated, evaluated > 0, np.array(["a", "a", "b", "c"]), policy, SETTINGS)
    assert found.is_alarming[:, 0].tolist() == [True, True, False, False]


def test_the_spread_of_units_is_measured():
    rng = np.random.default_rng(4)
    cases, level = np.full((400, 3), 400.0), 0.1
    logits = np.log(level / (1 - level)) + rng.normal(0, [0.0, 0.4, 0.8], (400, 3))
    share = rng.binomial(400, 1 / (1 + np.exp(-logits))) / 400
    found = np.sqrt(measured_spread(share, cases, np.full(3, level), cases > 0, 0.1))
    assert found == pytest.approx([0.0, 0.4, 0.8], abs=0.12)


def test_units_on_target_alarm_as_often_as_said():
    rng = np.random.default_rng(9)
    correlation = 0.5**2 * 0.09
    share = rng.beta(0.1 * (1 / correlation - 1), 0.9 * (1 / correlation - 1), 40_000)
    failed = rng.binomial(12, share)
    tail = upper_tail(failed, np.full(failed.shape, 12), np.array(0.1), np.array(correlation))
    assert (tail <= 0.025).mean() == pytest.approx(0.025, abs=0.015)
    assert (tail <= 0.001).mean() < 0.002


def test_clustered_counts_tell_less_and_stay_whole():
    failed, cases = effective(np.array([30.0, 0.0, 5.0]), np.array([100.0, 0.0, 5.0]), np.array([4.0, 1.0, 50.0]))
    assert cases.tolist() == [25, 0, 1]
    assert failed.tolist() == [8, 0, 1]


def test_false_discoveries_are_counted_over_what_could_be_told():
    p_value = np.array([[0.001], [0.02], [0.9], [np.nan]])
    considered = np.array([[True], [True], [True], [False]])
    q_value = false_discovery(p_value, considered)
    assert q_value[:3, 0] == pytest.approx([0.003, 0.03, 0.9])
    assert np.isnan(q_value[3, 0])


def test_false_alarms_of_a_year_are_fewer_than_looks_and_more_than_one_look():
    assert 0.001 < expected_false_alarms(0.001, 12) < 12 * 0.001
