"""How many of a unit's records another unit should not know, from what its records are like.

Belongs here: the expectation by strata, learnt from other units' records only. Does not: whether more than that is too
many (`limits/corroboration.py`), or which records are counted (the model `measures.corroboration_cells`).

A record is known to a different unit's register or not. How likely that is depends on what it shows (identifiers, a
name, a phone), where its child lives, when it was born and in how many other registers it is due: a unit that leaves
out mother ids or serves a far township must not look inventive. One logistic regression over all units' records, with
penalised deviations of feeds and townships (Le Cessie and van Houwelingen 1992, Appl. Stat. 41:191; a penalty is a
normal prior), so that a county with three hospitals and an identifier that nobody leaves out can be fitted. A unit's
expectation comes from the fit without its own records and without the records of units under an alarm: by one Newton
step per unit (Pregibon 1981, Ann. Stat. 9:705), by more where the unit is a large part of the county.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

# standard deviations, in log-odds, of what each kind of stratum may do: named once, as priors of the penalised fit
PRIOR_SPREAD = {"level": 5.0, "feed": 0.7, "identifier": 1.5, "due": 1.5, "resident": 1.5, "identifier of feed": 0.7,
                "due of feed": 0.5, "township": 0.5, "quarter": 0.5}  # fmt: skip
IDENTIFIERS = ("has_mother_id", "has_child_number", "has_name", "has_phone")
MOST_DUE = 4
NEWTON_STEPS = 25
LARGE_UNIT_SHARE, LARGE_UNIT_STEPS = 0.05, 3
_CONVERGED = 1e-6


@dataclass(frozen=True)
class Design:
    """The strata as columns.

    Attributes:
        matrix: (patterns, columns) of 0 and 1, sparse.
        penalty: (columns,) inverse prior variances.
    """

    matrix: sparse.csr_array
    penalty: np.ndarray


def design_of(cells: pd.DataFrame) -> Design:
    """Turn strata into columns; the order of columns follows from the values alone."""
    columns: list[np.ndarray] = [np.ones(len(cells))]
    spreads = [PRIOR_SPREAD["level"]]

    def add(values: np.ndarray, spread: str) -> None:
        columns.append(values.astype(float))
        spreads.append(PRIOR_SPREAD[spread])

    feeds = {feed: (cells["feed"] == feed).to_numpy() for feed in sorted(cells["feed"].unique())}
    due = np.minimum(cells["due_elsewhere"].to_numpy(), MOST_DUE)
    for is_feed in feeds.values():
        add(is_feed, "feed")
    for name in IDENTIFIERS:
        shows = cells[name].to_numpy().astype(bool)
        add(~shows, "identifier")
        for is_feed in feeds.values():
            # what every record of a feed shows, or none, is the feed's own level
            if len(set(shows[is_feed])) > 1:
                add(~shows & is_feed, "identifier of feed")
    add(~cells["is_resident"].to_numpy().astype(bool), "resident")
    for number in sorted(set(due))[:-1]:
        add(due == number, "due")
        for is_feed in feeds.values():
            if len(set((due == number)[is_feed])) > 1:
                add((due == number) & is_feed, "due of feed")
    for name, spread in (("township_code", "township"), ("birth_quarter", "quarter")):
        values = cells[name].fillna("").to_numpy()
        for value in sorted(set(values)):
            add(values == value, spread)
    return Design(sparse.csr_array(np.column_stack(columns)), 1 / np.array(spreads) ** 2)


def _information(matrix: sparse.csr_array, weight: np.ndarray) -> np.ndarray:
    return (matrix.T @ (matrix * weight[:, None])).toarray()


def _probability(matrix: sparse.csr_array, beta: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(matrix @ beta, -30, 30)))


def _step(design: Design, beta: np.ndarray, records: np.ndarray, failed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One Newton step; the new coefficients and the information at the old ones."""
    p = _probability(design.matrix, beta)
    information = _information(design.matrix, records * p * (1 - p)) + np.diag(design.penalty)
    score = design.matrix.T @ (failed - records * p) - design.penalty * beta
    step = np.linalg.solve(information, score)
    # log-odds move by a few units at most: a long step overshoots
    return beta + step * min(1.0, 4.0 / max(float(np.abs(step).max()), _CONVERGED)), information


def fit(design: Design, records: np.ndarray, failed: np.ndarray, start: np.ndarray | None = None) -> np.ndarray:
    """Coefficients of the penalised fit."""
    beta = np.zeros(design.matrix.shape[1]) if start is None else start
    for _ in range(NEWTON_STEPS):
        new, _ = _step(design, beta, records, failed)
        moved = float(np.abs(new - beta).max())
        beta = new
        if moved < _CONVERGED:
            break
    return beta


@dataclass(frozen=True)
class Expectation:
    """What a unit's cells should show, by the records of others.

    Attributes:
        probability: (cells,) of a record being unknown to other units.
        slope: (cells,) how it changes with its log-odds.
        covariance: by unit, of the coefficients without the unit.
    """

    probability: np.ndarray
    slope: np.ndarray
    covariance: dict[int, np.ndarray]


def expect(
    design: Design,
    pattern: np.ndarray,
    records: np.ndarray,
    failed: np.ndarray,
    units: np.ndarray,
    left_out: np.ndarray,
    start: np.ndarray | None = None,
) -> tuple[Expectation, np.ndarray]:
    """Every cell's expectation from the records of other units, and the coefficients of the fit of all.

    Args:
        design: one row per pattern of strata.
        pattern: (cells,) the pattern of each cell.
        records, failed: (cells,) how many records, and how many of them no other unit knows.
        units: (cells,) whose they are.
        left_out: (cells,) cells that teach nothing: their unit is under an alarm there.
    """
    size = design.matrix.shape[0]
    used, seen = np.where(left_out, 0.0, records), np.where(left_out, 0.0, failed)
    all_used, all_seen = np.bincount(pattern, used, size), np.bincount(pattern, seen, size)
    beta = fit(design, all_used, all_seen, start)
    _, information = _step(design, beta, all_used, all_seen)
    whole = _probability(design.matrix, beta)
    probability = np.empty(len(records))
    covariance: dict[int, np.ndarray] = {}
    for unit in np.unique(units):
        own = np.flatnonzero(units == unit)
        matrix, p = design.matrix[pattern[own]], whole[pattern[own]]
        rest = information - _information(matrix, used[own] * p * (1 - p))
        without = beta - np.linalg.solve(rest, matrix.T @ (seen[own] - used[own] * p))
        if used[own].sum() > LARGE_UNIT_SHARE * used.sum():
            others_used = all_used - np.bincount(pattern[own], used[own], size)
            others_seen = all_seen - np.bincount(pattern[own], seen[own], size)
            for _ in range(LARGE_UNIT_STEPS):
                without, rest = _step(design, without, others_used, others_seen)
        probability[own] = _probability(matrix, without)
        covariance[int(unit)] = np.linalg.inv(rest)
    slope = probability * (1 - probability)
    return Expectation(probability, slope, covariance), beta
