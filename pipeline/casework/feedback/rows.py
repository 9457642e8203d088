"""What each unit is told: its tickets and warnings, and its own rows with what is wrong in each.

Belongs here: gathering, from checks, measures and tickets. Does not: the workbook (`feedback/workbook.py`), files
(`feedback/files.py`), words (`feedback/labels.py`). Of other agencies nothing is read but that some register differs:
neither which one nor what it holds.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

import duckdb

from pipeline.accountability.limits.flags import words as flag_words
from pipeline.casework.feedback.critical import critical_line, critical_obligations
from pipeline.casework.feedback.labels import both, feed_name, told_since, words
from pipeline.casework.feedback.two_meanings import both_days
from pipeline.checks import messages
from pipeline.checks.expectations import load_checks
from pipeline.checks.vocabulary import AMBIGUOUS_DATES
from pipeline.contracts import load_feeds
from pipeline.home import Home
from pipeline.statements import Statements

_STATEMENTS = Statements(__file__)
Told = tuple[str, ...]
Open = Mapping[tuple[str, str, str], list[tuple[str, tuple[str, ...], str, str]]]


@dataclass
class Feedback:
    """What one unit is told; rows of text in the order of the headings.

    Attributes:
        left_out: rows that are not listed, as there are too many.
        critical: what makes it critical, and until when it may reply.
    """

    tickets: list[Told] = field(default_factory=list)
    rows: list[Told] = field(default_factory=list)
    left_out: int = 0
    critical: list[Told] = field(default_factory=list)


def gather(
    con: duckdb.DuckDBPyConnection, home: Home, as_of: dt.date, reply_until: Mapping[tuple[str, str], dt.date]
) -> dict[str, Feedback]:
    """Feedback by unit, of units that have something to be told.

    Rows are those of the current content of the periods that a trailing window still covers.

    Args:
        reply_until: by unit and month, the last day on which a critical unit may reply.
    """
    found: dict[str, Feedback] = defaultdict(Feedback)
    for unit_code, *cells in _tickets(con, as_of):
        found[unit_code].tickets.append(_ticket_line(*cells))
    tickets = _open_tickets(con)
    since = told_since(home, as_of)
    for one in critical_obligations(con, since):
        found[one.unit_code].critical.append(critical_line(one, reply_until))
    limit = home.settings.rectification.feedback_rows
    listed = _row_lines(con, since, tickets)
    for unit_code, lines in sorted(listed.items()):
        # what a ticket is about first, then by feed, period, line
        lines.sort(key=lambda one: (not one[0][0], one[1]))
        found[unit_code].rows = [line for line, _ in lines[:limit]]
        found[unit_code].left_out = max(len(lines) - limit, 0)
    return dict(sorted(found.items()))


def _tickets(con: duckdb.DuckDBPyConnection, as_of: dt.date) -> list[tuple]:
    """Tickets that stand or were closed this month, and warnings of the latest period, with the sentence that fits."""
    return con.execute(
        _STATEMENTS["tickets"],
        {"as_of": as_of},
    ).fetchall()


def _ticket_line(
    ticket: str, feed: str, period: str, rule: str, status: str, opened_on: dt.date | None, due_on: dt.date | None,
    post: str | None, retest: str | None, zh: str, en: str,
) -> Told:  # fmt: skip
    days = [day.isoformat() if day else "" for day in (opened_on, due_on)]
    return (
        ticket, feed_name(feed), period, both(words()["rules"][rule]), both(words()["statuses"][status]), *days,
        post or "", both(words()["retests"][retest]) if retest else "", f"{zh}\n{en}",
    )  # fmt: skip


def _open_tickets(con: duckdb.DuckDBPyConnection) -> Open:
    found: dict[tuple[str, str, str], list] = defaultdict(list)
    for unit_code, feed, rule, ticket, items, kind, period in con.execute(
        "SELECT unit_code, feed, rule, ticket_id, items, kind, period FROM accountability.tickets "
        "WHERE status <> 'closed' ORDER BY ticket_id"
    ).fetchall():
        found[unit_code, feed, rule].append((ticket, tuple(items), kind, period))
    return found


def _evidence_of(tickets: Open, unit_code: str, feed: str, rule: str | None, item: str) -> str:
    """The tickets that a row is evidence of."""
    mine = tickets.get((unit_code, feed, rule or ""), [])
    return " ".join(ticket for ticket, items, *_ in mine if "" in items or item in items)


@cache
def _rules(feed: str) -> dict[tuple[str, str | None], str]:
    return {(check.code, check.column): check.rule for check in load_checks(load_feeds()[feed]).checks}


@cache
def _words_of_check(code: str, feed: str, column: str | None) -> tuple[str, str]:
    found = messages(code, feed, column) or {"zh": code, "en": code, "remedy_zh": "", "remedy_en": ""}
    return f"{found['zh']}\n{found['en']}", f"{found['remedy_zh']}\n{found['remedy_en']}".strip()


@cache
def _words_of_row(name: str, item: str) -> tuple[str, str]:
    text = words()["rows"][name]
    of_item = flag_words()["items"].get(item, {"zh": "", "en": ""})
    wrong = f"{text['zh'].format(item=of_item['zh'])}\n{text['en'].format(item=of_item['en'])}"
    return wrong, f"{text['remedy_zh']}\n{text['remedy_en']}"


def _column(feed: str, name: str | None) -> str:
    column = load_feeds()[feed].columns.get(name or "")
    return f"{column.zh}\n{column.name}" if column else ""


def _row_lines(
    con: duckdb.DuckDBPyConnection, since: tuple[str, str], tickets: Open
) -> dict[str, list[tuple[Told, tuple]]]:
    """By unit, its lines, each with what it is ordered by."""
    found: dict[str, list[tuple[Told, tuple]]] = defaultdict(list)

    def add(where: tuple, rule: str | None, item: str, column: str, said: tuple[str, str]) -> None:
        unit_code, feed, period, file_name, line, record_no = where
        ticket = _evidence_of(tickets, unit_code, feed, rule, item)
        told = (ticket, feed_name(feed), period, file_name, str(line), record_no or "", column, *said)
        found[unit_code].append((told, (feed, period, file_name, line, *told)))

    days = both_days(con)
    for *where, code, column, revision_id, row_no in _findings(con, since):
        feed = where[1]
        rule = _rules(feed).get((code, column))
        wrong, remedy = _words_of_check(code, feed, column)
        if code in AMBIGUOUS_DATES and (own := days.get((revision_id, row_no, column))):
            wrong = f"{wrong}\n{own}"
        add(tuple(where), rule, column or "row", _column(feed, column), (wrong, remedy))
    for *where, name, item in _record_findings(con, since, tickets):
        rule = name if name in words()["rules"] else "duplicates"
        label = flag_words()["items"].get(item)
        add(tuple(where), rule, item, both(label) if label else "", _words_of_row(name, item))
    return found


def _findings(con: duckdb.DuckDBPyConnection, since: tuple[str, str]) -> Iterable[tuple]:
    """What the checks found in rows of the current content; a column that a file has not is none of a row's blanks."""
    expected = [
        (feed.feed, column.name, column.zh)
        for feed in load_feeds().values()
        for column in feed.columns.values()
        if column.level == "expected"
    ]
    feeds, names, headers = zip(*expected, strict=True)
    return con.execute(
        _STATEMENTS["findings"],
        {
            "month": since[0],
            "year": since[1],
            "feeds": list(feeds),
            "names": list(names),
            "headers": list(headers),
        },
    ).fetchall()


def _record_findings(con: duckdb.DuckDBPyConnection, since: tuple[str, str], tickets: Open) -> Iterable[tuple]:
    """What was found by comparing records: repetitions, another register that differs, nobody else who knows."""
    lines = " UNION ALL ".join(
        f"SELECT revision_id, row_no, line FROM {feed.raw_table}" for feed in load_feeds().values() if feed.has_children
    )
    con.execute(f"CREATE OR REPLACE TEMP VIEW feedback_lines AS {lines}")
    asked = sorted({(unit, feed) for unit, feed, rule in tickets if rule == "uncorroborated"})
    return con.execute(
        _STATEMENTS["record_findings"],
        {
            "month": since[0],
            "year": since[1],
            "units": [unit for unit, _ in asked],
            "feeds": [feed for _, feed in asked],
        },
    ).fetchall()
