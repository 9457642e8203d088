"""Estimators of births: published worked examples, and what must hold of any table."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.completeness.estimators import linkage_error, lower_bounds, sample_coverage, two_lists
from pipeline.completeness.estimators.cells import by_lists, cell_number, held_by, histories, lists_of, pair
from pipeline.completeness.estimators.intervals import log_interval, unseen_interval
from pipeline.completeness.estimators.log_linear import candidates, fit_log_linear, weights

# hepatitis A in Taiwan, three lists: Chao, Tsay, Lin, Shau and Chao (2001), Stat. Med. 20:3123, table I
HEPATITIS = {"111": 28, "110": 21, "101": 17, "011": 18, "100": 69, "010": 55, "001": 63}
COUNTS = st.integers(0, 400)


def cells(by_history: dict[str, int]) -> np.ndarray:
    table = np.zeros(1 << len(next(iter(by_history))))
    for history, count in by_history.items():
        table[sum(int(digit) << at for at, digit in enumerate(history))] = count
    return table


@pytest.fixture
def hepatitis() -> np.ndarray:
    return cells(HEPATITIS)


def tables(lists: int) -> st.SearchStrategy[np.ndarray]:
    some = st.lists(COUNTS, min_size=(1 << lists) - 1, max_size=(1 << lists) - 1)
    return some.map(lambda counts: np.array([0.0, *counts]))


def test_cells_are_named_by_their_lists():
    assert cell_number(["delivery", "police", "police"], ["clinic", "delivery", "police"]) == 6
    assert histories(2).tolist() == [[0, 0], [1, 0], [0, 1], [1, 1]]
    with pytest.raises(ValueError, match="not observed"):
        lists_of(np.array([1.0, 2.0]))
    with pytest.raises(ValueError, match="2\\^k"):
        lists_of(np.zeros(6))


def test_pairs_of_the_published_example(hepatitis):
    births = [round(two_lists.chandrasekaran_deming(*pair(hepatitis, *of))[0]) for of in ((0, 1), (0, 2), (1, 2))]
    assert births == [336, 378, 334]
    assert held_by(hepatitis).tolist() == [135, 122, 126]
    assert by_lists(hepatitis).tolist() == [0, 187, 56, 28]


def test_chapman_of_a_textbook_example():
    # Seber (1982): 10 marked, 15 caught, 5 of them marked
    births, error = two_lists.chapman(5, 5, 10)
    assert births == pytest.approx(28.33, abs=0.01)
    assert error == pytest.approx(5.91, abs=0.01)


def test_two_lists_without_a_common_child_say_nothing():
    assert np.isnan(two_lists.chandrasekaran_deming(0, 4, 5)[0])
    assert np.isfinite(two_lists.chapman(0, 4, 5)[0])


def test_sample_coverage_of_the_published_example(hepatitis):
    assert sample_coverage.coverage(hepatitis) == pytest.approx(0.513, abs=0.001)
    assert round(sample_coverage.covered(hepatitis)) == 407
    assert round(sample_coverage.corrected(hepatitis)) == 971


def test_the_correction_for_dependence_is_of_three_lists():
    with pytest.raises(ValueError, match="three lists"):
        sample_coverage.corrected(cells({"11": 5, "10": 3, "01": 2}))


def test_log_linear_models_of_the_published_example(hepatitis):
    assert round(fit_log_linear(hepatitis, ()).estimate) == 388
    assert round(fit_log_linear(hepatitis, ((0, 1), (0, 2), (1, 2))).estimate) == 1313


def test_a_model_that_the_table_cannot_tell_says_nothing():
    # nobody in the second list alone: the unseen number tends to nothing
    assert np.isnan(fit_log_linear(cells({"111": 9, "110": 0, "101": 0, "100": 9}), ((0, 1), (0, 2), (1, 2))).estimate)


def test_candidates_leave_a_cell_to_tell_by():
    for lists in (3, 4, 5, 6):
        found = candidates(lists, [(1, 0), (2, 1)])
        assert {"independent", "causes"} <= found.keys()
        assert all(1 + lists + len(terms) < 1 << lists for terms in found.values())


def test_weights_add_up_and_skip_what_has_no_criterion():
    found = weights([10.0, 12.0, np.inf])
    assert found.sum() == pytest.approx(1)
    assert found[2] == 0
    assert found[0] / found[1] == pytest.approx(np.e)
    assert weights([np.inf]).tolist() == [0]


@settings(max_examples=30)
@given(tables(4))
def test_at_least_what_was_seen(table):
    observed = table.sum()
    births, error = lower_bounds.chao(table)
    assert births >= observed
    low, high = log_interval(births, error, observed)
    assert observed <= low <= births <= high or births == observed


@settings(max_examples=30)
@given(st.floats(0, 500), st.floats(0, 1.5))
def test_an_interval_of_the_unseen_holds_it_and_grows_with_doubt(unseen, doubt):
    low, high = unseen_interval(unseen, doubt)
    assert 0 <= low <= max(unseen, 0.5) <= high
    assert unseen_interval(unseen, doubt + 0.2)[1] > high


@settings(max_examples=30)
@given(st.integers(200, 3000), st.floats(0.3, 0.95), st.floats(0.3, 0.95))
def test_independent_lists_give_the_births(births, first, second):
    both, one, other = births * first * second, births * first * (1 - second), births * (1 - first) * second
    assert two_lists.chandrasekaran_deming(both, one, other)[0] == pytest.approx(births)


@settings(max_examples=30)
@given(st.floats(0.5, 1.0), st.floats(0.0, 0.3))
def test_links_missed_and_wrong_are_set_right(found, wrong):
    births, first, second = 1000, 800, 700
    both = first * second / births
    seen = found * both + wrong * (first - both)
    assert linkage_error.di_consiglio_tuoto(seen, first, second, found, wrong) == pytest.approx(births)
    assert linkage_error.ding_fienberg(found * both, first, second, found) == pytest.approx(births)


def test_rates_that_tell_nothing_are_refused():
    with pytest.raises(ValueError, match="above"):
        linkage_error.di_consiglio_tuoto(10, 20, 20, 0.3, 0.4)


@settings(max_examples=30)
@given(tables(3), st.floats(0, 0.05))
def test_memberships_apart_are_put_together_again(table, missed):
    apart = (np.eye(8) + missed * linkage_error._splitting(3)) @ table
    together = linkage_error.put_together(apart, missed)
    assert together == pytest.approx(table, abs=1e-6)
    # no membership is lost
    assert held_by(together) == pytest.approx(held_by(apart), abs=1e-6)
    assert together.sum() <= apart.sum() + 1e-6


def test_recall_of_pairs_gives_the_share_apart():
    assert linkage_error.missed_by_recall(0.99) == pytest.approx(0.005)
