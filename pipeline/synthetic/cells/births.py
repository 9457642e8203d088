"""The birth as a register writes it: sex, weight, weeks, order, and dates with the calendar's errors.

Belongs here: attributes of the birth and the event. Does not: names (`people/people.py`), places and numbers
(`places.py`).
"""

from __future__ import annotations

import datetime as dt

import numpy as np
from lunardate import LunarDate

from pipeline.synthetic.calendar_days import date_of, day_of
from pipeline.synthetic.cells.scribe import Scribe, as_text
from pipeline.synthetic.cells.styles import SEX_STYLES, write_by_hand
from pipeline.synthetic.people.people import Kind
from pipeline.synthetic.randomness import chosen


def child_sex(s: Scribe) -> np.ndarray:
    """Male or female, in the unit's own words."""
    sex = s.children.sex[s.child].astype(int) - 1
    sex[s.hits("sex_wrong")] ^= 1
    words = np.array(list(SEX_STYLES.values()), dtype=object)
    return words[np.array([s.sex for s in s.world.styles])[s.events.unit], sex]


def weight(s: Scribe) -> np.ndarray:
    """Grams; some rounded, some in kilograms."""
    grams = s.children.weight[s.child].astype(int)
    rounded = s.hits("weight_rounded")
    grams[rounded] = (grams[rounded] + 50) // 100 * 100
    column = as_text(grams)
    for row in s.hits("weight_in_kg"):
        column[row] = f"{grams[row] / 1000:g}"
    return column


def gestation(s: Scribe) -> np.ndarray:
    """Weeks; some with days."""
    column = as_text(s.children.weeks[s.child].astype(int))
    for row in s.hits("gestation_with_days"):
        column[row] = f"{column[row]}+{int(s.rng.integers(1, 7))}"
    return column


def plurality(s: Scribe) -> np.ndarray:
    """How many were born together."""
    return as_text(s.children.plurality[s.child].astype(int))


def rank(s: Scribe) -> np.ndarray:
    """Which of them this one is."""
    return as_text(s.children.rank[s.child].astype(int))


def outcome(s: Scribe) -> np.ndarray:
    """Live or still, in the contract's words."""
    words = s.feed.columns["outcome"].values or {}
    live, still = ([text for text, code in words.items() if code == each] for each in ("live", "still"))
    is_still = s.children.kind[s.child] == Kind.STILL
    column = np.where(is_still, still[0], live[0]).astype(object)
    for row in s.hits("outcome_otherwise"):
        column[row] = (still if is_still[row] else live)[-1]
    return column


def _born(s: Scribe) -> tuple[np.ndarray, dict[int, str]]:
    """Days of birth as written, and those rows whose date no calendar of days has, as texts."""
    day = s.children.day[s.child].astype(np.int64)
    by_hand: dict[int, str] = {}
    for error, days in (("day_off_by_one", 1), ("day_digit", 10)):
        rows = s.hits(error)
        day[rows] += s.rng.choice([-days, days], len(rows))
    for row in s.hits("month_off_by_one"):
        day[row] = _moved(date_of(day[row]), months=int(s.rng.choice([-1, 1])))
    for row in s.hits("day_month_swap"):
        date = date_of(day[row])
        day[row] = day_of(dt.date(date.year, date.day, date.month)) if date.day <= 12 else day[row]
    written_in = s.events.day.astype("datetime64[D]").astype("datetime64[M]").astype(int) % 12
    for row in s.hits("wrong_year", written_in == 0):
        day[row] = _moved(date_of(day[row]), months=-12)
    lunar = chosen(s.rng, s.world.plan.errors["lunar_date"] * s.register.weights.get("lunar_date", 1.0), s.n)
    for row in np.flatnonzero(lunar & s.couples.is_lunar[s.couple]):
        told = LunarDate.from_solar_date(*date_of(day[row]).timetuple()[:3])
        try:
            day[row] = day_of(dt.date(told.year, told.month, told.day))
        except ValueError:
            by_hand[int(row)] = write_by_hand(int(s.date_style[row]), told.year, told.month, told.day)
    return day, by_hand


def birth_date(s: Scribe) -> np.ndarray:
    """The day of birth."""
    day, by_hand = _born(s)
    column = s.world.dates.dates(s.date_style, day)
    for row, text in by_hand.items():
        column[row] = text
    return column


def birth_instant(s: Scribe) -> np.ndarray:
    """The day and minute of birth; the time may be 00:00 or not written."""
    day, by_hand = _born(s)
    minute = s.children.minute[s.child].astype(int)
    minute[s.hits("time_missing")] = 0
    column = s.world.dates.instants(s.date_style, day, minute)
    bare = s.hits("time_dropped")
    column[bare] = s.world.dates.dates(s.date_style[bare], day[bare])
    for row, text in by_hand.items():
        column[row] = text
    return column


def event_date(s: Scribe) -> np.ndarray:
    """The day of registration; a unit that heaps writes the first of the month."""
    day = s.events.day.copy()
    heaped = chosen(s.rng, s.defect("date_heaping"), s.n)
    first = s.events.day.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]").astype(int)
    day[heaped] = first[heaped]
    return s.world.dates.dates(s.date_style, day)


def first_dose(s: Scribe) -> np.ndarray:
    """The first dose of hepatitis B vaccine: within a day of birth, later at home."""
    lag = np.minimum(s.rng.geometric(0.7, s.n) - 1, 20)
    day = np.minimum(s.children.day[s.child] + lag, s.events.day)
    return s.world.dates.dates(s.date_style, day)


def _moved(date: dt.date, months: int) -> int:
    """A day some months away, kept within its month."""
    month = date.year * 12 + date.month - 1 + months
    return day_of(dt.date(month // 12, month % 12 + 1, min(date.day, 28 if month % 12 == 1 else 30)))
