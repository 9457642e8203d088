"""Grades: weighted means of verdicts; critical whatever the mean; sums by township and department."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.accountability.grades.division_results import roll_up
from pipeline.accountability.grades.grades import Span, critical_since, failed_verifications, grade
from pipeline.accountability.vocabulary import Measure, Verdict
from pipeline.settings.rectification import GradeSettings

MEASURES = [measure.value for measure in Measure]
BETTER = [Verdict.ALARM, Verdict.WARNING, Verdict.IN_CONTROL]
JANUARY = dt.date(2024, 1, 5)


def graded(**verdicts):
    frame = pd.DataFrame([{measure: verdicts.get(measure, Verdict.IN_CONTROL.value) for measure in MEASURES}])
    said = grade(frame, GradeSettings())
    return said["score"][0], said["grade"][0]


def test_all_in_control_is_an_a_and_nothing_judged_is_no_grade():
    assert graded() == (100.0, "A")
    score, letter = graded(**dict.fromkeys(MEASURES, "too_few"))
    assert np.isnan(score)
    assert letter == "-"


def test_weights_points_and_cut_offs():
    assert graded(timeliness="alarm") == (80.0, "B")
    assert graded(timeliness="warning") == (92.0, "A")
    # what cannot be judged is left out with its weight
    assert graded(timeliness="alarm", coverage="not_applicable") == (pytest.approx(100 * 70 / 90), "B")
    assert graded(timeliness="alarm", validity="alarm", corroboration="alarm")[1] == "D"


@given(
    before=st.lists(st.sampled_from([verdict.value for verdict in Verdict]), min_size=8, max_size=8),
    at=st.integers(0, 7),
    steps=st.integers(1, 2),
)
def test_a_better_verdict_never_lowers_a_grade(before, at, steps):
    if before[at] not in BETTER:
        return
    after = [*before]
    after[at] = BETTER[min(BETTER.index(Verdict(before[at])) + steps, 2)].value
    said = grade(pd.DataFrame([before, after], columns=MEASURES), GradeSettings())
    assert said["score"][1] >= said["score"][0]
    assert said["grade"][1] <= said["grade"][0]


def owed(alarmed=(False,) * 3, status="on_time"):
    days = [JANUARY + dt.timedelta(days=30 * month) for month in range(3)]
    return pd.DataFrame(
        {"unit_code": "u", "feed": "f", "period": ["2023-12", "2024-01", "2024-02"], "due_on": days, "status": status,
         "is_uncorroborated": list(alarmed)}
    )  # fmt: skip


def test_critical_from_the_period_in_whose_time_it_was_overdue_until_it_was_closed():
    span = Span(JANUARY + dt.timedelta(days=10), JANUARY + dt.timedelta(days=40))
    found = critical_since(owed(), {("u", "f"): [span]}, {})
    assert list(found) == [span.start, span.start, None]
    lasting = critical_since(owed(), {("u", "f"): [Span(span.start)]}, {})
    assert list(lasting) == [span.start] * 3
    assert list(critical_since(owed(status="not_due"), {("u", "f"): [span]}, {})) == [None] * 3


def test_a_verification_is_critical_only_with_an_alarm():
    answered, due_on, late = JANUARY + dt.timedelta(days=2), JANUARY, JANUARY + dt.timedelta(days=45)
    confirmed = failed_verifications([("u", "f", 3, late, answered)], late)
    assert confirmed == {("u", "f"): [Span(answered)]}
    assert list(critical_since(owed((True, False, True)), {}, confirmed)) == [answered, None, answered]
    passed = failed_verifications([("u", "f", 0, due_on, None)], late)
    assert passed == {("u", "f"): [Span(due_on + dt.timedelta(days=1))]}
    assert failed_verifications([("u", "f", 0, late, None)], late) == {("u", "f"): []}
    assert failed_verifications([("u", "f", 0, due_on, due_on)], late) == {("u", "f"): []}


def test_rolled_up_counts_add_up_and_days_allow_for_chance():
    rows = pd.DataFrame(
        [
            ("township", "t", "a", "2024-01", "validity", 90, 100, 0.95, "alarm"),
            ("township", "t", "b", "2024-01", "validity", 10, 10, 0.95, "too_few"),
            ("township", "t", "c", "2024-01", "validity", 0, 0, None, "not_applicable"),
            ("township", "t", "a", "2024-01", "date_heaping", 20, 40, 0.2, "in_control"),
            ("township", "t", "b", "2024-01", "date_heaping", 12, 40, 0.4, "in_control"),
        ],
        columns=["division_kind", "division_code", "unit_code", "period", "measure", "numerator", "denominator",
                 "expected", "verdict"],
    )  # fmt: skip
    found = roll_up(rows).set_index("measure")
    validity, days = found.loc["validity"], found.loc["date_heaping"]
    assert (validity["units"], validity["judged"], validity["alarms"]) == (3, 1, 1)
    assert (validity["numerator"], validity["denominator"]) == (100, 110)
    assert validity["value"] == pytest.approx(100 / 110)
    assert validity["low"] <= validity["value"] <= validity["high"]
    assert days["value"] == pytest.approx((0.4 - 0.3) / 0.7)
