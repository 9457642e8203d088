"""The monthly bulletin: what it says of the county, each agency and each township.

Belongs here: choosing and ordering facts from the controlled tables. Does not: disclosure control
(`controlled.py`), the looks of pages and workbooks, or what stays in the office (`bulletin_office.py`).

Numbers of people come from the controlled tables alone; everything else counts submissions, flags and tickets. Units
stand in the order of their codes: nothing is ranked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import duckdb

from pipeline.accountability.calendar import first_day, month_after, month_of
from pipeline.accountability.verdicts import VERDICT_LABELS, Measure, Verdict
from pipeline.accountability.vocabulary import STATUS_LABELS, Status
from pipeline.checks.vocabulary import Label
from pipeline.contracts import load_feeds
from pipeline.publish.bulletin_parts import Bulletin, Cell, Part, cell, plain, word, words
from pipeline.publish.charts import heat_map
from pipeline.publish.disclosure.declared import load_public_tables
from pipeline.publish.disclosure.facts import fact_table, is_there
from pipeline.publish.disclosure.output import ControlledTables, PublicTable, Shown
from pipeline.reference import Reference, Unit

# one sign a status and verdict, so that they can be told apart without colour
STATUS_SIGNS = {
    "on_time": ("●", "good"), "late": ("◐", "wait"), "rejected": ("✕", "bad"), "missing": ("○", "bad"),
    "not_due": ("–", "none"),
}  # fmt: skip
VERDICT_SIGNS = {
    Verdict.ALARM: ("▲", "bad"), Verdict.WARNING: ("△", "wait"), Verdict.IN_CONTROL: ("●", "good"),
    Verdict.TOO_FEW: ("…", "none"), Verdict.NOT_APPLICABLE: ("–", "none"),
}  # fmt: skip
SEVERITY_TONES = {"alarm": "bad", "event": "wait", "warning": "wait"}
TICKET_TONES = {"open": "wait", "overdue": "bad", "closed": "good"}
# years of birth that pages show, the last one of them the month's own
COHORT_YEARS = 2


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
    """The tables that bulletins of a month are made from; `before`: flags and verdicts of the month before."""

    tables: ControlledTables
    before: Mapping[str, PublicTable]

    def records(self, name: str) -> list[dict[str, str | None]] | None:
        """Rows of a table of facts; None where it is absent."""
        table = self.tables.tables.get(name)
        return None if table is None else table.records()


def gather(con: duckdb.DuckDBPyConnection, tables: ControlledTables) -> Facts:
    """The controlled tables, and the flags and verdicts of the month before, which hold no numbers."""
    previous = month_of(month_after(first_day(tables.period), -1))
    declared = load_public_tables().facts
    before = {
        name: fact_table(con, name, declared[name], previous, previous)
        for name in ("unit_flags", "unit_verdicts")
        if is_there(con, declared[name].mart)
    }
    return Facts(tables, before)


def make_bulletins(facts: Facts, reference: Reference, county: str) -> list[Bulletin]:
    """The bulletins of everybody: the county's, the agencies', the townships'."""
    return [make_bulletin(facts, reference, county, scope) for scope in scopes(reference, county)]


def make_bulletin(facts: Facts, reference: Reference, county: str, scope: Scope) -> Bulletin:
    """One bulletin from facts that may leave the office."""
    one = _Maker(facts, reference, scope)
    parts = (
        one.submissions(), one.flags(), one.verdicts(), one.grades(), one.coverage(), one.gaps(), one.tickets(),
        one.changes(),
    )  # fmt: skip
    method = (*(Label(**entry) for entry in words()["method"]), *facts.tables.notes)
    return Bulletin(scope.path, scope.name, county, facts.tables.period, one.summary(), parts, method)


