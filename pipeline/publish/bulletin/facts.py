"""What bulletins are made from: whom each is about, the facts of the month, and one scope's view of them.

Belongs here: scopes, reading facts, choosing a scope's rows, names of units, feeds and places. Does not: what a section
says (`bulletin/units.py`, `bulletin/children.py`), or disclosure control (`approval/controlled.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from pipeline.accountability.obligations.calendar import first_day, month_after, month_of
from pipeline.accountability.vocabulary import EVENT_RULES
from pipeline.checks.vocabulary import Label
from pipeline.contracts import load_feeds
from pipeline.publish.bulletin.funnels import Plotted, read_plotted
from pipeline.publish.bulletin.parts import Cell, cell, plain, word
from pipeline.publish.disclosure.declared import load_public_tables
from pipeline.publish.disclosure.facts import fact_table, is_there
from pipeline.publish.disclosure.output import ControlledTables, PublicTable
from pipeline.publish.trends import Punctuality, read_punctuality
from pipeline.reference import Reference, Unit

# years of birth that pages show, the last one of them the month's own
COHORT_YEARS = 2
# of trends, the last one the bulletin's own
TREND_MONTHS = 12
# of the month, when the bulletin of the month before is written: by then it is due in every county whose feeds keep the
# contracts' days, working days allowed for
WRITTEN_ON_DAY = 20
Row = dict[str, str | None]


@dataclass(frozen=True)
class Scope:
    """Whom a bulletin is about: everybody, one agency's units, or the units of one township.

    Attributes:
        path: of the bulletin's files.
        places: codes whose children it tells of.
        registers: feeds that it tells of.
    """

    path: str
    name: Label
    agency: str = ""
    township: str = ""
    places: tuple[str, ...] = ()
    registers: tuple[str, ...] = ()

    def has(self, unit_code: str, reference: Reference) -> bool:
        """Whether a unit is told of; a unit that is no longer in units.csv is told of in the county's own only."""
        unit: Unit | None = reference.units.get(unit_code)
        if not (self.agency or self.township):
            return True
        if unit is None:
            return False
        return unit.agency == self.agency if self.agency else unit.division_code.startswith(self.township)


def scopes(reference: Reference, county: str) -> list[Scope]:
    """The county, then each agency and each township that has units or children, by code."""
    feeds = tuple(load_feeds())
    towns = tuple(sorted(code for code, one in reference.divisions.items() if one.level == "township"))
    counties = tuple(sorted(code for code, one in reference.divisions.items() if one.level == "county"))
    found = [Scope("county", plain(county), places=(*counties, *towns), registers=feeds)]
    for agency in sorted({unit.agency for unit in reference.units.values()}):
        own = tuple(feed.feed for feed in load_feeds().values() if feed.agency == agency)
        found.append(Scope(f"agencies/{agency}", word("agencies", agency), agency, "", (*counties, *towns), own))
    for town in towns:
        name = plain(reference.divisions[town].name)
        found.append(Scope(f"townships/{town}", name, township=town, places=(town,), registers=feeds))
    return found


@dataclass(frozen=True)
class Facts:
    """What bulletins of a month are made from.

    Attributes:
        before: flags and verdicts of the month before, by table.
        punctuality: how often units were late or silent, against limits: counts of submissions alone; None where the
            release has no limits.
        owed: what was due for each month of the trends, by unit and feed: counts of submissions alone.
        alarmed: units and the months of the trends in which an alarm stood on them.
    """

    tables: ControlledTables
    before: Mapping[str, PublicTable]
    punctuality: Sequence[Plotted] | None
    owed: Sequence[Punctuality] = ()
    alarmed: frozenset[tuple[str, str]] = frozenset()

    @property
    def period(self) -> str:
        return self.tables.period

    @property
    def first_month(self) -> str:
        """The first of the months of the trends."""
        return month_of(month_after(first_day(self.period), 1 - TREND_MONTHS))

    @property
    def years(self) -> tuple[str, ...]:
        """Years of birth that pages show, the last one the month's own."""
        year = int(self.period[:4])
        return tuple(str(one) for one in range(year - COHORT_YEARS + 1, year + 1))

    def records(self, name: str) -> list[Row] | None:
        """Rows of a table of facts; None where it is absent."""
        table = self.tables.tables.get(name)
        return None if table is None else table.records()


def gather(con: duckdb.DuckDBPyConnection, tables: ControlledTables) -> Facts:
    """The controlled tables; flags and verdicts of the month before, which hold no numbers; submissions' limits."""
    previous = month_of(month_after(first_day(tables.period), -1))
    declared = load_public_tables().facts
    before = {
        name: fact_table(con, name, declared[name], previous, previous)
        for name in ("unit_flags", "unit_verdicts")
        if is_there(con, declared[name].mart)
    }
    first = month_of(month_after(first_day(tables.period), 1 - TREND_MONTHS))
    owed = read_punctuality(con, first, tables.period) if is_there(con, "submissions") else []
    alarmed = _alarmed(con, first, tables.period) if is_there(con, declared["unit_flags"].mart) else frozenset()
    return Facts(tables, before, read_plotted(con, tables.period, EVENT_RULES), owed, alarmed)


def _alarmed(con: duckdb.DuckDBPyConnection, first: str, last: str) -> frozenset[tuple[str, str]]:
    return frozenset(
        con.execute(
            "SELECT DISTINCT unit_code, period FROM marts.unit_flags WHERE severity = 'alarm' "
            "AND length(period) = 7 AND period BETWEEN $first AND $last",
            {"first": first, "last": last},
        ).fetchall()
    )


@dataclass(frozen=True)
class View:
    """One scope's view of the facts."""

    facts: Facts
    reference: Reference
    scope: Scope

    def mine(self, name: str) -> list[Row] | None:
        """A table's rows of the scope's units, by code; None where it is absent."""
        rows = self.facts.records(name)
        return None if rows is None else self._of_scope(rows)

    def before(self, name: str) -> list[Row]:
        """The same of the month before."""
        table = self.facts.before.get(name)
        return [] if table is None else self._of_scope(table.records())

    def punctuality(self) -> list[Plotted] | None:
        """Points of the scope's units."""
        found = self.facts.punctuality
        return None if found is None else [one for one in found if self.scope.has(one.unit_code, self.reference)]

    def owed(self) -> list[Punctuality]:
        """What the scope's units owed in the months of the trends."""
        return [one for one in self.facts.owed if self.scope.has(one.unit_code, self.reference)]

    def latest_submissions(self) -> dict[tuple[str, str], Row]:
        """By unit and feed, the month's obligation; of a yearly feed the last one that was due."""
        found = {}
        for row in self.mine("submissions") or []:
            if row["period"] == self.facts.period or len(row["period"] or "") == len("2024"):
                found[row["unit_code"] or "", row["feed"] or ""] = row
        return found

    def unit(self, code: str | None) -> Cell:
        unit = self.reference.units.get(code or "")
        return cell(unit.unit_name if unit else code)

    def feed(self, name: str | None) -> Cell:
        return cell(self.facts.tables.names.get(name or "", plain(name)))

    def place(self, code: object) -> Cell:
        return cell(self.facts.tables.names.get(str(code), plain(code)))

    def years(self) -> tuple[str, ...]:
        """Years of birth that pages show."""
        return self.facts.years

    def tells_of(self, place: object, register: object) -> bool:
        return place in self.scope.places and register in self.scope.registers

    def _of_scope(self, rows: Iterable[Row]) -> list[Row]:
        return [row for row in rows if self.scope.has(row["unit_code"] or "", self.reference)]
