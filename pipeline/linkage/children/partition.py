"""From the linkage input to children: find and score pairs, gather deliveries, resolve them into children.

Belongs here: the order of these steps, and the way between tables and arrays. Does not: identities, or writing to
the warehouse.

A component gathers the records that neither strangers nor siblings explain: those of one delivery, twins included.
What its records say of the delivery (single, multiple, nothing) then decides how likely twins are in it.
Every step after the scoring looks at whole components only, each by itself: a night may do them for all records, or
for the components that something has touched (`identities/affected_records.py`), and gets the same.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import duckdb
import numpy as np

from pipeline.linkage.children.conflicts import conflict_sql
from pipeline.linkage.children.partition_search import Delivery
from pipeline.linkage.children.resolution import GRAIN, Decisions, Numbers, Pairs, components, resolve
from pipeline.linkage.inputs import INPUT, delivery_kind, put_table
from pipeline.linkage.model.frozen_model import DELIVERIES, Model
from pipeline.linkage.pairs.blocking_keys import find_candidates
from pipeline.linkage.pairs.scoring import LIMIT_BITS, SCORED, odds_sql, scored
from pipeline.settings.linkage import LinkageSettings

FOUND, COMPONENTS, MISSING, COMPLETED = "found_pairs", "components", "missing_pairs", "completed_pairs"
PAIRS, RESOLVED = "pairs", "resolved"
DECISIONS, OBEYED = "review_decisions", "obeyed_decisions"
# finds and scores all pairs of the linkage input that have at least this delivery weight
Engine = Callable[[duckdb.DuckDBPyConnection, Model, float], None]
RAW = "record_key_l, record_key_r, delivery_weight, twins_weight, blocking_rule"


def on_duckdb(work: duckdb.DuckDBPyConnection, model: Model, at_least: float) -> None:
    """Find and score the pairs of the linkage input that weigh so much, in this process."""
    scored(work, model, pairs=find_candidates(work, table=INPUT), at_least=at_least)


def partition(
    work: duckdb.DuckDBPyConnection, model: Model, settings: LinkageSettings, engine: Engine = on_duckdb
) -> None:
    """Find and score the pairs of the linkage input, and `solve`; obeys the table of decisions where there is one.

    Args:
        engine: fills the table of scored pairs; another than DuckDB is `pairs/spark_engine.py`.
    """
    engine(work, model, bits(settings.keep_probability))
    work.execute(f"CREATE OR REPLACE VIEW {FOUND} AS FROM {SCORED}")
    work.execute(f"CREATE OR REPLACE TABLE {COMPLETED} AS FROM {SCORED} LIMIT 0")
    solve(work, model, settings)


def solve(work: duckdb.DuckDBPyConnection, model: Model, settings: LinkageSettings) -> None:
    """From scored pairs to the tables `pairs` (record_key_l, record_key_r, delivery_weight, twins_weight,
    match_weight, match_probability, blocking_rule, component where both are in one, is_conflict) and `resolved`
    (record_key, component, child, margin_bits).

    Reads the linkage input, its records' pairs that were found, the completed pairs that a night before scored, and
    the table of decisions (record_key_l, record_key_r, is_same, entry) where there is one.
    """
    work.execute(
        f"CREATE TABLE IF NOT EXISTS {DECISIONS} "
        "(record_key_l BIGINT, record_key_r BIGINT, is_same BOOLEAN, entry BIGINT)"
    )
    # a decision on a record that is gone has no effect
    here = f"(SELECT record_key FROM {INPUT})"
    work.execute(f"""
        CREATE OR REPLACE TABLE {OBEYED} AS FROM {DECISIONS} WHERE record_key_l IN {here} AND record_key_r IN {here}
    """)
    keys = np.sort(work.execute(f"SELECT record_key FROM {INPUT}").fetchnumpy()["record_key"])
    keys = np.asarray(keys, dtype=np.int64)
    component = _connect(work, keys, settings)
    _complete(work, model, settings)
    _weigh(work, model, settings)
    child, margin = component.copy(), np.full(len(keys), np.nan)
    _resolve(work, model, keys, component, settings, child, margin)
    put_table(
        work,
        RESOLVED,
        {
            "record_key": ("BIGINT", keys),
            "component": ("BIGINT", keys[component]),
            "child": ("BIGINT", keys[child]),
            "margin_bits": ("DOUBLE", margin),
        },
    )
    work.execute(f"UPDATE {RESOLVED} SET margin_bits = NULL WHERE isnan(margin_bits)")


def bits(probability: float) -> float:
    """The log2 odds of a probability."""
    return math.log2(probability / (1 - probability))


def _connect(work: duckdb.DuckDBPyConnection, keys: Numbers, settings: LinkageSettings) -> Numbers:
    """Connect what is linked: by record, the first of its component; and the table of components of several."""
    # a join finds places of random keys several times faster than a search in the sorted array does
    put_table(work, "key_places", {"record_key": ("BIGINT", keys), "place": ("INTEGER", np.arange(len(keys)))})
    linked = work.execute(f"""
        WITH linked AS (
            SELECT record_key_l, record_key_r FROM {FOUND} WHERE delivery_weight >= {bits(settings.match_probability)}
            UNION ALL SELECT record_key_l, record_key_r FROM {OBEYED} WHERE is_same
        )
        SELECT l.place AS place_l, r.place AS place_r FROM linked
        JOIN key_places AS l ON l.record_key = record_key_l JOIN key_places AS r ON r.record_key = record_key_r
    """).fetchnumpy()
    work.execute("DROP TABLE key_places")
    component = components(len(keys), np.asarray(linked["place_l"]), np.asarray(linked["place_r"]))
    shared = np.bincount(component, minlength=len(keys))[component] > 1
    put_table(
        work, COMPONENTS, {"record_key": ("BIGINT", keys[shared]), "component": ("BIGINT", keys[component[shared]])}
    )
    return component


def _complete(work: duckdb.DuckDBPyConnection, model: Model, settings: LinkageSettings) -> None:
    """Score the pairs within a component that no blocking rule found or whose weight was not kept."""
    # a component beyond any delivery's size is a chain of slips: only what was found is weighed there
    work.execute(f"""
        CREATE OR REPLACE TABLE pairs_within AS
        WITH sized AS (
            SELECT record_key, component FROM {COMPONENTS}
            QUALIFY count(*) OVER (PARTITION BY component) <= {settings.max_component_records}
        )
        SELECT l.record_key AS record_key_l, r.record_key AS record_key_r
        FROM sized AS l JOIN sized AS r ON l.component = r.component AND l.record_key < r.record_key
        ANTI JOIN {FOUND} AS found ON found.record_key_l = l.record_key AND found.record_key_r = r.record_key
    """)
    work.execute(f"""
        CREATE OR REPLACE TABLE {COMPLETED} AS
        FROM {COMPLETED} SEMI JOIN pairs_within USING (record_key_l, record_key_r)
    """)
    work.execute(f"""
        CREATE OR REPLACE TABLE {MISSING} AS
        FROM pairs_within ANTI JOIN {COMPLETED} USING (record_key_l, record_key_r)
    """)
    if work.execute(f"SELECT count(*) FROM {MISSING}").fetchall()[0][0]:
        scored(work, model, pairs=MISSING, into="newly_completed")
        work.execute(f"INSERT INTO {COMPLETED} SELECT {RAW} FROM newly_completed")


def _weigh(work: duckdb.DuckDBPyConnection, model: Model, settings: LinkageSettings) -> None:
    """The weight of one child against all else: twins are as likely as what is known of the delivery makes them."""
    shift = " ".join(
        f"WHEN '{kind}' THEN {_double(model.odds[name] - model.odds['twins'])}" for kind, name in DELIVERIES.items()
    )
    twins = f"(twins_weight + CASE coalesce(known.kind, 'unknown') {shift} END)"
    # in resolving, the rest of these odds is counted once for each further child (`_deliveries`)
    rest = 1 - settings.delivery_odds_share
    odds = " ".join(f"WHEN '{kind}' THEN {_double(rest * model.odds[name])}" for kind, name in DELIVERIES.items())
    apart = f"({twins} - CASE coalesce(known.kind, 'unknown') {odds} END)"
    share = settings.delivery_doubt_share
    delivery = (
        "CASE WHEN delivery_weight < 0 AND known.component IS NOT NULL "
        f"THEN {_double(share)} * delivery_weight ELSE delivery_weight END"
    )
    hard = conflict_sql(settings.max_birth_date_gap_days)
    # only what these conditions name is carried along to every pair
    facts = sorted({"record_key"} | set(re.findall(r"\b[lr]\.(\w+)", hard)))
    work.execute(f"""
        CREATE OR REPLACE TABLE {PAIRS} AS
        WITH known AS (
            SELECT component, {delivery_kind(INPUT)} AS kind
            FROM {COMPONENTS} JOIN {INPUT} USING (record_key) GROUP BY component
        ),
        members AS (SELECT component, {", ".join(facts)} FROM {COMPONENTS} JOIN {INPUT} USING (record_key)),
        raw AS (SELECT {RAW} FROM {FOUND} UNION ALL SELECT {RAW} FROM {COMPLETED}),
        weighed AS (
            SELECT {RAW}, {odds_sql(delivery, twins)} AS match_weight, {odds_sql(delivery, apart)} AS resolve_weight,
                known.component,
                known.component IS NOT NULL AND ({hard}) AS is_conflict
            FROM raw
            LEFT JOIN members AS l ON l.record_key = record_key_l
            LEFT JOIN members AS r ON r.record_key = record_key_r AND r.component = l.component
            LEFT JOIN known ON known.component = r.component
        )
        SELECT {RAW}, match_weight, resolve_weight,
            1 / (1 + pow(2, -greatest(least(match_weight, {LIMIT_BITS}), -{LIMIT_BITS}))) AS match_probability,
            component, is_conflict
        FROM weighed
    """)


def _double(value: float) -> str:
    """A literal that is a double from the start: a decimal's way to a double depends on the plan of the query."""
    return f"'{value!r}'::DOUBLE"


