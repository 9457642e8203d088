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

Line = tuple[str, ...]
# by sheet (a register, or `late_list`), the lines in the order of the headings
Worklist = Mapping[str, list[Line]]
LATE_LIST = "late_list"

_OWN_RECORD = """
    r.unit_code, r.feed, r.record_no, CASE WHEN NOT r.is_placeholder THEN r.child_name_std END AS child_name,
    r.child_sex, strftime(r.birth_date, '%Y-%m-%d') AS birth_date, r.village_name_std AS village, r.phone
"""


@cache
def words() -> dict[str, Any]:
    """The words of the worklists, and the limits of whom they are for."""
    return yaml.safe_load(Path(__file__).with_name("labels.yaml").read_text(encoding="utf-8"))


def gather_worklists(con: duckdb.DuckDBPyConnection, home: Home) -> dict[str, Worklist]:
    """Worklists by unit, of units that have somebody to look after; by sheet, the likeliest first."""
    found: dict[str, dict[str, list[Line]]] = defaultdict(lambda: defaultdict(list))
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
        f"""
        WITH gaps AS (
            SELECT child_id, register, omission_probability FROM intermediate.int_gaps_explained
            WHERE list_contains($registers, register) AND reason = 'likely_omitted'
                AND omission_probability >= $probability AND NOT (has_id_no AND register = $registration)
        ),
        held AS (
            SELECT r.child_id, {_OWN_RECORD}
            FROM intermediate.int_child_records_linked AS r
            JOIN reference.units AS u USING (unit_code)
            WHERE list_contains($agencies, u.agency) AND r.child_id IN (SELECT child_id FROM gaps)
            QUALIFY row_number() OVER (
                PARTITION BY r.child_id ORDER BY r.event_date DESC NULLS LAST, r.unit_code, r.feed, r.record_no
            ) = 1
        )
        SELECT register, held.* EXCLUDE (child_id)
        FROM gaps JOIN held USING (child_id)
        QUALIFY row_number() OVER (
            PARTITION BY unit_code, register ORDER BY omission_probability DESC, feed, record_no
        ) <= $most
        ORDER BY unit_code, list_position($registers, register), omission_probability DESC, feed, record_no
        """,
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
        f"""
        WITH births AS (SELECT feed FROM accountability.registers WHERE kind = 'birth'),
        children AS (
            SELECT child_id, bool_or(coalesce(child_id_no_is_valid, false)) AS has_id_no,
                bool_or(feed IN (FROM births)) AS is_in_birth_register,
                bool_or(feed = $registration) AS is_registered
            FROM intermediate.int_child_records_linked GROUP BY child_id
        ),
        due AS (
            SELECT child_id FROM intermediate.int_child_registers
            WHERE register IN (FROM births) AND catchment = 'residence'
            GROUP BY child_id HAVING bool_and(is_due)
        ),
        asked AS (
            SELECT CASE WHEN r.child_id_no IS NULL AND NOT c.has_id_no AND NOT c.is_registered THEN 'no_id_number'
                    WHEN NOT c.is_in_birth_register AND r.child_id IN (FROM due) THEN 'no_birth_record' END AS reason,
                r.child_id, r.event_date, {_OWN_RECORD}
            FROM intermediate.int_child_records_linked AS r
            JOIN accountability.registers AS g ON g.feed = r.feed AND g.kind = 'later_contact'
            JOIN reference.units AS u USING (unit_code)
            JOIN children AS c ON c.child_id = r.child_id
            WHERE list_contains($agencies, u.agency)
        )
        SELECT * EXCLUDE (child_id, event_date) FROM asked WHERE reason IS NOT NULL
        QUALIFY row_number() OVER (PARTITION BY child_id ORDER BY event_date DESC NULLS LAST, unit_code, record_no) = 1
        ORDER BY unit_code, reason DESC, feed, record_no
        """,
        {"agencies": words()["school_agencies"], "registration": words()["household_register"]},
    ).fetchall()
