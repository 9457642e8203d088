"""Every estimate of a cohort year beside the published one: rows of completeness.models.

Belongs here: which estimators are shown, on which counts. Does not: any estimator, what is published
(`cohorts/cohort_year.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from pipeline.completeness.cohorts.histories import Registers
from pipeline.completeness.cohorts.model_average import Average
from pipeline.completeness.estimators import lower_bounds, sample_coverage, two_lists
from pipeline.completeness.estimators.cells import Floats, pair
from pipeline.completeness.estimators.intervals import log_interval
from pipeline.completeness.vocabulary import ANY, Method, Treatment

_NONE = float("nan")
# births, low, high
Published = tuple[float, float, float]


@dataclass(frozen=True)
class Model:
    """A row of completeness.models."""

    cohort: str
    division_code: str
    register: str
    method: str
    model: str
    treatment: str
    observed: float
    estimate: float
    low: float
    high: float
    parameters: int | None = None
    aic: float = _NONE
    bic: float = _NONE
    weight: float = _NONE
    is_lower_bound: bool = False
    is_published: bool = False


def averaged(
    cohort: str,
    county_code: str,
    registers: Registers,
    found: Average,
    published: Published | None,
    treatment: Treatment,
) -> list[Model]:
    """The average over models, and each of them."""
    of = (cohort, county_code, ANY)
    whole = published or (found.estimate, found.low, found.high)
    rows = [
        Model(
            *of,
            Method.MODEL_AVERAGE.value,
            "",
            treatment.value,
            found.observed,
            *whole,
            is_published=published is not None,
        )
    ]
    rows += [
        Model(
            *of, each.method.value, _named(each.name, registers), treatment.value, found.observed, each.estimate,
            each.low, each.high, each.parameters, each.aic, each.bic, each.weight,
        )
        for each in found.models
    ]  # fmt: skip
    return rows


def others(cohort: str, county_code: str, registers: Registers, cells: Floats, treatment: Treatment) -> list[Model]:
    """Every other estimator, for comparison: none of them is published where there are three lists or more."""
    county, done = (cohort, county_code), treatment.value
    observed, rows = float(cells.sum()), []
    rows.append(Model(*county, ANY, Method.PLAIN_COUNT.value, "", done, observed, observed, _NONE, _NONE))
    bound, error = lower_bounds.chao(cells)
    rows.append(
        Model(
            *county,
            ANY,
            Method.CHAO_LOWER_BOUND.value,
            "",
            done,
            observed,
            bound,
            *log_interval(bound, error, observed),
            is_lower_bound=True,
        )
    )
    with np.errstate(all="ignore"):
        covered = sample_coverage.covered(cells) if sample_coverage.coverage(cells) > 0 else _NONE
    rows.append(Model(*county, ANY, Method.SAMPLE_COVERAGE.value, "", done, observed, covered, _NONE, _NONE))
    for one, other in combinations(range(len(registers.names)), 2):
        both, first, second = pair(cells, one, other)
        name = f"{registers.names[one]}+{registers.names[other]}"
        for method, estimator in (
            (Method.CHANDRASEKARAN_DEMING, two_lists.chandrasekaran_deming),
            (Method.CHAPMAN, two_lists.chapman),
        ):
            births, error = estimator(both, first, second)
            seen = both + first + second
            ends = log_interval(births, error, seen) if np.isfinite(births) else (_NONE, _NONE)
            rows.append(Model(*county, name, method.value, "", done, seen, births, *ends))
    return rows


def _named(model: str, registers: Registers) -> str:
    """A model's name with the registers' names for their numbers."""
    *words, last = model.split(" ")
    if last.replace("+", "").isdigit():
        last = "*".join(registers.names[int(number)] for number in last.split("+"))
    return " ".join([*words, last])
