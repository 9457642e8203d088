"""What the model itself expects of its result, by stratum.

Belongs here: the diagnostic. Does not: reviewed figures, which come from people. A pair's probability says how often
such pairs are one child's: added up inside children it gives the expected precision; what is left outside them, of the
pairs that were found, lowers the expected recall. Pairs that no blocking rule found are not seen.
"""

from __future__ import annotations

import duckdb

from pipeline.linkage.identities import CHILDREN
from pipeline.linkage.inputs import INPUT, WORKSHOP
from pipeline.linkage.partition import PAIRS

QUALITY = "measured_quality"

# by stratum: SQL over a record of the linkage input and its child_id
_RECORD_STRATA = {
    "overall": "true",
    # deliveries alone tell; what else the child has belongs with them
    "multiple_births": "bool_or(coalesce(plurality > 1 OR birth_rank > 1, false)) OVER (PARTITION BY child_id)",
    "placeholder_names": "is_placeholder",
    "missing_mother_id": "mother_id_no IS NULL",
}


def measure(work: duckdb.DuckDBPyConnection) -> None:
    """Fill the workshop's table `measured_quality`, a row per stratum.

    A pair belongs to a stratum if either record does; `register_pair:<feed>:<feed>` if its records are of the two.
    Probabilities are added as decimals: the same sum on any number of threads.
    """
    work.execute(f"""
        CREATE OR REPLACE TABLE pairs_judged AS
        SELECT record_key_l, record_key_r, match_probability::DECIMAL(18, 12) AS p,
            a.child_id = b.child_id AS is_one_child
        FROM {PAIRS}
        JOIN {CHILDREN} AS a ON a.record_key = record_key_l
        JOIN {CHILDREN} AS b ON b.record_key = record_key_r
    """)
    membership = " UNION ALL ".join(
        f"SELECT '{name}' AS stratum, record_key "
        f"FROM (SELECT record_key, {condition} AS is_in FROM members) WHERE is_in"
        for name, condition in _RECORD_STRATA.items()
    )
    work.execute(f"""
        CREATE OR REPLACE TABLE {QUALITY} AS
        WITH members AS (SELECT * FROM {INPUT} JOIN {CHILDREN} USING (record_key)),
        strata AS ({membership}),
        record_counts AS (
            SELECT stratum, count(*) AS records, count(DISTINCT child_id) AS clusters
            FROM strata JOIN {CHILDREN} USING (record_key) GROUP BY stratum
        ),
        feeds AS (
            SELECT least(l.feed, r.feed) AS feed, greatest(l.feed, r.feed) AS other, record_key_l, record_key_r
            FROM pairs_judged JOIN {INPUT} AS l ON l.record_key = record_key_l
            JOIN {INPUT} AS r ON r.record_key = record_key_r
        ),
        pair_strata AS (
            SELECT DISTINCT stratum, record_key_l, record_key_r FROM (
                SELECT stratum, record_key_l, record_key_r FROM pairs_judged
                JOIN strata ON strata.record_key = record_key_l
                UNION ALL
                SELECT stratum, record_key_l, record_key_r FROM pairs_judged
                JOIN strata ON strata.record_key = record_key_r
            )
            UNION ALL
            SELECT 'register_pair:' || feed || ':' || other, record_key_l, record_key_r FROM feeds
        ),
        sums AS (
            SELECT stratum, sum(p) FILTER (is_one_child) AS inside, sum(p) AS everywhere,
                count(*) FILTER (is_one_child) AS pairs_inside
            FROM pair_strata JOIN pairs_judged USING (record_key_l, record_key_r) GROUP BY stratum
        ),
        pair_records AS (
            SELECT 'register_pair:' || feed || ':' || other AS stratum,
                unnest([record_key_l, record_key_r]) AS record_key
            FROM feeds
        ),
        counts AS (
            FROM record_counts
            UNION ALL
            SELECT stratum, count(DISTINCT record_key), count(DISTINCT child_id)
            FROM pair_records JOIN {CHILDREN} USING (record_key) GROUP BY stratum
        )
        SELECT stratum, records, clusters,
            inside::DOUBLE / nullif(pairs_inside, 0) AS expected_precision,
            inside::DOUBLE / nullif(everywhere, 0)::DOUBLE AS expected_recall,
            0 AS reviewed_pairs
        FROM counts LEFT JOIN sums USING (stratum)
    """)


def write(con: duckdb.DuckDBPyConnection, run_id: str) -> None:
    """Replace this run's rows of `linkage.quality`; within the caller's transaction."""
    con.execute("DELETE FROM linkage.quality WHERE run_id = ?", [run_id])
    con.execute(
        f"""
        INSERT INTO linkage.quality
        SELECT ?, stratum, records, clusters, expected_precision, expected_recall, reviewed_pairs
        FROM {WORKSHOP}.{QUALITY} ORDER BY stratum
        """,
        [run_id],
    )
