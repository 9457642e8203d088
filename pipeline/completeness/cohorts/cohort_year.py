"""One cohort year: its published rows and all its models, from counts that are already read.

Belongs here: what is estimated of a cohort, on which counts, and when nothing is said. Does not: any estimator, the
warehouse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pipeline.completeness.cohorts.delays import Delays, still_to_come
from pipeline.completeness.cohorts.histories import Registers, table
from pipeline.completeness.cohorts.model_average import Assumptions, average
from pipeline.completeness.cohorts.model_comparison import Model, averaged, others
from pipeline.completeness.estimators.canvass import Met, combined, unseen_odds
from pipeline.completeness.estimators.cells import Floats, by_lists, held_by
from pipeline.completeness.estimators.intervals import Z, unseen_interval
from pipeline.completeness.estimators.inventions import Genuine
from pipeline.completeness.estimators.linkage_error import put_together
from pipeline.completeness.estimators.shrinkage import shrunken_unseen
from pipeline.completeness.vocabulary import ANY, Method, Treatment, Vintage
from pipeline.settings.completeness import CompletenessSettings

_NONE = float("nan")
# models with less weight are ruled out by the data: they do not count in the spread across models
_RULED_OUT = 0.01


@dataclass(frozen=True)
class Cohort:
    """A cohort year's counts.

    Attributes:
        frame: children by birth_month, township_code, only_unit_code, is_due and cell.
        genuine: by unit under an alarm, what of the children whom it alone knows is genuine.
        ages: by month of birth, months that every register has had.
        delays: of any register.
        odds_before: unseen odds of the year before, and the deviation of their logarithm; None where there is none.
        met: children of the cohort that an area canvass met.
    """

    code: str
    county_code: str
    frame: pd.DataFrame
    genuine: Mapping[str, Genuine]
    vintage: Vintage
    ages: Mapping[str, int]
    delays: Delays
    odds_before: tuple[float, float] | None
    met: Sequence[Met] = ()


@dataclass(frozen=True)
class Row:
    """A row of completeness.estimates."""

    cohort: str
    division_code: str
    register: str
    method: str
    observed: int
    observed_unweighted: int
    estimate: float
    low: float
    high: float
    estimate_unweighted: float
    lowest_model: float
    highest_model: float
    awaited: float
    vintage: str
    is_suppressed: bool


@dataclass(frozen=True)
class Estimated:
    """What was found of a cohort; unseen_odds for the year after, as in Cohort."""

    rows: list[Row]
    models: list[Model]
    unseen_odds: tuple[float, float] | None


def bootstrap_seed(cohort: str) -> int:
    """The seed of a cohort year's bootstrap: the year itself, so that every night draws alike."""
    return int(cohort)


def estimate_cohort(
    cohort: Cohort, registers: Registers, settings: CompletenessSettings, missed: tuple[float, float]
) -> Estimated:
    """The county's estimates, every register's completeness, and the townships' by shrinkage."""
    frame, lists, of = cohort.frame, len(registers.names), (cohort.code, cohort.county_code)
    plain, weighted = _counts(frame, cohort.genuine, lists)
    mature = frame[frame["is_due"].astype(bool)]
    assumed = Assumptions(
        registers.causes, registers.provider, missed, settings.unmodelled_spread, settings.bootstrap_replicates,
        seed=bootstrap_seed(cohort.code),
    )  # fmt: skip
    if not _is_enough(plain, settings) or lists < 3:
        return Estimated(
            _suppressed(cohort, registers, plain, weighted), others(*of, registers, plain, Treatment.UNWEIGHTED), None
        )
    months = mature["birth_month"].nunique()
    told = months >= settings.minimum_mature_months and _is_enough(table(mature, lists), settings)
    # of young months all lists tell too little of who is missed
    base = mature if told or cohort.odds_before is None else mature.iloc[:0]
    if not len(base):
        base = frame
    doubtless, doubtful = _doubtless(base, cohort.genuine, lists)
    found = average(doubtless, doubtful, assumed)
    of_base = table(base, lists)
    bare = average(of_base, [], replace(assumed, missed=(0.0, 0.0), replicates=0)) if doubtful else found
    odds, spread = found.estimate / found.observed - 1, found.log_deviation
    if not told and cohort.odds_before is not None:
        odds, spread = cohort.odds_before
    canvassed = unseen_odds(cohort.met) if len(cohort.met) >= settings.minimum_canvassed else None
    if canvassed is not None:
        odds, variance = combined((odds, spread**2), canvassed)
        spread = variance**0.5
    treated = put_together(weighted, missed[0])
    observed, awaited, awaited_variance = float(treated.sum()), 0.0, 0.0
    young = frame[~frame["is_due"].astype(bool)]
    if len(young):
        seen = young.groupby("birth_month")["children"].sum()
        awaited, awaited_variance = still_to_come(
            seen.to_numpy(float), np.array([cohort.ages[month] for month in seen.index]), cohort.delays
        )
    unseen = (observed + awaited) * odds
    low, high = unseen_interval(unseen, spread)
    in_doubt = found.observed_deviation * (observed + awaited) / found.observed
    more = Z * np.sqrt(awaited_variance + in_doubt**2)
    total = observed + awaited + unseen
    ends = (total - np.hypot(unseen - low, more), total + np.hypot(high - unseen, more))
    scale = total / found.estimate
    likely = [each.estimate * scale for each in found.models if each.weight > _RULED_OUT]
    county = Row(
        cohort.code, cohort.county_code, ANY, Method.MODEL_AVERAGE.value, round(weighted.sum()), int(plain.sum()),
        total, ends[0], ends[1], bare.estimate * (observed + awaited) / found.observed
        if not doubtful else bare.estimate * (plain.sum() + awaited) / of_base.sum(),
        min(likely), max(likely), awaited, cohort.vintage.value, False,
    )  # fmt: skip
    rows = [county, *_of_registers(county, registers, plain, weighted)]
    rows += _townships(cohort, registers, settings, county, unseen, awaited, float(spread))
    models = [
        *averaged(*of, registers, found, (county.estimate, county.low, county.high), Treatment.LINKAGE_CORRECTED),
        *others(*of, registers, weighted, Treatment.WEIGHTED),
    ]
    if doubtful:
        models += [
            *averaged(*of, registers, bare, None, Treatment.UNWEIGHTED),
            *others(*of, registers, plain, Treatment.UNWEIGHTED),
        ]
    if canvassed is not None:
        births = (observed + awaited) * canvassed[0]
        low, high = unseen_interval(births, canvassed[1] ** 0.5)
        known = observed + awaited
        models.append(
            Model(
                *of, ANY, Method.CANVASS.value, "", Treatment.LINKAGE_CORRECTED.value,
                observed, known + births, known + low, known + high,
            )
        )  # fmt: skip
    models += [
        Model(
            cohort.code, row.division_code, ANY, Method.SHRINKAGE.value, "", Treatment.LINKAGE_CORRECTED.value,
            row.observed, row.estimate, row.low, row.high, is_published=True,
        )
        for row in rows if row.method == Method.SHRINKAGE.value and row.register == ANY
    ]  # fmt: skip
    return Estimated(rows, models, (odds, spread) if told else None)


