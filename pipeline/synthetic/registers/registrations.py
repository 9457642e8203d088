"""Which register holds which child, when, and through which unit.

Registers depend on each other as in life: a certificate is issued where a child was delivered, household
registration asks for the certificate, the clinic and the cadre find more easily whom others have found, and
families who are hard to reach are missed by all of them. Not here: what is written (`attributes.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from pipeline.contracts import Feed
from pipeline.synthetic.calendar_days import months_of
from pipeline.synthetic.people.couples import NEVER
from pipeline.synthetic.people.people import Kind, People
from pipeline.synthetic.places import County
from pipeline.synthetic.plan import CountyPlan
from pipeline.synthetic.randomness import chosen, days_after, stream
from pipeline.synthetic.registers.registrar import Events, Registrar, next_open

ENROLMENT = (9, 1)  # month and day from which a school year's pupils are enrolled
AGE_AT_SCHOOL = 6
# the multiplier that spreads running numbers over nine digits without ever repeating one
_SPREAD, _NINE_DIGITS = 387_420_489, 10**9


@dataclass
class Certificates:
    """Certificate numbers of children: 0 where none; the second replaces the first from its day on."""

    first: np.ndarray  # int64: nine digits, with the year of issue above them
    second: np.ndarray
    second_day: np.ndarray


@dataclass
class Registrations:
    """All registers' events, ordered by period, unit and day, and the children's certificate numbers."""

    events: dict[str, Events]
    certificates: Certificates


def _joined(first: Events, second: Events) -> Events:
    return Events(**{f.name: np.r_[getattr(first, f.name), getattr(second, f.name)] for f in fields(Events)})


def _deliveries(r: Registrar, place: np.ndarray) -> Events:
    rng = stream(r.plan.seed, "delivery")
    in_county = place >= 0
    held = r.held(rng, "delivery", np.zeros(len(place), int), np.maximum(place, 0)) & in_county
    # mothers from outside come to the hospital by name; stillbirths and inventions are written down
    held |= (in_county & ~r.resident & r.is_birth) | np.isin(r.children.kind, (Kind.STILL, Kind.FAKE))
    return r.events("delivery", np.flatnonzero(held), r.children.day, place)


def _certificates(r: Registrar, place: np.ndarray, hospital: np.ndarray) -> tuple[Events, Certificates, np.ndarray]:
    rng, c, plan = stream(r.plan.seed, "certificates"), r.children, r.plan
    unit = np.where(place >= 0, place, hospital)
    kind = np.where(place == -1, 1, 0)
    held = r.held(rng, "birth_certificate", kind, unit)
    day = c.day + 1 + r.lag(rng, "birth_certificate")
    in_county = place > -2
    fake = c.kind == Kind.FAKE
    day = np.where(fake, c.day, day)
    rows = np.flatnonzero((held & in_county) | fake)
    events = r.events("birth_certificate", rows, day, unit)
    again = rows[chosen(rng, plan.reissued_certificates, len(rows)) & ~fake[rows]]
    second_day = np.full(len(c), NEVER, dtype=np.int32)
    at_once = chosen(rng, 0.3, len(again))
    second_day[again] = day[again] + np.where(
        at_once, rng.integers(0, 10, len(again)), rng.integers(20, 700, len(again))
    )
    every = np.full(len(again), True)
    reissues = r.reported("birth_certificate", again, c.couple[again], second_day[again], unit[again], every)
    issued = np.where(held | fake, day, 0)
    numbers = Certificates(
        _numbers(issued, 0), _numbers(np.where(second_day < NEVER, second_day, 0), len(c)), second_day
    )
    return _joined(events, reissues), numbers, np.where(held, day, NEVER)


def _numbers(day: np.ndarray, offset: int) -> np.ndarray:
    """Certificate numbers for those with a day of issue: year times 10^9 plus nine digits; 0 for the others."""
    year = 1970 + months_of(day) // 12
    digits = (np.arange(len(day), dtype=np.int64) + offset + 1) * _SPREAD % _NINE_DIGITS
    return np.where(day > 0, year.astype(np.int64) * _NINE_DIGITS + digits, 0)


def _immunizations(r: Registrar, certificate_day: np.ndarray) -> tuple[Events, np.ndarray]:
    rng, c = stream(r.plan.seed, "immunization"), r.children
    clinics = r.by_township("immunization")
    unit = clinics[r.township]
    held = r.held(rng, "immunization", np.where(certificate_day < NEVER, 0, 1), unit) & r.resident
    weekdays = np.zeros((len(r.county.units), 7), dtype=bool)
    for index, each in enumerate(r.county.units):
        weekdays[index, list(each.service_weekdays)] = True
    day = next_open(c.day + 1 + r.lag(rng, "immunization"), weekdays[unit])
    return r.events("immunization", np.flatnonzero(held), day, unit), held


def _households(r: Registrar, certificate_day: np.ndarray) -> tuple[Events, np.ndarray]:
    rng, c, plan = stream(r.plan.seed, "household"), r.children, r.plan
    has = certificate_day < NEVER
    unit = r.by_township("household_registration")[r.home_township]
    held = r.held(rng, "household_registration", np.where(has, 0, 1), unit) & r.resident
    tail = plan.slow_tail
    slow = chosen(rng, tail["share"] * np.where(r.hard == 1, 3, 1), len(c))
    lag = r.lag(rng, "household_registration")
    lag = np.where(slow, days_after(rng, len(c), tail["median"], tail["sigma"], 1500), lag)
    office_days = np.tile(np.array([True] * 5 + [False] * 2), (len(c), 1))
    day = next_open(np.where(has, certificate_day, c.day + 14) + 1 + lag, office_days)
    # children of earlier years who are registered at last
    older = np.flatnonzero((c.kind == Kind.OLDER) & c.has_history & (c.died == NEVER))
    wanted = min(len(older), round(plan.older_registrations_per_birth * r.is_birth.sum()))
    late = rng.choice(older, wanted, replace=False) if wanted else older[:0]
    day[late] = np.maximum(rng.integers(r.start, r.end, len(late)), c.day[late] + 200)
    day = next_open(day, office_days)
    rows = np.r_[np.flatnonzero(held), np.sort(late)]
    return r.events("household_registration", rows, day, unit), held


def _population(r: Registrar, in_household: np.ndarray) -> Events:
    rng, c = stream(r.plan.seed, "population"), r.children
    unit = r.by_township("population_register")[r.township]
    held = r.held(rng, "population_register", np.where(in_household, 0, 1), unit) & r.resident
    day = c.day + 2 + r.lag(rng, "population_register")
    return r.events("population_register", np.flatnonzero(held), day, unit)


def school_span(year: int) -> tuple[int, int]:
    """First and last day of birth of a year's new pupils: six years old by the last of August."""
    opened = np.datetime64(f"{year - AGE_AT_SCHOOL - 1}-09-01").astype("datetime64[D]").astype(int)
    closed = np.datetime64(f"{year - AGE_AT_SCHOOL}-08-31").astype("datetime64[D]").astype(int)
    return int(opened), int(closed)


