"""What a night has to look at where little differs from the night before: nothing else is read whole.

Belongs here: which records, components and pairs new, changed and gone records touch. Does not: what is done with them,
which is the same as for all records (`children/partition.py`, `identities/child_ids.py`, `review/expected_quality.py`).

A component is touched when a record of it is new, changed, gone or decided on anew, or when a new link reaches it.
Records of untouched components keep their component, child, margin and the weights among them; of a pair whose
records lie in two components nothing depends on either component. So the touched components, taken together, are
solved as if there were no other records.
"""

from __future__ import annotations

import duckdb

from pipeline.linkage.children.partition import COMPLETED, DECISIONS, FOUND, RAW, bits
from pipeline.linkage.identities.changes import CHANGES, DECISIONS_CHANGED
from pipeline.linkage.inputs import INPUT, RECORDS, fill_input, input_sql
from pipeline.linkage.model.frozen_model import Model
from pipeline.linkage.pairs.blocking_keys import find_candidates
from pipeline.linkage.pairs.scoring import SCORED, THROUGH_A_THIRD, scored
from pipeline.settings.linkage import LinkageSettings

COMPARED, STATES = "compared_records", "states_now"
STATES_BEFORE, CHILDREN_BEFORE, PAIRS_BEFORE = "states_before", "children_before", "pairs_before"


def take_all(work: duckdb.DuckDBPyConnection) -> int:
    """Fill the linkage input with every record, and the tables of what was before with every child.

    Returns:
        the number of records.
    """
    records = fill_input(work)
    work.execute(
        f"CREATE OR REPLACE VIEW {CHILDREN_BEFORE} AS SELECT rowid AS place, * FROM warehouse.linkage.child_records"
    )
    return records


def take_touched(work: duckdb.DuckDBPyConnection, model: Model, settings: LinkageSettings) -> tuple[int, int]:
    """Score new and changed records against all; fill the linkage input with the records of the touched components,
    the found and completed pairs that stand, and the tables of what was before.

    Tables: `states_before` and `children_before` (rows of `linkage.record_states, child_records` of the touched
    components, gone records among them) and `pairs_before` (rows of `linkage.pairs` with either record in them,
    `is_inside`: both, `is_dropped`: of a record that is changed or gone), each with `place`, its row.

    Returns:
        how many records were scored, and how many were touched.
    """
    records = _score_new(work, model, settings)
    linked = bits(settings.match_probability)
    work.execute(f"""
        CREATE OR REPLACE TABLE {STATES_BEFORE} AS
        WITH seeds AS (
            FROM touching
            UNION SELECT unnest([record_key_l, record_key_r]) FROM {SCORED} WHERE delivery_weight >= {linked}
        )
        FROM within_reach SEMI JOIN (SELECT component FROM within_reach SEMI JOIN seeds USING (record_key)) AS reached
            USING (component)
    """)
    work.execute(f"""
        CREATE OR REPLACE TABLE {CHILDREN_BEFORE} AS
        SELECT links.rowid AS place, links.* FROM warehouse.linkage.child_records AS links
        SEMI JOIN {STATES_BEFORE} USING (record_key)
    """)
    work.execute(f"""
        CREATE OR REPLACE TABLE {PAIRS_BEFORE} AS
        SELECT pairs.rowid AS place, pairs.*, l.record_key IS NOT NULL AND r.record_key IS NOT NULL AS is_inside,
            coalesce(l.is_dropped, false) OR coalesce(r.is_dropped, false) AS is_dropped
        FROM warehouse.linkage.pairs AS pairs
        LEFT JOIN {STATES_BEFORE} AS l ON l.record_key = record_key_l
        LEFT JOIN {STATES_BEFORE} AS r ON r.record_key = record_key_r
        WHERE l.record_key IS NOT NULL OR r.record_key IS NOT NULL
    """)
    standing = f"SELECT {RAW} FROM {PAIRS_BEFORE} WHERE is_inside AND NOT is_dropped AND blocking_rule"
    work.execute(f"""
        CREATE OR REPLACE VIEW {FOUND} AS
        SELECT {RAW} FROM {SCORED} UNION ALL {standing} <> '{THROUGH_A_THIRD}'
    """)
    work.execute(f"CREATE OR REPLACE TABLE {COMPLETED} AS {standing} = '{THROUGH_A_THIRD}'")
    work.execute(f"""
        CREATE OR REPLACE TABLE touched_records AS
        SELECT record_key FROM {COMPARED}
        WHERE record_key IN (SELECT record_key FROM {STATES_BEFORE} UNION SELECT record_key FROM {CHANGES})
    """)
    work.execute(f"CREATE OR REPLACE VIEW {INPUT} AS FROM {COMPARED} SEMI JOIN touched_records USING (record_key)")
    return records, work.execute("SELECT count(*) FROM touched_records").fetchall()[0][0]


def _score_new(work: duckdb.DuckDBPyConnection, model: Model, settings: LinkageSettings) -> int:
    """Score what new and changed records are found with. All records that the night may need are read once: these,
    and the components of all."""
    new = input_sql(f"warehouse.{RECORDS}", f"rowid IN (SELECT place FROM {CHANGES} WHERE kind <> 'gone')")
    candidates = find_candidates(work, table=f"({new})", changes=CHANGES)
    work.execute(f"""
        CREATE OR REPLACE TABLE touching AS
        SELECT record_key FROM {CHANGES}
        UNION SELECT record_key FROM {DECISIONS_CHANGED}
        UNION SELECT unnest([record_key_l, record_key_r]) FROM {DECISIONS} WHERE is_same
            AND (record_key_l IN (SELECT record_key FROM {CHANGES})
                OR record_key_r IN (SELECT record_key FROM {CHANGES}))
    """)
    work.execute(f"""
        CREATE OR REPLACE TABLE within_reach AS
        WITH seeds AS (FROM touching UNION SELECT unnest([record_key_l, record_key_r]) FROM {candidates}),
        reached AS (SELECT DISTINCT component FROM warehouse.linkage.record_states SEMI JOIN seeds USING (record_key))
        SELECT states.rowid AS place, states.*, kind IS NOT NULL AS is_dropped
        FROM warehouse.linkage.record_states AS states SEMI JOIN reached USING (component)
        LEFT JOIN {CHANGES} USING (record_key)
    """)
    fill_input(
        work,
        table=COMPARED,
        where=f"record_key IN (SELECT record_key FROM within_reach UNION SELECT record_key FROM {CHANGES})",
    )
    scored(work, model, table=COMPARED, pairs=candidates, at_least=bits(settings.keep_probability))
    return work.execute(f"SELECT count(*) FROM {CHANGES} WHERE kind <> 'gone'").fetchall()[0][0]
