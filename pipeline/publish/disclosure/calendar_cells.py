"""What follows from the calendar: of a month of birth all children are due in a register, or nobody is.

Belongs here: the counts by groups of months that lie between a quarter's children and those of them who are due, and
how they add up. Does not: any other count (`counting.py`), or what may be published.

Everybody can work out which months of birth are due in which register: the rules are public. So registers of which the
same months are due have equal counts of children due, and where one has a month more than another, the difference of
their counts is that month's children.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import duckdb

from pipeline.publish.disclosure.cells import Axis, Equation, Key
from pipeline.publish.disclosure.declared import CountTable

# of a group of months within a quarter, between the quarter and the group's first month
_GROUP = "/"


@dataclass
class MonthCells:
    """Counts that no table shows, and the equations by which they follow from those that one does."""

    values: dict[Key, int] = field(default_factory=dict)
    equations: list[Equation] = field(default_factory=list)


@dataclass(frozen=True)
class _Months:
    """By place, month and register: children that the calendar speaks of, and how many of them are due."""

    of: Mapping[tuple[str, str], int]
    due: Mapping[str, frozenset[str]]


def calendar_cells(
    con: duckdb.DuckDBPyConnection,
    table: CountTable,
    along: Sequence[Axis],
    key: Callable[[str, Sequence[str]], Key],
    rows: Sequence[tuple[str, ...]],
) -> MonthCells:
    """The cells and equations of a table that declares `due_by_calendar`.

    A register of which the data do not say all or nobody of some month has no such equation.

    Args:
        along: the table's dimensions: times, places and registers, in the order of its rows.
        key: the cell of a count in a row.
        rows: the table's coordinates.
    """
    said = table.due_by_calendar
    assert said is not None
    names = list(table.by)
    time, place, book = (names.index(name) for name in (said.along, "place", "register"))
    known = _read(con, table, along[place])
    quarters = [quarter for quarter in along[time].parents if any(row[time] == quarter for row in rows)]
    books = [register for register in along[book].parents if register in known.due]
    made = MonthCells()
    for quarter in quarters:
        months = _months_of(quarter)
        groups: dict[frozenset[str], list[str]] = defaultdict(list)
        for month in months:
            groups[frozenset(register for register in books if month in known.due[register])].append(month)
        fine = sorted({row[place] for row in rows if row[time] == quarter and row[place] in along[place].parents})
        for at in [*fine, *along[place].coarse]:
            inside = [at] if at in along[place].parents else along[place].children(at)

            def row(register: str, quarter: str = quarter, at: str = at) -> tuple[str, ...]:
                found = {time: quarter, place: at, book: register}
                return tuple(found[number] for number in range(len(names)))

            whole = key(said.of, row(books[0])) if books else None
            if whole is None:
                continue
            parts = {
                registers: whole if len(groups) == 1 else (*whole[:1], f"{quarter}{_GROUP}{group[0]}", *whole[2:])
                for registers, group in groups.items()
            }
            if len(groups) > 1:
                for registers, group in groups.items():
                    made.values[parts[registers]] = sum(
                        known.of.get((town, month), 0) for town in inside for month in group
                    )
                made.equations.append(Equation(whole, tuple(sorted(parts.values()))))
                if at not in along[place].parents:
                    made.equations += [
                        Equation(part, tuple((*part[:2], town, *part[3:]) for town in inside))
                        for part in parts.values()
                    ]
            for register in books:
                due = tuple(sorted(part for registers, part in parts.items() if register in registers))
                if due:
                    made.equations.append(Equation(key(said.count, row(register)), due))
    return made


def _read(con: duckdb.DuckDBPyConnection, table: CountTable, places: Axis) -> _Months:
    said = table.due_by_calendar
    assert said is not None
    town = places.levels[table.by[places.name][0]]
    found = con.execute(
        f"SELECT {town}, {said.month}, register, coalesce({table.counts[said.of]}, 0)::BIGINT, "
        f"coalesce({table.counts[said.count]}, 0)::BIGINT FROM marts.{table.mart} GROUP BY ALL"
    ).fetchall()
    of: dict[tuple[str, str], int] = {}
    due: dict[str, set[str]] = defaultdict(set)
    mixed: set[str] = set()
    seen: dict[tuple[str, str], bool] = {}
    for town_code, month, register, everyone, those in found:
        of[str(town_code), month] = everyone
        due.setdefault(register, set())
        if not everyone:
            continue
        is_due = those == everyone
        if (those and not is_due) or seen.setdefault((register, month), is_due) != is_due:
            mixed.add(register)
        elif is_due:
            due[register].add(month)
    return _Months(of, {register: frozenset(months) for register, months in due.items() if register not in mixed})


def _months_of(quarter: str) -> list[str]:
    year, number = quarter.split("-Q")
    return [f"{year}-{month:02d}" for month in range(3 * int(number) - 2, 3 * int(number) + 1)]
