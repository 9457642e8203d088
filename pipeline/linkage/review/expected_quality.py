"""What the model itself expects of its result, by stratum.

Belongs here: the diagnostic. Does not: reviewed figures, which come from people. A pair's probability says how often
such pairs are one child's: added up inside children it gives the expected precision; what is left outside them, of the
pairs that were found, lowers the expected recall. Pairs that no blocking rule found are not seen.

All that a figure is made of adds up over children and pairs, and probabilities are added as decimals: the sums are
exact, so that a night takes the touched children and pairs out as they were, and puts them in as they are.

Strata: `overall`; `multiple_births`, children of whom any record says so, `placeholder_names`, `missing_mother_id`
(a pair is in these if either record is); and `register_pair:<feed>:<feed>`: pairs of records of these two registers,
records that they hold of children who are in both (or twice in the one), and these children.
"""

from __future__ import annotations

import duckdb

from pipeline.linkage.children.partition import PAIRS
from pipeline.linkage.identities.affected_records import CHILDREN_BEFORE, PAIRS_BEFORE, STATES, STATES_BEFORE
from pipeline.linkage.inputs import WORKSHOP

SUMS = "quality_sums"
SUM_COLUMNS = ("records", "clusters", "pairs_inside", "inside", "everywhere")
# bits of a record's traits, by stratum
TRAITS = {"multiple_births": 1, "placeholder_names": 2, "missing_mother_id": 4}


def traits_sql(is_multiple: str) -> str:
    """SQL of the traits of a row of the linkage input.

    Args:
        is_multiple: SQL, whether any record of its child tells of a multiple birth.
    """
    conditions = (is_multiple, "coalesce(is_placeholder, false)", "mother_id_no IS NULL")
    bits = zip(TRAITS.values(), conditions, strict=True)
    return f"({' + '.join(f'CASE WHEN {condition} THEN {bit} ELSE 0 END' for bit, condition in bits)})::UTINYINT"


def measure(work: duckdb.DuckDBPyConnection, *, is_full: bool) -> None:
    """Fill the workshop's table `quality_sums`, a row per stratum: all records and pairs as they are now."""
    after = f"SELECT record_key, feed, child, traits FROM {STATES}"
    pairs_after = f"SELECT record_key_l, record_key_r, match_probability FROM {PAIRS}"
    if is_full:
        work.execute(f"CREATE OR REPLACE TABLE {SUMS} AS {_added(_sums(after, after, pairs_after))}")
        return
    before = (
        f"SELECT record_key, feed, child_id AS child, traits FROM {CHILDREN_BEFORE} "
        f"JOIN {STATES_BEFORE} USING (record_key)"
    )
    # the other records of the pairs that leave the touched components, and that new records have
    work.execute(f"""
        CREATE OR REPLACE TABLE records_beside AS
        WITH named AS (
            SELECT unnest([record_key_l, record_key_r]) AS record_key FROM {PAIRS_BEFORE}
            UNION SELECT unnest([record_key_l, record_key_r]) FROM {PAIRS}
        ),
        beside AS (
            FROM named ANTI JOIN {STATES_BEFORE} USING (record_key) ANTI JOIN {STATES} USING (record_key)
        )
        SELECT record_key, feed, traits
        FROM (FROM warehouse.linkage.record_states SEMI JOIN beside USING (record_key))
        JOIN (FROM warehouse.linkage.child_records SEMI JOIN beside USING (record_key)) USING (record_key)
    """)
    # of another child than any touched one; two of them make no pair that is looked at
    beside = "SELECT record_key, feed, NULL AS child, traits FROM records_beside"
    pairs_before = f"SELECT record_key_l, record_key_r, match_probability FROM {PAIRS_BEFORE}"
    pairs_after += f" UNION ALL {pairs_before} WHERE NOT is_inside AND NOT is_dropped"
    then = _sums(before, f"{before} UNION ALL {beside}", pairs_before)
    now = _sums(after, f"{after} UNION ALL {beside}", pairs_after)
    standing = f"SELECT stratum, {', '.join(SUM_COLUMNS)} FROM warehouse.linkage.quality_sums"
    less = f"SELECT stratum, {', '.join(f'-{column}' for column in SUM_COLUMNS)} FROM ({then})"
    work.execute(f"CREATE OR REPLACE TABLE {SUMS} AS {_added(f'{standing} UNION ALL {less} UNION ALL FROM ({now})')}")