def _pupils(r: Registrar, years: list[int]) -> Events:
    rng, c, s = stream(r.plan.seed, "school"), r.children, r.plan.school
    n = len(c)
    here = np.isin(c.kind, (Kind.BIRTH, Kind.OLDER, Kind.MOVED)) & (c.died == NEVER)
    here &= r.couples.is_resident[c.couple] & ~(chosen(rng, s["moved_out"], n) & c.has_history)
    here &= ~chosen(rng, s["omitted"], n)
    here &= chosen(rng, r.plan.school_scale, n)
    schools = r.by_township("school_enrolment")
    transferred = chosen(rng, s["transferred_township"], n)
    unit = schools[np.where(transferred, rng.integers(0, len(schools), n), r.township)]
    day = np.zeros(n, dtype=np.int32)
    for year in years:
        opened, closed = school_span(year)
        of_age = (c.day >= opened) & (c.day <= closed)
        first = int(np.datetime64(f"{year}-{ENROLMENT[0]:02d}-{ENROLMENT[1]:02d}").astype("datetime64[D]").astype(int))
        day[of_age] = first + np.where(chosen(rng, 0.85, int(of_age.sum())), 0, rng.integers(0, 10, int(of_age.sum())))
    found = r.events("school_enrolment", np.flatnonzero(here & (day > 0)), day, unit)
    # a second enrolment is of the same weeks, or the child would be another year's pupil
    found.day[found.is_duplicate] = day[found.child[found.is_duplicate]]
    found.month[:] = months_of(found.day)
    return found


def _marriages(r: Registrar) -> Events:
    rng, couples = stream(r.plan.seed, "marriages"), r.couples
    within = (couples.married >= r.start) & (couples.married < r.end) & couples.is_resident
    rows = np.flatnonzero(within & chosen(rng, r.plan.marriage_scale, len(couples))).astype(np.int32)
    unit = r.by_township("marriage")[r.county.village_township[couples.village[rows]]]
    none = np.full(len(rows), -1, dtype=np.int32)
    return r.reported("marriage", none, rows, couples.married[rows], unit, np.full(len(rows), False))


def register_all(
    plan: CountyPlan,
    county: County,
    people: People,
    feeds: dict[str, Feed],
    school_years: list[int],
    fake_units: np.ndarray,
) -> Registrations:
    """Draw every register's events over the whole span (those after it are kept, and never land).

    Args:
        school_years: years whose pupils are enrolled.
        fake_units: for each fabricated child, the unit that invents it.
    """
    r = Registrar(plan, county, people, fake_units, feeds)
    place, hospital = r.facilities()
    certificates, numbers, certificate_day = _certificates(r, place, hospital)
    immunizations, _ = _immunizations(r, certificate_day)
    households, in_household = _households(r, certificate_day)
    events = {
        "delivery": _deliveries(r, place),
        "birth_certificate": certificates,
        "immunization": immunizations,
        "household_registration": households,
        "population_register": _population(r, in_household),
        "school_enrolment": _pupils(r, school_years),
        "marriage": _marriages(r),
    }
    for feed, found in events.items():
        tie = stream(plan.seed, "order", feed).random(len(found))
        order = np.lexsort((tie, found.day, found.unit, found.month))
        events[feed] = found.rows(order)
    return Registrations(events, numbers)
