"""The page that opens a unit's outgoing folder: what it is asked to do, and the receipt of each file that it sent.

Belongs here: gathering what lies in the folder. Does not: receipts (`receipts.py`), feedback or worklists themselves.
The page says nothing that these do not, and holds nobody's personal data.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import duckdb

from pipeline.accountability.vocabulary import shared_words
from pipeline.casework.feedback.labels import words as feedback_words
from pipeline.casework.receipts import dicts, page_name, state_label, state_tone, template
from pipeline.casework.worklists.rows import words as worklist_words
from pipeline.contracts import load_feeds
from pipeline.home import Home
from pipeline.whole_files import write_whole

PAGE = "index.html"
# files that a page lists, the last ones first
LISTED_FILES = 60
_TONES = {"overdue": "bad", "open": "wait"}

_FILES = """
    SELECT r.unit_code, r.receipt_no, r.file_name, r.feed, r.period, r.outcome, s.state,
           strftime(r.arrived_at AT TIME ZONE $zone, '%Y-%m-%d %H:%M') AS arrived,
           count(*) OVER (PARTITION BY r.unit_code) AS all_files
    FROM intake.receipts AS r
    JOIN casework.receipt_pages USING (receipt_no)
    LEFT JOIN checks.submission_states AS s ON r.receipt_no = s.revision_id
    QUALIFY row_number() OVER (PARTITION BY r.unit_code ORDER BY r.receipt_no DESC) <= $listed
    ORDER BY r.unit_code, r.receipt_no DESC
"""
_TICKETS = """
    SELECT unit_code, ticket_id, rule, feed, period, due_on::VARCHAR AS due_on, status FROM accountability.tickets
    WHERE status <> 'closed' ORDER BY unit_code, due_on, ticket_id
"""
_BOOKS = """
    SELECT unit_code, 'feedback' AS kind, file_name, written_on::VARCHAR AS written_on FROM casework.feedback_files
    UNION ALL
    SELECT unit_code, 'worklist', file_name, written_on::VARCHAR FROM casework.worklist_files
    ORDER BY unit_code, kind
"""


def write_unit_pages(con: duckdb.DuckDBPyConnection, home: Home) -> list[str]:
    """Write `casework/outgoing/<unit_code>/index.html` of every unit whose page is not what it was.

    Returns:
        The codes of the units whose page was written, in order.
    """
    files = _by_unit(con.execute(_FILES, {"zone": home.settings.timezone, "listed": LISTED_FILES}))
    tickets, books = _by_unit(con.execute(_TICKETS)), _by_unit(con.execute(_BOOKS))
    units = con.execute("SELECT unit_code, unit_name FROM reference.units ORDER BY unit_code").fetchall()
    titles = {"feedback": feedback_words()["title"], "worklist": worklist_words()["title"]}
    statuses, rules = feedback_words()["statuses"], shared_words()["rules"]
    page, written = template("unit_page.html.j2"), []
    for unit_code, unit_name in units:
        own = files[unit_code]
        made = {
            "county": home.settings.name, "unit_code": unit_code, "unit_name": unit_name,
            "workbooks": [one | titles[one["kind"]] for one in books[unit_code]],
            "tickets": [
                {
                    **one, **statuses[one["status"]], **_feed(one["feed"]), "tone": _TONES[one["status"]],
                    "matter": rules[one["rule"]],
                }
                for one in tickets[unit_code]
            ],
            "files": [_file(one) for one in own],
            "left_out": own[0]["all_files"] - len(own) if own else 0,
        }  # fmt: skip
        text, path = page.render(p=made), home.outgoing / unit_code / PAGE
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            write_whole(path, text, is_synced=False)
            written.append(unit_code)
    return written


def _file(row: dict[str, Any]) -> dict[str, Any]:
    state, outcome = row["state"], row["outcome"]
    return {
        **row,
        **_feed(row["feed"]),
        "label": state_label(state, outcome),
        "tone": state_tone(state, outcome),
        "page": page_name(row["receipt_no"], row["file_name"]),
    }


def _feed(feed: str | None) -> dict[str, str]:
    known = load_feeds().get(feed or "")
    return {"feed_zh": known.zh if known else feed or ""}


def _by_unit(result: duckdb.DuckDBPyConnection) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in dicts(result):
        found[row["unit_code"]].append(row)
    return found
