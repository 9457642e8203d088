"""What a night of linkage leaves for the next, in the warehouse: written whole, or only where it differs.

Belongs here: the tables of schema `linkage` and how their rows are replaced. Does not: what is in them. Rows lie in
no order: their keys are hashes, so that no order would help to find them, and who shows them sorts them.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from pipeline.linkage.children.partition import DECISIONS, PAIRS
from pipeline.linkage.identities.affected_records import CHILDREN_BEFORE, PAIRS_BEFORE, STATES, STATES_BEFORE
from pipeline.linkage.identities.changes import CHANGES, Changes
from pipeline.linkage.identities.child_ids import CHILDREN, EVENTS
from pipeline.linkage.inputs import INPUT, WORKSHOP
from pipeline.linkage.pairs import blocking_keys
from pipeline.linkage.review.expected_quality import traits_sql
from pipeline.statements import Fragment, Statements

_STATEMENTS = Statements(__file__)


@dataclass(frozen=True)
class _Table:
    """A table of the schema: which rows it should have, as SQL from `FROM` on over the workshop, and the workshop's
    table of the rows before that they stand for, with `place`, their row in the warehouse."""

    name: str
    keys: tuple[str, ...]
    values: tuple[str, ...]
    now: str
    before: str

    @property
    def columns(self) -> str:
        return ", ".join((*self.keys, *self.values))

    @property
    def differing(self) -> str:
        """The workshop's table of rows to take out and to put in."""
        return f"{self.name}_differing"


_TABLES = (
    _Table(
        "pairs",
        ("record_key_l", "record_key_r"),
        ("match_weight", "match_probability", "blocking_rule", "delivery_weight", "twins_weight"),
        f"FROM {WORKSHOP}.{PAIRS}",
        # pairs with a record outside stay as they are, unless one of the two is changed or gone
        f"(FROM {PAIRS_BEFORE} WHERE is_inside OR is_dropped)",
    ),
    _Table(
        "record_states",
        ("record_key",),
        ("fingerprint", "component", "margin_bits", "traits"),
        f"FROM {WORKSHOP}.{STATES}",
        STATES_BEFORE,
    ),
    _Table(
        "child_records",
        ("record_key",),
        ("feed", "record_no", "unit_code", "period", "child_id"),
        f"FROM {WORKSHOP}.{INPUT} JOIN {WORKSHOP}.{CHILDREN} USING (record_key)",
        CHILDREN_BEFORE,
    ),
)


def put_states(work: duckdb.DuckDBPyConnection, *, is_full: bool) -> None:
    """Fill the workshop's table `states_now`: of the linkage input's records, what the next night will know."""
    # in a full rerun every record of the input is among the changes, with its fingerprint
    before = CHANGES if is_full else STATES_BEFORE
    traits = Fragment(traits_sql("multiple.child IS NOT NULL"))
    work.execute(_STATEMENTS.filled("states_now", before=before, traits=traits))


def find_differing(work: duckdb.DuckDBPyConnection) -> None:
    """Fill the workshop's tables of rows that were and are not so any more, and that were not so and are."""
    for table in _TABLES:
        differs = " OR ".join(f"was.{name} IS DISTINCT FROM now.{name}" for name in table.values)
        work.execute(f"""
            CREATE OR REPLACE TABLE {table.differing} AS
            SELECT was.place, {", ".join(f"coalesce(now.{name}, was.{name}) AS {name}" for name in table.keys)},
                {", ".join(f"now.{name}" for name in table.values)}, now.{table.keys[0]} IS NOT NULL AS is_now
            FROM (SELECT {table.columns} {table.now}) AS now
            FULL JOIN {table.before} AS was USING ({", ".join(table.keys)})
            WHERE was.place IS NULL OR now.{table.keys[0]} IS NULL OR {differs}
        """)


def write(con: duckdb.DuckDBPyConnection, changes: Changes, model_version: str) -> None:
    """Bring `linkage.pairs, child_records, record_states, state, constraints_obeyed` up to now, and append to
    `linkage.identity_events`; within the caller's transaction. Unless all is new, only differing rows are written."""
    for table in _TABLES:
        target = f"linkage.{table.name}"
        if changes.is_full:
            con.execute(f"DELETE FROM {target}")
            con.execute(f"INSERT INTO {target} BY NAME SELECT {table.columns} {table.now}")
            continue
        differing = f"FROM {WORKSHOP}.{table.differing}"
        # rows keep their place from when they were read until this transaction ends: there is one writer
        con.execute(f"DELETE FROM {target} WHERE rowid IN (SELECT place {differing})")
        con.execute(f"INSERT INTO {target} BY NAME SELECT {table.columns} {differing} WHERE is_now")
    blocking_keys.write(con, None if changes.is_full else CHANGES)
    con.execute(f"""
        INSERT INTO linkage.identity_events
        SELECT night_no, event, child_id, record_key, other_child FROM {WORKSHOP}.{EVENTS}
        ORDER BY child_id, event, record_key, other_child
    """)
    con.execute("DELETE FROM linkage.constraints_obeyed")
    con.execute(f"INSERT INTO linkage.constraints_obeyed FROM {WORKSHOP}.{DECISIONS} ORDER BY ALL")
    con.execute("DELETE FROM linkage.state")
    con.execute("INSERT INTO linkage.state VALUES (?, ?)", [model_version, changes.digest])
