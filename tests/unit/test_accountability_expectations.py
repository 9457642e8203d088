"""Expectations of corroboration and of dates: who must alarm, and who must not."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.accountability.limits import date_heaping
from pipeline.accountability.limits.corroboration import judge_corroboration
from pipeline.accountability.measures.trailing_windows import TrailingPeriods, all_periods, window_of
from pipeline.settings.accountability import AccountabilitySettings

SETTINGS = AccountabilitySettings()
MONTHS = all_periods("2024-01", "2025-12")
STRATA = {"birth_quarter": "2024-Q1", "is_resident": True, "has_mother_id": True, "has_child_number": True,
          "has_name": True, "has_phone": True, "due_elsewhere": 2}  # fmt: skip


def cell(unit, feed, period, records, unknown, **strata):
    given = {"township_code": "100", **STRATA, **strata}
    return {"unit_code": unit, "feed": feed, "period": period, **given, "records": records, "uncorroborated": unknown,
            "uncorroborated_in_time": unknown}  # fmt: skip


def county(**inventing):
    """Three hospitals and six clinics; a twentieth of honest records unknown to others, by a fixed rhythm."""
    rng = np.random.default_rng(3)
    rows = []
    for period in MONTHS:
        for unit in [f"hospital-{n}" for n in range(3)] + [f"clinic-{n}" for n in range(6)]:
            records = 30 if unit.startswith("hospital") else 6
            invented = rng.binomial(records, inventing.get(unit.replace("-", "_"), 0.0))
            rows.append(cell(unit, "delivery", period, records, rng.binomial(records - invented, 0.04) + invented))
    return pd.DataFrame(rows)


def verdicts(cells):
    series = cells[["unit_code", "feed"]].drop_duplicates().sort_values(["unit_code", "feed"]).reset_index(drop=True)
    found = judge_corroboration(cells, series, MONTHS, np.ones((len(series), len(MONTHS)), bool), 12, SETTINGS)
    return {unit: set(said) for unit, said in zip(found.series["unit_code"], found.verdict, strict=True)}


@pytest.mark.parametrize("share", [0.10, 0.20])
def test_a_hospital_that_invents_records_alarms_and_no_other_unit_does(share):
    found = verdicts(county(hospital_1=share))
    assert {unit for unit, said in found.items() if "alarm" in said} == {"hospital-1"}


def test_honest_units_do_not_alarm():
    assert not any("alarm" in said for said in verdicts(county()).values())


def test_records_without_mother_ids_are_no_invention():
    cells = county()
    # those that lack them are unknown to others more often at every unit; one unit leaves them out three times in four
    weak = cells.assign(has_mother_id=False)
    weak["records"] = np.where(weak["unit_code"] == "hospital-2", 90, np.maximum(cells["records"] // 10, 1))
    weak["uncorroborated"] = weak["uncorroborated_in_time"] = np.round(0.2 * weak["records"])
    assert "alarm" not in verdicts(pd.concat([cells, weak], ignore_index=True))["hospital-2"]


def test_a_far_township_is_expected_to_be_known_to_fewer():
    far = [cell(unit, feed, period, 10, 3, township_code="200")
           for period in MONTHS for unit, feed in (("clinic-far", "delivery"), ("police-far", "household_registration"),
                                                   ("hospital-0", "delivery"), ("hospital-1", "delivery"))]  # fmt: skip
    assert "alarm" not in verdicts(pd.concat([county(), pd.DataFrame(far)], ignore_index=True))["clinic-far"]


def dates(draw):
    """(1, months, 31) events drawn month by month."""
    months = np.array(MONTHS, dtype="datetime64[M]")
    events = np.zeros((1, len(months), 31))
    for index, month in enumerate(months):
        first = month.astype("datetime64[D]")
        days = np.arange(first, (month + 1).astype("datetime64[D]"))
        weekday = (days.astype(int) + 3) % 7
        for day in draw(days, weekday):
            events[0, index, (day - first).astype(int)] += 1
    return events, months


def excess(draw):
    """Share of events on the days used most, and the share expected there."""
    events, months = dates(draw)
    found = date_heaping.count(events, months, SETTINGS.heaping_days, SETTINGS.heaping_events)
    return found.failed.sum() / found.evaluated.sum(), found.expected.sum() / found.evaluated.sum()


def test_true_dates_show_no_excess():
    rng = np.random.default_rng(1)
    observed, expected = excess(lambda days, weekday: rng.choice(days, 40))
    assert observed == pytest.approx(expected, abs=0.04)


@pytest.mark.parametrize("service_days", [(1,), (0, 3), (0, 1, 2, 3, 4)])
def test_weekly_service_days_are_no_heaping(service_days):
    rng = np.random.default_rng(2)
    observed, expected = excess(lambda days, weekday: rng.choice(days[np.isin(weekday, service_days)], 12))
    assert observed < expected + 0.05


def test_a_session_every_first_tuesday_is_no_heaping():
    observed, expected = excess(lambda days, weekday: [days[weekday == 1][0]] * 8)
    assert observed < expected + 0.25


@pytest.mark.parametrize("habit", [(1,), (1, 15), (1, 5, 10, 15, 20, 25)])
def test_dates_written_on_few_days_show(habit):
    rng = np.random.default_rng(5)
    observed, expected = excess(lambda days, weekday: days[rng.choice(habit, 12) - 1])
    assert observed > expected + 0.2


def test_one_batch_does_not_choose_the_days_of_its_own_month():
    rng = np.random.default_rng(6)

    def draw(days, weekday):
        return [*rng.choice(days, 10), *[rng.choice(days)] * 15]

    observed, expected = excess(draw)
    assert observed < expected + 0.1


def test_a_window_sums_what_it_covers_and_no_more():
    assert all_periods("2024-11", "2025-02") == ["2024-11", "2024-12", "2025-01", "2025-02"]
    assert all_periods("2023", "2025") == ["2023", "2024", "2025"]
    every = TrailingPeriods(np.ones((1, 5), bool), 3)
    assert every.sums(np.arange(1, 6)[None]).tolist() == [[1, 3, 6, 9, 12]]
    assert every.first().tolist() == [[0, 0, 0, 1, 2]]
    assert TrailingPeriods(np.ones((1, 2), bool), 3).sums(np.arange(1, 3)[None]).tolist() == [[1, 3]]
    window = window_of(np.array([[1, 0, 2]]), np.array([[4, 0, 5]]), TrailingPeriods(np.ones((1, 3), bool), 2))
    assert window.clusters.tolist() == [[1, 1, 1]]
    assert window.xn.tolist() == [[4, 4, 10]]


def test_a_window_reaches_back_over_periods_for_which_nothing_came():
    came = np.array([[False, True, True, False, False, True, False]])
    periods = TrailingPeriods(came, 2)
    counts = np.array([[9, 1, 2, 9, 9, 4, 9]])
    assert periods.sums(counts).tolist() == [[0, 1, 3, 3, 3, 6, 6]]
    assert periods.first().tolist() == [[0, 1, 1, 1, 1, 2, 2]]
    # what was said of the last submission stands until the next
    assert periods.carried(counts).tolist() == [[9, 1, 2, 2, 2, 4, 4]]


@given(st.lists(st.booleans(), min_size=1, max_size=30), st.integers(1, 14))
def test_a_window_is_the_last_periods_for_which_something_came(came, length):
    values = np.arange(1.0, len(came) + 1)
    found = TrailingPeriods(np.array([came]), length).sums(values[None])[0]
    for period in range(len(came)):
        there = [value for value, is_there in zip(values[: period + 1], came, strict=False) if is_there]
        assert found[period] == sum(there[-length:])