class _Maker:
    """The sections of one scope."""

    def __init__(self, facts: Facts, reference: Reference, scope: Scope) -> None:
        self.facts, self.reference, self.scope = facts, reference, scope
        self.names = facts.tables.names

    def mine(self, name: str) -> list[dict[str, str | None]] | None:
        """A table's rows of the scope's units, by code."""
        rows = self.facts.records(name)
        return None if rows is None else self.of_scope(rows)

    def of_scope(self, rows: Iterable[dict[str, str | None]]) -> list[dict[str, str | None]]:
        return [row for row in rows if self.scope.has(row["unit_code"] or "", self.reference)]

    def unit(self, code: str | None) -> Cell:
        unit = self.reference.units.get(code or "")
        return cell(unit.unit_name if unit else code)

    def feed(self, name: str | None) -> Cell:
        return cell(self.names.get(name or "", plain(name)))

    def latest(self) -> dict[tuple[str, str], dict[str, str | None]]:
        """By unit and feed, the month's obligation; of a yearly feed the last one that was due."""
        found = {}
        for row in self.mine("submissions") or []:
            if row["period"] == self.facts.tables.period or len(row["period"] or "") == len("2024"):
                found[row["unit_code"] or "", row["feed"] or ""] = row
        return found

    def submissions(self) -> Part:
        latest = self.latest()
        feeds = [feed for feed in load_feeds() if any(feed == name for _, name in latest)]
        rows = []
        for code in sorted({unit for unit, _ in latest}):
            cells = [self.unit(code), cell(code)]
            for feed in feeds:
                row = latest.get((code, feed))
                if row is None:
                    cells.append(cell(""))
                    continue
                sign, tone = STATUS_SIGNS[row["status"] or ""]
                cells.append(cell(STATUS_LABELS[Status(row["status"] or "")], tone, sign))
            rows.append(tuple(cells))
        heads = (word("columns", "unit"), word("columns", "code"), *(self.feed(feed).text for feed in feeds))
        return Part("submissions", heads, tuple(rows), self.facts.records("submissions") is None, is_matrix=True)

    def flags(self) -> Part:
        found = self.mine("unit_flags")
        rows = tuple(
            (
                self.unit(row["unit_code"]), cell(row["unit_code"]), self.feed(row["feed"]), cell(row["period"]),
                cell(word("rules", row["rule"] or "")),
                cell(word("severities", row["severity"] or ""), SEVERITY_TONES.get(row["severity"] or "", "")),
            )
            for row in found or []
        )  # fmt: skip
        return Part("flags", _heads("unit", "code", "feed", "period", "rule", "severity"), rows, found is None)

    def verdicts(self) -> Part:
        found = self.mine("unit_verdicts")
        rows = []
        for row in found or []:
            cells = [self.unit(row["unit_code"]), cell(row["unit_code"]), self.feed(row["feed"])]
            rows.append((*cells, *(verdict_cell(row[measure]) for measure in Measure)))
        heads = (*_heads("unit", "code", "feed"), *(measure_label(measure) for measure in Measure))
        return Part("verdicts", heads, tuple(rows), found is None, is_matrix=True)

    def grades(self) -> Part:
        found = self.mine("unit_grades")
        rows = tuple(
            (
                self.unit(row["unit_code"]), cell(row["unit_code"]), self.feed(row["feed"]), cell(row["grade"]),
                cell(word("answers", row["is_critical"]) if row["is_critical"] else "",
                     "bad" if row["is_critical"] == "yes" else ""),
            )
            for row in found or []
        )  # fmt: skip
        return Part("grades", _heads("unit", "code", "feed", "grade", "is_critical"), rows, found is None)

    def coverage(self) -> Part:
        table = self.facts.tables.tables["register_coverage"]
        rows, points = [], []
        for cohort, place, register, _known, due, held, share in table.rows:
            if cohort not in self.years() or not self.tells_of(place, register):
                continue
            heads = [cell(cohort), self.place(place), self.feed(_text(register))]
            rows.append((*heads, _number(due), _number(held), _share(share)))
            if isinstance(share, Shown):
                value = None if share.value is None else float(share.value)
                points.append((str(cohort), heads[1].text, heads[2].text, value, _share(share).text.en))
        charts = (heat_map(points),) if points else ()
        heads_of_table = _heads("year", "place", "register", "due", "held", "coverage")
        return Part("coverage", heads_of_table, tuple(rows), charts=charts)

    def gaps(self) -> Part:
        table = self.facts.tables.tables["gap_summary"]
        rows = []
        for cohort, place, register, *counts in table.rows:
            if cohort in self.years() and self.tells_of(place, register) and place == self.scope.places[0]:
                rows.append((cell(cohort), self.place(place), self.feed(_text(register)), *map(_number, counts)))
        heads = (*_heads("year", "place", "register"), *(column.label for column in table.columns[3:]))
        return Part("gaps", heads, tuple(rows))

    def tickets(self) -> Part:
        found = self.mine("rectifications")
        rows = tuple(
            (
                self.unit(row["unit_code"]), cell(row["unit_code"]), self.feed(row["feed"]), cell(row["period"]),
                cell(word("rules", row["rule"] or "")), cell(row["opened_on"]), cell(row["due_on"]),
                cell(word("tickets", row["status"] or ""), TICKET_TONES.get(row["status"] or "", "")),
                cell(row["closed_on"]),
            )
            for row in found or []
        )  # fmt: skip
        names = ("unit", "code", "feed", "period", "rule", "opened_on", "due_on", "status", "closed_on")
        return Part("tickets", _heads(*names), rows, found is None)

    def changes(self) -> Part:
        rows = []
        for name in ("unit_flags", "unit_verdicts"):
            now, before = self.by_key(self.mine(name)), self.by_key(self.before(name))
            for key in sorted({*now, *before}):
                was, is_now = before.get(key), now.get(key)
                if was == is_now or (name == "unit_verdicts" and (was is None or is_now is None)):
                    continue
                rows.append((key, name == "unit_verdicts", was, is_now))
        lines = []
        for (code, feed, about), is_verdict, was, is_now in sorted(rows, key=lambda row: (row[0], row[1])):
            if is_verdict:
                kind, what, labels = "different", measure_label(Measure(about)), VERDICT_LABELS
                old, new = labels[Verdict(was or "")], labels[Verdict(is_now or "")]
            else:
                kind = "new" if was is None else "gone" if is_now is None else "different"
                what = word("rules", about)
                old, new = (word("severities", one) if one else plain("") for one in (was, is_now))
            tone = {"new": "bad", "gone": "good"}.get(kind, "")
            line = (self.unit(code), cell(code), self.feed(feed), cell(what), cell(word("changes", kind), tone))
            lines.append((*line, cell(old), cell(new)))
        heads = _heads("unit", "code", "feed", "what", "change", "before", "now")
        return Part("changes", heads, tuple(lines), "unit_flags" not in self.facts.before)

    def before(self, name: str) -> list[dict[str, str | None]]:
        table = self.facts.before.get(name)
        return [] if table is None else self.of_scope(table.records())

    def by_key(self, rows: Iterable[dict[str, str | None]] | None) -> dict[tuple[str, str, str], str | None]:
        """By unit, feed and rule or measure, the severity or verdict."""
        found: dict[tuple[str, str, str], str | None] = {}
        for row in rows or []:
            at = (row["unit_code"] or "", row["feed"] or "")
            if "rule" in row:
                found[(*at, row["rule"] or "")] = row["severity"]
            else:
                found |= {(*at, measure.value): row[measure] for measure in Measure}
        return found

    def summary(self) -> tuple[tuple[Label, str, str], ...]:
        """What is counted at a glance: a label, the number, its tone."""
        statuses = Counter(row["status"] for row in self.latest().values())
        found = [
            _tile("submissions", STATUS_LABELS[Status(status)], statuses[status], tone)
            for status, (_, tone) in STATUS_SIGNS.items()
            if statuses[status]
        ]
        if (flags := self.mine("unit_flags")) is not None:
            alarms = sum(row["severity"] == "alarm" for row in flags)
            found.append(_tile("flags", word("severities", "alarm"), alarms, "bad"))
        if (tickets := self.mine("rectifications")) is not None:
            opened = sum((row["opened_on"] or "")[:7] >= self.facts.tables.period for row in tickets)
            found.append(_tile("tickets", word("tickets", "opened"), opened, ""))
            for status, tone in TICKET_TONES.items():
                count = sum(row["status"] == status for row in tickets)
                found.append(_tile("tickets", word("tickets", status), count, tone))
        return tuple(found)

    def years(self) -> tuple[str, ...]:
        year = int(self.facts.tables.period[:4])
        return tuple(str(one) for one in range(year - COHORT_YEARS + 1, year + 1))

    def tells_of(self, place: object, register: object) -> bool:
        return place in self.scope.places and register in self.scope.registers

    def place(self, code: object) -> Cell:
        return cell(self.names.get(str(code), plain(code)))


