"""The office's own edition of the bulletin: funnel plots and the numbers of units, which do not leave the office.

Belongs here: what is added to the county's bulletin from the scorecards of the release. Does not: anything public.
It lies in `reports/bulletins/<period>/office/`, is not named among what is prepared, and so is never let out.
"""

from __future__ import annotations

from dataclasses import replace

import duckdb

from pipeline.accountability.verdicts import Measure, Verdict
from pipeline.checks.vocabulary import Label
from pipeline.publish.bulletin import SEVERITY_TONES, Facts, make_bulletin, measure_label, scopes
from pipeline.publish.bulletin_parts import Bulletin, Part, cell, plain, word
from pipeline.publish.charts import Point, funnel
from pipeline.publish.disclosure.facts import is_there
from pipeline.reference import Reference

# without a share of what is right: the further from 0, the worse
_NO_FUNNEL = (Measure.DATE_HEAPING,)
# judged as one rate; the others are judged by rule and column, each against a target of its own
_ONE_RATE = (Measure.UNIQUENESS, Measure.CORROBORATION, Measure.COVERAGE)


def make_office_bulletin(con: duckdb.DuckDBPyConnection, facts: Facts, reference: Reference, county: str) -> Bulletin:
    """The county's bulletin with the sentences of flags, funnel plots and the sums of townships and departments."""
    public = make_bulletin(facts, reference, county, scopes(reference, county)[0])
    period = facts.tables.period
    parts = [_flags(con, facts, part, period) if part.name == "flags" else part for part in public.parts]
    parts += [_funnels(con, facts, period), _divisions(con, period)]
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


def _funnels(con: duckdb.DuckDBPyConnection, facts: Facts, period: str) -> Part:
    """One chart a measure; units with nothing to judge are not in it."""
    if not is_there(con, "unit_scorecards"):
        return Part("funnels", is_absent=True)
    charts = []
    for measure in Measure:
        if measure in _NO_FUNNEL:
            continue
        found = con.execute(
            f"SELECT feed, unit_code, {measure}, {measure}_low, {measure}_high, {measure}_denominator, "
            f"{measure}_expected, {measure}_verdict FROM marts.unit_scorecards "
            f"WHERE period IN ($period, substr($period, 1, 4)) AND {measure} IS NOT NULL AND {measure}_denominator > 0 "
            f"AND {measure}_verdict <> 'not_applicable' ORDER BY feed, unit_code",
            {"period": period},
        ).fetchall()
        points = [
            Point(facts.tables.names.get(feed, plain(feed)), unit, value, low, high, of, expected, Verdict(verdict))
            for feed, unit, value, low, high, of, expected, verdict in found
        ]
        if points:
            charts.append(funnel(points, measure_label(measure), has_limits=measure in _ONE_RATE))
    return Part("funnels", charts=tuple(charts))


def _divisions(con: duckdb.DuckDBPyConnection, period: str) -> Part:
    if not is_there(con, "division_scorecards"):
        return Part("divisions", is_absent=True)
    columns = ", ".join(f"{measure}, {measure}_alarms" for measure in Measure)
    rows = con.execute(
        f"SELECT division_name, division_code, units, {columns} FROM marts.division_scorecards "
        "WHERE period = $period ORDER BY division_kind, division_code",
        {"period": period},
    ).fetchall()
    lines = []
    for name, code, units, *numbers in rows:
        cells = [cell(name or code), cell(code), cell(units)]
        for value, alarms in zip(numbers[::2], numbers[1::2], strict=True):
            said = "" if value is None else f"{100 * value:.1f} %" + (f" ▲{alarms}" if alarms else "")
            cells.append(cell(said, "bad" if alarms else ""))
        lines.append(tuple(cells))
    heads = tuple(word("columns", name) for name in ("division", "code", "units"))
    return Part("divisions", (*heads, *(measure_label(measure) for measure in Measure)), tuple(lines))
