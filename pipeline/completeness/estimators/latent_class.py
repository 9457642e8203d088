"""Births as a mixture of families within easy and hard reach: a latent class model that is fitted to k lists.

Each child belongs to one of two classes, within reach or hard to reach, that differ in the chance of every list.
Within a class, a list may depend on lists that are its cause (a certificate is issued on a delivery); births outside
the county cannot be in lists of this county's facilities, whatever the class. Coefficients are on the logit scale and
have weakly informative normal priors, which keep an estimate finite where cells are empty; the maximum is found by
Fisher scoring and its spread by the curvature there.

Belongs here: that model. Does not: which classes and dependences are assumed (the caller's), averaging over models.

Sources: the truncated latent class model of capture-recapture, Agresti (1994), Biometrics 50:494; local dependence and
observed strata, Stanghellini and van der Heijden (2004), Biometrics 60:510; lists that cannot hold part of the
population, Zwane, van der Pal-de Bruin and van der Heijden (2004), Stat. Med. 23:2267; penalised by priors, King and
Brooks (2001), Biometrika 88:317; the interval of the unseen number, Chao (1987), Biometrics 43:783.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from scipy import special

from pipeline.completeness.estimators.cells import Floats, histories

_ROUNDS, _CLOSE, _SMALL_STEP = 60, 1e-7, 5e-3
# of Gauss-Hermite quadrature over degrees of reach
_NODES = 7


@dataclass(frozen=True)
class Prior:
    """Means and standard deviations of the coefficients, logit scale. Chosen by simulation, benchmarks/completeness.py.

    Attributes:
        chance: that a list holds a child within reach.
        hard_shift: what hard reach takes from every list alike.
        trait_shift: what one standard deviation of reach takes, where reach is a matter of degree.
        hard_spread: standard deviation of what it takes from one list beyond that.
        dependence: of a list on one that is its cause.
        hard_share, elsewhere_share: shares of births to families hard to reach, and of births outside the county.
        elsewhere_shift: standard deviation of what a birth outside the county changes in the other lists.
    """

    chance: tuple[float, float] = (2.0, 1.5)
    hard_shift: tuple[float, float] = (-2.2, 0.7)
    trait_shift: tuple[float, float] = (-1.0, 0.4)
    hard_spread: float = 0.6
    dependence: tuple[float, float] = (0.7, 0.8)
    hard_share: tuple[float, float] = (-2.4, 0.8)
    elsewhere_share: tuple[float, float] = (-2.9, 0.8)
    elsewhere_shift: float = 0.4


@dataclass(frozen=True)
class Design:
    """What a latent class model assumes.

    Attributes:
        lists: how many lists there are.
        causes: pairs (list, list that is its cause).
        provider: lists of facilities of the county, by number: they hold no birth elsewhere.
        families: how reach differs. classes: some families are hard to reach, the others are not; trait: reach is a
            matter of degree, normal on the logit scale; alike: it does not differ.
    """

    lists: int
    causes: tuple[tuple[int, int], ...] = ()
    provider: tuple[int, ...] = ()
    families: Literal["classes", "trait", "alike"] = "classes"


@dataclass(frozen=True)
class Fitted:
    """A model at its maximum.

    Attributes:
        coefficients: the penalised maximum.
        covariance: of the coefficients, by the curvature.
        log_likelihood: of the observed cells, without the priors.
        log_evidence: Laplace's approximation of the likelihood, averaged over the priors.
        unseen_odds: of a child to be in no list.
        log_variance: of the logarithm of these odds.
        chances: probability of each cell, cell 0 included.
    """

    coefficients: Floats
    covariance: Floats
    log_likelihood: float
    log_evidence: float
    unseen_odds: float
    log_variance: float
    chances: Floats


@dataclass(frozen=True)
class _Tables:
    """What does not change while a design is fitted; classes are c, cells h, lists r, coefficients p."""

    x: Floats  # (c, h, r, p): of the logit
    held: Floats  # (h, r)
    can_hold: Floats  # (c, r)
    shares: Floats  # (c, 2): hard or not, elsewhere or not
    log_weights: Floats  # (c,): of degrees of reach, where these are fixed
    names: tuple[str, ...]


@cache
def _tables(design: Design) -> _Tables:
    k, held = design.lists, histories(design.lists).astype(float)
    names = [f"chance {r}" for r in range(k)]
    if design.families != "alike":
        names += ["hard shift", *(f"hard spread {r}" for r in range(k))]
    if design.families == "classes":
        names.append("hard share")
    names += [f"dependence {child} {cause}" for child, cause in design.causes]
    residence = [r for r in range(k) if r not in design.provider]
    has_elsewhere = bool(design.provider) and len(residence) > 1
    if has_elsewhere:
        names += ["elsewhere shift", "elsewhere share"]
    degrees, weights = _degrees(design)
    classes = [(h, e) for h in degrees for e in range(1 + has_elsewhere)]
    at = {name: number for number, name in enumerate(names)}
    x = np.zeros((len(classes), 1 << k, k, len(names)))
    can_hold = np.ones((len(classes), k))
    for c, (hard, elsewhere) in enumerate(classes):
        for r in range(k):
            x[c, :, r, at[f"chance {r}"]] = 1
            if hard:
                x[c, :, r, at["hard shift"]] = x[c, :, r, at[f"hard spread {r}"]] = hard
            if elsewhere:
                x[c, :, r, at["elsewhere shift"]] = 1
                can_hold[c, r] = r not in design.provider
        for child, cause in design.causes:
            # a birth elsewhere has its papers from there: as often as if the list here held it, the shift says the rest
            known = held[:, cause] if can_hold[c, cause] else np.ones(1 << k)
            x[c, :, child, at[f"dependence {child} {cause}"]] = known - 0.5
    log_weights = np.repeat(np.log(weights), 1 + has_elsewhere)
    return _Tables(x, held, can_hold, np.array(classes, float), log_weights, tuple(names))


def _degrees(design: Design) -> tuple[Floats, Floats]:
    """How hard each class is to reach, and the share of families in it where that is fixed (else 1)."""
    if design.families == "classes":
        return np.array([0.0, 1.0]), np.ones(2)
    if design.families == "alike":
        return np.zeros(1), np.ones(1)
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    return nodes, weights / weights.sum()


def coefficient_names(design: Design) -> tuple[str, ...]:
    """Names of the coefficients, in their order."""
    return _tables(design).names


def _prior(design: Design, prior: Prior) -> tuple[Floats, Floats]:
    """Means and precisions, by coefficient."""
    by_name = {
        "chance": prior.chance,
        "hard shift": prior.trait_shift if design.families == "trait" else prior.hard_shift,
        "hard spread": (0.0, prior.hard_spread / 2 if design.families == "trait" else prior.hard_spread),
        "hard share": prior.hard_share,
        "dependence": prior.dependence,
        "elsewhere shift": (0.0, prior.elsewhere_shift),
        "elsewhere share": prior.elsewhere_share,
    }
    chosen = [
        next(value for name, value in by_name.items() if full.startswith(name)) for full in coefficient_names(design)
    ]
    return np.array([mean for mean, _ in chosen]), np.array([spread**-2 for _, spread in chosen])


def _log_chances(tables: _Tables, theta: Floats) -> tuple[Floats, Floats]:
    """Log probability of every cell, and its derivatives, shapes (h,) and (h, p)."""
    logit = tables.x @ theta
    chance = special.expit(logit)
    # of each list that can hold the child, the chance of what it did
    did = np.where(tables.held > 0, special.log_expit(logit), special.log_expit(-logit))
    can = tables.can_hold[:, None, :]
    never = np.where((can == 0) & (tables.held > 0), -np.inf, 0.0)
    by_class = np.where(can > 0, did, never).sum(axis=2) + tables.log_weights[:, None]
    slope = np.einsum("chr,chrp->chp", (tables.held - chance) * can, tables.x)
    for column, name in enumerate(("hard share", "elsewhere share")):
        if name in tables.names:
            at, member = tables.names.index(name), tables.shares[:, column][:, None]
            by_class = by_class + np.where(member > 0, special.log_expit(theta[at]), special.log_expit(-theta[at]))
            slope[:, :, at] += member - special.expit(theta[at])
    # scipy's logsumexp is general, and half of the time
    most = by_class.max(axis=0)
    total = most + np.log(np.exp(by_class - most).sum(axis=0))
    belongs = np.exp(by_class - total)
    return total, np.einsum("ch,chp->hp", belongs, slope)


def fit(cells: Floats, design: Design, prior: Prior = Prior(), start: Floats | None = None) -> Fitted:
    """Fit the model to a table of counts, which need not be whole numbers.

    Args:
        cells: 2^lists counts; cell 0 is not looked at.
        start: coefficients to begin from; the priors' means where none are given.
    """
    tables, (mean, precision) = _tables(design), _prior(design, prior)
    counts = np.asarray(cells, float).copy()
    counts[0] = 0
    total = counts.sum()

    def objective(theta: Floats) -> tuple[float, float, Floats, Floats]:
        log_chance, slope = _log_chances(tables, theta)
        seen = np.log1p(-np.exp(log_chance[0]))
        likelihood = float(counts[1:] @ log_chance[1:] - total * seen)
        return likelihood - float(precision @ (theta - mean) ** 2) / 2, likelihood, log_chance, slope

    theta = np.array(mean if start is None else start, float)
    value, likelihood, log_chance, slope = objective(theta)
    damping = 1e-3
    for _ in range(_ROUNDS):
        gradient, information = _score(counts, total, log_chance, slope)
        gradient = gradient - precision * (theta - mean)
        information = information + np.diag(precision)
        step = np.linalg.solve(information + damping * np.diag(np.diag(information)), gradient)
        tried = objective(theta + step)
        if tried[0] >= value:
            gain, damping = tried[0] - value, max(damping / 5, 1e-9)
            theta, (value, likelihood, log_chance, slope) = theta + step, tried
            if gain < _CLOSE * (1 + abs(value)) and np.abs(step).max() < _SMALL_STEP:
                break
        else:
            damping *= 10
            if damping > 1e9:
                break
    _, information = _score(counts, total, log_chance, slope)
    information = information + np.diag(precision)
    covariance = np.linalg.inv(information)
    _, log_determinant = np.linalg.slogdet(information)
    unseen = float(np.exp(log_chance[0]))
    # derivative of log(p0 / (1 - p0))
    odds_slope = slope[0] / (1 - unseen)
    evidence = value + float(np.log(precision).sum()) / 2 - log_determinant / 2
    return Fitted(
        theta, covariance, likelihood, float(evidence), unseen / (1 - unseen),
        float(odds_slope @ covariance @ odds_slope), np.exp(log_chance),
    )  # fmt: skip


def _score(counts: Floats, total: float, log_chance: Floats, slope: Floats) -> tuple[Floats, Floats]:
    """Gradient and expected information of the truncated multinomial likelihood."""
    unseen = np.exp(log_chance[0])
    # log(p_h / (1 - p_0))
    centred = slope[1:] + slope[0] * unseen / (1 - unseen)
    chance = np.exp(log_chance[1:]) / (1 - unseen)
    return counts[1:] @ centred, total * np.einsum("h,hp,hq->pq", chance, centred, centred)
