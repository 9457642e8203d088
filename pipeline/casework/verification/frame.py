"""What a verification round is drawn from: records and likely omissions of residents, each in its stratum.

Belongs here: the frame, as SQL over what the last night left. Does not: how many are drawn (`completeness.sampling`).

Records of birth registers fall into one stratum each: not corroborated by another unit, of a unit and feed that an
alarm of `uncorroborated` stands over, or of another; known to many units; all others. Gaps are likely omissions of a
register on which a right of the child hangs; the document that is looked for is behind a record that another register
has of the child, at a provider of care where there is one. Children without a township of the county are in neither.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from pipeline.accountability.vocabulary import Rule, Severity
from pipeline.settings.verification import VerificationSettings


@dataclass(frozen=True, order=True)
class Unit:
    """One unit of the frame: a record, or a gap (`register` is then the one that lacks the child, else blank)."""

    record_key: int
    register: str
    child_id: str
    unit_code: str
    feed: str
    period: str
    record_no: str


_RECORDS = """
    SELECT r.*, c.township_code, g.catchment
    FROM intermediate.int_child_records_linked AS r
    JOIN accountability.registers AS g ON r.feed = g.feed AND g.kind = 'birth'
    JOIN (SELECT child_id, township_code FROM intermediate.int_children_resolved
          WHERE is_resident AND township_code IS NOT NULL) AS c ON r.child_id = c.child_id
"""


def read_frame(con: duckdb.DuckDBPyConnection, settings: VerificationSettings) -> list[tuple[str, str, Unit]]:
    """Stratum, township and unit of everything that may be drawn, in a fixed order."""
    rows = con.execute(
        f"""
        WITH records AS ({_RECORDS}),
        known AS (
            SELECT child_id, count(DISTINCT unit_code) AS units
            FROM intermediate.int_child_records_linked GROUP BY child_id
        ),
        alarmed AS (
            SELECT DISTINCT unit_code, feed FROM accountability.flags WHERE rule = $rule AND severity = $severity
        ),
        strata AS (
            SELECT
                CASE
                    WHEN m.record_key IS NOT NULL AND a.feed IS NOT NULL THEN 'uncorroborated_in_alarm'
                    WHEN m.record_key IS NOT NULL THEN 'uncorroborated'
                    WHEN k.units >= $known_good THEN 'known_good'
                    ELSE 'control'
                END AS stratum,
                r.township_code, r.record_key, '' AS register, r.child_id, r.unit_code, r.feed, r.period, r.record_no
            FROM records AS r
            JOIN known AS k ON r.child_id = k.child_id
            LEFT JOIN (SELECT record_key FROM measures.corroboration_records WHERE NOT is_corroborated) AS m
                ON r.record_key = m.record_key
            LEFT JOIN alarmed AS a ON r.unit_code = a.unit_code AND r.feed = a.feed
        ),
        documents AS (
            SELECT * FROM records
            QUALIFY row_number() OVER (
                PARTITION BY child_id ORDER BY catchment <> 'provider', feed, record_key
            ) = 1
        ),
        gaps AS (
            SELECT 'likely_omission', d.township_code, d.record_key, g.register, d.child_id, d.unit_code, d.feed,
                d.period, d.record_no
            FROM intermediate.int_gaps_explained AS g
            JOIN documents AS d ON g.child_id = d.child_id
            WHERE g.reason = 'likely_omitted' AND list_contains($registers, g.register)
        )
        SELECT * FROM strata UNION ALL SELECT * FROM gaps ORDER BY ALL
        """,
        {
            "rule": Rule.UNCORROBORATED.value,
            "severity": Severity.ALARM.value,
            "known_good": settings.known_good_units,
            "registers": list(settings.registers),
        },
    ).fetchall()
    return [(stratum, township, Unit(*unit)) for stratum, township, *unit in rows]
