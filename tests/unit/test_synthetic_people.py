"""People and registrations of a synthetic county: families as they are, registers that hang together."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.contracts import load_feeds
from pipeline.synthetic import load_plan
from pipeline.synthetic.calendar_days import day_of, due_on, months_of
from pipeline.synthetic.people.couples import NEVER
from pipeline.synthetic.people.ids import assign_ids, id_tables
from pipeline.synthetic.people.people import Kind, People, make_people
from pipeline.synthetic.places import County, make_places
from pipeline.synthetic.plan import CountyPlan
from pipeline.synthetic.registers.registrations import Registrations, register_all

FEEDS = load_feeds()
NOBODY = np.empty(0, np.int32)


@pytest.fixture(scope="module")
def world() -> tuple[CountyPlan, County, People, Registrations]:
    plan = load_plan("usual", births=12_000, months=96, first_period="2018-01", unit_omission_sigma=0.0)
    county = make_places(plan, FEEDS)
    people = make_people(plan, county, NOBODY, NOBODY)
    return plan, county, people, register_all(plan, county, people, FEEDS, [2024, 2025], NOBODY.astype(np.int16))


def test_families(world: tuple[CountyPlan, County, People, Registrations]) -> None:
    plan, _, people, _ = world
    c, couples = people.children, people.couples
    births = np.flatnonzero(c.kind == Kind.BIRTH)
    assert plan.births <= len(births) <= plan.births + 2
    deliveries = births[c.rank[births] == 1]
    owners, counts = np.unique(c.couple[deliveries], return_counts=True)
    with_sibling = np.isin(c.couple[births], owners[counts > 1]).mean()
    assert 0.27 <= with_sibling <= 0.40  # about a third of eight years' births
    assert (c.plurality[deliveries] == 2).mean() == pytest.approx(plan.twin_deliveries, abs=0.004)
    assert (c.sex[births] == 1).mean() == pytest.approx(0.517, abs=0.02)
    spacing = [np.diff(np.sort(c.day[deliveries[c.couple[deliveries] == owner]])) for owner in owners[counts > 1][:300]]
    assert min(gap.min() for gap in spacing) > 330
    hard = couples.is_hard[c.couple[births]]
    village = couples.village[c.couple[births]]
    share = np.array([hard[village == i].mean() for i in np.unique(village)])
    assert share.std() > 0.08  # clustered in places
    assert (~couples.is_resident[c.couple[births]]).mean() == pytest.approx(plan.non_resident_share, abs=0.01)
    twins = births[(c.rank[births] == 2)]
    assert (c.day[twins] == c.day[twins - 1]).all()
    assert (c.couple[twins] == c.couple[twins - 1]).all()


def test_registers_depend_on_each_other(world: tuple[CountyPlan, County, People, Registrations]) -> None:
    _, _, people, registrations = world
    c = people.children
    held = {feed: np.bincount(e.child[e.child >= 0], minlength=len(c)) > 0 for feed, e in registrations.events.items()}
    here = (c.kind == Kind.BIRTH) & people.couples.is_resident[c.couple] & ~c.is_elsewhere & (c.died == NEVER)
    hard = people.couples.is_hard[c.couple]
    certificate, household = held["birth_certificate"], held["household_registration"]
    assert household[here & certificate].mean() > household[here & ~certificate].mean() + 0.1
    for feed in ("delivery", "immunization", "population_register"):
        assert held[feed][here & ~hard].mean() > held[feed][here & hard].mean() + 0.2
    elsewhere = (c.kind == Kind.BIRTH) & c.is_elsewhere
    assert not held["delivery"][elsewhere].any()
    assert held["household_registration"][elsewhere & ~hard].mean() > 0.8
    visitors = (c.kind == Kind.BIRTH) & ~people.couples.is_resident[c.couple]
    assert held["delivery"][visitors].mean() > 0.95
    assert not held["immunization"][visitors].any()
    assert held["household_registration"][c.kind == Kind.OLDER].sum() == pytest.approx(240, abs=5)
    pupils = registrations.events["school_enrolment"]
    born_in_span = c.kind[pupils.child] == Kind.BIRTH
    assert 0.5 < born_in_span.mean() < 0.95
    age = (pupils.day - c.day[pupils.child]) / 365.25
    assert age.min() > 5.9
    assert age.max() < 7.2


def test_events_are_in_order_and_after_birth(world: tuple[CountyPlan, County, People, Registrations]) -> None:
    _, county, people, registrations = world
    for feed, events in registrations.events.items():
        assert (np.diff(events.month) >= 0).all(), feed
        assert (events.month - months_of(events.day)).max() <= 1
        children = events.child >= 0
        assert (events.day[children] >= people.children.day[events.child[children]]).all(), feed
        opened = np.array([day_of(unit.active_from) for unit in county.units])
        served_late = np.isin(feed, ("delivery", "birth_certificate"))
        assert served_late or (events.day >= opened[events.unit]).all(), feed
        assert {feed in county.units[unit].feeds for unit in np.unique(events.unit)} == {True}
    clinic_days = registrations.events["immunization"]
    weekday = (clinic_days.day + 3) % 7
    allowed = [day in county.units[unit].service_weekdays for day, unit in zip(weekday, clinic_days.unit, strict=True)]
    assert np.mean(allowed) == 1


def test_certificate_numbers_are_unique(world: tuple[CountyPlan, County, People, Registrations]) -> None:
    held = world[3].certificates
    numbers = np.r_[held.first[held.first > 0], held.second[held.second > 0]]
    assert len(np.unique(numbers)) == len(numbers)
    assert (held.second > 0).sum() > 50


@pytest.mark.parametrize("crowd", [40, 3_000])
def test_no_two_people_share_an_id_number(crowd: int) -> None:
    """Even where more are born on a day than one county's codes can number."""
    rng = np.random.default_rng(1)
    day = np.repeat(np.arange(10_000, 10_005), crowd)
    is_male = rng.random(len(day)) < 0.5
    ids = assign_ids(rng, day, is_male, rng.random(len(day)) < 0.8, 99)
    texts = id_tables("999911", 10_000, 10_005).text(ids, np.arange(len(day)))
    assert len(set(texts.tolist())) == len(texts)
    assert all(text.startswith("9999") for text in texts)
    assert [int(text[16]) % 2 == 1 for text in texts] == is_male.tolist()


def test_due_dates_move_to_working_days() -> None:
    due = {feed: spec.due for feed, spec in FEEDS.items()}
    assert due_on(due["delivery"], "2024-03").isoformat() == "2024-04-07"  # Qingming, and a Sunday that is worked
    assert due_on(due["delivery"], "2024-09").isoformat() == "2024-10-08"
    assert due_on(due["population_register"], "2024-12").isoformat() == "2025-01-10"
    assert due_on(due["school_enrolment"], "2025").isoformat() == "2025-09-22"
    assert due_on(due["delivery"], "2030-05").isoformat() == "2030-06-05"  # no calendar yet: weekends only
