"""The bulletin's sections about units: submissions, flags, verdicts, grades, tickets, what changed.

Belongs here: choosing and ordering rows of the tables of facts, which hold no numbers of people. Does not: children
(`bulletin/children.py`), which rows are a scope's (`bulletin/facts.py`). Units stand in the order of their codes.
"""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.accountability.obligations.statuses import STATUS_LABELS, Status
from pipeline.accountability.vocabulary import VERDICT_LABELS, Measure, Verdict
from pipeline.checks.vocabulary import Label
from pipeline.contracts import load_feeds
from pipeline.publish.bulletin.facts import Row, View
from pipeline.publish.bulletin.parts import Cell, Part, cell, heads, plain, word
from pipeline.publish.charts import Line, lines
from pipeline.publish.disclosure.declared import load_public_tables
from pipeline.publish.trends import timeliness_lines

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
# what asks for most stands first
_TICKET_ORDER = ("overdue", "open", "closed")


def submissions_part(view: View) -> Part:
    """Units down, feeds across: what became of the month's submissions."""
    latest = view.latest_submissions()
    feeds = [feed for feed in load_feeds() if any(feed == name for _, name in latest)]
    rows = []
    for code in sorted({unit for unit, _ in latest}):
        cells = [view.unit(code), cell(code)]
        for feed in feeds:
            row = latest.get((code, feed))
            if row is None:
                cells.append(cell(""))
                continue
            sign, tone = STATUS_SIGNS[row["status"] or ""]
            cells.append(cell(STATUS_LABELS[Status(row["status"] or "")], tone, sign))
        rows.append(tuple(cells))
    columns = (*heads("unit", "code"), *(view.feed(feed).text for feed in feeds))
    return Part("submissions", columns, tuple(rows), view.facts.records("submissions") is None, is_matrix=True)


def trends_part(view: View) -> Part:
    """Over twelve months, the share of submissions on time by register, and the share of units with no alarm."""
    owed = view.owed()
    reporting: dict[str, set[str]] = {}
    for one in owed:
        reporting.setdefault(one.period, set()).add(one.unit_code)
    quiet = tuple(
        (month, sum((unit, month) not in view.facts.alarmed for unit in units) / len(units))
        for month, units in sorted(reporting.items())
    )
    trends = timeliness_lines(owed)
    if quiet and view.mine("unit_flags") is not None:
        trends.append(Line(word("trends", "no_alarm"), quiet))
    shares = [dict(trend.points) for trend in trends]
    rows = tuple(
        (cell(month), *(cell(f"{100 * share[month]:.1f} %" if month in share else "") for share in shares))
        for month in sorted(reporting)
    )
    columns = (word("columns", "period"), *(trend.title for trend in trends))
    return Part("trends", columns, rows, charts=lines(trends), are_small=True)


def flags_part(view: View) -> Part:
    """Flags of the month, without their numbers."""
    found = view.mine("unit_flags")
    rows = tuple(
        (
            *_about(view, row), cell(word("rules", row["rule"] or "")),
            cell(word("severities", row["severity"] or ""), SEVERITY_TONES.get(row["severity"] or "", "")),
        )
        for row in found or []
    )  # fmt: skip
    return Part("flags", heads("unit", "code", "feed", "period", "rule", "severity"), rows, found is None)


def verdicts_part(view: View) -> Part:
    """Units and feeds down, measures across."""
    found = view.mine("unit_verdicts")
    rows = []
    for row in found or []:
        cells = [view.unit(row["unit_code"]), cell(row["unit_code"]), view.feed(row["feed"])]
        rows.append((*cells, *(_verdict(row[measure]) for measure in Measure)))
    columns = (*heads("unit", "code", "feed"), *(measure_label(measure) for measure in Measure))
    return Part("verdicts", columns, tuple(rows), found is None, is_matrix=True)


def grades_part(view: View) -> Part:
    """Grades; absent while a critical unit may still reply."""
    found = view.mine("unit_grades")
    rows = tuple(
        (
            view.unit(row["unit_code"]), cell(row["unit_code"]), view.feed(row["feed"]), cell(row["grade"]),
            cell(word("answers", row["is_critical"]) if row["is_critical"] else "",
                 "bad" if row["is_critical"] == "yes" else ""),
        )
        for row in found or []
    )  # fmt: skip
    return Part("grades", heads("unit", "code", "feed", "grade", "is_critical"), rows, found is None)


def tickets_part(view: View) -> Part:
    """Tickets that are overdue, then open, then closed, each by unit."""
    found = view.mine("rectifications")
    ordered = sorted(found or [], key=lambda row: _TICKET_ORDER.index(row["status"] or "open"))
    rows = tuple(
        (
            *_about(view, row), cell(word("rules", row["rule"] or "")), cell(word("kinds", row["kind"] or "")),
            cell(row["opened_on"]), cell(row["due_on"]),
            cell(word("tickets", row["status"] or ""), TICKET_TONES.get(row["status"] or "", "")),
            cell(row["closed_on"]),
        )
        for row in ordered
    )  # fmt: skip
    names = ("unit", "code", "feed", "period", "rule", "kind", "opened_on", "due_on", "status", "closed_on")
    return Part("tickets", heads(*names), rows, found is None)


def changes_part(view: View) -> Part:
    """Flags that are new, gone or of another level since the month before, and verdicts that are different."""
    rows = []
    for name in ("unit_flags", "unit_verdicts"):
        now, before = _by_key(view.mine(name)), _by_key(view.before(name))
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
            kind = "new" if was is None else "gone" if is_now is None else "level"
            what = word("rules", about)
            old, new = (word("severities", one) if one else plain("") for one in (was, is_now))
        tone = {"new": "bad", "gone": "good"}.get(kind, "")
        line = (view.unit(code), cell(code), view.feed(feed), cell(what), cell(word("changes", kind), tone))
        lines.append((*line, cell(old), cell(new)))
    columns = heads("unit", "code", "feed", "what", "change", "before", "now")
    return Part("changes", columns, tuple(lines), "unit_flags" not in view.facts.before)


def measure_label(measure: Measure) -> Label:
    """How a measure is called, as the public tables call it."""
    return load_public_tables().facts["unit_verdicts"].columns[measure].label


def _about(view: View, row: Row) -> tuple[Cell, ...]:
    return view.unit(row["unit_code"]), cell(row["unit_code"]), view.feed(row["feed"]), cell(row["period"])


def _verdict(verdict: str | None) -> Cell:
    if verdict is None:
        return cell("")
    sign, tone = VERDICT_SIGNS[Verdict(verdict)]
    return cell(VERDICT_LABELS[Verdict(verdict)], tone, sign)


def _by_key(rows: Iterable[Row] | None) -> dict[tuple[str, str, str], str | None]:
    """By unit, feed and rule or measure, the severity or verdict."""
    found: dict[tuple[str, str, str], str | None] = {}
    for row in rows or []:
        at = (row["unit_code"] or "", row["feed"] or "")
        if "rule" in row:
            found[(*at, row["rule"] or "")] = row["severity"]
        else:
            found |= {(*at, measure.value): row[measure] for measure in Measure}
    return found