def _deliveries(
    work: duckdb.DuckDBPyConnection, records: Numbers, model: Model, settings: LinkageSettings
) -> dict[int, Delivery]:
    """By doubtful component, what its records say of the delivery; components are places in `records`."""
    # a rank tells as well how many there were at least
    known = work.execute(f"""
        SELECT component, {delivery_kind(INPUT)},
            coalesce(greatest(max(plurality) FILTER (plurality > 1), max(birth_rank) FILTER (birth_rank > 1)), 0)
        FROM {COMPONENTS} SEMI JOIN doubtful USING (component) JOIN {INPUT} USING (record_key) GROUP BY component
    """).fetchall()
    further = {kind: max(model.odds[name], 0.0) for kind, name in DELIVERIES.items()} | {"multiple": 0.0}
    return {
        int(np.searchsorted(records, component)): Delivery(
            children, round(further[kind] / GRAIN) * GRAIN, settings.excess_child_bits
        )
        for component, kind, children in known
    }


def _resolve(
    work: duckdb.DuckDBPyConnection,
    model: Model,
    keys: Numbers,
    component: Numbers,
    settings: LinkageSettings,
    child: Numbers,
    margin: np.ndarray,
) -> None:
    """Put the children and margins of components with a doubt into the arrays; the others are one child each."""
    threshold = bits(settings.match_probability)
    work.execute(f"""
        CREATE OR REPLACE TABLE decided AS
        SELECT record_key_l, record_key_r, is_same, entry, component FROM {OBEYED}
        JOIN {COMPONENTS} AS a ON a.record_key = record_key_l
        JOIN {COMPONENTS} AS b USING (component) WHERE b.record_key = record_key_r
    """)
    work.execute(f"""
        CREATE OR REPLACE TABLE doubtful AS
        SELECT component FROM {PAIRS} WHERE component IS NOT NULL AND (resolve_weight < {threshold} OR is_conflict)
        UNION SELECT component FROM decided WHERE NOT is_same
    """)
    members = work.execute(f"SELECT record_key FROM {COMPONENTS} SEMI JOIN doubtful USING (component)").fetchnumpy()
    some = np.sort(np.asarray(members["record_key"], dtype=np.int64))
    if not len(some):
        return
    found = work.execute(f"""
        SELECT record_key_l, record_key_r, resolve_weight, is_conflict FROM {PAIRS} SEMI JOIN doubtful USING (component)
    """).fetchnumpy()
    decided = work.execute("""
        SELECT record_key_l, record_key_r, is_same FROM decided SEMI JOIN doubtful USING (component)
        ORDER BY entry, record_key_l, record_key_r
    """).fetchnumpy()
    resolution = resolve(
        np.searchsorted(some, keys[component[np.searchsorted(keys, some)]]),
        Pairs(
            np.searchsorted(some, found["record_key_l"]),
            np.searchsorted(some, found["record_key_r"]),
            np.asarray(found["resolve_weight"], dtype=np.float64) - threshold,
            np.asarray(found["is_conflict"], dtype=np.bool_),
        ),
        Decisions(
            np.searchsorted(some, decided["record_key_l"]),
            np.searchsorted(some, decided["record_key_r"]),
            np.asarray(decided["is_same"], dtype=np.bool_),
        ),
        _deliveries(work, some, model, settings),
    )
    places = np.searchsorted(keys, some)
    child[places], margin[places] = places[resolution.child], resolution.margin
