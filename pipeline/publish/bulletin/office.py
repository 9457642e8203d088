"""The office's own edition of the bulletin: funnel plots, numbers of units and of registers, which stay in the office.

Belongs here: what is added to the county's bulletin from the marts of the release. Does not: anything public.
It lies in `reports/bulletins/<period>/office/`, is not named among what is prepared, and so is never let out.
"""

from __future__ import annotations

from dataclasses import replace

import duckdb

from pipeline.accountability.grades.division_results import DEPARTMENT
from pipeline.accountability.vocabulary import Measure
from pipeline.checks.vocabulary import Label
from pipeline.publish.bulletin.contents import make_bulletin
from pipeline.publish.bulletin.facts import Facts, scopes
from pipeline.publish.bulletin.funnels import funnels_part
from pipeline.publish.bulletin.parts import Bulletin, Cell, Part, cell, heads, plain, word
from pipeline.publish.bulletin.registers import register_parts
from pipeline.publish.bulletin.units import SEVERITY_TONES, measure_label
from pipeline.publish.disclosure.facts import is_there
from pipeline.reference import Reference


def make_office_bulletin(con: duckdb.DuckDBPyConnection, facts: Facts, reference: Reference, county: str) -> Bulletin:
    """The county's bulletin with flags' sentences, funnel plots, sums of townships and departments, and registers."""
    public = make_bulletin(facts, reference, county, scopes(reference, county)[0])
    period = facts.tables.period
    parts = [_flags(con, facts, part, period) if part.name == "flags" else part for part in public.parts]
    parts += [funnels_part(con, period), _divisions(con, reference, period), *register_parts(con, facts.years)]
    return replace(public, path="office/county", parts=tuple(parts), is_office=True)


def _flags(con: duckdb.DuckDBPyConnection, facts: Facts, part: Part, period: str) -> Part:
    if part.is_absent:
        return part
    rows = con.execute(
        "SELECT unit_name, unit_code, feed, period, rule, severity, message_zh, message_en FROM marts.unit_flags "
        "WHERE period IN ($period, substr($period, 1, 4)) ORDER BY unit_code, feed, period, rule",
        {"period": period},
    ).fetchall()
    names = facts.tables.names
    lines = tuple(
        (
            cell(name or code), cell(code), cell(names.get(feed, plain(feed))), cell(at), cell(word("rules", rule)),
            cell(word("severities", severity), SEVERITY_TONES.get(severity, "")), cell(Label(zh, en)),
        )
        for name, code, feed, at, rule, severity, zh, en in rows
    )  # fmt: skip
    return replace(part, columns=(*part.columns, word("columns", "message")), rows=lines)


def _divisions(con: duckdb.DuckDBPyConnection, reference: Reference, period: str) -> Part:
    if not is_there(con, "division_scorecards"):
        return Part("divisions", is_absent=True)
    columns = ", ".join(f"{measure}, {measure}_alarms" for measure in Measure)
    rows = con.execute(
        f"SELECT division_kind, division_code, units, {columns} FROM marts.division_scorecards "
        "WHERE period = $period ORDER BY division_kind DESC, division_code",
        {"period": period},
    ).fetchall()
    lines = []
    for kind, code, units, *numbers in rows:
        cells = [_division(kind, code, reference), cell("" if kind == DEPARTMENT else code), cell(units)]
        for value, alarms in zip(numbers[::2], numbers[1::2], strict=True):
            said = "" if value is None else f"{100 * value:.1f} %" + (f" ▲{alarms}" if alarms else "")
            cells.append(cell(said, "bad" if alarms else ""))
        lines.append(tuple(cells))
    columns_of_table = (*heads("division", "code", "units"), *(measure_label(measure) for measure in Measure))
    return Part("divisions", columns_of_table, tuple(lines))


def _division(kind: str, code: str, reference: Reference) -> Cell:
    if kind == DEPARTMENT:
        return cell(word("agencies", code))
    known = reference.divisions.get(code)
    return cell(known.name if known else code)
