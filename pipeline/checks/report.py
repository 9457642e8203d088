"""The check report of an agency: one self-contained HTML page, counts only.

Belongs here: what the page shows. Does not: its looks (`templates/report.html.j2`), nor any value of any cell; file
names and headers are units' text and stay out too.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from pipeline.checks.messages import messages
from pipeline.checks.vocabulary import STATE_LABELS, State
from pipeline.contracts import load_feeds
from pipeline.home import Home
from pipeline.intake.reasons import messages as intake_messages
from pipeline.reference import Reference
from pipeline.whole_files import OFFICE_FOLDER, OFFICE_MODE, make_folder, write_whole

TEMPLATES = Path(__file__).parent / "templates"
FOLDER = "checks"
# of a reason's detail, what a unit wrote itself: it stays out of the page
UNITS_TEXT = ("feed", "folder", "header", "ignored")
# one character a cell of the matrix, so that two years fit a page; legible without colour
SIGNS = {
    State.ACCEPTED: "●",
    State.ACCEPTED_WITH_ROWS_SET_ASIDE: "◐",
    State.APPENDED: "⊕",
    State.NIL: "○",
    State.HELD: "?",
    State.REJECTED: "✕",
}
# what stands for a submission with several revisions: a file that waits for someone comes first
SHOWN_FIRST = (
    State.HELD,
    State.ACCEPTED_WITH_ROWS_SET_ASIDE,
    State.ACCEPTED,
    State.APPENDED,
    State.NIL,
    State.REJECTED,
)


@dataclass
class _FeedPart:
    """One feed's part of the page."""

    name: str
    zh: str
    periods: list[str]
    matrix: list[tuple[str, list[tuple[str, str]]]] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)


def write_check_reports(
    con: duckdb.DuckDBPyConnection, home: Home, reference: Reference, agencies: Collection[str] | None = None
) -> list[Path]:
    """Write `reports/checks/<agency>.html` for the agencies (all that have a unit where None); returns the files.

    The page depends on the warehouse and the reference only, so that the same state gives the same bytes.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.get_template("report.html.j2")
    folder = home.reports / FOLDER
    make_folder(folder, OFFICE_FOLDER)
    wanted = {unit.agency for unit in reference.units.values()} if agencies is None else set(agencies)
    return [
        write_whole(
            folder / f"{agency}.html",
            template.render(_page(con, home, reference, agency)),
            OFFICE_MODE,
            is_synced=False,
        )
        for agency in sorted(wanted)
    ]


def _page(con: duckdb.DuckDBPyConnection, home: Home, reference: Reference, agency: str) -> dict[str, Any]:
    units = {code: unit.unit_name for code, unit in sorted(reference.units.items()) if unit.agency == agency}
    states = con.execute(
        """
        SELECT s.unit_code, s.feed, s.period, s.state, s.row_count, s.set_aside_count, s.reason_code, r.reason_detail,
               s.revision, s.arrived_at::DATE
        FROM checks.submission_states AS s JOIN intake.receipts AS r ON s.revision_id = r.receipt_no
        WHERE s.unit_code IN (SELECT unnest(?))
        ORDER BY s.unit_code, s.feed, s.period, s.revision
        """,
        [list(units)],
    ).fetchall()
    feeds = [feed for feed in load_feeds().values() if feed.agency == agency]
    return {
        "county": home.settings.name,
        "agency": agency,
        "through": max((line[-1] for line in states), default=None),
        "units": _unit_lines(units, states),
        "feeds": [
            _FeedPart(
                feed.feed, feed.zh, periods := _last_periods(feed.feed, states, home.settings.checks.report_periods),
                _matrix(feed.feed, units, periods, states), _failures(con, feed.feed, units),
            )
            for feed in feeds
        ],
        "waiting": _waiting(units, states),
        "unread": _unread(con, units),
        "legend": [(SIGNS[state], STATE_LABELS[state]) for state in SIGNS],
    }  # fmt: skip


def _unit_lines(units: dict[str, str], states: list[tuple]) -> list[dict[str, Any]]:
    """Revisions by state, and rows, by unit. Rows are those of the current content."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for code, _, _, state, rows, aside, *_ in states:
        counts[code][state] += 1
        if state in (State.ACCEPTED, State.ACCEPTED_WITH_ROWS_SET_ASIDE, State.APPENDED, State.NIL):
            counts[code]["rows"] += rows
            counts[code]["set_aside"] += aside
    return [
        {
            "code": code,
            "name": name,
            "files": sum(counts[code][state] for state in State),
            "accepted": sum(counts[code][s] for s in (State.ACCEPTED, State.ACCEPTED_WITH_ROWS_SET_ASIDE)),
            **{state.value: counts[code][state] for state in State if state is not State.ACCEPTED},
            "rows": counts[code]["rows"],
            "set_aside": counts[code]["set_aside"],
        }
        for code, name in units.items()
    ]


