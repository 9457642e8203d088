"""Working days, periods, due dates."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.accountability.obligations.calendar import (
    WorkingDays,
    due_on,
    month_after,
    nominal_due_on,
    periods_between,
)
from pipeline.contracts import load_feeds
from pipeline.contracts.model import Due

MONTHLY = Due(every="month", day=5)
YEARLY = Due(every="year", month=9, day=20)


@pytest.mark.parametrize(
    ("due", "period", "day"),
    [
        (MONTHLY, "2024-01", dt.date(2024, 2, 5)),
        (MONTHLY, "2024-03", dt.date(2024, 4, 7)),  # Tomb-sweeping, and a Sunday that is worked for it
        (MONTHLY, "2024-09", dt.date(2024, 10, 8)),  # the national holiday
        (MONTHLY, "2024-12", dt.date(2025, 1, 6)),  # a Sunday, and over the turn of the year
        (YEARLY, "2024", dt.date(2024, 9, 20)),
        (YEARLY, "2025", dt.date(2025, 9, 22)),  # a Saturday
    ],
)
def test_due_on(due: Due, period: str, day: dt.date):
    assert due_on(due, period, WorkingDays()) == day


def test_the_countys_list_comes_first():
    days = WorkingDays({dt.date(2024, 2, 5): False, dt.date(2024, 10, 5): True})
    assert due_on(MONTHLY, "2024-01", days) == dt.date(2024, 2, 6)
    assert due_on(MONTHLY, "2024-09", days) == dt.date(2024, 10, 5)
    assert not days.warnings


def test_a_year_that_nobody_knows_falls_back_to_weekends_and_says_so():
    days = WorkingDays()
    assert due_on(MONTHLY, "2035-04", days) == dt.date(2035, 5, 7)
    assert [w[:40] for w in days.warnings] == ["No public holidays are known for 2035: o"]
    listed = WorkingDays({dt.date(2035, 5, 7): False})
    assert due_on(MONTHLY, "2035-04", listed) == dt.date(2035, 5, 8)
    assert not listed.warnings


def test_periods_between():
    autumn, new_year = dt.date(2023, 11, 30), dt.date(2024, 1, 1)
    assert list(periods_between(MONTHLY, autumn, new_year)) == ["2023-11", "2023-12", "2024-01"]
    assert list(periods_between(YEARLY, autumn, new_year)) == ["2023", "2024"]
    assert list(periods_between(MONTHLY, dt.date(2024, 2, 1), dt.date(2024, 1, 31))) == []


@given(st.dates(dt.date(1990, 1, 1), dt.date(2090, 12, 31)), st.integers(0, 60))
def test_months_add_up(day: dt.date, months: int):
    found = month_after(day, months)
    assert (found.year - day.year) * 12 + found.month - day.month == months
    assert found.day == 1


@given(st.dates(dt.date(2004, 1, 1), dt.date(2026, 11, 30)))
def test_a_due_day_is_worked_and_not_early(day: dt.date):
    days = WorkingDays()
    found = due_on(MONTHLY, f"{day:%Y-%m}", days)
    assert days.is_working(found)
    assert 0 <= (found - nominal_due_on(MONTHLY, f"{day:%Y-%m}")).days < 12


@pytest.mark.shared
def test_due_dates_of_the_shared_county(shared_county: Path):
    days = WorkingDays()
    with open(shared_county / "truth" / "submissions.csv", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            assert str(due_on(load_feeds()[line["feed"]].due, line["period"], days)) == line["due"]
