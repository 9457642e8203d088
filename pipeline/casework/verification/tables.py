"""Verification as tables: rounds, cases, answers and outcomes, what grades read, and links that papers settle.

Belongs here: writing the schema `casework` from the ledger, before linkage. Does not: how entries become outcomes
(`verification/state.py`), or what the outcomes say of everything (`pipeline.completeness.verification.verified`).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from pipeline.casework.contradictions import Edge, contradiction
from pipeline.casework.verification.rounds import KINDS, LIKELY_OMISSION
from pipeline.casework.verification.state import ABSENT, FOUND, NOT_SHOWN, SETTLING, YES, Verification
from pipeline.checks.tables import insert_rows
from pipeline.home import Home
from pipeline.warehouse import transaction

_TABLES = (
    "verification_rounds", "verification_strata", "verification_cases", "verification_answers",
    "verification_outcomes", "verification_findings", "canvass_villages", "canvass_children",
)  # fmt: skip
Key = tuple[int, int]


@dataclass(frozen=True)
class ReadIn:
    """What stands: rounds, their cases, how many of these are settled, and children whom canvasses met."""

    rounds: int
    cases: int
    settled: int
    canvassed: int


def read_in_verification(con: duckdb.DuckDBPyConnection, home: Home) -> ReadIn:
    """Write the tables of verification in `casework` from the ledger, in one transaction.

    Raises:
        RollcallError: the archive lacks a round that the ledger refers to.
    """
    state = Verification.read(home)
    rows = rows_of(state)
    with transaction(con):
        for table in _TABLES:
            con.execute(f"DELETE FROM casework.{table}")
            insert_rows(con, f"casework.{table}", rows[table])
    settled = sum(line[2] in SETTLING for line in rows["verification_outcomes"])
    return ReadIn(len(state.rounds), len(rows["verification_cases"]), settled, len(rows["canvass_children"]))


def rows_of(state: Verification) -> Mapping[str, list[tuple]]:
    """By table of `casework`, its rows in its order of columns."""
    rows: dict[str, list[tuple]] = {table: [] for table in _TABLES}
    for name, (entry, each) in sorted(state.rounds.items()):
        rows["verification_rounds"].append(
            (
                name, each.run_id, _day(each.drawn_on), _day(each.due_on), each.seed, each.per_township,
                len(each.villages), each.village_count, entry,
            )
        )  # fmt: skip
        rows["verification_strata"] += [
            (name, stratum, KINDS[stratum], place, population, drawn)
            for stratum, place, population, drawn in each.strata
        ]
        for case in each.cases:
            rows["verification_cases"].append(
                (
                    name, case.case_no, case.stratum, case.kind, case.inclusion_probability, case.township_code,
                    case.unit_code, case.feed, case.period, case.record_key, case.record_no, case.child_id,
                    case.register,
                )
            )  # fmt: skip
            for team, given in sorted(state.given(name, case.case_no).items()):
                rows["verification_answers"].append(
                    (name, case.case_no, team, *_seen(given.seen), _day(given.on), given.entry)
                )
            if outcome := state.outcome(name, case.case_no):
                rows["verification_outcomes"].append(
                    (name, case.case_no, *_seen(outcome.seen), _day(outcome.on), outcome.entry)
                )
        rows["verification_findings"] += _findings(state, name)
        walked = state.canvassed.get(name)
        rows["canvass_villages"] += [
            (
                name, village.village_code, village.township_code, len(each.villages) / each.village_count,
                bool(walked and village.village_code in walked.villages),
            )
            for village in each.villages
        ]  # fmt: skip
        rows["canvass_children"] += [
            (name, met.village_code, met.line, met.sex, met.birth_month, met.link_token)
            for met in (walked.children if walked else ())
        ]
    return rows


def _seen(seen: Any) -> tuple:
    born = None if seen.birth_date is None else _day(seen.birth_date)
    return seen.document, seen.sex, born, seen.lives_here, seen.is_held, seen.number_there


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def _findings(state: Verification, name: str) -> Iterable[tuple]:
    """One row per unit and feed of which records were looked at and something is settled, or was not shown.

    A team that is late puts no unit in the wrong: a unit has not answered where an outcome says that it did not show
    its documents. Omissions are no finding: finding a birth late, or not at all, is never held against a unit here.
    """
    round_ = state.rounds[name][1]
    by_unit: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for case in round_.cases:
        outcome = state.outcome(name, case.case_no)
        if outcome and case.kind != LIKELY_OMISSION:
            by_unit[case.unit_code, case.feed].append((outcome.seen.document, outcome.on))
    for (unit_code, feed), outcomes in sorted(by_unit.items()):
        confirmed = [on for document, on in outcomes if document == ABSENT]
        shown = [on for document, on in outcomes if document != NOT_SHOWN]
        # what was confirmed stands from the day that it was; else the unit has answered when the last one was seen
        answered = min(confirmed) if confirmed else max(shown) if len(shown) == len(outcomes) else None
        yield name, unit_code, feed, len(confirmed), _day(round_.due_on), None if answered is None else _day(answered)


def settled_pairs(
    con: duckdb.DuckDBPyConnection, home: Home, decisions: Mapping[Key, bool]
) -> dict[Key, tuple[str, int]]:
    """Pairs of records that papers show to be of one child: the document's own, and the one under the number there.

    Args:
        decisions: by record keys, whether reviewers decided that the two are one child; these stand whatever papers
            show, and a pair that contradicts them, or one settled before it, is left out.

    Returns:
        by record keys, the day and the ledger's entry. Numbers that no record of the register has, or several have,
        settle nothing.
    """
    state = Verification.read(home)
    claims = [
        (outcome.entry, case, outcome)
        for name, (_, round_) in sorted(state.rounds.items())
        for case in round_.cases
        if (outcome := state.outcome(name, case.case_no))
        and outcome.seen.document == FOUND
        and outcome.seen.is_held == YES
        and outcome.seen.number_there
    ]
    if not claims:
        return {}
    wanted = sorted({(case.register, outcome.seen.number_there) for _, case, outcome in claims})
    numbers: dict[tuple[str, str], int] = {
        (feed, number): key
        for feed, number, key in con.execute(
            """
            SELECT feed, record_no, any_value(record_key) FROM intermediate.int_records_standardised
            WHERE list_contains($wanted, feed || '|' || record_no) AND NOT is_stillbirth
            GROUP BY ALL HAVING count(DISTINCT record_key) = 1
            """,
            {"wanted": [f"{feed}|{number}" for feed, number in wanted]},
        ).fetchall()
    }
    there = {
        key
        for (key,) in con.execute(
            "SELECT record_key FROM intermediate.int_records_standardised WHERE list_contains($keys, record_key)",
            {"keys": [case.record_key for _, case, _ in claims]},
        ).fetchall()
    }
    edges = [Edge(*key, is_same, "decision") for key, is_same in decisions.items()]
    found: dict[Key, tuple[str, int]] = {}
    for entry, case, outcome in sorted(claims, key=lambda claim: (claim[0], claim[1].case_no)):
        other = numbers.get((case.register, str(outcome.seen.number_there)))
        if other is None or other == case.record_key or case.record_key not in there:
            continue
        key = (min(other, case.record_key), max(other, case.record_key))
        if key in decisions or key in found or contradiction([*edges, Edge(*key, True, "papers")]):
            continue
        edges.append(Edge(*key, True, "papers"))
        found[key] = (outcome.on, entry)
    return found
