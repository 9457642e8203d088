"""Couples: who they are, where they live, and when their deliveries come.

Belongs here: parents. Does not: their children (`people/people.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.synthetic.calendar_days import day_of
from pipeline.synthetic.people.ids import IdNumbers, draw_phones
from pipeline.synthetic.places import County
from pipeline.synthetic.plan import CountyPlan
from pipeline.synthetic.randomness import chosen, stream
from pipeline.synthetic.vocabulary import names

NEVER = np.int32(10**6)  # a day that does not come
HISTORY_YEARS = 9  # births before the span that are made: late registrations and pupils
MONTH_DAYS = 30.44


@dataclass
class Couples:
    """One row per couple. Names are indexes (`vocabulary.names`), days are day numbers, `village` is an index."""

    surnames: np.ndarray  # (n, 2) mother, father: int16
    given: np.ndarray  # (n, 2, 2): int16, second character 0 where there is none
    phones: np.ndarray  # (n, 3) mother, father, grandparents: int32
    village: np.ndarray
    home_village: np.ndarray  # where the household is registered
    is_resident: np.ndarray
    is_hard: np.ndarray
    is_lunar: np.ndarray
    is_called_otherwise: np.ndarray
    is_father_known: np.ndarray
    outside: np.ndarray
    group_no: np.ndarray
    married: np.ndarray
    is_local: np.ndarray  # (n, 2)
    born: np.ndarray  # (n, 2) day of birth of mother, father
    ids: list[IdNumbers]  # mother, father

    def __len__(self) -> int:
        return len(self.village)


def given_names(rng: np.random.Generator, group: str, size: int, one_character: float) -> np.ndarray:
    """Given names as (size, 2) characters; the second is 0 for names of one character."""
    vocabulary = names()
    first, second = (vocabulary.draw_given(rng, group, size) for _ in range(2))
    second[chosen(rng, one_character, size)] = 0
    return np.stack([first, second], axis=1)


def make_couples(plan: CountyPlan, county: County, first_birth: np.ndarray, purpose: str) -> Couples:
    """Couples whose first child comes on the given days."""
    rng, n = stream(plan.seed, "couples", purpose), len(first_birth)
    village_weight = (
        county.township_size[county.village_township] / np.bincount(county.village_township)[county.village_township]
    )
    village = rng.choice(len(village_weight), size=n, p=village_weight / village_weight.sum()).astype(np.int32)
    hard_share = np.where(county.is_hard_village[village], plan.hard_share_in_hard_village, plan.hard_share_elsewhere)
    home_village = village.copy()
    away = chosen(rng, plan.registered_elsewhere, n)
    home_village[away] = rng.integers(0, len(village_weight), int(away.sum()))
    is_resident = ~chosen(rng, plan.non_resident_share, n)
    age = np.clip(rng.normal(25.5, 4, n), 17, 42)
    older = np.clip(rng.normal(2, 2.5, n), -6, 15)
    born_mother = first_birth - (age * 365.25).astype(np.int32)
    born_father = born_mother - (older * 365.25).astype(np.int32)
    wedding = first_birth - 270 - rng.gamma(1.5, 240, n).astype(np.int32)
    after = chosen(rng, plan.marriage_after_birth, n)
    wedding[after] = first_birth[after] + rng.integers(30, 700, int(after.sum()))
    wedding[chosen(rng, plan.couples_unmarried, n)] = NEVER
    is_father_known = ~chosen(rng, plan.fathers_unknown, n)
    wedding[~is_father_known] = NEVER
    surnames = np.stack([names().surnames.draw(rng, n) for _ in range(2)], axis=1).astype(np.int16)
    return Couples(
        surnames=surnames,
        given=np.stack([given_names(rng, g, n, 0.22) for g in ("women", "men")], axis=1),
        phones=draw_phones(rng, n * 3).reshape(n, 3),
        village=village,
        home_village=home_village,
        is_resident=is_resident,
        is_hard=chosen(rng, hard_share, n) & is_resident,
        is_lunar=chosen(rng, plan.lunar_families, n) & is_resident,
        is_called_otherwise=chosen(rng, plan.mother_called_otherwise, n),
        is_father_known=is_father_known,
        outside=rng.integers(0, 256, n).astype(np.uint8),
        group_no=rng.integers(1, 13, n).astype(np.int8),
        married=wedding.astype(np.int32),
        is_local=np.stack([chosen(rng, plan.local_id_share, n) & is_resident for _ in range(2)], axis=1),
        born=np.stack([born_mother, born_father], axis=1).astype(np.int32),
        ids=[],
    )


def draw_deliveries(plan: CountyPlan, purpose: str, couples: int) -> tuple[np.ndarray, np.ndarray]:
    """Deliveries of couples over history, span and a while after: (couple, day), ordered by couple and day."""
    rng = stream(plan.seed, "deliveries", purpose)
    start = day_of(plan.first_month) - round(HISTORY_YEARS * 365.25)
    end = day_of(plan.end) + 540  # couples who marry in the span and have their first child after it
    first = rng.integers(start, end, couples).astype(np.int32)
    couple, day = [np.arange(couples, dtype=np.int32)], [first]
    for share in (plan.second_child, plan.third_child, plan.fourth_child):
        goes_on = chosen(rng, share, len(day[-1]))
        spacing = 13 + rng.gamma(2.0, (plan.birth_spacing_months - 13) / 2, int(goes_on.sum()))
        couple.append(couple[-1][goes_on])
        day.append(day[-1][goes_on] + (spacing * MONTH_DAYS).astype(np.int32))
    joined_couple, joined_day = np.concatenate(couple), np.concatenate(day)
    order = np.lexsort((joined_day, joined_couple))
    return joined_couple[order], joined_day[order]


def couples_needed(plan: CountyPlan) -> int:
    """Couples that certainly hold the plan's births within the span, with a little to spare."""
    trial = 20_000
    _, day = draw_deliveries(plan, "trial", trial)
    within = (day >= day_of(plan.first_month)) & (day < day_of(plan.end))
    return int(plan.births / (within.sum() / trial) * 1.02 + 8 * plan.births**0.5) + 200
