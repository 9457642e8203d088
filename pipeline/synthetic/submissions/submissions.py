"""What becomes of each submission a unit owes: on time, late, missing, rejected first, supplemented, corrected.

Belongs here: fates and arrival times. Does not: writing the files.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from pipeline.contracts import Feed
from pipeline.synthetic.calendar_days import due_on
from pipeline.synthetic.places import UnitPlan
from pipeline.synthetic.plan import CountyPlan
from pipeline.synthetic.randomness import stream

ZONE = ZoneInfo("Asia/Shanghai")
OFFICE_HOURS = (8, 18)
REJECTED_DAYS_BEFORE = 2
DAYS_EARLY = 4  # those on time send within so many days up to the due day
LATE_DAYS, CHRONIC_LATE_DAYS = (1, 22), (2, 25)
REVISION_DAYS, SUPPLEMENT_DAYS = (4, 22), (9, 42)


@dataclass(frozen=True)
class Fate:
    """What becomes of one submission. Instants are in the county's zone; None where there is no such file."""

    unit: int
    feed: str
    period: str
    due: dt.date
    arrives: dt.datetime | None
    rejected_at: dt.datetime | None
    broken_kind: int
    revised_at: dt.datetime | None
    supplement_at: dt.datetime | None

    @property
    def status(self) -> str:
        """The status in the truth: nil submissions are on time or late like any other."""
        if self.arrives is None:
            return "missing"
        return "on_time" if self.arrives.date() <= self.due else "late"


def _instant(rng: np.random.Generator, day: dt.date) -> dt.datetime:
    minute = int(rng.integers(OFFICE_HOURS[0] * 60, OFFICE_HOURS[1] * 60))
    return dt.datetime.combine(day, dt.time(minute // 60, minute % 60), ZONE)


def _days(rng: np.random.Generator, between: tuple[int, int]) -> dt.timedelta:
    return dt.timedelta(days=int(rng.integers(between[0], between[1] + 1)))


def make_fate(plan: CountyPlan, unit: UnitPlan, index: int, feed: Feed, period: str) -> Fate:
    """Draw what becomes of one submission, from its own stream."""
    rng = stream(plan.seed, "fate", unit.unit_code, feed.feed, period)
    due = due_on(feed.due, period)
    draw = rng.random(6)
    is_missing = draw[0] < max(plan.missing_share, unit.defects.get("skips_months", 0))
    chronic = unit.defects.get("chronic_late", 0)
    is_late = draw[1] < max(plan.late_share, chronic)
    days = _days(rng, CHRONIC_LATE_DAYS if chronic else LATE_DAYS)
    early = dt.timedelta(days=int(rng.integers(0, DAYS_EARLY)))
    arrives = _instant(rng, due + days if is_late else due - early)
    is_rejected = draw[2] < plan.rejected_share
    rejected_at = arrives - dt.timedelta(days=REJECTED_DAYS_BEFORE) if is_rejected else None
    supplement_at = arrives + _days(rng, SUPPLEMENT_DAYS) if draw[3] < plan.supplement_share else None
    revised_at = arrives + _days(rng, REVISION_DAYS) if draw[4] < plan.revision_share else None
    if is_missing or arrives.date() > plan.as_of_day:
        return Fate(index, feed.feed, period, due, None, None, 0, None, None)
    # one story for each submission, and none whose end nobody has seen yet
    if is_rejected:
        supplement_at = revised_at = None
    if supplement_at and (revised_at or supplement_at.date() > plan.as_of_day):
        supplement_at = None
    if revised_at and revised_at.date() > plan.as_of_day:
        revised_at = None
    return Fate(index, feed.feed, period, due, arrives, rejected_at, int(draw[5] * 3), revised_at, supplement_at)


def is_owed(unit: UnitPlan, period: str) -> bool:
    """Whether a unit was already there when a period began."""
    return unit.active_from.isoformat()[: len(period)] <= period


def owed_periods(plan: CountyPlan, feed: Feed) -> list[str]:
    """The periods of a feed that have fallen due by the day on which the truth is told."""
    if feed.due.every == "year":
        years = range(plan.first_month.year, plan.as_of_day.year + 1)
        return [str(year) for year in years if due_on(feed.due, str(year)) <= plan.as_of_day]
    return [period for period in plan.periods if due_on(feed.due, period) <= plan.as_of_day]
