"""Making a synthetic county: reference files, landed files with their arrivals, and the truth.

Belongs here: the order of the work, month by month, so that only one month's texts are in memory. Does not: any
of the parts (`people`, `registrations`, `cells`, `files`, `submissions`, `truth`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.contracts import Feed, load_feeds
from pipeline.errors import UsageError
from pipeline.synthetic.calendar_days import day_of, month_number
from pipeline.synthetic.cells import Scribe, World, registers, write_columns
from pipeline.synthetic.cells.styles import DateTexts, make_styles
from pipeline.synthetic.people.couples import HISTORY_YEARS
from pipeline.synthetic.people.ids import id_tables
from pipeline.synthetic.people.people import make_people
from pipeline.synthetic.places import County, make_places
from pipeline.synthetic.plan import CountyPlan
from pipeline.synthetic.randomness import stream
from pipeline.synthetic.reference_files import write_county_files
from pipeline.synthetic.registers.registrar import Events, hospital_shares
from pipeline.synthetic.registers.registrations import register_all, school_span
from pipeline.synthetic.submissions.landing import Lander
from pipeline.synthetic.submissions.submissions import is_owed, make_fate, owed_periods
from pipeline.synthetic.submissions.truth import Truth

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class CountySummary:
    """What was made."""

    root: Path
    plan: str
    as_of: str
    births: int
    records: int
    files: int
    obligations: int


def _fabrications(plan: CountyPlan, county: County) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Days, units and labels of the births that inventive units invent, about their strength of their rows."""
    rng = stream(plan.seed, "fabrications")
    hospitals = [i for i in county.units_of("delivery") if county.units[i].township < 0]
    monthly = plan.births / plan.months * (1 - plan.born_elsewhere_share)
    clinic = plan.clinic_delivery_share["usual"]
    days: list[int] = []
    units: list[int] = []
    labels: list[str] = []
    for index, unit in enumerate(county.units):
        strength = unit.defects.get("fabricated", 0.0)
        if strength == 0:
            continue
        if index in hospitals:
            own = monthly * (1 - clinic) * hospital_shares(len(hospitals))[hospitals.index(index)]
        else:
            own = monthly * clinic * county.township_size[unit.township]
        for period in plan.periods:
            month = month_number(period)
            first, after = (np.datetime64(m, "M").astype("datetime64[D]").astype(int) for m in (month, month + 1))
            count = int(rng.poisson(own * strength / (1 - strength)))
            days.extend(np.sort(rng.integers(first, after, count)).tolist())
            units.extend([index] * count)
            labels.extend(f"fake-{unit.unit_code}-{period.replace('-', '')}-{n}" for n in range(count))
    return np.array(days, dtype=np.int32), np.array(units, dtype=np.int16), np.array(labels, dtype=object)


def _moved_in(plan: CountyPlan, years: list[int]) -> np.ndarray:
    """Days of birth of pupils who moved in."""
    rng = stream(plan.seed, "moved in")
    yearly = plan.births / plan.months * 12 * plan.school["moved_in"] * plan.school_scale
    spans = [school_span(year) for year in years]
    days = [rng.integers(first, last + 1, int(rng.poisson(yearly))) for first, last in spans]
    return np.concatenate([np.empty(0, np.int32), *days]).astype(np.int32)


def make_world(plan: CountyPlan, feeds: dict[str, Feed], county: County) -> tuple[World, np.ndarray]:
    """Everybody and everything of a county that is laid out, and the labels of fabricated children."""
    school_years = [int(p) for f in feeds.values() if f.due.every == "year" for p in owed_periods(plan, f)]
    fake_days, fake_units, fake_labels = _fabrications(plan, county)
    people = make_people(plan, county, fake_days, _moved_in(plan, school_years))
    registrations = register_all(plan, county, people, feeds, school_years, fake_units)
    first = min(int(people.couples.born.min()), day_of(plan.first_month) - HISTORY_YEARS * 366)
    last = day_of(plan.end) + 800
    dates = DateTexts(day_of(plan.first_month) - (HISTORY_YEARS + 2) * 366, day_of(plan.end) + 400)
    ids = id_tables(plan.county_code, first, last)
    return World(plan, county, people, registrations, ids, dates, make_styles(plan, county)), fake_labels


def make_county(root: Path, plan: CountyPlan, progress: Progress | None = None) -> CountySummary:
    """Make a county below `root`: `reference/`, `landing/`, `truth/`. The same plan gives the same bytes.

    Args:
        root: a folder in which none of the three exists yet (an existing `reference/` is replaced).
        plan: what to make (`load_plan`).
        progress: called as `progress(months done, months)`.

    Raises:
        UsageError: there are landed files or a truth already.
    """
    for name in ("landing", "truth"):
        if (root / name).exists() and any((root / name).rglob("*.*")):
            raise UsageError(f"{root / name} is not empty.", "Give an empty folder.")
    feeds = load_feeds()
    feeds = {name: feed for name, feed in feeds.items() if name in registers()}
    county = make_places(plan, feeds)
    write_county_files(root, plan, county)
    world, fake_labels = make_world(plan, feeds, county)
    truth = Truth(root / "truth", world, fake_labels)
    lander = Lander(root, world, feeds, truth)
    owed = {name: owed_periods(plan, feed) for name, feed in feeds.items()}
    _mark_later(world, feeds, owed, truth)
    obligations = 0
    for done, month in enumerate(plan.periods):
        for name, feed in feeds.items():
            yearly = feed.due.every == "year"
            period = month[:4] if yearly else month
            if period not in owed[name] or (yearly and done and plan.periods[done - 1][:4] == period):
                continue
            obligations += _land_period(lander, feed, period)
        if progress:
            progress(done + 1, plan.months)
    truth.close()
    births = int((world.people.children.kind == 0).sum())
    return CountySummary(
        root, plan.name, plan.as_of_day.isoformat(), births, truth.record_count, lander.files, obligations
    )


def _between(period: str) -> tuple[int, int]:
    """First month of a period and the first after it."""
    if len(period) == 4:
        return month_number(f"{period}-01"), month_number(f"{period}-12") + 1
    return month_number(period), month_number(period) + 1


def _mark_later(world: World, feeds: dict[str, Feed], owed: dict[str, list[str]], truth: Truth) -> None:
    """Registrations after the last period that has fallen due."""
    for name, found in world.registrations.events.items():
        if name in truth.status and owed[name]:
            later = found.month >= _between(owed[name][-1])[1]
            truth.mark(name, found.child[later], "later")


def _land_period(lander: Lander, feed: Feed, period: str) -> int:
    """Write one feed's files of one period; returns how many were owed."""
    world = lander.world
    events = world.registrations.events[feed.feed]
    low, high = np.searchsorted(events.month, _between(period))
    batch: Events = events.rows(np.arange(low, high))
    # a year's rows stand by month first
    order = np.argsort(batch.unit, kind="stable")
    batch, numbers = batch.rows(order), (np.arange(low, high) + 1)[order]
    rng = stream(world.plan.seed, "cells", feed.feed, period)
    cells = write_columns(Scribe(world, feed, batch, numbers, period, rng))
    units = [i for i in world.county.units_of(feed.feed) if is_owed(world.county.units[i], period)]
    for index in units:
        start, stop = np.searchsorted(batch.unit, [index, index + 1])
        fate = make_fate(world.plan, world.county.units[index], index, feed, period)
        part = {name: column[start:stop] for name, column in cells.items()}
        lander.land(fate, feed, part, batch.child[start:stop])
    return len(units)
