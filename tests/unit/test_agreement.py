"""Agreement of two raters, on published tables and at its edges."""

import itertools

import pytest

from pipeline.agreement import agreement


def raters(table):
    """Two raters' answers from a table of counts: row by the first, column by the second."""
    cells = [(i, j) for i, row in enumerate(table) for j, count in enumerate(row) for _ in range(count)]
    return [i for i, _ in cells], [j for _, j in cells]


@pytest.mark.parametrize(
    ("table", "kappa", "ac1"),
    [
        # Cohen 1960, Educational and Psychological Measurement 20, 37-46: three categories, in hundredths
        ([[44, 5, 1], [7, 20, 3], [9, 5, 6]], 0.492, None),
        # Feinstein and Cicchetti 1990, Journal of Clinical Epidemiology 43, 543-549: one share, two kappas
        ([[40, 9], [6, 45]], 0.70, None),
        ([[80, 10], [5, 5]], 0.32, None),
        # Gwet 2002, Statistical Methods for Inter-Rater Reliability Assessment 1: kappa falls below zero at 94 %
        ([[118, 5], [2, 0]], -0.0234, 0.9408),
    ],
)
def test_published_tables(table, kappa, ac1):
    found = agreement(*raters(table), categories=len(table))
    assert found.items == sum(map(sum, table))
    assert found.kappa == pytest.approx(kappa, abs=0.005 if ac1 is None else 0.0001)
    if ac1 is not None:
        assert found.ac1 == pytest.approx(ac1, abs=0.0001)


def test_kappa_is_that_of_statsmodels():
    from statsmodels.stats.inter_rater import cohens_kappa

    table = [[20, 3, 1], [4, 15, 2], [0, 2, 7]]
    assert agreement(*raters(table), categories=3).kappa == pytest.approx(cohens_kappa(table).kappa)


def test_where_both_say_one_thing_of_all_kappa_is_not_defined_and_ac1_is_one():
    found = agreement(["same"] * 9, ["same"] * 9, categories=3)
    assert (found.share, found.kappa, found.ac1) == (1.0, None, 1.0)


def test_nothing_judged_is_no_agreement():
    assert agreement([], []) == agreement([], [], categories=3)
    assert agreement([], []).ac1 is None


def test_neither_depends_on_the_order_of_things_or_raters():
    first, second = ["a", "b", "a", "c"], ["a", "b", "c", "c"]
    wanted = agreement(first, second)
    for order in itertools.permutations(range(4)):
        found = agreement([second[i] for i in order], [first[i] for i in order])
        assert (found.kappa, found.ac1) == (pytest.approx(wanted.kappa), pytest.approx(wanted.ac1))


def test_lists_of_different_length_are_refused():
    with pytest.raises(ValueError, match="length"):
        agreement(["a"], [])
