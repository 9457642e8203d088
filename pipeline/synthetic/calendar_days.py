"""Days as integers since 1970-01-01, months as integers since year 0, working days and due dates.

Belongs here: the calendar that truth is told by, independent of the one that the pipeline uses.
"""

from __future__ import annotations

import datetime as dt
from functools import cache

import chinese_calendar
import numpy as np

from pipeline.contracts import Due

EPOCH = dt.date(1970, 1, 1).toordinal()


def day_of(date: dt.date) -> int:
    """Days since 1970-01-01."""
    return date.toordinal() - EPOCH


def date_of(day: int) -> dt.date:
    """The date of a day number."""
    return dt.date.fromordinal(int(day) + EPOCH)


def months_of(days: np.ndarray) -> np.ndarray:
    """Months since 1970-01 of day numbers."""
    return np.asarray(days).astype("datetime64[D]").astype("datetime64[M]").astype(np.int32)


def month_number(period: str) -> int:
    """Months since 1970-01 of a period `YYYY-MM`."""
    return (int(period[:4]) - 1970) * 12 + int(period[5:7]) - 1


@cache
def _is_working(date: dt.date) -> bool:
    try:
        return bool(chinese_calendar.is_workday(date))
    except NotImplementedError:
        # a year that the library does not know: weekends only
        return date.weekday() < 5


def due_on(due: Due, period: str) -> dt.date:
    """When a period is due: the contract's day of the following month (yearly: of the same year), or the next
    working day."""
    if due.every == "year":
        day = dt.date(int(period), due.month or 1, due.day)
    else:
        month = month_number(period) + 1
        day = dt.date(1970 + month // 12, month % 12 + 1, due.day)
    while not _is_working(day):
        day += dt.timedelta(days=1)
    return day
