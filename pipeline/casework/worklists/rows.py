"""Who is on which unit's worklist: children whom a register probably misses, and pupils to be asked about.

Belongs here: the limits of docs/purpose.md. A register is on it only where a right of the child hangs on it, a list
goes to one health unit that holds the child itself (of several, the one that met it last) or to the child's own school,
and every cell is from that unit's own record. Of the parents there is a phone and nothing else. Does not: files
(`worklists/files.py`), looks (`worklists/workbook.py`), words and the lists of registers and agencies
(`worklists.yaml`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from pipeline.casework.feedback.labels import both, feed_name
from pipeline.contracts import load_feeds
from pipeline.home import Home
from pipeline.statements import Statements

Line = tuple[str, ...]
# by sheet (a register, or `late_list`), the lines in the order of the headings
Worklist = Mapping[str, list[Line]]
LATE_LIST = "late_list"
_STATEMENTS = Statements(__file__)


@cache
def words() -> dict[str, Any]:
    """The words of the worklists, and the limits of whom they are for."""
    return yaml.safe_load(Path(__file__).with_name("labels.yaml").read_text(encoding="utf-8"))


def gather_worklists(con: duckdb.DuckDBPyConnection, home: Home) -> dict[str, Worklist]:
    """Worklists by unit, of units that have somebody to look after; by sheet, the likeliest first."""
    found: dict[str, dict[str, list[Line]]] = defaultdict(lambda: defaultdict(list))
    con.execute(_STATEMENTS["worklist_records"])
    for register, unit_code, *cells in _omitted(con, home):
        name = load_feeds()[register]
        missing = {
            "zh": words()["missing"]["zh"].format(register=name.zh),
            "en": words()["missing"]["en"].format(register=register.replace("_", " ")),
        }
        _add(found[unit_code][register], cells, both(missing))
    for reason, unit_code, *cells in _pupils(con):
        _add(found[unit_code][LATE_LIST], cells, both(words()["late_reasons"][reason]))
    return {unit_code: dict(sheets) for unit_code, sheets in sorted(found.items())}


def _add(lines: list[Line], cells: list[str | None], why: str) -> None:
    feed, record_no, name, sex, birth_date, village, phone = cells
    told = words()["sexes"].get(sex or "")
    lines.append(
        (
            str(len(lines) + 1), feed_name(feed or ""), record_no or "", name or "", both(told) if told else "",
            birth_date or "", village or "", phone or "", why,
        )
    )  # fmt: skip


def _omitted(con: duckdb.DuckDBPyConnection, home: Home) -> list[tuple]:
    """Probable omissions with the record of the health unit that met the child last. A child with an id number is
    registered with some household, so that its family needs no help with that.
    """
    return con.execute(
        _STATEMENTS["omitted"],
        {
            "registers": words()["registers"],
            "agencies": words()["agencies"],
            "probability": home.settings.gaps.worklist_probability,
            "registration": words()["household_register"],
            "most": home.settings.gaps.worklist_children,
        },
    ).fetchall()


def _pupils(con: duckdb.DuckDBPyConnection) -> list[tuple]:
    """Pupils whose school wrote no id number and who show none elsewhere, and those whom no birth register holds
    though all of its residents' registers should; each once, with its own school's record.
    """
    return con.execute(
        _STATEMENTS["pupils"],
        {"agencies": words()["school_agencies"], "registration": words()["household_register"]},
    ).fetchall()
