"""Dates as the field writes them, and the day that was meant if a lunar one was written as if solar.

How a date's text is read is the contracts' (`cells.read_date`); whether it is plausible is SQL's, which knows
the event.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

from pipeline.contracts.cells import lunar_to_solar, read_date


@dataclass(frozen=True, slots=True)
class Date:
    """A date, read. Fields as in `standardise.dates`; `minute_of_day` counts from midnight."""

    date_std: dt.date | None = None
    minute_of_day: int | None = None
    lunar_as_solar: dt.date | None = None


@lru_cache(maxsize=100_000)
def _meant_lunar(day: dt.date) -> dt.date | None:
    return lunar_to_solar(day.year, day.month, day.day)


def read_day(raw: str | None) -> Date:
    """Read a date's cell; all blank where it is unreadable."""
    cell = read_date(raw)
    if cell is None:
        return Date()
    # a day that only the lunar calendar has was converted in reading: there is no other day it could mean
    return Date(cell.day, cell.minute, cell.day if cell.is_lunar else _meant_lunar(cell.day))
