"""Births by log-linear models of the table of histories, of which the cell of no list is not observed.

Belongs here: fitting one model, the models that are tried, their weights. Does not: what is published
(`cohorts/model_average.py`).

A model says which lists depend on each other. That all of them do at once cannot be told from the data (the
highest-order interaction is not identifiable): every model assumes that it is nil.

Sources: Fienberg (1972), Biometrika 59:591; Bishop, Fienberg and Holland (1975), Discrete Multivariate Analysis, ch. 6;
International Working Group (1995), Am. J. Epidemiol. 142:1047; weights: Burnham and Anderson (2002).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import statsmodels.api as sm
from statsmodels.tools.sm_exceptions import ConvergenceWarning, PerfectSeparationWarning

from pipeline.completeness.estimators.cells import Floats, histories, lists_of
from pipeline.completeness.estimators.intervals import unseen_interval

Term = tuple[int, ...]
# a parameter of this size stands for a cell that the model cannot tell
_UNTOLD = 25.0


@dataclass(frozen=True)
class LogLinear:
    """A fitted model.

    Attributes:
        estimate, low, high: births and their 95 % interval; NaN where the table cannot tell.
        parameters: the constant among them.
        log_likelihood: of the Poisson counts.
    """

    estimate: float
    low: float
    high: float
    parameters: int
    log_likelihood: float
    aic: float
    bic: float


def fit_log_linear(cells: Floats, terms: Sequence[Term]) -> LogLinear:
    """Fit a model with every list's own term and the interactions given, each a tuple of two or more lists."""
    lists = lists_of(cells)
    counts, rows = np.asarray(cells, float)[1:], histories(lists)[1:]
    columns = [np.ones(len(rows)), *(rows[:, r] for r in range(lists))]
    columns += [rows[:, list(term)].prod(axis=1) for term in terms]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        for category in (ConvergenceWarning, PerfectSeparationWarning, RuntimeWarning):
            warnings.simplefilter("ignore", category)
        fitted = sm.GLM(counts, np.column_stack(columns).astype(float), family=sm.families.Poisson()).fit()
    constant, error = float(fitted.params[0]), float(fitted.bse[0])
    likelihood, parameters = float(fitted.llf), len(columns)
    aic = 2 * parameters - 2 * likelihood
    bic = float(np.log(max(counts.sum(), 1))) * parameters - 2 * likelihood
    if not np.isfinite(constant + error) or abs(constant) > _UNTOLD or error > _UNTOLD:
        none = float("nan")
        return LogLinear(none, none, none, parameters, likelihood, aic, bic)
    unseen, observed = float(np.exp(constant)), float(counts.sum())
    low, high = unseen_interval(unseen, error)
    return LogLinear(observed + unseen, observed + low, observed + high, parameters, likelihood, aic, bic)


def candidates(lists: int, causes: Sequence[tuple[int, int]]) -> dict[str, tuple[Term, ...]]:
    """The models that are tried, by a name in words; more terms than the table can tell of are left out."""
    caused = tuple(sorted({tuple(sorted(pair)) for pair in causes}))
    pairs = tuple(combinations(range(lists), 2))
    triples = tuple(
        sorted({tuple(sorted({*one, *other})) for one, other in combinations(caused, 2) if len({*one, *other}) == 3})
    )
    tried: dict[str, tuple[Term, ...]] = {"independent": (), "causes": caused, "all pairs": pairs}
    for left_out in pairs:
        if left_out not in caused and len(pairs) - len(caused) > 1:
            names = "+".join(str(each) for each in left_out)
            tried[f"all pairs but {names}"] = tuple(pair for pair in pairs if pair != left_out)
    if triples:
        tried["all pairs + triples of causes"] = (*pairs, *triples)
    room = (1 << lists) - 2 - lists
    return {name: terms for name, terms in tried.items() if len(terms) <= room}


def weights(criteria: Sequence[float]) -> Floats:
    """Weights of models by an information criterion; 0 where it is no number."""
    values = np.array(criteria, float)
    if not np.isfinite(values).any():
        return np.zeros(len(values))
    raw = np.where(np.isfinite(values), np.exp(-(values - np.nanmin(values)) / 2), 0.0)
    return raw / raw.sum()
