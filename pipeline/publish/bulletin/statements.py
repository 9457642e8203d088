"""What the quality report says in words: sentences of `statements.yaml`, filled in by facts of the release and home.

Belongs here: those facts, and the sections that are made of sentences. Does not: sections of figures
(`bulletin/quality.py`), or a sentence itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from pipeline.accountability.vocabulary import Rule
from pipeline.checks.vocabulary import LANGUAGES, Label
from pipeline.contracts import load_feeds
from pipeline.home import Home
from pipeline.publish.approval.approvals import APPROVED, ledger
from pipeline.publish.bulletin.facts import WRITTEN_ON_DAY, Facts
from pipeline.publish.bulletin.parts import Cell, Part, cell, heads, plain, word
from pipeline.publish.disclosure.facts import is_there
from pipeline.settings.quality_report import QualityReportSettings

STATEMENTS_FILE = Path(__file__).with_name("statements.yaml")
SETTINGS_KEY = "quality_report"
# of the twelve months: submissions due, and those that came, in time or late
_RECEIVED = """
    SELECT count(*), count(*) FILTER (status NOT IN ('missing', 'rejected')) FROM marts.submissions
    WHERE status <> 'not_due' AND substr(period, 1, 7) BETWEEN substr($first, 1, length(period)) AND $last
"""
Known = Mapping[str, Label]


@cache
def statements() -> dict[str, list[dict[str, Any]]]:
    """The sentences, by section."""
    return yaml.safe_load(STATEMENTS_FILE.read_text(encoding="utf-8"))


def said_parts(con: duckdb.DuckDBPyConnection, home: Home, facts: Facts) -> dict[str, Part]:
    """The sections that are made of sentences, by name.

    Args:
        con: a connection with the marts of a release in the schema `marts`.
    """
    known = _known(con, home, facts)
    return {name: _part(name, rows, known, home.settings.quality_report) for name, rows in statements().items()}


def _part(name: str, entries: list[dict[str, Any]], known: Known, settings: QualityReportSettings) -> Part:
    rows = []
    for entry in entries:
        about = cell(Label(**entry["about"]))
        if "setting" in entry:
            rows.append((about, _of_setting(entry["setting"], settings)))
        elif (said := _filled(Label(**entry["said"]), known)) is not None:
            rows.append((about, cell(said)))
    return Part(name, heads("what", "said"), tuple(rows))


def _of_setting(key: str, settings: QualityReportSettings) -> Cell:
    value = getattr(settings, key)
    if value:
        joined = {"zh": "；", "en": "; "}
        return cell(value if isinstance(value, str) else Label(**{one: joined[one].join(value) for one in LANGUAGES}))
    frame, name = word("statements", "not_set"), f"{SETTINGS_KEY}.{key}"
    return cell(Label(frame.zh.format(key=name), frame.en.format(key=name)), "wait")


def _filled(frame: Label, known: Known) -> Label | None:
    """A sentence in both languages; None where a fact of it is not known."""
    try:
        return Label(
            **{one: getattr(frame, one).format(**{key: getattr(fact, one) for key, fact in known.items()})
               for one in LANGUAGES}
        )  # fmt: skip
    except KeyError:
        return None


def _known(con: duckdb.DuckDBPyConnection, home: Home, facts: Facts) -> dict[str, Label]:
    feeds = load_feeds().values()
    every = Counter(feed.due.every for feed in feeds)
    due, received = con.execute(_RECEIVED, {"first": facts.first_month, "last": facts.period}).fetchall()[0]
    as_of = con.execute("SELECT max(as_of) FROM marts.runs").fetchall()[0][0]
    found: dict[str, object] = {
        "as_of": as_of, "release": facts.tables.release, "period": facts.period, "feeds": len(feeds),
        "monthly": every["month"], "yearly": every["year"], "day": WRITTEN_ON_DAY, "rules": len(Rule),
        "reply_days": home.settings.disclosure.reply_working_days, "tables": len(facts.tables.tables),
        "units": con.execute("SELECT count(DISTINCT unit_code) FROM marts.submissions").fetchall()[0][0],
        **_approved(home, facts.period), **_checked(con),
    }  # fmt: skip
    if due:
        found |= {"due": f"{due:,}", "received": f"{received:,}", "share": f"{received / due:.1%}"}
    agencies = [word("agencies", name) for name in dict.fromkeys(feed.agency for feed in feeds)]
    languages = [word("languages", name) for name in home.settings.languages]
    return {name: plain(value) for name, value in found.items()} | {
        "agencies": _listed(agencies),
        "languages": _listed(languages),
    }


def _approved(home: Home, period: str) -> dict[str, object]:
    """When the month was last let out, and how often; or that it was not."""
    entries = [one for one in ledger(home).read() if one["kind"] == APPROVED and one["period"] == period]
    if not entries:
        return {"not_approved": period}
    return {"approved": str(entries[-1]["at"])[:10], "revision": entries[-1]["revision"]}


def _checked(con: duckdb.DuckDBPyConnection) -> dict[str, object]:
    """Of the marts that are there: tickets by status, pairs reviewed, cases verified, months of birth."""
    found: dict[str, object] = {}
    if is_there(con, "rectifications"):
        tickets = Counter(dict(con.execute("SELECT status, count(*) FROM marts.rectifications GROUP BY 1").fetchall()))
        found |= {status: tickets[status] for status in ("open", "overdue", "closed")}
    queries = {
        "linkage_quality": (
            ("reviewed",),
            "SELECT reviewed_pairs FROM marts.linkage_quality JOIN marts.runs USING (run_id) "
            "WHERE stratum = 'overall' ORDER BY night_no DESC LIMIT 1",
        ),
        "verification_results": (
            ("rounds", "settled"),
            "SELECT count(DISTINCT round), coalesce(sum(settled), 0) FROM marts.verification_results",
        ),
        "children": (
            ("first_birth", "last_birth"),
            "SELECT min(birth_month), max(birth_month) FROM marts.children HAVING count(birth_month) > 0",
        ),
    }
    for mart, (names, sql) in queries.items():
        for row in con.execute(sql).fetchall() if is_there(con, mart) else []:
            found |= dict(zip(names, row, strict=True))
    return found


def _listed(labels: list[Label]) -> Label:
    return Label("、".join(label.zh for label in labels), ", ".join(label.en for label in labels))