def measure_label(measure: Measure) -> Label:
    """How a measure is called, as the public tables call it."""
    return load_public_tables().facts["unit_verdicts"].columns[measure].label


def verdict_cell(verdict: str | None) -> Cell:
    """A verdict as a sign and its words."""
    if verdict is None:
        return cell("")
    sign, tone = VERDICT_SIGNS[Verdict(verdict)]
    return cell(VERDICT_LABELS[Verdict(verdict)], tone, sign)


def _heads(*names: str) -> tuple[Label, ...]:
    return tuple(word("columns", name) for name in names)


def _tile(group: str, status: Label, count: int, tone: str) -> tuple[Label, str, str]:
    frame = word("summary", group)
    label = Label(frame.zh.format(status=status.zh), frame.en.format(status=status.en))
    return label, str(count), tone if count else "none"


def _text(value: object) -> str:
    return str(value)


def _number(shown: object) -> Cell:
    """A count: the number, or the mark with what was last published."""
    if not isinstance(shown, Shown):
        return cell(shown)
    if shown.is_suppressed and shown.last is not None:
        return cell(f"{shown.text} ({shown.last_in}: {shown.last})", "none")
    return cell(shown.text, "none" if shown.is_suppressed else "")


def _share(shown: object) -> Cell:
    if not isinstance(shown, Shown):
        return cell("")
    return cell(shown.text, "none") if shown.value is None else cell(f"{100 * shown.value:.1f} %")
