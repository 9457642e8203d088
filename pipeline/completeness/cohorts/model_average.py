"""The published number of births: an average over models, with an interval that carries the choice among them.

Two kinds of models are averaged. Latent class models differ in how families differ in reach and in whether registers
depend on each other, and are weighted by how well each foretells the counts (its evidence); log-linear models differ in
which registers depend on each other, and are weighted by BIC. The first allow for families hard to reach, the second
for any dependence of pairs; the first count twice.

A seeded bootstrap draws the counts, the share of missed links and the number of doubtful children who are genuine anew,
and fits and weighs all models again, so that its spread has all of these. Two things no bootstrap sees, because no data
do: the highest-order interaction is not identifiable, and every model is wrong somewhere. A fixed spread of the
logarithm of the unseen number stands for these; the estimate is the mean over it.

Belongs here: that average. Does not: any single model.

Sources: averaging over models, Buckland, Burnham and Augustin (1997), Biometrics 53:603; the interval of the unseen
number, Chao (1987), Biometrics 43:783; what cannot be identified, Bishop, Fienberg and Holland (1975), Discrete
Multivariate Analysis, ch. 6. Shares and spread: chosen by simulation (docs/completeness.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.completeness.estimators.cells import Floats, lists_of
from pipeline.completeness.estimators.intervals import Z, unseen_interval
from pipeline.completeness.estimators.inventions import Genuine
from pipeline.completeness.estimators.latent_class import Design, Fitted, fit
from pipeline.completeness.estimators.linkage_error import put_together
from pipeline.completeness.estimators.log_linear import LogLinear, Term, candidates, fit_log_linear, weights
from pipeline.completeness.vocabulary import Method

# a model with less weight is fitted, shown, and left out of the bootstrap
_NEGLIGIBLE = 0.02
# of the latent class models together, beside the log-linear ones
_LATENT_SHARE = 2 / 3
# a log-linear model may expect nobody unseen; the average is one of logarithms
_LEAST_UNSEEN = 0.3


@dataclass(frozen=True)
class Assumptions:
    """What is known or assumed beside the counts.

    Attributes:
        causes: pairs (list, list that is its cause), by number.
        provider: lists that hold no birth elsewhere, by number.
        missed: mean and standard deviation of the share of memberships that stand apart from their child.
        unmodelled: standard deviation of the logarithm of the unseen number that no data can tell of.
        replicates: of the bootstrap; with none, the curvature of each model gives its spread.
        seed: of the bootstrap.
    """

    causes: tuple[tuple[int, int], ...]
    provider: tuple[int, ...]
    missed: tuple[float, float] = (0.0, 0.0)
    unmodelled: float = 0.43
    replicates: int = 40
    seed: int = 0


@dataclass(frozen=True)
class ModelEstimate:
    """One model's number of births; the weight is among those of its method."""

    method: Method
    name: str
    estimate: float
    low: float
    high: float
    parameters: int
    aic: float
    bic: float
    weight: float


@dataclass(frozen=True)
class Average:
    """The average over models.

    Attributes:
        observed: children in at least one list, after treatment.
        estimate, low, high: births, with the 95 % interval.
        models: each model's own.
        cells: the counts after treatment.
        log_deviation: of the unseen number.
        observed_deviation: of the observed number, where genuineness and links leave it in doubt.
    """

    observed: float
    estimate: float
    low: float
    high: float
    models: tuple[ModelEstimate, ...]
    cells: Floats
    log_deviation: float
    observed_deviation: float


def designs(lists: int, assumed: Assumptions) -> dict[str, Design]:
    """The models of the average, by name."""
    causes, provider = assumed.causes, assumed.provider
    return {
        "two classes of families + causes": Design(lists, causes, provider),
        "degrees of reach + causes": Design(lists, causes, provider, "trait"),
        "two classes of families": Design(lists, (), provider),
        "causes": Design(lists, causes, provider, "alike"),
    }


def average(cells: Floats, doubtful: Sequence[Genuine], assumed: Assumptions) -> Average:
    """The published number of births of a table of counts.

    Args:
        cells: counts of children whom nobody doubts.
        doubtful: of each unit under an alarm, what of its children is genuine.
    """
    treated = _treated(cells, [unit.cells for unit in doubtful], assumed.missed[0])
    observed = float(treated.sum())
    models = _Models(lists_of(cells), assumed)
    fits = models.fit(treated)
    spread = _bootstrap(cells, doubtful, assumed, models, fits) if assumed.replicates else fits.log_variance
    deviation = float(np.sqrt(spread + assumed.unmodelled**2))
    unseen = fits.unseen * float(np.exp(assumed.unmodelled**2 / 2))
    low, high = unseen_interval(unseen, deviation)
    # how many were observed is itself in doubt: who is genuine, who was counted twice
    in_doubt = _observed_deviation(cells, doubtful, assumed)
    doubt = Z * in_doubt
    low, high = unseen - float(np.hypot(unseen - low, doubt)), unseen + float(np.hypot(high - unseen, doubt))
    estimate = observed + unseen
    return Average(observed, estimate, observed + low, observed + high, fits.estimates(), treated, deviation, in_doubt)


