"""The public tables of a period, controlled against everything that was approved before.

Belongs here: putting the steps together, for the bulletin and for approval alike. Does not: the steps, or files.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from pipeline.accountability.obligations.calendar import first_day, month_after, month_of
from pipeline.checks.vocabulary import Label
from pipeline.contracts import load_feeds
from pipeline.errors import UsageError
from pipeline.home import Home
from pipeline.publish.approval import replies
from pipeline.publish.approval.approvals import Approval, approvals
from pipeline.publish.disclosure.cells import Controlled, Rule
from pipeline.publish.disclosure.counting import MONTHS, axes, count_cells
from pipeline.publish.disclosure.declared import CountTable, load_public_tables
from pipeline.publish.disclosure.facts import fact_table, is_there
from pipeline.publish.disclosure.output import (
    GRADES_NOTE,
    MARK_NOTE,
    Cell,
    ControlledTables,
    PublicColumn,
    PublicTable,
    Shown,
)
from pipeline.publish.disclosure.suppress import control
from pipeline.publish.registers import register_label
from pipeline.reference import Reference, load_reference


@dataclass(frozen=True)
class Decision:
    """The public tables of a period, and the cells behind them: what the office must remember of them.

    Attributes:
        tables: what may be shown to anybody.
        cells: all counts and what was decided of each; restricted.
    """

    tables: ControlledTables
    cells: Controlled


@dataclass(frozen=True)
class RevisionCost:
    """What a revision of a month shows less than the one before it.

    Attributes:
        before, now: numbers shown with their month's own value.
        changed: numbers whose value changed since.
        no_longer: numbers that were shown and are not shown anew: they changed by less than the limit, or another's
            small change could be worked out from them. Each stands as it was last published, with its month.
    """

    before: int
    now: int
    changed: int
    no_longer: int

    @property
    def sentence(self) -> str:
        """The same in words."""
        return (
            f"A revision: {self.now:,} numbers are shown with their new value; the one before showed {self.before:,}. "
            f"{self.changed:,} numbers changed; {self.no_longer:,} that were shown keep the value last published, "
            "because they changed by too few, or a small change could be worked out from them."
        )


def revision_cost(home: Home, period: str, found: Controlled) -> RevisionCost | None:
    """What a revision of a period costs; None where the period was not approved before."""
    earlier = [one.controlled for one in approvals(home) if one.period == period]
    if not earlier:
        return None
    last = earlier[-1]
    both = last.cells.values.keys() & found.cells.values.keys() & found.cells.shown
    changed = {key for key in both if last.cells.values[key] != found.cells.values[key]}
    return RevisionCost(
        len(last.published), len(found.published), len(changed), len((last.published & both) - found.published)
    )


def rule_of(home: Home) -> Rule:
    """The county's numbers of disclosure control."""
    settings = home.settings
    return Rule(settings.suppression_limit, settings.disclosure.small_group, settings.disclosure.protection_width)


def controlled(con: duckdb.DuckDBPyConnection, home: Home, period: str) -> ControlledTables:
    """The public tables of a period, for a bulletin: every number of it must be one of these.

    Args:
        con: a connection with the marts of a release in the schema `marts`, such as `published/current.duckdb`.
        period: a month, `YYYY-MM`, that was over when the release was made.

    Raises:
        UsageError: the period is no month, or not over yet.
        RollcallError: the marts contradict each other.
    """
    return decide(con, home, period, home.today()).tables


