"""From the marts to cells: the counts of the declared tables, and every way in which they add up.

Belongs here: reading the counts, filling in what is nobody, adding up the margins, and the equations that follow.
Does not: which tables there are (`declared.py`), or what of them may be published (`suppress.py`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence

import duckdb

from pipeline.contracts import load_feeds
from pipeline.errors import RollcallError
from pipeline.publish.disclosure.calendar_cells import calendar_cells
from pipeline.publish.disclosure.cells import Axis, Cells, Equation, Key
from pipeline.publish.disclosure.declared import CountTable, PublicTables
from pipeline.reference import Reference

QUARTERS, MONTHS = 4, 12
EVERYWHERE = ""


def axes(tables: PublicTables, reference: Reference, first_month: str, period: str) -> dict[str, Axis]:
    """Every dimension with its members: whole quarters of birth, and whole years of them, from the first month of the
    window to the period; the county's townships; the registers of birth.
    """
    townships = sorted(code for code, division in reference.divisions.items() if division.level == "township")
    counties = {code for code, division in reference.divisions.items() if division.level == "county"}
    members: dict[str, dict[str, str | None]] = {
        "quarters": _quarters(first_month, period),
        "townships": {code: next((c for c in sorted(counties) if code.startswith(c)), None) for code in townships},
        "birth_registers": {feed.feed: None for feed in load_feeds().values() if feed.kind == "birth"},
    }
    return {name: Axis(name, members[one.over], one.levels) for name, one in tables.dimensions.items()}


def _quarters(first_month: str, period: str) -> dict[str, str | None]:
    """Whole quarters between two months, each with its year where that is whole too."""
    first, last = (int(month[:4]) * MONTHS + int(month[5:]) - 1 for month in (first_month, period))
    whole = [
        quarter for quarter in range(first // 3, last // 3 + 1) if quarter * 3 >= first and quarter * 3 + 2 <= last
    ]
    years = [quarter // QUARTERS for quarter in whole]
    return {
        f"{quarter // QUARTERS}-Q{quarter % QUARTERS + 1}": (
            str(quarter // QUARTERS) if years.count(quarter // QUARTERS) == QUARTERS else None
        )
        for quarter in whole
    }


def count_cells(
    con: duckdb.DuckDBPyConnection, tables: PublicTables, axis: Mapping[str, Axis]
) -> tuple[Cells, dict[str, list[tuple[str, ...]]]]:
    """All cells of all tables that count people, and the rows of each table by their coordinates.

    Args:
        con: a connection with the marts of a release in the schema `marts`.

    Raises:
        RollcallError: two tables say different things of one cell, or a count differs where it should be the same.
    """
    values: dict[Key, int] = {}
    equations: dict[Equation, None] = {}
    shown: set[Key] = set()
    given: set[Key] = set()
    rows: dict[str, list[tuple[str, ...]]] = {}
    for name, table in tables.counts.items():
        grid = _Grid(table, [axis[one] for one in table.by])
        found = grid.values(con)
        if differing := sorted(key for key in found.keys() & values.keys() if found[key] != values[key]):
            raise RollcallError(
                f"{name} and another public table differ in {len(differing)} counts, the first of them "
                f"{' '.join(differing[0])}.",
                "The marts contradict each other; nothing can be published from them.",
            )
        values |= found
        equations |= dict.fromkeys(grid.equations(found))
        if table.due_by_calendar:
            months = calendar_cells(con, table, grid.along, grid.key, grid.rows)
            values |= months.values
            equations |= dict.fromkeys(months.equations)
        given |= grid.given(found)
        rows[name] = grid.rows
        shown |= {grid.key(count, row) for row in grid.rows for count in table.shown}
    return Cells(values, frozenset(shown), tuple(equations), frozenset(given)), rows


class _Grid:
    """One table's coordinates: the product of its dimensions' members, at the levels that it has rows for."""

    def __init__(self, table: CountTable, along: Sequence[Axis]) -> None:
        self.table, self.along = table, along
        self.ladders = [self._ladder(axis, table.by[axis.name]) for axis in along]
        members = [dict.fromkeys(member for steps in ladder.values() for member in steps) for ladder in self.ladders]
        self.rows = sorted(itertools.product(*members))

    @staticmethod
    def _ladder(axis: Axis, levels: Sequence[str]) -> dict[str, list[str]]:
        """For each member of the finest level that the table has: itself and the coarser one that it counts in."""
        order = list(axis.levels)
        if levels[0] == order[0]:
            has_coarse = len(levels) > 1
            return {fine: [fine, *([parent] if parent and has_coarse else [])] for fine, parent in axis.parents.items()}
        return {member: [member] for member in axis.coarse}

    def key(self, count: str, row: Sequence[str]) -> Key:
        """The cell of a count in a row."""
        same = self.table.same_for.get(count)
        return (count, *(EVERYWHERE if axis.name == same else at for axis, at in zip(self.along, row, strict=True)))

    def values(self, con: duckdb.DuckDBPyConnection) -> dict[Key, int]:
        """Every count in every row, with the rest and the sums that `made_of` asks for."""
        fine = self._read(con)
        total: dict[tuple[str, tuple[str, ...]], int] = {
            (count, row): 0 for count in self.table.counts for row in self.rows
        }
        for at, counts in fine.items():
            if any(member not in ladder for member, ladder in zip(at, self.ladders, strict=True)):
                continue
            for row in itertools.product(*(ladder[member] for member, ladder in zip(at, self.ladders, strict=True))):
                for count, number in zip(self.table.counts, counts, strict=True):
                    total[count, row] += number
        found: dict[Key, int] = {}
        for (count, row), number in total.items():
            if found.setdefault(self.key(count, row), number) != number:
                raise RollcallError(
                    f"{count} differs by {self.table.same_for[count]} at {' '.join(row)}.",
                    "The marts contradict each other; nothing can be published from them.",
                )
        for whole, parts in self.table.made_of.items():
            for row in self.rows:
                self._complete(found, self.key(whole, row), [self.key(part, row) for part in parts])
        return found

    @staticmethod
    def _complete(found: dict[Key, int], whole: Key, parts: Sequence[Key]) -> None:
        if whole not in found:
            found[whole] = sum(found[part] for part in parts)
        for rest in [part for part in parts if part not in found]:
            found[rest] = found[whole] - sum(found[part] for part in parts if part != rest)

    def _read(self, con: duckdb.DuckDBPyConnection) -> dict[tuple[str, ...], tuple[int, ...]]:
        at = [axis.levels[self.table.by[axis.name][0]] for axis in self.along]
        counts = [f"coalesce({sql}, 0)::BIGINT" for sql in self.table.counts.values()]
        read = con.execute(f"SELECT {', '.join([*at, *counts])} FROM marts.{self.table.mart} GROUP BY ALL").fetchall()
        return {tuple(map(str, row[: len(at)])): row[len(at) :] for row in read}

    def given(self, values: Mapping[Key, int]) -> set[Key]:
        """The zeros that everybody knows: of the counts of `none_is_known`, where the whole dimension has none."""
        found: set[Key] = set()
        for count, dimension in self.table.none_is_known.items():
            place = list(self.table.by).index(dimension) + 1
            along: dict[Key, set[Key]] = {}
            for row in self.rows:
                key = self.key(count, row)
                along.setdefault((*key[:place], *key[place + 1 :]), set()).add(key)
            for keys in along.values():
                if not any(values[key] for key in keys):
                    found |= keys
        return found

    def equations(self, values: Iterable[Key]) -> list[Equation]:
        """What adds up: by what children are, and by when and where they were born."""
        found: dict[Equation, None] = {}
        for whole, parts in self.table.made_of.items():
            for row in self.rows:
                equation = Equation(self.key(whole, row), tuple(self.key(part, row) for part in parts), tells=True)
                found[equation] = None
        known = set(values)
        for key in sorted(known):
            for number, axis in enumerate(self.along, start=1):
                fine = [(*key[:number], child, *key[number + 1 :]) for child in axis.children(key[number])]
                if fine and all(part in known for part in fine):
                    found[Equation(key, tuple(fine))] = None
        return list(found)