def _last_periods(feed: str, states: list[tuple], limit: int) -> list[str]:
    return sorted({line[2] for line in states if line[1] == feed})[-limit:]


def _matrix(
    feed: str, units: dict[str, str], periods: list[str], states: list[tuple]
) -> list[tuple[str, list[tuple[str, str]]]]:
    """For each unit that sent the feed: a sign and its meaning for every period."""
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for code, name, period, state, *_ in states:
        if name == feed:
            found[code, period].add(state)
    lines = []
    for code, name in units.items():
        if any((code, period) in found for period in periods):
            shown = [next((s for s in SHOWN_FIRST if s in found[code, period]), None) for period in periods]
            lines.append((name, [(SIGNS[s], STATE_LABELS[s].zh) if s else ("·", "") for s in shown]))
    return lines


def _failures(con: duckdb.DuckDBPyConnection, feed: str, units: dict[str, str]) -> list[dict[str, Any]]:
    """Expectations that rows of the current content fail: the whole feed's count, and units by their own."""
    lines = con.execute(
        """
        SELECT r.code, r.column_name, r.unit_code, sum(r.evaluated_count), sum(r.failed_count)
        FROM checks.results AS r
        SEMI JOIN checks.current_revisions AS c ON r.revision_id = c.revision_id
        WHERE r.feed = ? AND r.severity = 'row'
        GROUP BY r.code, r.column_name, r.unit_code
        ORDER BY r.code, r.column_name, sum(r.failed_count) DESC, r.unit_code
        """,
        [feed],
    ).fetchall()
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for code, column, unit, evaluated, failed in lines:
        line = found.setdefault((code, column), {"evaluated": 0, "failed": 0, "units": []})
        line["evaluated"] += evaluated
        line["failed"] += failed
        if failed:
            line["units"].append((units.get(unit, unit), failed, evaluated))
    failures = [
        {"code": code, **line, "words": messages(code, feed, column)}
        for (code, column), line in found.items()
        if line["failed"]
    ]
    return sorted(failures, key=lambda line: (-line["failed"], line["code"], line["words"]["en"]))


def _waiting(units: dict[str, str], states: list[tuple]) -> list[dict[str, Any]]:
    """Revisions that were not taken: held, or rejected and not yet made good by a later one."""
    good = {line[:3] for line in states if line[3] not in (State.REJECTED, State.HELD, State.DUPLICATE)}
    waiting = [line for line in states if line[3] == State.HELD or (line[3] == State.REJECTED and line[:3] not in good)]
    return [
        {
            "unit": units[code], "feed": load_feeds()[feed].zh, "period": period, "revision": revision,
            "state": STATE_LABELS[State(state)], "arrived": arrived,
            "words": _reason(reason, detail, feed),
        }
        for code, feed, period, state, _, _, reason, detail, revision, arrived in waiting
    ]  # fmt: skip


def _unread(con: duckdb.DuckDBPyConnection, units: dict[str, str]) -> list[dict[str, Any]]:
    """Files that name no submission of the unit's, so that they are nobody's revision: how many, by unit and reason."""
    rows = con.execute(
        """
        SELECT unit_code, reason_code, count(*), max(arrived_at)::DATE, max_by(reason_detail, receipt_no)
        FROM intake.receipts WHERE outcome = 'not_parsed' AND unit_code IN (SELECT unnest(?))
        GROUP BY unit_code, reason_code ORDER BY max(arrived_at) DESC, unit_code, reason_code
        """,
        [list(units)],
    ).fetchall()
    return [
        {"unit": units[code], "files": files, "arrived": arrived, "words": _reason(reason, detail, None)}
        for code, reason, files, arrived, detail in rows
    ]


def _reason(code: str | None, detail: str | None, feed: str | None) -> dict[str, str]:
    """The sentences of a reason, filled in; whoever owns the code."""
    told = {name: value for name, value in json.loads(detail or "{}").items() if name not in UNITS_TEXT}
    found = intake_messages(code or "", told)
    return found or messages(code or "", feed) or {"zh": code or "", "en": code or ""}
