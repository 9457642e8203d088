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
from pipeline.warehouse import transaction

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

_RECORDS = f"""
    SELECT c.round, c.unit_code, c.feed, c.period, c.record_key, o.document = 'found', c.inclusion_probability,
        o.settled_on
    FROM casework.verification_outcomes AS o
    JOIN casework.verification_cases AS c ON o.round = c.round AND o.case_no = c.case_no
    WHERE c.kind <> '{OMISSION}' AND o.document IN ('found', 'absent')
    ORDER BY ALL
"""
_GAPS = f"""
    SELECT c.round, coalesce(l.child_id, c.child_id), c.register, o.document = 'found',
        CASE o.lives_here WHEN 'yes' THEN true WHEN 'no' THEN false END,
        CASE o.is_held WHEN 'yes' THEN true WHEN 'no' THEN false END,
        c.inclusion_probability, o.settled_on
    FROM casework.verification_outcomes AS o
    JOIN casework.verification_cases AS c ON o.round = c.round AND o.case_no = c.case_no
    LEFT JOIN linkage.child_records AS l ON c.record_key = l.record_key
    WHERE c.kind = '{OMISSION}' AND o.document IN ('found', 'absent')
    ORDER BY ALL
"""
# a number on its papers, with sex and month, must lead to one child only; where it leads to several, one of the village
_CANVASS = """
    WITH met AS (SELECT * FROM casework.canvass_children),
    numbers AS (
        SELECT r.child_id, c.sex, c.birth_month, r.village_code, unnest([r.certificate_no, r.record_no]) AS number
        FROM intermediate.int_child_records_linked AS r
        JOIN intermediate.int_children_resolved AS c ON r.child_id = c.child_id
    ),
    candidates AS (
        SELECT m.round, m.village_code, m.line, n.child_id, max(n.village_code = m.village_code) AS is_here
        FROM met AS m
        JOIN numbers AS n
            ON m.sex = n.sex AND m.birth_month = n.birth_month
            AND right(regexp_replace(upper(n.number), '[^A-Z0-9]', '', 'g'), 6) = m.link_token
        GROUP BY ALL
    ),
    matched AS (
        SELECT round, village_code, line, any_value(child_id) AS child_id
        FROM (
            SELECT *, coalesce(is_here, false) AS here, max(coalesce(is_here, false)) OVER (
                PARTITION BY round, village_code, line
            ) AS any_here
            FROM candidates
        )
        WHERE here = any_here
        GROUP BY round, village_code, line HAVING count(*) = 1
    )
    SELECT m.round, m.village_code, v.inclusion_probability, m.link_token, m.sex, m.birth_month, matched.child_id
    FROM met AS m
    JOIN casework.canvass_villages AS v ON m.round = v.round AND m.village_code = v.village_code
    LEFT JOIN matched ON m.round = matched.round AND m.village_code = matched.village_code AND m.line = matched.line
    ORDER BY m.round, m.village_code, m.line
"""