@dataclass(frozen=True)
class _Fits:
    """All models on one table."""

    observed: float
    latent: dict[str, Fitted]
    latent_weights: dict[str, float]
    log_linear: dict[str, LogLinear]
    log_linear_weights: dict[str, float]

    @property
    def unseen(self) -> float:
        """The unseen number: the mean of its logarithm over the models."""
        latent = sum(
            self.latent_weights[name] * np.log(self.observed * each.unseen_odds) for name, each in self.latent.items()
        )
        if not sum(self.log_linear_weights.values()):
            return float(np.exp(latent))
        other = sum(
            weight * np.log(max(self.log_linear[name].estimate - self.observed, _LEAST_UNSEEN))
            for name, weight in self.log_linear_weights.items()
            if weight
        )
        return float(np.exp(_LATENT_SHARE * latent + (1 - _LATENT_SHARE) * other))

    @property
    def log_variance(self) -> float:
        """Variance of that logarithm by the curvature of the latent class models alone."""
        return float(sum(self.latent_weights[name] * each.log_variance for name, each in self.latent.items()))

    def estimates(self) -> tuple[ModelEstimate, ...]:
        """Each model's own."""
        found = []
        for name, each in self.latent.items():
            unseen, parameters = self.observed * each.unseen_odds, len(each.coefficients)
            low, high = unseen_interval(unseen, each.log_variance**0.5)
            aic, bic = (penalty * parameters - 2 * each.log_likelihood for penalty in (2, np.log(self.observed)))
            found.append(
                ModelEstimate(
                    Method.LATENT_CLASS, name, self.observed + unseen, self.observed + low, self.observed + high,
                    parameters, aic, float(bic), self.latent_weights[name],
                )
            )  # fmt: skip
        for name, other in self.log_linear.items():
            found.append(
                ModelEstimate(
                    Method.LOG_LINEAR, name, other.estimate, other.low, other.high, other.parameters, other.aic,
                    other.bic, self.log_linear_weights[name],
                )
            )  # fmt: skip
        return tuple(found)


class _Models:
    """The models that are averaged, and how they are fitted to a table."""

    def __init__(self, lists: int, assumed: Assumptions) -> None:
        self.designs = designs(lists, assumed)
        self.terms: dict[str, Sequence[Term]] = dict(candidates(lists, assumed.causes))

    def fit(self, cells: Floats, before: _Fits | None = None) -> _Fits:
        """Fit them all; with what was fitted before, only those that had some weight then, beginning from there."""
        kept = [name for name in self.designs if before is None or before.latent_weights[name] > _NEGLIGIBLE]
        latent = {
            name: fit(cells, self.designs[name], start=before.latent[name].coefficients if before else None)
            for name in kept
        }
        evidence = np.array([each.log_evidence for each in latent.values()])
        raw = np.exp(evidence - evidence.max())
        tried = [name for name in self.terms if before is None or before.log_linear_weights[name] > _NEGLIGIBLE]
        other = {name: fit_log_linear(cells, self.terms[name]) for name in tried}
        by_bic = weights([each.bic if np.isfinite(each.estimate) else np.inf for each in other.values()])
        return _Fits(
            float(cells.sum()),
            latent,
            dict(zip(latent, (raw / raw.sum()).tolist(), strict=True)),
            other,
            dict(zip(other, by_bic.tolist(), strict=True)),
        )


def _treated(cells: Floats, genuine: Sequence[Floats], missed: float) -> Floats:
    return put_together(np.sum([np.asarray(cells, float), *genuine], axis=0), missed)


def _observed_deviation(cells: Floats, doubtful: Sequence[Genuine], assumed: Assumptions) -> float:
    """Standard deviation of the children observed, by genuineness and missed links."""
    mean, spread = assumed.missed
    table = np.sum([np.asarray(cells, float), *(unit.cells for unit in doubtful)], axis=0)
    by_links = put_together(table, mean).sum() - put_together(table, mean + spread).sum()
    return float(np.sqrt(by_links**2 + sum((unit.cells.sum() * unit.deviation) ** 2 for unit in doubtful)))


def _bootstrap(cells: Floats, doubtful: Sequence[Genuine], assumed: Assumptions, models: _Models, fits: _Fits) -> float:
    """Variance of the logarithm of the unseen number over counts, genuineness, missed links and models."""
    rng = np.random.default_rng(assumed.seed)
    mean, spread = assumed.missed
    found = np.empty(assumed.replicates)
    for number in range(assumed.replicates):
        missed = rng.gamma((mean / spread) ** 2, spread**2 / mean) if mean > 0 and spread > 0 else mean
        genuine = [unit.cells * _factor(rng, unit.deviation) for unit in doubtful]
        table = rng.poisson(np.sum([np.asarray(cells, float), *genuine], axis=0)).astype(float)
        found[number] = np.log(models.fit(put_together(table, missed), fits).unseen)
    # a replicate in which nothing was left to hold an estimate is an outlier: a robust spread
    low, high = np.percentile(found, [16, 84])
    return float(((high - low) / 2) ** 2)


def _factor(rng: np.random.Generator, deviation: float) -> float:
    return rng.gamma(1 / deviation**2, deviation**2) if deviation > 0 else 1.0
