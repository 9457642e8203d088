"""What all registers have in common: events, who is held and how late, through which unit.

Belongs here: shares, lags, duplicates, serving units. Does not: any one register (`registers/registrations.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from pipeline.contracts import Feed
from pipeline.synthetic.calendar_days import day_of, months_of
from pipeline.synthetic.people.couples import NEVER
from pipeline.synthetic.people.people import Kind, People
from pipeline.synthetic.places import County
from pipeline.synthetic.plan import CountyPlan
from pipeline.synthetic.randomness import chosen, days_after, stream


@dataclass
class Events:
    """Rows of one register: one row per record. `child` is -1 in registers of couples."""

    child: np.ndarray
    couple: np.ndarray
    day: np.ndarray
    unit: np.ndarray
    is_duplicate: np.ndarray
    month: np.ndarray  # since 1970-01, in whose submission it comes

    def __len__(self) -> int:
        return len(self.day)

    def rows(self, chosen_rows: np.ndarray) -> Events:
        """These rows only."""
        return Events(**{f.name: getattr(self, f.name)[chosen_rows] for f in fields(self)})


def _shifted(share: np.ndarray, omission: np.ndarray) -> np.ndarray:
    """Shares moved on the logit scale by how much a unit omits."""
    clipped = np.clip(share, 1e-6, 1 - 1e-6)
    return np.where((share <= 0) | (share >= 1), share, 1 / (1 + np.exp(-(np.log(clipped / (1 - clipped)) - omission))))


def next_open(days: np.ndarray, is_open: np.ndarray) -> np.ndarray:
    """The first day from each on whose weekday is open; `is_open` is (n, 7), Monday first."""
    moved = days.copy()
    for _ in range(6):
        shut = ~is_open[np.arange(len(moved)), (moved + 3) % 7]
        moved[shut] += 1
    return moved


def hospital_shares(hospitals: int) -> np.ndarray:
    """The share of hospital deliveries that each hospital has; the first is the largest."""
    weights = 1 / np.arange(1, hospitals + 1) ** 0.5
    return weights / weights.sum()


class Registrar:
    """Draws one register after the other, each from its own stream."""

    def __init__(
        self, plan: CountyPlan, county: County, people: People, fake_units: np.ndarray, feeds: dict[str, Feed]
    ) -> None:
        self.plan, self.county = plan, county
        self.couples, self.children = people.couples, people.children
        c = self.children
        self.hard = self.couples.is_hard[c.couple].astype(int)
        self.resident = self.couples.is_resident[c.couple] & c.has_history
        self.township = county.village_township[self.couples.village[c.couple]]
        self.is_birth = c.kind == Kind.BIRTH
        self.home_township = county.village_township[self.couples.home_village[c.couple]]
        self.omission = np.array([unit.omission for unit in county.units])
        self.fake_units = fake_units
        self.monthly = {name for name, feed in feeds.items() if feed.due.every == "month"}
        self.start, self.end = day_of(plan.first_month), day_of(plan.end)

    def by_township(self, feed: str) -> np.ndarray:
        """The unit of each township that holds a feed."""
        units = [i for i in self.county.units_of(feed) if self.county.units[i].township >= 0]
        return np.array(units, dtype=np.int16)

    def held(self, rng: np.random.Generator, feed: str, kind: np.ndarray, unit: np.ndarray) -> np.ndarray:
        """Draw who is held, by the plan's shares for each kind of case and the unit's own omissions."""
        shares = self.plan.registration[feed]
        table = np.array(list(shares.values()))
        share = _shifted(table[kind, self.hard], self.omission[unit])
        alive = np.where(self.children.died < NEVER, self.plan.dead_children.get(feed, 1.0), 1.0)
        return self.is_birth & chosen(rng, share * alive, len(kind))

    def lag(self, rng: np.random.Generator, feed: str) -> np.ndarray:
        """Days that a register is behind; longer for families hard to reach."""
        lags = days_after(rng, len(self.children), **self.plan.lags[feed])
        return (lags * np.where(self.hard == 1, self.plan.lag_factor_hard, 1)).astype(np.int32)

    def facilities(self) -> tuple[np.ndarray, np.ndarray]:
        """Where each child was delivered: unit index (-1 at home, -2 outside the county), and whether in a facility."""
        plan, c = self.plan, self.children
        rng, n = stream(plan.seed, "facilities"), len(c)
        hospitals = np.array([i for i in self.county.units_of("delivery") if self.county.units[i].township < 0])
        hospital = rng.choice(hospitals, size=n, p=hospital_shares(len(hospitals)))
        home = np.array([plan.home_birth_share["usual"], plan.home_birth_share["hard"]])[self.hard]
        clinic = np.array([plan.clinic_delivery_share["usual"], plan.clinic_delivery_share["hard"]])[self.hard]
        place = np.where(chosen(rng, clinic, n) & self.resident, self.by_township("delivery")[self.township], hospital)
        at_home = chosen(rng, home, n) & self.resident & (c.kind == Kind.BIRTH)
        place = np.where(c.is_elsewhere, -2, np.where(at_home, -1, place))
        # children of one delivery share its place: they stand one after the other, the eldest first
        place = place[np.arange(n) - (c.rank - 1)]
        place[c.kind == Kind.FAKE] = self.fake_units
        return place.astype(np.int16), hospital.astype(np.int16)

    def events(self, feed: str, rows: np.ndarray, day: np.ndarray, unit: np.ndarray) -> Events:
        """Events of the children at `rows`, with the register's duplicates, those before the span's end."""
        rng = stream(self.plan.seed, "duplicates", feed)
        again = rows[chosen(rng, self.plan.duplicates.get(feed, 0), len(rows))]
        at_once = chosen(rng, 0.6, len(again))
        # weeks later, on the same service day
        later = np.where(at_once, 0, 7 * rng.integers(2, 35, len(again)))
        child = np.r_[rows, again].astype(np.int32)
        days = np.r_[day[rows], day[again] + later]
        is_again = np.r_[np.full(len(rows), False), np.full(len(again), True)]
        return self.reported(feed, child, self.children.couple[child], days, np.r_[unit[rows], unit[again]], is_again)

    def reported(
        self, feed: str, child: np.ndarray, couple: np.ndarray, day: np.ndarray, unit: np.ndarray, is_again: np.ndarray
    ) -> Events:
        """Events through the unit that served then, in the submission of their month or of the next."""
        rng = stream(self.plan.seed, "reported", feed)
        month = months_of(day)
        if feed in self.monthly:
            month = month + chosen(rng, self.plan.reported_next_month, len(day))
        return Events(
            child.astype(np.int32), couple.astype(np.int32), day.astype(np.int32), self._serving(feed, unit, day),
            is_again, month.astype(np.int32),
        )  # fmt: skip

    def _serving(self, feed: str, unit: np.ndarray, day: np.ndarray) -> np.ndarray:
        """The unit itself, or before it was opened the nearest older township's."""
        served = unit.astype(np.int16)
        holders = self.by_township(feed)
        opened = np.array([day_of(each.active_from) for each in self.county.units])
        for place, index in enumerate(holders.tolist()):
            if opened[index] > self.start:
                older = holders[max(i for i in range(place) if opened[holders[i]] <= self.start)]
                served[(unit == index) & (day < opened[index])] = older
        return served
