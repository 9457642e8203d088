"""Dates as the field writes them, and the day that was meant if a lunar one was written as if solar.

How a date's text is read is the contracts' (`contracts.dates.read_date`); whether it is plausible is SQL's, which knows
the event.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache, lru_cache

from lunardate import LunarDate

from pipeline.contracts.dates import lunar_to_solar, read_date

# children whom a register may hold now and for a while; the library's tables reach from 1900 to 2099
LEAP_YEARS = range(2005, 2051)


@dataclass(frozen=True, slots=True)
class Date:
    """A date, read. Fields as in `standardise.dates`; `minute_of_day` counts from midnight."""

    date_std: dt.date | None = None
    minute_of_day: int | None = None
    lunar_as_solar: dt.date | None = None


@lru_cache(maxsize=100_000)
def _meant_lunar(day: dt.date) -> dt.date | None:
    return lunar_to_solar(day.year, day.month, day.day)


@cache
def leap_months() -> dict[tuple[int, int], int]:
    """By written year and month that a leap month follows under the same number: the days between their firsts.

    Registers do not write that a month was the leap one: 2025-06-10 may mean the tenth of either sixth month.
    """
    found = {}
    for year in LEAP_YEARS:
        month = LunarDate.leap_month_for_year(year)
        if month:
            plain, leap = (LunarDate(year, month, 1, is_leap).to_solar_date() for is_leap in (False, True))
            found[year, month] = (leap - plain).days
    return found


def read_day(raw: str | None) -> Date:
    """Read a date's cell; all blank where it is unreadable."""
    cell = read_date(raw)
    if cell is None:
        return Date()
    # a day that only the lunar calendar has was converted in reading: there is no other day it could mean
    return Date(cell.day, cell.minute, cell.day if cell.is_lunar else _meant_lunar(cell.day))
