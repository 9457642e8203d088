"""Intervals: known values, bounds, and that clusters widen them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from pipeline.accountability.limits.intervals import (
    clopper_pearson,
    cluster_robust,
    design_effect,
    ratio_variance,
    wilson,
)

COUNTS = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(COUNTS)
def test_wilson_and_clopper_pearson_are_those_of_statsmodels(counts):
    good, evaluated = counts
    for ours, method in ((wilson, "wilson"), (clopper_pearson, "beta")):
        low, high = ours(np.array([good]), np.array([evaluated]))
        theirs = np.nan_to_num(proportion_confint(good, evaluated, 0.05, method), nan=0.0)
        if method == "beta" and good == evaluated:
            theirs = np.array([theirs[0], 1.0])
        assert (low[0], high[0]) == pytest.approx(tuple(theirs), abs=1e-9)


@given(COUNTS, st.floats(1, 30))
def test_an_interval_contains_its_share_and_a_design_effect_widens_it(counts, effect):
    good, evaluated = (np.array([each]) for each in counts)
    low, high = wilson(good, evaluated)
    wide_low, wide_high = wilson(good, evaluated, effect)
    slack = 1e-12  # of floating point, where the effect is 1 and a last digit more
    assert 0 <= wide_low[0] <= low[0] + slack <= good[0] / evaluated[0] + 2 * slack
    assert good[0] / evaluated[0] - 2 * slack <= high[0] - slack <= wide_high[0] <= 1


def test_nothing_evaluated_has_no_interval():
    for interval in (wilson, clopper_pearson):
        low, high = interval(np.array([0]), np.array([0]))
        assert np.isnan(low[0])
        assert np.isnan(high[0])


def _window(x, n):
    x, n = np.array(x, float), np.array(n, float)
    variance = ratio_variance(
        np.array([float((n > 0).sum())]), (x * x).sum()[None], (x * n).sum()[None], (n * n).sum()[None],
        x.sum()[None], n.sum()[None],
    )  # fmt: skip
    return x.sum()[None], n.sum()[None], np.array([float((n > 0).sum())]), variance


def test_errors_that_come_with_one_submission_widen_the_interval():
    spread = _window([9] * 12, [10] * 12)
    clustered = _window([10] * 10 + [4, 4], [10] * 12)
    assert spread[0] == clustered[0]
    assert design_effect(spread[3], spread[0], spread[1])[0] == 1
    assert design_effect(clustered[3], clustered[0], clustered[1])[0] > 3
    narrow, wide = cluster_robust(*spread), cluster_robust(*clustered)
    assert wide[0][0] < narrow[0][0]
    assert wide[1][0] > narrow[1][0]


def test_submissions_that_all_agree_are_no_narrower_than_wilson():
    x, n, clusters, variance = _window([10] * 12, [10] * 12)
    low, high = cluster_robust(x, n, clusters, variance)
    assert low[0] == pytest.approx(wilson(x, n)[0][0])
    assert high[0] == 1
