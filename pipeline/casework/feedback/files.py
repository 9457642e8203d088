"""Feedback files: a workbook per unit that has something to be told, into `casework/outgoing/<unit_code>/`.

Belongs here: which file is written when. Does not: what it says (`feedback/rows.py`) or how it looks.
A file is named after the month of the night that wrote it, and written only where its content is not what the unit's
last one holds.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping

import duckdb

from pipeline.casework.feedback.critical import critical_obligations, months_told
from pipeline.casework.feedback.labels import told_since, words
from pipeline.casework.feedback.rows import Feedback, gather
from pipeline.casework.feedback.workbook import workbook
from pipeline.checks.tables import insert_rows
from pipeline.home import Home
from pipeline.warehouse import transaction
from pipeline.whole_files import write_whole


def write_feedback(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    as_of: dt.date,
    reply_until: Mapping[tuple[str, str], dt.date] | None = None,
) -> list[str]:
    """Write the workbooks whose content changed; returns the units' codes, in order.

    Args:
        reply_until: by unit and month (`critical_months`), the last day on which a critical unit may reply.
    """
    names = dict(con.execute("SELECT unit_code, unit_name FROM reference.units").fetchall())
    before = {
        unit: (file_name, digest)
        for unit, file_name, digest in con.execute(
            "SELECT unit_code, file_name, digest FROM casework.feedback_files"
        ).fetchall()
    }
    written = []
    for unit_code, feedback in gather(con, home, as_of, reply_until or {}).items():
        if unit_code not in names:
            continue
        digest, folder = digest_of(feedback), home.outgoing / unit_code
        file_name, last = before.get(unit_code, ("", ""))
        if digest == last and (folder / file_name).exists():
            continue
        file_name = f"feedback_{as_of:%Y-%m}.xlsx"
        write_whole(
            folder / file_name, workbook(feedback, names[unit_code], home.settings.name, as_of), is_synced=False
        )
        written.append((unit_code, file_name, digest, as_of))
    units = [unit_code for unit_code, *_ in written]
    with transaction(con):
        con.execute("DELETE FROM casework.feedback_files WHERE unit_code IN (SELECT unnest($1::VARCHAR[]))", [units])
        insert_rows(con, "casework.feedback_files", written)
    return units


def critical_months(con: duckdb.DuckDBPyConnection, home: Home, as_of: dt.date) -> dict[str, set[str]]:
    """By unit, the months in which feedback of this night tells it that it is critical."""
    return months_told(critical_obligations(con, told_since(home, as_of)))


def digest_of(feedback: Feedback) -> str:
    """SHA-256 of everything that a unit is told, and of the words around it."""
    content = [words(), feedback.tickets, feedback.rows, feedback.left_out, feedback.critical]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
