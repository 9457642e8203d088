"""Verification measured: settled cases as estimators read them, agreement of the teams, factors and totals.

Belongs here: writing the verification tables of schema `completeness`, from casework's and the links. Does not: what
an answer is (`pipeline.casework`), or the arithmetic (`verification/sample_estimates.py`, `pipeline.agreement`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import duckdb

from pipeline.agreement import agreement
from pipeline.checks.tables import insert_rows
from pipeline.completeness.verification.sample_estimates import (
    Stratum,
    cluster_total,
    horvitz_thompson,
    verification_factor,
)
from pipeline.statements import Statements
from pipeline.warehouse import transaction

_STATEMENTS = Statements(__file__)
# what a case was drawn from, the answers, and the possible ones
OMISSION = "likely_omission"
_DOCUMENTS = 4
GENUINE_RECORDS, TRUE_OMISSIONS = "genuine_records", "true_omissions"
CANVASSED_CHILDREN, CANVASSED_KNOWN = "canvassed_children", "canvassed_known"
TABLES = {
    "completeness.verified_records": "One row per settled case that was drawn from a record: is a document behind it?",
    "completeness.verified_gaps": "One row per settled case that was drawn from a likely omission.",
    "completeness.canvass": "One row per child under two that an area canvass met: an independent list.",
    "completeness.verification_results": "One row per round and township: agreement and the verification factor.",
    "completeness.verification_factors": "One row per round, unit, feed and period: recounted over reported.",
    "completeness.verification_totals": "One row per round and quantity: a total that the sample alone estimates.",
}


def write_verified(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Write the tables of verification in `completeness` anew, in one transaction; returns rows by table."""
    rows: dict[str, list[tuple]] = {
        "completeness.verified_records": con.execute(
            _STATEMENTS["verified_records"], {"omission": OMISSION}
        ).fetchall(),
        "completeness.verified_gaps": con.execute(_STATEMENTS["verified_gaps"], {"omission": OMISSION}).fetchall(),
        "completeness.canvass": con.execute(_STATEMENTS["canvass"]).fetchall(),
        "completeness.verification_results": list(_results(con)),
        "completeness.verification_factors": list(_factors(con)),
    }
    with transaction(con):
        for table, lines in rows.items():
            con.execute(f"DELETE FROM {table}")
            insert_rows(con, table, lines)
        # counts the canvass that was just written
        rows["completeness.verification_totals"] = list(_totals(con))
        con.execute("DELETE FROM completeness.verification_totals")
        insert_rows(con, "completeness.verification_totals", rows["completeness.verification_totals"])
    return {table: len(lines) for table, lines in rows.items()}


def _results(con: duckdb.DuckDBPyConnection) -> Iterable[tuple]:
    strata = _strata(con, of_omissions=False)
    answers: dict[tuple[str, str], list[tuple[Any, Any, Any]]] = defaultdict(list)
    for name, township, *said in con.execute(_STATEMENTS["answers"]).fetchall():
        answers[name, township].append((said[0], said[1], said[2]))
    content = _content(con)
    for (name, township), said in answers.items():
        both = [each for each in said if each[0] and each[1]]
        found = agreement([each[0] for each in both], [each[1] for each in both], categories=_DOCUMENTS)
        here = [one for where, one in strata[name] if where == township]
        factor = horvitz_thompson(here)
        yield (
            name, township, len(said), len(both), sum(each[2] in ("found", "absent") for each in said),
            sum(each[2] is None for each in both), found.share, found.kappa, found.ac1, content.get((name, township)),
            sum(one.population for one in here),
            *((factor.total[0], factor.value, factor.low, factor.high) if factor else (None,) * 4),
        )  # fmt: skip


def _strata(con: duckdb.DuckDBPyConnection, *, of_omissions: bool) -> dict[str, list[tuple[str, Stratum]]]:
    """By round, the township and the counts of each stratum of records, or of likely omissions."""
    rows = con.execute(
        _STATEMENTS["strata"],
        {"omission": OMISSION, "of_omissions": of_omissions},
    ).fetchall()
    found: dict[str, list[tuple[str, Stratum]]] = defaultdict(list)
    for name, township, *counts in rows:
        found[name].append((township, Stratum(*counts)))
    return found


def _content(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], float]:
    """By round and township: of sexes and days of birth on found documents, the share that the record says too."""
    rows = con.execute(_STATEMENTS["content_agreement"]).fetchall()
    return {(name, township): share for name, township, share in rows}


def _factors(con: duckdb.DuckDBPyConnection) -> Iterable[tuple]:
    """WHO's verification factor of every unit, feed and period of which a record was drawn and settled."""
    cases: dict[tuple, list[tuple[bool | None, float]]] = defaultdict(list)
    for *key, is_found, weight in con.execute(
        _STATEMENTS["drawn_records"],
        {"omission": OMISSION},
    ).fetchall():
        cases[tuple(key)].append((is_found, weight))
    for place, said in cases.items():
        settled = [(found, weight) for found, weight in said if found is not None]
        factor = verification_factor([found for found, _ in settled], [weight for _, weight in settled])
        if factor:
            reported = sum(weight for _, weight in settled)
            yield (
                *place, len(said), len(settled), reported * factor.value, reported,
                factor.value, factor.low, factor.high,
            )  # fmt: skip


def _totals(con: duckdb.DuckDBPyConnection) -> Iterable[tuple]:
    for quantity, of_omissions in ((GENUINE_RECORDS, False), (TRUE_OMISSIONS, True)):
        for name, placed in sorted(_strata(con, of_omissions=of_omissions).items()):
            strata = [one for _, one in placed]
            share = horvitz_thompson(strata)
            if share:
                drawn, answered = sum(one.drawn for one in strata), sum(one.answered for one in strata)
                yield name, quantity, share.population, drawn, answered, *share.total
    villages: dict[tuple[str, int, int], list[tuple[int, int]]] = defaultdict(list)
    for name, population, drawn, met, known in con.execute(_STATEMENTS["canvassed_villages"]).fetchall():
        villages[name, population, drawn].append((met, known))
    for (name, population, drawn), counts in villages.items():
        for quantity, column in ((CANVASSED_CHILDREN, 0), (CANVASSED_KNOWN, 1)):
            total = cluster_total([count[column] for count in counts], population)
            if total:
                yield name, quantity, population, drawn, len(counts), *total