def _is_enough(cells: Floats, settings: CompletenessSettings) -> bool:
    """Whether registers hold enough children, and enough of them twice, to say anything."""
    counts = by_lists(cells)
    return counts.sum() >= settings.minimum_children and counts[2:].sum() >= settings.minimum_linked


def _doubtless(frame: pd.DataFrame, genuine: Mapping[str, Genuine], lists: int) -> tuple[Floats, list[Genuine]]:
    """Counts of children whom nobody doubts, and for each unit what of the others in this part is genuine."""
    doubted = frame["only_unit_code"].isin(list(genuine))
    kept = table(frame[~doubted], lists)
    parts = []
    for unit, each in genuine.items():
        alone = table(frame[frame["only_unit_code"] == unit], lists)
        parts.append(each.within(alone))
    return kept, [each for each in parts if each.cells.sum() > 0]


def _counts(frame: pd.DataFrame, genuine: Mapping[str, Genuine], lists: int) -> tuple[Floats, Floats]:
    """The table with every record taken as genuine, and with those in doubt by their chance."""
    kept, parts = _doubtless(frame, genuine, lists)
    return table(frame, lists), np.sum([kept, *(each.cells for each in parts)], axis=0)


def _of_registers(county: Row, registers: Registers, plain: Floats, weighted: Floats) -> list[Row]:
    held, raw = held_by(weighted), held_by(plain)
    return [
        replace(county, register=name, observed=round(held[at]), observed_unweighted=int(raw[at]))
        for at, name in enumerate(registers.names)
    ]


def _suppressed(cohort: Cohort, registers: Registers, plain: Floats, weighted: Floats) -> list[Row]:
    row = Row(
        cohort.code, cohort.county_code, ANY, Method.NONE.value, round(weighted.sum()), int(plain.sum()),
        _NONE, _NONE, _NONE, _NONE, _NONE, _NONE, 0.0, cohort.vintage.value, True,
    )  # fmt: skip
    return [row, *_of_registers(row, registers, plain, weighted)]


def _townships(
    cohort: Cohort, registers: Registers, settings: CompletenessSettings, county: Row, unseen: float, awaited: float,
    spread: float,
) -> list[Row]:  # fmt: skip
    """Each township's part of the county's unseen and awaited births."""
    lists = len(registers.names)
    parts = [(str(code), part) for code, part in cohort.frame.groupby("township_code")]
    tables = [_counts(part, cohort.genuine, lists) for _, part in parts]
    observed = np.array([weighted.sum() for _, weighted in tables])
    alone = np.array([by_lists(weighted)[1] for _, weighted in tables])
    if not observed.sum():
        return []
    share = observed.sum() / max(county.observed, 1)
    mine, variance = shrunken_unseen(alone, observed, unseen * share)
    young = np.array([part.loc[~part["is_due"].astype(bool), "children"].sum() for _, part in parts], float)
    coming = awaited * share * young / young.sum() if young.sum() else np.zeros(len(parts))
    rows = []
    for (code, _), (plain, weighted), hidden, more, own in zip(parts, tables, mine, coming, variance, strict=True):
        base = replace(county, division_code=code, method=Method.SHRINKAGE.value)
        if plain.sum() < settings.minimum_township_children:
            row = replace(
                _suppressed(cohort, registers, plain, weighted)[0], division_code=code, method=Method.NONE.value
            )
        else:
            total = weighted.sum() + hidden + more
            low, high = unseen_interval(hidden, float(np.sqrt(spread**2 + own)))
            wide = Z * np.sqrt(more)
            row = replace(
                base, estimate=total, low=max(total - np.hypot(hidden - low, wide), weighted.sum()),
                high=total + np.hypot(high - hidden, wide), lowest_model=_NONE, highest_model=_NONE, awaited=more,
                observed=round(weighted.sum()), observed_unweighted=int(plain.sum()),
                estimate_unweighted=total + plain.sum() - weighted.sum(),
            )  # fmt: skip
        rows += [row, *_of_registers(row, registers, plain, weighted)]
    return rows
