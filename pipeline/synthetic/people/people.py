"""Children, as compact arrays: when and as whom they were born, to which couple.

Belongs here: what is true. Does not: parents (`people/couples.py`), what any register holds of it
(`registers/registrations.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import IntEnum
from typing import Any

import numpy as np

from pipeline.synthetic.calendar_days import day_of
from pipeline.synthetic.people.couples import NEVER, Couples, couples_needed, draw_deliveries, given_names, make_couples
from pipeline.synthetic.people.ids import IdNumbers, assign_ids, no_ids
from pipeline.synthetic.places import County
from pipeline.synthetic.plan import CountyPlan
from pipeline.synthetic.randomness import chosen, stream

SEX_RATIO = 0.517  # boys among births: 107 to 100
IDENTICAL_TWINS = 0.3


class Kind(IntEnum):
    """What a row of `Children` is; the label in the truth begins so."""

    BIRTH = 0  # born in the span to the county's own families or in its hospitals
    OLDER = 1  # born before the span
    STILL = 2  # stillborn
    FAKE = 3  # never born
    MOVED = 4  # born in the span elsewhere, to a family that moved in


@dataclass
class Children:
    """One row per child (see `Kind`); `label` is the number in the truth, `couple` an index."""

    kind: np.ndarray
    label: np.ndarray
    couple: np.ndarray
    day: np.ndarray
    minute: np.ndarray
    sex: np.ndarray  # 1, 2
    plurality: np.ndarray
    rank: np.ndarray
    weight: np.ndarray
    weeks: np.ndarray
    given: np.ndarray  # (n, 2) the name that stays
    early: np.ndarray  # (n, 2) the name first given
    has_mother_surname: np.ndarray
    is_elsewhere: np.ndarray
    died: np.ndarray
    has_history: np.ndarray  # lives in the county from birth on
    ids: IdNumbers = field(default_factory=no_ids)

    def __len__(self) -> int:
        return len(self.day)


def _arrays() -> list[str]:
    return [f.name for f in fields(Children) if f.name != "ids"]


def children_at(table: Children, rows: np.ndarray) -> Children:
    """The children at these rows, before ids are given."""
    arrays: dict[str, Any] = {name: getattr(table, name)[rows] for name in _arrays()}
    return Children(**arrays)


def _children_of(
    plan: CountyPlan, couples: Couples, couple: np.ndarray, day: np.ndarray, kind: Kind, purpose: str
) -> Children:
    """Children of deliveries: twins and triplets share the day and often a character of the name."""
    rng, n = stream(plan.seed, "children", purpose), len(day)
    draw = rng.random(n)
    born = np.where(
        draw < plan.triplet_deliveries, 3, np.where(draw < plan.triplet_deliveries + plan.twin_deliveries, 2, 1)
    )
    if kind in (Kind.STILL, Kind.FAKE, Kind.MOVED):
        born = np.ones(n, dtype=np.int64)
    delivery = np.repeat(np.arange(n), born)
    first_of = np.cumsum(born) - born
    rank = np.arange(len(delivery)) - first_of[delivery] + 1
    size = len(delivery)
    sex = np.where(chosen(rng, SEX_RATIO, size), 1, 2)
    is_identical = chosen(rng, IDENTICAL_TWINS, n)[delivery]
    sex = np.where(is_identical, sex[first_of[delivery]], sex)
    boys, girls = (given_names(rng, group, size, plan.one_character_given_name) for group in ("boys", "girls"))
    given = np.where((sex == 1)[:, None], boys, girls)
    eldest = first_of[delivery]
    shares_character = (rank > 1) & chosen(rng, 0.6, n)[delivery] & (given[:, 1] != 0)
    given[shares_character, 0] = given[eldest[shares_character], 0]
    early = given.copy()
    is_renamed = chosen(rng, plan.later_name_share, size)
    early[is_renamed] = np.where((sex == 1)[:, None], *(given_names(rng, g, size, 0.15) for g in ("boys", "girls")))[
        is_renamed
    ]
    minute = rng.integers(0, 1440, n).astype(np.int16)[delivery] + ((rank - 1) * rng.integers(1, 25, size)).astype(
        np.int16
    )
    plurality = born[delivery]
    weeks = np.clip(np.round(rng.normal(39.2, 1.5, n))[delivery] - 2.5 * (plurality - 1), 26, 42).astype(np.int8)
    weight = np.clip(3250 + 130 * (weeks - 39.2) + rng.normal(0, 380, size) + 60 * (sex == 1), 700, 5200)
    if kind is Kind.STILL:
        weeks = rng.integers(22, 41, size).astype(np.int8)
        weight = np.clip(3250 + 165 * (weeks - 39.2) + rng.normal(0, 250, size), 350, 4500)
    died = np.full(size, NEVER, dtype=np.int32)
    dies = chosen(rng, plan.infant_death_share, size)
    died[dies] = day[delivery][dies] + (rng.random(int(dies.sum())) ** 3 * 364).astype(np.int32)
    bears_mothers = chosen(rng, plan.mother_surname_share, len(couples))[couple][delivery]
    return Children(
        kind=np.full(size, kind, dtype=np.int8),
        label=np.zeros(size, dtype=np.int32),
        couple=couple[delivery].astype(np.int32),
        day=day[delivery].astype(np.int32),
        minute=np.minimum(minute, 1439),
        sex=sex.astype(np.int8),
        plurality=plurality.astype(np.int8),
        rank=rank.astype(np.int8),
        weight=weight.astype(np.int16),
        weeks=weeks,
        given=given,
        early=early,
        has_mother_surname=bears_mothers | ~couples.is_father_known[couple][delivery],
        is_elsewhere=(
            chosen(rng, plan.born_elsewhere_share, n)[delivery]
            & couples.is_resident[couple][delivery]
            & (kind in (Kind.BIRTH, Kind.OLDER))
        ),
        died=died,
        has_history=np.full(size, True),
    )


@dataclass
class People:
    """Everybody: couples first those with children, then those that fabricated rows invent."""

    couples: Couples
    children: Children


def concatenated(tables: list[Children]) -> Children:
    """Children of several kinds in one table, before ids are given."""
    arrays: dict[str, Any] = {name: np.concatenate([getattr(t, name) for t in tables]) for name in _arrays()}
    return Children(**arrays)


def make_people(plan: CountyPlan, county: County, fake_days: np.ndarray, moved_days: np.ndarray) -> People:
    """Draw couples until the span holds the plan's births, and a couple more for each child of the two lists.

    Args:
        fake_days: days of birth that fabricated rows tell; their parents are invented too.
        moved_days: days of birth of children who were born elsewhere and moved in before school.
    """
    couple, day = draw_deliveries(plan, "county", couples_needed(plan))
    start, end = day_of(plan.first_month), day_of(plan.end)
    firsts = day[np.r_[True, couple[1:] != couple[:-1]]]
    couples = make_couples(plan, county, np.r_[firsts, fake_days, moved_days].astype(np.int32), "county")
    fake_rows = np.arange(len(firsts), len(firsts) + len(fake_days), dtype=np.int32)
    moved_rows = np.arange(len(firsts) + len(fake_days), len(couples), dtype=np.int32)
    couples.is_resident[moved_rows] = True

    before = day < start
    inside = (day >= start) & (day < end)
    births = _children_of(plan, couples, couple[inside], day[inside], Kind.BIRTH, "births")
    # couples come in random order, so that leaving out the last ones leaves a fair draw
    births = children_at(births, np.arange(len(births)) < _whole_deliveries(births, plan.births))
    births.label[:] = stream(plan.seed, "labels").permutation(len(births))
    kept_couples = int(births.couple.max()) + 1
    # those without a county's residence have no child there before
    earlier = before & (couple < kept_couples) & couples.is_resident[couple]
    older = _children_of(plan, couples, couple[earlier], day[earlier], Kind.OLDER, "older")

    rng = stream(plan.seed, "stillbirths")
    lost = chosen(rng, plan.stillbirths_per_birth, len(births)) & (births.rank == 1)
    # another family's delivery, not the living child's
    owner = rng.permutation(births.couple[lost])
    still = _children_of(plan, couples, owner, births.day[lost], Kind.STILL, "still")
    still.label[:] = np.arange(len(still))
    fakes = _children_of(plan, couples, fake_rows, fake_days.astype(np.int32), Kind.FAKE, "fakes")
    fakes.label[:] = np.arange(len(fakes))
    moved = _children_of(plan, couples, moved_rows, moved_days.astype(np.int32), Kind.MOVED, "moved")
    moved.label[:] = np.arange(len(moved))
    moved.kind[moved.day < start] = Kind.OLDER
    children = concatenated([births, older, still, fakes, moved])
    _number_older(children)

    people = np.concatenate([couples.born[:, 0], couples.born[:, 1], children.day])
    is_male = np.concatenate([np.zeros(len(couples), bool), np.ones(len(couples), bool), children.sex == 1])
    is_local = np.concatenate([couples.is_local[:, 0], couples.is_local[:, 1], np.ones(len(children), bool)])
    ids = assign_ids(stream(plan.seed, "ids"), people, is_male, is_local, 99)
    n = len(couples)
    parts = [slice(0, n), slice(n, 2 * n), slice(2 * n, None)]
    pieces = [IdNumbers(ids.prefix[part], ids.day[part], ids.sequence[part]) for part in parts]
    couples.ids, children.ids = pieces[:2], pieces[2]
    children.has_history[len(births) + len(older) :] = False
    couples.married[kept_couples : len(firsts)] = NEVER  # left out: they were drawn to spare
    couples.married[len(firsts) :] = NEVER
    return People(couples, children)


def _whole_deliveries(births: Children, wanted: int) -> int:
    """How many children to keep so that the plan's number is met and no delivery is cut."""
    kept = min(wanted, len(births))
    while kept < len(births) and births.rank[kept] > 1:
        kept += 1
    return kept


def _number_older(children: Children) -> None:
    older = np.flatnonzero(children.kind == Kind.OLDER)
    children.label[older] = np.arange(len(older))
