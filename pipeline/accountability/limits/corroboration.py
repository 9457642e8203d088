"""Records that no other unit knows, judged against what other units' records of like strata show.

Belongs here: bringing the expectation by strata (`measures/strata.py`) into trailing windows, and who is left out of
it. Does not: the fit, or the limits (`limits/control_limits.py`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse

from pipeline.accountability.limits.control_limits import after_mending, effective, is_enough, look
from pipeline.accountability.limits.intervals import design_effect
from pipeline.accountability.limits.rule_results import Judged, Parts, policy_of
from pipeline.accountability.measures.counts import STRATA, rows_of
from pipeline.accountability.measures.strata import Design, Expectation, design_of, expect
from pipeline.accountability.measures.trailing_windows import (
    TrailingPeriods,
    Window,
    trailing_periods,
    window_of,
)
from pipeline.accountability.vocabulary import Rule
from pipeline.settings.accountability import AccountabilitySettings

ROUNDS = 6


def judge_corroboration(
    cells: pd.DataFrame,
    series: pd.DataFrame,
    periods: list[str],
    came: np.ndarray,
    length: int,
    settings: AccountabilitySettings,
) -> Judged:
    """Judge what no other unit knows against what other units' records of like strata show.

    Expectations are fitted anew without the units that ever had an alarm, until the same have one.

    Args:
        cells: records by unit, period and strata, as `counts.corroboration_cells` reads them.
        series: every unit and feed that is to be judged, with records or without.
        came: (series, periods), where a submission came.
        length: periods of a trailing window.
    """
    grouped = cells.groupby(STRATA, sort=True, observed=True, dropna=False)
    pattern = grouped.ngroup().to_numpy()
    design = design_of(grouped.size().reset_index()[STRATA])
    row = rows_of(cells, series)
    series = series.assign(rule=Rule.UNCORROBORATED.value, item="")
    unit_of_series = np.unique(series["unit_code"].to_numpy(str), return_inverse=True)[1]
    unit = unit_of_series[row]
    at = row * len(periods) + pd.Index(periods).get_indexer(pd.Index(cells["period"].to_numpy(object)))
    shape = (len(series), len(periods))
    # who is measured by others is measured by what they knew in time
    records, unknown = cells["records"].to_numpy(float), cells["uncorroborated_in_time"].to_numpy(float)

    def summed(values: np.ndarray) -> np.ndarray:
        return np.bincount(at, values, shape[0] * shape[1]).reshape(shape)

    failed, evaluated = summed(unknown), summed(records)
    trailing = trailing_periods(came, evaluated, length)
    window = window_of(failed, evaluated, trailing)
    policy = policy_of(Rule.UNCORROBORATED, periods, settings)
    enough = is_enough(window.n, window.clusters, policy)
    alarmed: np.ndarray = np.zeros(len(series), bool)
    seen: list[bytes] = []
    start: np.ndarray | None = None
    while True:
        found, start = expect(design, pattern, records, unknown, unit, alarmed[row], start)
        with np.errstate(invalid="ignore", divide="ignore"):
            target = np.nan_to_num(trailing.sums(summed(records * found.probability)) / window.n)
            target = np.maximum(target, policy.acceptable)
        doubt = _doubt(found, design, pattern, records, at, trailing, unit_of_series)
        with np.errstate(invalid="ignore", divide="ignore"):
            doubt = np.nan_to_num(doubt / window.n**2) / np.maximum(target * (1 - target), 1e-9)
        effect = _effect_around(failed, evaluated, summed(records * found.probability), window, trailing)
        seen_failed, cases = effective(window.x, window.n, effect)
        said = look(seen_failed, cases, enough, unit_of_series, policy, settings, target, np.minimum(doubt, 0.5))
        now = np.asarray(said.is_alarming.any(axis=1))
        seen.append(alarmed.tobytes())
        if now.tobytes() in seen or len(seen) >= ROUNDS:
            break
        alarmed = now
    failed = summed(cells["uncorroborated"].to_numpy(float))
    window = window_of(failed, evaluated, trailing)
    mended, _ = effective(window.x, window.n, effect)
    parts = Parts(shape)
    parts.put(np.arange(shape[0]), after_mending(said, mended, policy, settings))
    return parts.judged(periods, series, failed, evaluated, window, trailing, effect, settings)


def _doubt(
    found: Expectation,
    design: Design,
    pattern: np.ndarray,
    records: np.ndarray,
    at: np.ndarray,
    trailing: TrailingPeriods,
    unit_of_series: np.ndarray,
) -> np.ndarray:
    """Variance of the expected number of a window, from what the coefficients leave open."""
    shape = trailing.came.shape
    by_pattern = sparse.coo_array(
        (records * found.slope, (at, pattern)), (shape[0] * shape[1], design.matrix.shape[0])
    ).tocsr()
    columns = design.matrix.shape[1]
    gradient = (by_pattern @ design.matrix).toarray().reshape(*shape, columns)
    gradient = np.stack([trailing.sums(gradient[:, :, column]) for column in range(columns)], axis=2)
    return np.stack(
        [
            np.einsum("pc,cd,pd->p", gradient[row], found.covariance[unit], gradient[row])
            if unit in found.covariance
            else np.zeros(shape[1])
            for row, unit in enumerate(unit_of_series.tolist())
        ]
    )


def _effect_around(
    failed: np.ndarray, evaluated: np.ndarray, expected: np.ndarray, window: Window, trailing: TrailingPeriods
) -> np.ndarray:
    """Design effect of a share whose expectation differs between submissions: by its residuals around the own level."""
    total = trailing.sums(expected)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(total > 0, window.x / total, 0.0)
        residual = trailing.sums(failed**2) - 2 * ratio * trailing.sums(failed * expected)
        residual = np.maximum(residual + ratio**2 * trailing.sums(expected**2), 0.0)
        variance = window.clusters / (window.clusters - 1) * residual / window.n**2
    return design_effect(variance, window.x, window.n)
