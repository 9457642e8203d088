"""Working days, periods and due dates.

Belongs here: arithmetic on days and periods. Does not: who owes what (`obligations/obligations.py`).
A period is text, `YYYY-MM` or `YYYY`, as its feed is due by month or by year.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from pipeline.contracts.model import Due

SATURDAY = 5


class WorkingDays:
    """China's working days: the county's own list first, then the library's calendar, else Monday to Friday.

    Args:
        overrides: for a day, whether it is worked (holidays.csv).

    Attributes:
        warnings: sentences on years that neither knows, for which weekends alone were taken.
    """

    def __init__(self, overrides: Mapping[dt.date, bool] | None = None) -> None:
        self._overrides = dict(overrides or {})
        self._unknown_years: set[int] = set()

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(
            f"No public holidays are known for {year}: only weekends are free. List them in reference/holidays.csv."
            for year in sorted(self._unknown_years)
        )

    def is_working(self, day: dt.date) -> bool:
        """Whether the day is worked."""
        import chinese_calendar

        if day in self._overrides:
            return self._overrides[day]
        try:
            return chinese_calendar.is_workday(day)
        except NotImplementedError:
            if not any(known.year == day.year for known in self._overrides):
                self._unknown_years.add(day.year)
            return day.weekday() < SATURDAY

    def next_working_day(self, day: dt.date) -> dt.date:
        """The day itself if it is worked, else the first worked day after it."""
        while not self.is_working(day):
            day += dt.timedelta(days=1)
        return day

    def after(self, day: dt.date, days: int) -> dt.date:
        """The last day of a term of so many worked days that begins on the day after."""
        for _ in range(days):
            day = self.next_working_day(day + dt.timedelta(days=1))
        return day


def month_of(day: dt.date) -> str:
    """The month of a day, as a monthly period is written."""
    return f"{day:%Y-%m}"


def first_day(month: str) -> dt.date:
    """The first day of a monthly period."""
    return dt.date.fromisoformat(f"{month}-01")


def month_after(day: dt.date, months: int = 1) -> dt.date:
    """The first day of the month that comes `months` after the day's."""
    years, month = divmod(day.month - 1 + months, 12)
    return dt.date(day.year + years, month + 1, 1)


def nominal_due_on(due: Due, period: str) -> dt.date:
    """The due day before it is moved: of the following month, or of the named month of the same year."""
    if due.month is not None:
        return dt.date(int(period), due.month, due.day)
    return month_after(first_day(period)).replace(day=due.day)


def due_on(due: Due, period: str, working_days: WorkingDays) -> dt.date:
    """The day on which a period's submission is due: never a day that is not worked."""
    return working_days.next_working_day(nominal_due_on(due, period))


def periods_between(due: Due, first: dt.date, last: dt.date) -> Iterator[str]:
    """Periods of a feed, in order, that hold any day from `first` to `last`."""
    if due.every == "year":
        yield from (f"{year:04d}" for year in range(first.year, last.year + 1))
        return
    month = first.replace(day=1)
    while month <= last:
        yield month_of(month)
        month = month_after(month)
