"""Worklists: a workbook per unit that holds children whom a register probably misses, into its outgoing folder.

Belongs here: which file is written when. Does not: who is on it (`worklists/rows.py`) or how it looks. A file is named
after the month of the night that wrote it, written only where its content is not what the unit's last one holds, and
takes the last one's place: names do not lie about longer than they are of use.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json

import duckdb

from pipeline.casework.worklists.rows import Worklist, gather_worklists, words
from pipeline.casework.worklists.workbook import workbook
from pipeline.checks.tables import insert_rows
from pipeline.home import Home
from pipeline.warehouse import transaction
from pipeline.whole_files import write_whole


def write_worklists(con: duckdb.DuckDBPyConnection, home: Home, as_of: dt.date) -> list[str]:
    """Write the worklists whose content changed, and take back those of units that have nobody left to look after.

    Returns:
        The codes of the units whose list is new, in order.
    """
    names = dict(con.execute("SELECT unit_code, unit_name FROM reference.units").fetchall())
    before = {
        unit: (file_name, digest)
        for unit, file_name, digest in con.execute(
            "SELECT unit_code, file_name, digest FROM casework.worklist_files"
        ).fetchall()
    }
    found, written = gather_worklists(con, home), []
    for unit_code, worklist in found.items():
        digest, folder = digest_of(worklist), home.outgoing / unit_code
        file_name, last = before.get(unit_code, ("", ""))
        if digest == last and (folder / file_name).exists():
            continue
        new_name = f"worklist_{as_of:%Y-%m}.xlsx"
        write_whole(folder / new_name, workbook(worklist, names[unit_code], home.settings.name, as_of), is_synced=False)
        if file_name and file_name != new_name:
            (folder / file_name).unlink(missing_ok=True)
        written.append((unit_code, new_name, digest, as_of))
    ended = sorted(before.keys() - found.keys())
    for unit_code in ended:
        (home.outgoing / unit_code / before[unit_code][0]).unlink(missing_ok=True)
    units = [unit_code for unit_code, *_ in written]
    with transaction(con):
        con.execute(
            "DELETE FROM casework.worklist_files WHERE unit_code IN (SELECT unnest($1::VARCHAR[]))", [[*units, *ended]]
        )
        insert_rows(con, "casework.worklist_files", written)
    return units


def digest_of(worklist: Worklist) -> str:
    """SHA-256 of everything that a unit is told, and of the words around it."""
    return hashlib.sha256(json.dumps([words(), worklist], ensure_ascii=False, sort_keys=True).encode()).hexdigest()
