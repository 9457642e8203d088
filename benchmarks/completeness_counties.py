"""Counties at the level of histories: who is born, who is within reach, which list holds whom, and what is invented.

Belongs here: drawing them, thousands of births in milliseconds, with a known number that nobody reported. Does not: any
estimator; `pipeline.synthetic` makes whole counties with names and files.

Mixes differ in what they assume of families and registers, so that no estimator is right by construction: two kinds of
families, a continuum of them, hard reach that is worse in some lists, villages where it clusters, missing submissions,
dependence of certificate on delivery, household registration on certificate and population register on household
registration, a clinic that asks for the certificate, births elsewhere that facilities of the county cannot hold, units
that invent, links that were missed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from pipeline.completeness.estimators.inventions import Doubtful

LISTS = ("birth_certificate", "delivery", "household_registration", "immunization", "population_register")
CERTIFICATE, DELIVERY, HOUSEHOLD, IMMUNIZATION, POPULATION = range(5)
CAUSES = ((CERTIFICATE, DELIVERY), (HOUSEHOLD, CERTIFICATE), (IMMUNIZATION, CERTIFICATE), (POPULATION, HOUSEHOLD))
PROVIDER = (CERTIFICATE, DELIVERY)
FAMILIES = ("two_kinds", "continuum", "both")
SIZES = (600, 1200, 1750, 3000, 6000, 12000)


@dataclass(frozen=True)
class SimulatedCohort:
    """One cohort of a county.

    Attributes:
        births: the truth, those in no list among them.
        unseen: births in no list.
        cells: counts by history of children whom nobody doubts.
        doubtful: units under an alarm.
        mix: what was assumed, in words.
        missed_links: share of list memberships that linkage put apart from their child.
    """

    births: int
    unseen: int
    cells: np.ndarray
    doubtful: tuple[Doubtful, ...]
    mix: dict[str, object]
    missed_links: float


def draw_cohort(seed: int, births: int | None = None) -> SimulatedCohort:
    """A cohort of a county; the seed decides all of it."""
    rng = np.random.default_rng(seed)
    n = births or int(rng.choice(SIZES))
    families = str(rng.choice(FAMILIES))
    mix: dict[str, object] = {"births": n, "families": families}
    townships, villages = int(rng.integers(4, 13)), int(rng.integers(40, 160))
    village = rng.integers(0, villages, n)
    township = (village * townships) // villages
    hard_village = rng.random(villages) < rng.uniform(0.05, 0.25)
    share = np.where(hard_village, rng.uniform(0.25, 0.5), rng.uniform(0.01, 0.05))
    hard = rng.random(n) < share[village]
    if families == "continuum":
        # no kinds: village and family effects alone, with a long tail of those out of reach
        reach = -(rng.gamma(0.5, rng.uniform(0.8, 1.6), n) + np.where(hard_village, rng.uniform(0.4, 1.2), 0)[village])
        reach -= reach.mean()
        hard = np.zeros(n, bool)
    else:
        spread = rng.uniform(0.3, 0.7) if families == "both" else 0.0
        reach = rng.normal(0, spread, n) + rng.normal(0, spread / 2, villages)[village]
    base = special.logit(
        [rng.uniform(*r) for r in ((0.93, 0.98), (0.93, 0.98), (0.82, 0.95), (0.82, 0.95), (0.7, 0.9))]
    )
    fall = rng.normal(rng.uniform(1.8, 2.8), 0.4, 5)
    depend = rng.uniform(0, 2.2, 5)
    elsewhere = rng.random(n) < rng.uniform(0.02, 0.08)
    unit_effect = rng.normal(0, 0.35, (5, townships))
    # hospitals keep deliveries and certificates of those who come to them
    hospitals = int(rng.integers(2, 5))
    hospital = rng.choice(hospitals, n, p=rng.dirichlet(np.full(hospitals, 4.0)))
    month = rng.integers(0, 12, n)
    missing = rng.random((5, max(townships, hospitals), 12)) < rng.uniform(0, 0.02)
    home = ~elsewhere & (rng.random(n) < np.where(hard, rng.uniform(0.1, 0.35), 0.015))
    held = np.zeros((n, 5), bool)
    unit_of = [hospital, hospital, township, township, township]
    cause = {
        DELIVERY: np.zeros(n),
        CERTIFICATE: np.where(home, -1.5, 0) * depend[0],
        HOUSEHOLD: depend[1],
        IMMUNIZATION: depend[2] * 0.7,
        POPULATION: depend[3] * 0.5,
    }
    certified = np.zeros(n, bool)
    registered = np.zeros(n, bool)
    for r in (DELIVERY, CERTIFICATE, HOUSEHOLD, IMMUNIZATION, POPULATION):
        known = {HOUSEHOLD: certified, IMMUNIZATION: certified, POPULATION: registered}.get(r)
        effect = cause[r] if known is None else np.where(known, 0.0, -cause[r])
        if r == CERTIFICATE:
            effect = effect + np.where(held[:, DELIVERY] | elsewhere, 0.0, -depend[4])
        score = base[r] + reach - np.where(hard, fall[r], 0) + effect + unit_effect[r, township]
        has = rng.random(n) < special.expit(score)
        if r == DELIVERY:
            has &= ~home
        if r == CERTIFICATE:
            certified = has.copy()
        if r == HOUSEHOLD:
            registered = has.copy()
        if r in PROVIDER:
            has &= ~elsewhere
        held[:, r] = has & ~missing[r, unit_of[r], month]
    unseen = int((~held.any(axis=1)).sum())
    mix |= {"hard_share": round(float(hard.mean()), 3), "elsewhere_share": round(float(elsewhere.mean()), 3)}
    doubtful = _invented(rng, held, hospital, township, mix)
    known_alone = sum((genuine for _, genuine in doubtful), np.zeros(32))
    cells, missed = _linked(rng, held, mix)
    # a child of a unit under an alarm whom it alone knows stands with that unit
    cells = np.maximum(cells - known_alone, 0)
    return SimulatedCohort(n, unseen, cells, tuple(unit for unit, _ in doubtful), mix, missed)


def _table(held: np.ndarray) -> np.ndarray:
    table = np.bincount(held @ (1 << np.arange(5)), minlength=32).astype(float)
    table[0] = 0
    return table


def _invented(rng, held, hospital, township, mix):
    """In two counties of three one unit invents a share of its records: a hospital in both of its lists, or a police
    station or a clinic in its own."""
    kind = str(rng.choice(["nobody", "hospital", "hospital", "residence"]))
    mix["invents"] = kind
    if kind == "nobody":
        return []
    lists = PROVIDER if kind == "hospital" else (int(rng.choice([HOUSEHOLD, IMMUNIZATION])),)
    unit = hospital if kind == "hospital" else township
    others = [r for r in range(5) if r not in lists]
    alone = held[:, list(lists)].any(axis=1) & ~held[:, others].any(axis=1)
    known = held[:, list(lists)].any(axis=1)
    bad = int(rng.choice(np.unique(unit)))
    here = unit == bad
    rows = int((known & here).sum())
    made = round(rows * rng.uniform(0.1, 0.25))
    mix["invented"] = made
    invented = np.zeros(32)
    both = sum(1 << r for r in lists)
    if len(lists) == 2:
        which = rng.choice([both, 1 << lists[0], 1 << lists[1]], made, p=[0.85, 0.1, 0.05])
        invented += np.bincount(which, minlength=32)
    else:
        invented[both] = made
    genuine = _table(held[alone & here])
    others_units = [u for u in np.unique(unit) if u != bad]
    told = Doubtful(
        genuine + invented,
        float((known & here & ~alone).sum()),
        [_table(held[alone & (unit == u)]) for u in others_units],
        [float((known & ~alone & (unit == u)).sum()) for u in others_units],
    )
    return [(told, genuine)]


def _linked(rng, held, mix):
    """Some memberships stand apart from their child, as one of their own."""
    rate = float(rng.choice([0.0, 0.0002, 0.0005, 0.001]))
    mix["missed_links"] = rate
    apart = held & (rng.random(held.shape) < rate) & (held.sum(axis=1, keepdims=True) > 1)
    apart &= apart.cumsum(axis=1) == 1
    table = _table(held & ~apart)
    for r in range(5):
        table[1 << r] += apart[:, r].sum()
    return table, rate
