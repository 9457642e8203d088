"""A receipt for every landed file, back to its unit: received when, read how many rows, what was set aside and why.

Belongs here: gathering what intake and the checks say of a file, and writing its page. Does not: the words of
reasons (`intake/reasons.yaml`, `expectations/`), nor a cell's value, ever.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from pipeline import checks, intake
from pipeline.contracts import load_feeds
from pipeline.home import Home
from pipeline.statements import Statements
from pipeline.warehouse import transaction
from pipeline.whole_files import write_whole

_STATEMENTS = Statements(__file__)
TEMPLATES = Path(__file__).parent / "templates"
# the folder for files of which nobody knows the unit; no unit code begins so
UNKNOWN_UNIT = "_unknown"
_UNSAFE = re.compile(r"[^\w.-]+")
# lines that a page lists; the counts are always of all
LISTED_ROWS, LISTED_LINES = 500, 20

# a revision's tone on the page: good, wait or bad
_TONES = {
    checks.State.HELD: "wait",
    checks.State.REJECTED: "bad",
    checks.State.DUPLICATE: "wait",
}
_NOT_READ = {"zh": "未读取", "en": "not read"}
_RECEIVED = {"zh": "已收到", "en": "received"}


def write_receipts(con: duckdb.DuckDBPyConnection, home: Home, receipt_nos: Sequence[int] | None = None) -> list[int]:
    """Write the pages that are missing, or those of these receipts, into `casework/outgoing/<unit_code>/receipts/`.

    A page is missing where there never was one, where its file was read again, and where a held revision no longer
    waits. Files in folders of no known unit are answered in `casework/outgoing/_unknown/receipts/`.

    Returns:
        The numbers of the receipts written.
    """
    rows = _receipts(con, home, receipt_nos)
    if not rows:
        return []
    numbers = [row["receipt_no"] for row in rows]
    set_aside, findings = _set_aside(con, numbers), _findings(con, numbers)
    receipt = template("receipt.html.j2")
    for row in rows:
        number = row["receipt_no"]
        page = _page(row, set_aside[number], findings[number])
        text = receipt.render(r=page, county=home.settings.name)
        folder = home.outgoing / (row["unit_code"] if row["unit_name"] else UNKNOWN_UNIT) / "receipts"
        write_whole(folder / page_name(number, row["file_name"]), text, is_synced=False)
    with transaction(con):
        con.execute("DELETE FROM casework.receipt_pages WHERE receipt_no IN (SELECT unnest(?))", [numbers])
        con.execute(_STATEMENTS["note_pages"], {"numbers": numbers})
    return numbers


def _receipts(con: duckdb.DuckDBPyConnection, home: Home, numbers: Sequence[int] | None) -> list[dict[str, Any]]:
    """What intake and the checks say of each file, in order of receipt."""
    if numbers is None:
        missing = con.execute(_STATEMENTS["receipts_without_page"], {"held": checks.State.HELD.value}).fetchall()
        numbers = [number for (number,) in missing]
    wanted = {"zone": home.settings.timezone, "numbers": list(numbers)}
    return dicts(con.execute(_STATEMENTS["receipts"], wanted))


def _set_aside(con: duckdb.DuckDBPyConnection, numbers: list[int]) -> dict[int, list[dict[str, Any]]]:
    """The first rows set aside of each revision."""
    rows = con.execute(_STATEMENTS["set_aside"], {"numbers": numbers, "most": LISTED_ROWS})
    return _by_revision(dicts(rows))


def _findings(con: duckdb.DuckDBPyConnection, numbers: list[int]) -> dict[int, list[dict[str, Any]]]:
    """What was found in rows that were kept: per code and column, how often and on which lines first."""
    rows = con.execute(_STATEMENTS["findings"], {"numbers": numbers, "most": LISTED_LINES})
    return _by_revision(dicts(rows))


def dicts(result: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """A result's rows by column."""
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _by_revision(rows: Iterable[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    grouped: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        grouped[row["revision_id"]].append(row)
    return grouped


@cache
def _check_words(code: str, feed: str | None, column: str | None) -> dict[str, str]:
    # a code that neither package knows any more is shown as it stands: an old receipt must still be written
    return checks.messages(code, feed, column) or {"zh": code, "en": code, "remedy_zh": "", "remedy_en": ""}


def words_of(
    code: str, detail: dict[str, Any] | None = None, feed: str | None = None, column: str | None = None
) -> dict[str, str]:
    """The sentences of a code, whoever owns it: zh, en, remedy_zh, remedy_en."""
    return intake.messages(code, detail) or _check_words(code, feed, column)


# the code of an expected cell that is blank
BLANK = "expected_blank"


def _page(row: dict[str, Any], set_aside: list[dict[str, Any]], findings: list[dict[str, Any]]) -> dict[str, Any]:
    """What the template shows of one receipt."""
    feed, contract = row["feed"], load_feeds().get(row["feed"])
    detail = {"period": row["period"] or "", **json.loads(row["reason_detail"] or "{}")}
    codes = list(dict.fromkeys(code for code in (row["reason_code"], row["state_reason"]) if code))
    reasons = [words_of(code, detail, feed) for code in codes]
    counts = {
        "headers_refused": len(row["refused_headers"]),
        "cells_blanked": row["blanked_cells"],
        "rows_misfit": detail.get("misfit_count", 0),
    }
    notes = [words_of(code, {**detail, "count": counts.get(code, 0)}, feed) for code in row["notes"]]

    def named(found: dict[str, Any]) -> dict[str, Any]:
        column = contract.columns.get(found["column_name"] or "") if contract else None
        return {
            **found,
            **_check_words(found["code"], feed, found["column_name"]),
            "column_zh": column.zh if column else "",
        }

    aside, found = [named(one) for one in set_aside], [named(one) for one in findings]
    # a column that the file has not is told of once, as a note, and not as a blank of every row
    found = [one for one in found if one["code"] != BLANK or one["column_zh"] not in detail.get("missing", ())]
    first, state = row["first_state"], row["state"]
    remedies = {
        (words["remedy_zh"], words["remedy_en"]): None
        for words in (*reasons, *aside, *notes, *found)
        if words["remedy_zh"]
    }
    return {
        **row,
        "label": state_label(first, row["outcome"]),
        "label_now": state_label(state, row["outcome"]) if state != first else None,
        "tone": state_tone(state, row["outcome"]),
        "feed_zh": contract.zh if contract else "",
        "is_read": row["outcome"] in ("parsed", "nil"),
        "reasons": reasons,
        "remedies": [{"zh": zh, "en": en} for zh, en in remedies],
        "set_aside": aside,
        "findings": found,
        "notes": notes,
    }


def state_tone(state: str | None, outcome: str) -> str:
    """How a file's state looks: good, wait or bad; nothing where there is no state yet."""
    if outcome == "not_parsed":
        return "bad"
    return _TONES.get(checks.State(state), "good") if state else ""


def state_label(state: str | None, outcome: str) -> dict[str, str]:
    """A file's state in both languages."""
    if state is None:
        return _NOT_READ if outcome == "not_parsed" else _RECEIVED
    label = checks.STATE_LABELS[checks.State(state)]
    return {"zh": label.zh, "en": label.en}


@cache
def template(name: str) -> Template:
    """A page's template."""
    loader = FileSystemLoader(TEMPLATES)
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    return environment.get_template(name)


def page_name(number: int, file_name: str) -> str:
    """The name of a receipt's page."""
    return f"{number:08d}_{_UNSAFE.sub('_', file_name)[:80]}.html"
