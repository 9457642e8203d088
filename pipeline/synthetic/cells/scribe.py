"""The scribe of a register: its rows, its units' habits, and the chance of each error.

Belongs here: what every attribute needs. Does not: the attributes themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import yaml

from pipeline.contracts import Feed
from pipeline.synthetic.cells.styles import DateTexts, Style
from pipeline.synthetic.people.ids import IdTables
from pipeline.synthetic.people.people import People
from pipeline.synthetic.places import County
from pipeline.synthetic.plan import CountyPlan
from pipeline.synthetic.randomness import chosen
from pipeline.synthetic.registers.errors import TextError
from pipeline.synthetic.registers.registrations import Events, Registrations
from pipeline.synthetic.vocabulary import names

NUMBERS = ("weight", "gestation", "plurality", "rank", "group_no")
Columns = dict[str, np.ndarray]


@dataclass(frozen=True)
class Register:
    """What `registers.yaml` says of a register."""

    prefix: str
    columns: dict[str, str]
    weights: dict[str, float]
    place: str = "residence"


@cache
def registers() -> dict[str, Register]:
    """All registers by feed."""
    raw = yaml.safe_load((Path(__file__).parents[1] / "registers.yaml").read_text(encoding="utf-8"))
    return {feed: Register(**spec) for feed, spec in raw.items()}


@dataclass(frozen=True)
class World:
    """All that a scribe looks up."""

    plan: CountyPlan
    county: County
    people: People
    registrations: Registrations
    ids: IdTables
    dates: DateTexts
    styles: list[Style]


class Scribe:
    """Writes the rows of one register for one period.

    Args:
        world: people and places.
        feed: the contract.
        events: the rows.
        numbers: their running numbers in the register.
        rng: the batch's own randomness.
    """

    def __init__(
        self, world: World, feed: Feed, events: Events, numbers: np.ndarray, period: str, rng: np.random.Generator
    ) -> None:
        self.world, self.feed, self.events, self.rng, self.period = world, feed, events, rng, period
        self.numbers, self.n = numbers, len(events)
        self.register = registers()[feed.feed]
        self.couples, self.children = world.people.couples, world.people.children
        self.couple, self.child = events.couple, events.child
        units = world.county.units
        self.quality = np.array([u.quality for u in units])[events.unit] * world.plan.error_factor
        self.defects = {
            name: np.array([u.defects.get(name, 0.0) for u in units])[events.unit] for name in world.plan.misbehaviour
        }
        self.date_style = np.array([s.date for s in world.styles])[events.unit]

    def hits(self, error: str, among: np.ndarray | bool = True) -> np.ndarray:
        """Rows in which an error happens."""
        rate = self.world.plan.errors[error] * self.register.weights.get(error, 1.0)
        return np.flatnonzero(chosen(self.rng, rate * self.quality, self.n) & among)

    def err(self, column: np.ndarray, kinds: dict[str, TextError]) -> np.ndarray:
        """Let each kind of error happen to a column of texts, in place."""
        for error, make in kinds.items():
            for row in self.hits(error):
                if column[row]:
                    column[row] = make(column[row], self.rng)
        return column

    def person(self, surname: np.ndarray, given: np.ndarray) -> np.ndarray:
        """Names from their indexes, as objects."""
        vocabulary = names()
        characters = vocabulary.characters
        return vocabulary.surnames.words[surname] + characters[given[:, 0]] + characters[given[:, 1]]

    def parent(self, which: int) -> np.ndarray:
        """The mother's (0) or the father's (1) name without error."""
        return self.person(self.couples.surnames[self.couple, which], self.couples.given[self.couple, which])

    def defect(self, name: str) -> np.ndarray:
        """How strongly each row's unit misbehaves in this way; 0 for most."""
        return self.defects.get(name, np.zeros(self.n))

    @cached_property
    def guardian(self) -> np.ndarray:
        """Who brings the child to school: 0 mother, 1 father, 2 a grandparent."""
        shares = self.world.plan.school
        draw = self.rng.random(self.n)
        mother, father = shares["guardian_mother"], shares["guardian_father"]
        found = np.where(draw < mother, 0, np.where(draw < mother + father, 1, 2))
        found[(found == 1) & ~self.couples.is_father_known[self.couple]] = 0
        return found


def as_text(values: np.ndarray) -> np.ndarray:
    """Whole numbers as texts, as objects."""
    return values.astype(int).astype(str).astype(object)
