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
from pipeline.statements import Statements

_STATEMENTS = Statements(__file__)
SUMS = "quality_sums"
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
        _sum_up(work, "sums_now", after, after, pairs_after)
        work.execute("CREATE OR REPLACE TABLE sums_then AS FROM sums_now LIMIT 0")
    else:
        before = (
            f"SELECT record_key, feed, child_id AS child, traits FROM {CHILDREN_BEFORE} "
            f"JOIN {STATES_BEFORE} USING (record_key)"
        )
        work.execute(_STATEMENTS["records_beside"])
        # of another child than any touched one; two of them make no pair that is looked at
        beside = "SELECT record_key, feed, NULL AS child, traits FROM records_beside"
        pairs_before = f"SELECT record_key_l, record_key_r, match_probability FROM {PAIRS_BEFORE}"
        pairs_after += f" UNION ALL {pairs_before} WHERE NOT is_inside AND NOT is_dropped"
        _sum_up(work, "sums_then", before, f"{before} UNION ALL {beside}", pairs_before)
        _sum_up(work, "sums_now", after, f"{after} UNION ALL {beside}", pairs_after)
    work.execute(_STATEMENTS["quality_sums"], {"is_full": is_full})


def _sum_up(work: duckdb.DuckDBPyConnection, table: str, members: str, named: str, pairs: str) -> None:
    """Fill a table with what these records and pairs add to each stratum.

    Args:
        members: a query of (record_key, feed, child, traits), of whole children.
        named: the same of all records that the pairs name.
        pairs: a query of (record_key_l, record_key_r, match_probability).
    """
    for view, query in (("summed_children", members), ("summed_records", named), ("summed_pairs", pairs)):
        work.execute(f"CREATE OR REPLACE VIEW {view} AS {query}")
    traits = {"traits": list(TRAITS), "bits": list(TRAITS.values())}
    work.execute(_STATEMENTS.filled("sums", sums=table), traits)


def keep(con: duckdb.DuckDBPyConnection) -> None:
    """Replace the standing sums by the workshop's; within the caller's transaction."""
    con.execute("DELETE FROM linkage.quality_sums")
    con.execute(f"INSERT INTO linkage.quality_sums BY NAME FROM {WORKSHOP}.{SUMS} ORDER BY stratum")


def write(con: duckdb.DuckDBPyConnection, run_id: str) -> None:
    """Replace this run's rows of `linkage.quality` by what the standing sums say; within the caller's transaction."""
    con.execute("DELETE FROM linkage.quality WHERE run_id = ?", [run_id])
    con.execute(_STATEMENTS["write_quality"], {"run_id": run_id})
