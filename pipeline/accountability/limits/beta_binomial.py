"""The beta-binomial distribution of failures among cases: tail probabilities and quantiles, over arrays.

Belongs here: probabilities. Does not: where the mean and the correlation come from (`limits/control_limits.py`).

A unit's own rate is taken to vary around the target as a beta distribution with mean `mean` and with the correlation
`correlation` between two cases of one unit (Skellam 1948, J. R. Stat. Soc. B 10:257): the variance of a rate of n cases
is mean·(1 − mean)·(1 + (n − 1)·correlation) / n. No correlation makes it binomial.
"""

from __future__ import annotations

import numpy as np
from scipy import special

Floats = np.ndarray
# beyond so many failures, or where the sum's first term is no number, a beta distribution of the same moments serves
EXACT_UP_TO = 250
_SMALLEST_LOG = -680.0
_NO_CORRELATION = 1e-6
_EDGE = 1e-9


def equal_beta(evaluated: Floats, mean: Floats, correlation: Floats) -> tuple[Floats, Floats]:
    """The two parameters of the beta distribution with the mean and variance of the beta-binomial rate."""
    cases = np.maximum(evaluated / (1 + (evaluated - 1) * correlation), 1.0 + 1e-3) - 1
    return np.maximum(mean * cases, _EDGE), np.maximum((1 - mean) * cases, _EDGE)


def upper_tail(failed: Floats, evaluated: Floats, mean: Floats, correlation: Floats) -> Floats:
    """Mid-p value of at least so many failures: P(more) + P(as many) / 2; 1 where nothing was evaluated.

    Counts are few and whole, so that the plain tail would be far below its level at most of them; the mid-p value
    (Lancaster 1961, J. Am. Stat. Assoc. 56:223) keeps the level on average.
    """
    failed, evaluated, mean, correlation = np.broadcast_arrays(
        *(np.asarray(each, float) for each in (failed, evaluated, mean, correlation))
    )
    shape = failed.shape
    x, n, m, rho = failed.ravel(), evaluated.ravel(), mean.ravel(), np.clip(correlation.ravel(), 0, 0.99)
    tail = np.ones(x.shape)
    certain = (n > 0) & ((m <= _EDGE) | (m >= 1 - _EDGE))
    # a failure where none can be is beyond any limit; where all must fail, none is
    tail[certain & (m <= _EDGE) & (x > 0)] = 0.0
    plain = (n > 0) & ~certain
    binomial = plain & (rho < _NO_CORRELATION)
    tail[binomial] = _binomial(x[binomial], n[binomial], m[binomial])
    mixed = np.flatnonzero(plain & ~binomial)
    a, b = m[mixed] * (1 / rho[mixed] - 1), (1 - m[mixed]) * (1 / rho[mixed] - 1)
    first = special.betaln(a, b + n[mixed]) - special.betaln(a, b)
    exact = (x[mixed] <= EXACT_UP_TO) & (first > _SMALLEST_LOG)
    chosen = mixed[exact]
    tail[chosen] = _summed(x[chosen], n[chosen], a[exact], b[exact], first[exact])
    rest = mixed[~exact]
    tail[rest] = special.betaincc(*equal_beta(n[rest], m[rest], rho[rest]), np.clip(x[rest] / n[rest], 0, 1))
    return tail.reshape(shape)


def all_failed(evaluated: Floats, mean: Floats, correlation: Floats) -> Floats:
    """Mid-p value of every case failing, by its closed form; 1 where nothing was evaluated."""
    rho = np.clip(correlation, _NO_CORRELATION, 0.99)
    m = np.clip(mean, _EDGE, 1 - _EDGE)
    a, b = m * (1 / rho - 1), (1 - m) * (1 / rho - 1)
    return np.where(evaluated > 0, np.exp(special.betaln(a + evaluated, b) - special.betaln(a, b)) / 2, 1.0)


def _binomial(x: Floats, n: Floats, p: Floats) -> Floats:
    at_least = np.where(x > 0, special.betainc(np.maximum(x, 1), n - x + 1, p), 1.0)
    more = np.where(x < n, special.betainc(x + 1, np.maximum(n - x, 1), p), 0.0)
    return (at_least + more) / 2


def _summed(x: Floats, n: Floats, a: Floats, b: Floats, first: Floats) -> Floats:
    """Terms of the distribution below x, summed by their recurrence; all rows at once, those with more failures longer.

    What remains above is 1 less that sum: exact to 15 digits, far below any limit.
    """
    order = np.argsort(-x, kind="stable")
    x, n, a, b = x[order], n[order], a[order], b[order]
    term, below = np.exp(first[order]), np.zeros(len(x))
    at = np.zeros(len(x))
    for k in range(int(x[0]) + 1 if len(x) else 0):
        live = int(np.searchsorted(-x, -k, side="right"))
        here = slice(0, live)
        reached = x[here] == k
        at[here][reached] = term[here][reached]
        below[here] += np.where(reached, 0.0, term[here])
        left = np.maximum(n[here] - k, 0)
        term[here] *= left * (a[here] + k) / ((k + 1) * np.maximum(b[here] + n[here] - k - 1, _EDGE))
    out = np.empty(len(x))
    out[order] = np.clip(1 - below - at / 2, 0.0, 1.0)
    return out


def quantile(level: float, evaluated: Floats, mean: Floats, correlation: Floats) -> Floats:
    """The rate that a unit at its target exceeds with probability 1 − level; NaN where nothing was evaluated.

    By the beta distribution of the same moments, so that a funnel's line is smooth where counts are whole; on the
    target's own side of it, however skewed.
    """
    out = np.full(np.shape(evaluated), np.nan)
    some = (evaluated > 0) & np.isfinite(mean)
    middle = np.broadcast_to(mean, out.shape)[some]
    a, b = equal_beta(evaluated[some], middle, np.broadcast_to(correlation, out.shape)[some])
    at = special.betaincinv(a, b, level)
    at = np.minimum(at, middle) if level < 0.5 else np.maximum(at, middle)
    out[some] = np.where((middle <= _EDGE) | (middle >= 1 - _EDGE), middle, at)
    return out