def decide(con: duckdb.DuckDBPyConnection, home: Home, period: str, today: dt.date) -> Decision:
    """The same with what is behind it. `today` decides whose right of reply has run out."""
    release = _release(con, period)
    tables, reference, earlier = load_public_tables(), load_reference(home), approvals(home)
    axis = axes(tables, reference, _first_cohort(con, home, period), period)
    cells, rows = count_cells(con, tables, axis)
    found = control(cells, [one.controlled for one in earlier], rule_of(home))
    shown: dict[str, PublicTable] = {
        name: _count_table(name, table, rows[name], found, earlier) for name, table in tables.counts.items()
    }
    first = month_of(month_after(first_day(period), 1 - MONTHS))
    waiting = replies.waiting(con, home, reference, period, today)
    notes, critical = [MARK_NOTE], replies.critical_units(con, period)
    for name, facts in tables.facts.items():
        if facts.after_reply and waiting:
            notes.append(GRADES_NOTE)
        elif is_there(con, facts.mart):
            shown[name] = fact_table(con, name, facts, first, period)
    is_named = any(name in shown for name, facts in tables.facts.items() if facts.after_reply)
    named = tuple(critical) if is_named else ()
    return Decision(ControlledTables(period, release, shown, tuple(notes), _names(reference), named), found)


def _release(con: duckdb.DuckDBPyConnection, period: str) -> str:
    """The name of the release whose marts these are.

    Raises:
        UsageError: the period is no month, or was not over when it was made.
    """
    try:
        after = month_after(first_day(period))
    except ValueError:
        raise UsageError(f"{period!r} is no month.", "Write it as 2024-01.") from None
    release, as_of = con.execute("SELECT run_id, as_of FROM marts.runs ORDER BY night_no DESC LIMIT 1").fetchall()[0]
    if as_of < after - dt.timedelta(days=1):
        raise UsageError(f"{period} was not over on {as_of}, the day of the current release.", "Name an earlier month.")
    return release


def _first_cohort(con: duckdb.DuckDBPyConnection, home: Home, period: str) -> str:
    """The first month of birth that public tables show: not before anything was owed."""
    first = f"{int(period[:4]) - home.settings.disclosure.cohort_years + 1}-01"
    owed = con.execute("SELECT min(period) FROM marts.submissions WHERE length(period) = 7").fetchall()[0][0]
    return max(first, owed or first)


def _count_table(
    name: str, table: CountTable, rows: Sequence[tuple[str, ...]], found: Controlled, earlier: Sequence[Approval]
) -> PublicTable:
    dimensions = load_public_tables().dimensions
    columns = [PublicColumn(one, dimensions[one].label, "text") for one in table.by]
    columns += [PublicColumn(one, words.label, "count") for one, words in table.shown.items()]
    columns += [PublicColumn(one, share.label, "share") for one, share in table.shares.items()]
    lines: list[tuple[Cell, ...]] = []
    for row in rows:
        counts = {count: _shown(_key(table, count, row), found, earlier) for count in table.shown}
        shares = [_share(counts[share.of[0]].value, counts[share.of[1]].value) for share in table.shares.values()]
        lines.append((*row, *counts.values(), *shares))
    return PublicTable(name, table.title, table.note, tuple(columns), tuple(lines))


def _key(table: CountTable, count: str, row: Sequence[str]) -> tuple[str, ...]:
    same = table.same_for.get(count)
    return (count, *("" if name == same else at for name, at in zip(table.by, row, strict=True)))


def _shown(key: tuple[str, ...], found: Controlled, earlier: Sequence[Approval]) -> Shown:
    if key in found.published:
        return Shown(found.cells.values[key])
    for one in reversed(earlier):
        if key in one.controlled.published:
            return Shown(None, one.controlled.cells.values[key], one.period)
    return Shown(None)


def _share(part: float | None, whole: float | None) -> Shown | None:
    """A share follows from its two counts, and is as public as they are; of nobody there is none."""
    if whole == 0:
        return None
    return Shown(round(part / whole, 4) if part is not None and whole is not None else None)


def _names(reference: Reference) -> Mapping[str, Label]:
    places = {
        code: Label(division.name, division.name)
        for code, division in sorted(reference.divisions.items())
        if division.level != "village"
    }
    return places | {feed: register_label(feed) for feed in load_feeds()}
