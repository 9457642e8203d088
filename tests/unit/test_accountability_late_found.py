"""Adding a true, late-found birth lowers nobody's verdict: what is mended helps one and moves no limit of another's."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.accountability.limits.corroboration import judge_corroboration
from pipeline.accountability.limits.rule_results import judge_rules
from pipeline.accountability.measures.counts import Counts
from pipeline.accountability.measures.trailing_windows import all_periods
from pipeline.accountability.vocabulary import Verdict
from pipeline.settings.accountability import AccountabilitySettings

PERIODS = all_periods("2024-01", "2024-06")
ORDER = [verdict.value for verdict in (Verdict.ALARM, Verdict.WARNING, Verdict.IN_CONTROL)]
COUNTY = st.tuples(st.integers(3, 25), st.integers(0, 2**32 - 1), st.floats(0.05, 0.9))


def county(units, seed, share):
    """Failures in time and what is left of them, with a few units far beyond the others."""
    rng = np.random.default_rng(seed)
    evaluated = rng.integers(0, 30, (units, len(PERIODS)))
    rate = np.clip(rng.normal(0.1, 0.05, units), 0.01, 1)
    rate[: 1 + units // 8] = rng.uniform(0.3, 0.9)
    in_time = rng.binomial(evaluated, rate[:, None])
    # most units find nothing; some find much
    finders = rng.random((units, 1)) < 0.5
    return in_time, in_time - rng.binomial(in_time, share) * finders, evaluated


def no_worse(before, after):
    judged = np.isin(before, ORDER)
    assert (np.isin(after, ORDER) == judged).all()
    place = {verdict: number for number, verdict in enumerate(ORDER)}
    for old, new in zip(before[judged], after[judged], strict=True):
        assert place[new] >= place[old]


@settings(max_examples=40)
@given(COUNTY)
def test_children_found_late_lower_no_unit_s_verdict_on_coverage(drawn):
    in_time, left, evaluated = county(*drawn)
    series = pd.DataFrame(
        {"unit_code": [f"u{row:02d}" for row in range(len(in_time))], "feed": "f", "rule": "low_coverage", "item": ""}
    )
    known = AccountabilitySettings()

    def judged(failed):
        return judge_rules(Counts(PERIODS, series, failed, evaluated, in_time), evaluated > 0, 12, known)

    before, after = judged(in_time), judged(left)
    assert np.array_equal(before.target, after.target, equal_nan=True)
    no_worse(before.verdict, after.verdict)


@settings(max_examples=15)
@given(COUNTY)
def test_records_corroborated_late_lower_no_unit_s_verdict_on_corroboration(drawn):
    in_time, left, evaluated = county(*drawn)
    units, months = np.nonzero(evaluated)
    cells = pd.DataFrame(
        {
            "unit_code": [f"u{row:02d}" for row in units], "feed": "f", "period": np.array(PERIODS)[months],
            "township_code": "100", "birth_quarter": "2024-Q1", "is_resident": True, "has_mother_id": True,
            "has_child_number": units % 2 == 0, "has_name": True, "has_phone": True, "due_elsewhere": 2,
            "records": evaluated[units, months], "uncorroborated_in_time": in_time[units, months],
        }
    )  # fmt: skip
    series = pd.DataFrame({"unit_code": [f"u{row:02d}" for row in range(len(in_time))], "feed": "f"})
    known = AccountabilitySettings()

    def judged(failed):
        seen = cells.assign(uncorroborated=failed[units, months])
        return judge_corroboration(seen, series, PERIODS, evaluated > 0, 12, known)

    before, after = judged(in_time), judged(left)
    assert np.array_equal(before.target, after.target, equal_nan=True)
    no_worse(before.verdict, after.verdict)
