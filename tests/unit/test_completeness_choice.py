"""The published number of births: latent classes, inventions, delays, shrinkage, vintages, and the average."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.completeness.cohorts.delays import delay_distribution, still_to_come
from pipeline.completeness.cohorts.model_average import Assumptions, average
from pipeline.completeness.cohorts.vintages import Published, months_since, reason_of_revision, vintage
from pipeline.completeness.estimators.canvass import Met, combined, unseen_odds
from pipeline.completeness.estimators.cells import histories
from pipeline.completeness.estimators.inventions import Doubtful, by_mixture, by_verification
from pipeline.completeness.estimators.latent_class import Design, coefficient_names, fit
from pipeline.completeness.estimators.shrinkage import shrunken_unseen
from pipeline.completeness.vocabulary import Method, Reason, Vintage

CAUSES = ((0, 1),)


def mixture(births: float, hard: float = 0.1, easy_chance: float = 0.9, hard_chance: float = 0.45) -> np.ndarray:
    """Expected counts of four lists and two classes of families, those in no list at 0."""
    rows = histories(4)
    chances = [
        share * np.prod(np.where(rows == 1, chance, 1 - chance), axis=1)
        for share, chance in ((1 - hard, easy_chance), (hard, hard_chance))
    ]
    return births * np.sum(chances, axis=0)


def test_two_classes_find_whom_nobody_saw():
    table = mixture(200_000)
    unseen, table[0] = table[0], 0
    found = fit(table, Design(4))
    assert table.sum() * found.unseen_odds == pytest.approx(unseen, rel=0.1)
    # independence sees hardly any of them
    alike = fit(table, Design(4, families="alike"))
    assert table.sum() * alike.unseen_odds < unseen / 3
    assert found.log_evidence > alike.log_evidence


def test_births_elsewhere_are_in_no_list_of_a_facility():
    rows = histories(4)
    chance = np.array([0.9, 0.9, 0.8, 0.8])
    here = np.prod(np.where(rows == 1, chance, 1 - chance), axis=1)
    away = np.where(rows[:, :2].any(axis=1), 0, np.prod(np.where(rows == 1, chance, 1 - chance)[:, 2:], axis=1))
    table = 50_000 * (0.95 * here + 0.05 * away)
    unseen, table[0] = table[0], 0
    design = Design(4, provider=(0, 1), families="alike")
    found = fit(table, design)
    share = 1 / (1 + np.exp(-found.coefficients[coefficient_names(design).index("elsewhere share")]))
    assert share == pytest.approx(0.05, abs=0.01)
    assert table.sum() * found.unseen_odds == pytest.approx(unseen, rel=0.1)


def test_the_slope_of_the_likelihood_is_its_derivative():
    from pipeline.completeness.estimators.latent_class import _log_chances, _tables

    design = Design(4, CAUSES, (0, 1))
    theta = np.linspace(-1, 1, len(coefficient_names(design)))
    value, slope = _log_chances(_tables(design), theta)
    assert np.exp(value).sum() == pytest.approx(1)
    for number in range(len(theta)):
        step = np.zeros(len(theta))
        step[number] = 1e-6
        ahead = _log_chances(_tables(design), theta + step)[0]
        back = _log_chances(_tables(design), theta - step)[0]
        assert (ahead - back) / 2e-6 == pytest.approx(slope[:, number], abs=1e-5)


def test_the_average_holds_the_truth_and_is_the_same_again():
    table = mixture(3000).round()
    unseen, table[0] = table[0], 0
    assumed = Assumptions(CAUSES, (), replicates=12, seed=7)
    found = average(table, [], assumed)
    assert found.low <= table.sum() + unseen <= found.high
    assert found.low >= found.observed - 1e-9
    assert average(table, [], assumed).high == found.high
    for method in (Method.LATENT_CLASS, Method.LOG_LINEAR):
        assert sum(each.weight for each in found.models if each.method is method) == pytest.approx(1)


def test_invented_births_are_told_by_what_peers_know_alone():
    alone = np.array([0.0, 100.0, 5.0, 0.0])
    peers = [np.array([0.0, 8.0, 2.0, 0.0])] * 4
    unit = Doubtful(alone, 500.0, peers, [500.0] * 4)
    found = by_mixture(unit, usual=0.02)
    assert found.cells.sum() == pytest.approx(10, abs=2)
    assert found.cells[1] > found.cells[2]
    assert np.all(found.cells <= alone)
    # a part of them, such as a township's, has the same shares
    assert found.within(alone / 5).cells.sum() == pytest.approx(found.cells.sum() / 5)


def test_a_unit_without_peers_and_one_that_knows_nobody_alone():
    alone = np.array([0.0, 50.0])
    assert 0 < by_mixture(Doubtful(alone, 100.0, [], []), 0.02).cells.sum() < 5
    assert by_mixture(Doubtful(np.zeros(2), 100.0, [], []), 0.02).cells.sum() == 0


def test_verification_weighs_each_case_by_its_chance():
    alone = np.array([0.0, 100.0])
    found = by_verification(alone, [True] * 5 + [False] * 15, [0.2] * 20)
    assert found.cells.sum() == pytest.approx(26, abs=1)
    assert found.source == "verified"
    # all were looked at: nothing is left to chance
    assert by_verification(alone, [True, False], [1.0, 1.0]).deviation == 0
    with pytest.raises(ValueError, match="chance"):
        by_verification(alone, [True], [0.0])


def test_delays_are_corrected_for_what_is_still_to_come():
    births, share = 1000, np.array([0.6, 0.3, 0.1])
    ages = np.array([2, 2, 1, 0])
    counts = np.array([[births * share[d] if d <= age else 0 for d in range(3)] for age in ages])
    found = delay_distribution(counts, ages)
    assert found.reported.tolist() == pytest.approx([0.6, 0.9, 1.0])
    awaited, variance = still_to_come(counts[2:].sum(axis=1), ages[2:], found)
    assert awaited == pytest.approx(100 + 400)
    assert variance > 0
    assert still_to_come(counts[:2].sum(axis=1), ages[:2], found)[0] == 0


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(60, 900)), min_size=1, max_size=12), st.floats(0, 100))
def test_townships_add_up_to_the_county(parts, unseen):
    alone, observed = np.array(parts, float).T
    found, variance = shrunken_unseen(alone, observed, unseen)
    assert found.sum() == pytest.approx(unseen)
    assert np.all(found >= 0)
    assert np.all(variance > 0)


def test_a_township_with_more_known_to_one_register_has_more_unseen():
    found, _ = shrunken_unseen(np.array([60.0, 10, 10]), np.array([300.0, 300, 300]), 12.0)
    assert found[0] > 2 * found[1]
    small, _ = shrunken_unseen(np.array([3.0, 60, 60]), np.array([10.0, 600, 600]), 12.0)
    # three of ten is little evidence: drawn toward the county
    assert small[0] / 10 < 2.5 * small[1] / 600


@pytest.mark.parametrize(
    ("as_of", "is_due", "expected"),
    [
        ("2025-06-30", True, Vintage.PROVISIONAL),
        ("2025-12-30", True, Vintage.PROVISIONAL),
        ("2025-12-31", True, Vintage.REVISED),
        ("2026-01-31", False, Vintage.PROVISIONAL),
        ("2026-12-30", True, Vintage.REVISED),
        ("2026-12-31", True, Vintage.FINAL),
    ],
)
def test_an_estimate_settles_with_the_years(as_of, is_due, expected):
    assert vintage("2024", dt.date.fromisoformat(as_of), is_due, 12, 24) is expected


def test_months_since_a_cohort_count_whole_months():
    assert months_since("2024", dt.date(2025, 1, 30)) == 0
    assert months_since("2024", dt.date(2025, 1, 31)) == 1


def test_a_revision_has_the_first_reason_that_holds():
    before = Published(Vintage.PROVISIONAL, 900, 950.0, 920.0, 990.0)
    assert reason_of_revision(None, before) is Reason.FIRST_ESTIMATE
    assert reason_of_revision(before, before) is None
    cases = {
        Reason.SUPPRESSION: Published(Vintage.REVISED, 900, None, None, None),
        Reason.VINTAGE: Published(Vintage.REVISED, 910, 951.0, 920.0, 990.0),
        Reason.MORE_RECORDS: Published(Vintage.PROVISIONAL, 910, 951.0, 920.0, 990.0),
        Reason.FEWER_RECORDS: Published(Vintage.PROVISIONAL, 890, 951.0, 920.0, 990.0),
        Reason.OTHER_EVIDENCE: Published(Vintage.PROVISIONAL, 900, 951.0, 920.0, 990.0),
    }
    assert {reason: reason_of_revision(before, now) for reason, now in cases.items()} == {r: r for r in cases}


def test_a_canvass_tells_whom_no_register_holds():
    # two villages in ten were drawn; one child in twenty-five is in no register
    met = [Met(f"village-{number % 4}", 0.2, number % 25 != 0) for number in range(200)]
    odds, variance = unseen_odds(met)
    assert odds == pytest.approx(8 / 192, rel=0.1)
    assert 0.1 < variance < 0.3
    with pytest.raises(ValueError, match="chance"):
        unseen_odds([Met("village", 0.0, True)])


def test_a_canvass_weighs_villages_by_their_chance():
    often = [Met("often", 1.0, True)] * 50
    rarely = [Met("rarely", 0.1, False)] * 5 + [Met("rarely", 0.1, True)] * 45
    assert unseen_odds(often + rarely)[0] == pytest.approx(50 / 500, rel=0.1)


def test_the_surer_of_two_estimates_counts_more():
    odds, variance = combined((0.01, 0.04), (0.04, 0.12))
    assert odds == pytest.approx(0.01 * 4**0.25)
    assert variance == pytest.approx(0.03)
