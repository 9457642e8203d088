"""What disclosure control is about: counts of people, and how they add up.

Belongs here: cells, the equations between them, and what a release shows of them. Does not: where the counts come
from (`tables.py`), which of them tell too much (`sensitive.py`), what an attacker can work out (`attacker.py`).

A cell is named by its concept and its place in the tables' dimensions: `("children_held", "2025-Q1", "999901100",
"delivery")`. It is the same cell wherever it is shown. Equations say what everybody knows who can read a table:
townships make the county, quarters the year, the children due are held or not held. A cell that no table shows but
that follows from two that are shown (the not held, from due and held) is a cell like any other, only never published.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Key = tuple[str, ...]


@dataclass(frozen=True)
class Axis:
    """The members of a dimension: each of the finest level, and the coarser member that it is part of, if any."""

    name: str
    parents: Mapping[str, str | None]
    levels: Mapping[str, str]

    def children(self, parent: str) -> list[str]:
        """The fine members of a coarse one."""
        return [member for member, its in self.parents.items() if its == parent]

    @property
    def coarse(self) -> list[str]:
        """The coarse members, in order."""
        return list(dict.fromkeys(parent for parent in self.parents.values() if parent))


@dataclass(frozen=True)
class Rule:
    """The three numbers of disclosure control, all in people.

    Attributes:
        limit: counts above zero and under this are not published, nor changes of a published count by fewer.
        small_group: in a group of fewer, that none or all of it are something is not published either.
        width: what is not published may not be worked out to an interval narrower than this.
    """

    limit: int
    small_group: int
    width: int


@dataclass(frozen=True)
class Equation:
    """The whole is the sum of its parts.

    Attributes:
        tells: the parts say something of a person (held, not held), rather than where or when it was born.
    """

    whole: Key
    parts: tuple[Key, ...]
    tells: bool = False

    @property
    def keys(self) -> tuple[Key, ...]:
        """The whole, then its parts."""
        return (self.whole, *self.parts)


@dataclass(frozen=True)
class Cells:
    """All cells of a release before control.

    Attributes:
        values: the true count of every cell, shown or not.
        shown: the cells that a public table has a place for.
        equations: over keys of `values`; each holds for the values.
        given: zeros that everybody knows without a table, such as that nobody is due before the time for it has come.
    """

    values: Mapping[Key, int]
    shown: frozenset[Key]
    equations: tuple[Equation, ...]
    given: frozenset[Key] = frozenset()

    def contradictions(self) -> list[Equation]:
        """Equations that the values do not meet."""
        return [
            equation
            for equation in self.equations
            if self.values[equation.whole] != sum(self.values[part] for part in equation.parts)
        ]


@dataclass(frozen=True)
class Controlled:
    """A release after control: what of it is published.

    Attributes:
        published: the cells of `cells.shown` that are published, each with its true value.
        sensitive: the cells, shown or not, that nobody may work out.
    """

    cells: Cells
    published: frozenset[Key]
    sensitive: frozenset[Key]

    @property
    def suppressed(self) -> frozenset[Key]:
        """The cells that a table has a place for and that are not published."""
        return self.cells.shown - self.published


def blocks(releases: Iterable[Cells]) -> list[frozenset[Key]]:
    """Keys that hang together by equations of any of the releases, in the order of their smallest key.

    What is published of one block says nothing of another.
    """
    root: dict[Key, Key] = {}

    def find(key: Key) -> Key:
        while root.setdefault(key, key) != key:
            root[key] = root[root[key]]
            key = root[key]
        return key

    for release in releases:
        for key in release.values:
            find(key)
        for equation in release.equations:
            for part in equation.parts:
                root[find(part)] = find(equation.whole)
    found: dict[Key, set[Key]] = {}
    for key in root:
        found.setdefault(find(key), set()).add(key)
    return sorted((frozenset(keys) for keys in found.values()), key=min)


def part_of(cells: Cells, keys: frozenset[Key]) -> Cells:
    """The cells of one block."""
    return Cells(
        {key: value for key, value in cells.values.items() if key in keys},
        cells.shown & keys,
        tuple(equation for equation in cells.equations if equation.whole in keys),
        cells.given & keys,
    )