def _added(parts: str) -> str:
    """A query that adds up rows by stratum; a stratum of which nothing is left has no row."""
    sums = ", ".join(f"sum({column})::{_KINDS[column]} AS {column}" for column in SUM_COLUMNS)
    return f"SELECT stratum, {sums} FROM ({parts}) GROUP BY stratum HAVING sum(records) > 0 OR sum(everywhere) > 0"


_KINDS = dict.fromkeys(SUM_COLUMNS[:3], "BIGINT") | dict.fromkeys(SUM_COLUMNS[3:], "DECIMAL(38, 12)")


def _sums(members: str, judged: str, pairs: str) -> str:
    """A query of what these records and pairs add to each stratum.

    Args:
        members: a query of (record_key, feed, child, traits), of whole children.
        judged: the same of all records that the pairs name.
        pairs: a query of (record_key_l, record_key_r, match_probability).
    """
    records = ["SELECT 'overall' AS stratum, count(*) AS records, count(DISTINCT child) AS clusters FROM members"]
    grouped = ["SELECT 'overall' AS stratum, * FROM cube"]
    for name, bit in TRAITS.items():
        records.append(
            f"SELECT '{name}', count(*), count(DISTINCT child) FROM members WHERE traits & {bit}::UTINYINT > 0"
        )
        grouped.append(f"SELECT '{name}', * FROM cube WHERE traits & {bit}::UTINYINT > 0")
    return f"""
        WITH members AS MATERIALIZED ({members}),
        judged AS ({judged}),
        cube AS MATERIALIZED (
            SELECT least(l.feed, r.feed) AS feed, greatest(l.feed, r.feed) AS other, l.traits | r.traits AS traits,
                coalesce(l.child = r.child, false) AS is_one_child,
                count(*) AS n, sum(match_probability::DECIMAL(18, 12)) AS p
            FROM ({pairs})
            JOIN judged AS l ON l.record_key = record_key_l
            JOIN judged AS r ON r.record_key = record_key_r
            GROUP BY ALL
        ),
        held AS (SELECT child, feed, count(*) AS n FROM members GROUP BY ALL),
        record_sums AS (
            {" UNION ALL ".join(records)}
            UNION ALL
            SELECT 'register_pair:' || a.feed || ':' || b.feed,
                sum(CASE WHEN a.feed = b.feed THEN a.n ELSE a.n + b.n END), count(*)
            FROM held AS a
            JOIN held AS b ON a.child = b.child AND (a.feed < b.feed OR a.feed = b.feed AND a.n > 1)
            GROUP BY a.feed, b.feed
        ),
        in_strata AS (
            {" UNION ALL ".join(grouped)}
            UNION ALL SELECT 'register_pair:' || feed || ':' || other, * FROM cube
        )
        SELECT stratum, records, clusters, 0 AS pairs_inside, 0::DECIMAL(38, 12) AS inside,
            0::DECIMAL(38, 12) AS everywhere
        FROM record_sums
        UNION ALL
        SELECT stratum, 0, 0, coalesce(sum(n) FILTER (is_one_child), 0), coalesce(sum(p) FILTER (is_one_child), 0),
            sum(p)
        FROM in_strata GROUP BY stratum
    """


def keep(con: duckdb.DuckDBPyConnection) -> None:
    """Replace the standing sums by the workshop's; within the caller's transaction."""
    con.execute("DELETE FROM linkage.quality_sums")
    con.execute(f"INSERT INTO linkage.quality_sums BY NAME FROM {WORKSHOP}.{SUMS} ORDER BY stratum")


def write(con: duckdb.DuckDBPyConnection, run_id: str) -> None:
    """Replace this run's rows of `linkage.quality` by what the standing sums say; within the caller's transaction."""
    con.execute("DELETE FROM linkage.quality WHERE run_id = ?", [run_id])
    con.execute(
        """
        INSERT INTO linkage.quality
        SELECT ?, stratum, records, clusters, inside::DOUBLE / nullif(pairs_inside, 0),
            inside::DOUBLE / nullif(everywhere, 0)::DOUBLE, 0
        FROM linkage.quality_sums ORDER BY stratum
        """,
        [run_id],
    )