def write_verified(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Write the tables of verification in `completeness` anew, in one transaction; returns rows by table."""
    rows: dict[str, list[tuple]] = {
        "completeness.verified_records": con.execute(_RECORDS).fetchall(),
        "completeness.verified_gaps": con.execute(_GAPS).fetchall(),
        "completeness.canvass": con.execute(_CANVASS).fetchall(),
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
    strata = _strata(con, "c.kind <> $omission", "o.document = 'found'")
    answers: dict[tuple[str, str], list[tuple[Any, Any, Any]]] = defaultdict(list)
    for name, township, *said in con.execute(
        """
        SELECT c.round, c.township_code, a.document, b.document, o.document
        FROM casework.verification_cases AS c
        LEFT JOIN casework.verification_answers AS a
            ON c.round = a.round AND c.case_no = a.case_no AND a.team = 'A'
        LEFT JOIN casework.verification_answers AS b
            ON c.round = b.round AND c.case_no = b.case_no AND b.team = 'B'
        LEFT JOIN casework.verification_outcomes AS o ON c.round = o.round AND c.case_no = o.case_no
        ORDER BY c.round, c.township_code, c.case_no
        """
    ).fetchall():
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


def _strata(con: duckdb.DuckDBPyConnection, of: str, positive: str) -> dict[str, list[tuple[str, Stratum]]]:
    """By round, the township and the counts of each stratum that a condition on its kind picks."""
    rows = con.execute(
        f"""
        SELECT c.round, c.township_code, any_value(c.population), any_value(c.drawn),
            count(o.case_no) FILTER (WHERE o.document IN ('found', 'absent')), count(*) FILTER (WHERE {positive})
        FROM casework.verification_strata AS c
        LEFT JOIN casework.verification_cases AS k
            ON c.round = k.round AND c.stratum = k.stratum AND c.township_code = k.township_code
        LEFT JOIN casework.verification_outcomes AS o ON k.round = o.round AND k.case_no = o.case_no
        WHERE {of}
        GROUP BY c.round, c.township_code, c.stratum ORDER BY c.round, c.township_code, c.stratum
        """,
        {"omission": OMISSION},
    ).fetchall()
    found: dict[str, list[tuple[str, Stratum]]] = defaultdict(list)
    for name, township, *counts in rows:
        found[name].append((township, Stratum(*counts)))
    return found


def _content(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], float]:
    """By round and township: of sexes and days of birth on found documents, the share that the record says too."""
    rows = con.execute(
        """
        WITH compared AS (
            SELECT c.round, c.township_code, unnest([
                CASE WHEN o.sex IN ('1', '2') THEN r.child_sex = o.sex END, r.birth_date = o.birth_date
            ]) AS is_equal
            FROM casework.verification_outcomes AS o
            JOIN casework.verification_cases AS c ON o.round = c.round AND o.case_no = c.case_no
            JOIN intermediate.int_child_records_linked AS r ON c.record_key = r.record_key
            WHERE o.document = 'found'
        )
        SELECT round, township_code, avg(is_equal::INTEGER) FROM compared WHERE is_equal IS NOT NULL GROUP BY ALL
        """
    ).fetchall()
    return {(name, township): share for name, township, share in rows}


def _factors(con: duckdb.DuckDBPyConnection) -> Iterable[tuple]:
    """WHO's verification factor of every unit, feed and period of which a record was drawn and settled."""
    cases: dict[tuple, list[tuple[bool | None, float]]] = defaultdict(list)
    for *key, is_found, weight in con.execute(
        """
        WITH cases AS (
            SELECT c.*, CASE o.document WHEN 'found' THEN true WHEN 'absent' THEN false END AS is_found
            FROM casework.verification_cases AS c
            LEFT JOIN casework.verification_outcomes AS o ON c.round = o.round AND c.case_no = o.case_no
        )
        SELECT c.round, c.unit_code, c.feed, c.period, c.is_found,
            s.population / count(c.is_found) OVER (PARTITION BY c.round, c.stratum, c.township_code)
        FROM cases AS c
        JOIN casework.verification_strata AS s
            ON c.round = s.round AND c.stratum = s.stratum AND c.township_code = s.township_code
        WHERE c.kind <> $omission
        ORDER BY c.round, c.unit_code, c.feed, c.period, c.case_no
        """,
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
    quantities = {
        GENUINE_RECORDS: ("c.kind <> $omission", "o.document = 'found'"),
        # a child of the county whom the register lacks, so far as the papers say
        TRUE_OMISSIONS: (
            "c.kind = $omission",
            "o.document = 'found' AND coalesce(o.lives_here, '') <> 'no' AND coalesce(o.is_held, '') <> 'yes'",
        ),
    }
    for quantity, (of, positive) in quantities.items():
        for name, placed in sorted(_strata(con, of, positive).items()):
            strata = [one for _, one in placed]
            share = horvitz_thompson(strata)
            if share:
                drawn, answered = sum(one.drawn for one in strata), sum(one.answered for one in strata)
                yield name, quantity, share.population, drawn, answered, *share.total
    villages: dict[tuple[str, int, int], list[tuple[int, int]]] = defaultdict(list)
    for name, population, drawn, met, known in con.execute(
        """
        SELECT r.round, r.village_count, r.villages, count(c.sex), count(c.child_id)
        FROM casework.verification_rounds AS r
        JOIN casework.canvass_villages AS v ON r.round = v.round AND v.is_returned
        LEFT JOIN completeness.canvass AS c ON v.round = c.round AND v.village_code = c.village_code
        GROUP BY r.round, r.village_count, r.villages, v.village_code ORDER BY r.round, v.village_code
        """
    ).fetchall():
        villages[name, population, drawn].append((met, known))
    for (name, population, drawn), counts in villages.items():
        for quantity, column in ((CANVASSED_CHILDREN, 0), (CANVASSED_KNOWN, 1)):
            total = cluster_total([count[column] for count in counts], population)
            if total:
                yield name, quantity, population, drawn, len(counts), *total
