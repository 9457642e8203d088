"""From the linkage input to children: find and score pairs, gather deliveries, resolve them into children.

Belongs here: the order of these steps, and the way between tables and arrays. Does not: identities, or writing to
the warehouse.

A component gathers the records that neither strangers nor siblings explain: those of one delivery, twins included.
What its records say of the delivery (single, multiple, nothing) then decides how likely twins are in it.
"""

from __future__ import annotations

import math

import duckdb
import numpy as np

from pipeline.home import LinkageSettings
from pipeline.linkage.conflicts import conflict_sql
from pipeline.linkage.inputs import INPUT, delivery_kind, put_table
from pipeline.linkage.model import DELIVERIES, Model
from pipeline.linkage.resolve import Pairs, Resolution, components, resolve
from pipeline.linkage.score import LIMIT_BITS, SCORED, odds_sql, scored

COMPONENTS, MISSING, COMPLETED = "components", "missing_pairs", "completed_pairs"
PAIRS, RESOLVED = "pairs", "resolved"


def partition(work: duckdb.DuckDBPyConnection, model: Model, settings: LinkageSettings) -> None:
    """From the linkage input to the tables `pairs` (record_key_l, record_key_r, match_weight, match_probability,
    blocking_rule, is_conflict, component) and `resolved` (record_key, child, margin_bits)."""
    scored(work, model, at_least=bits(settings.keep_probability))
    keys = np.asarray(work.execute(f"SELECT record_key FROM {INPUT} ORDER BY record_key").fetchnumpy()["record_key"])
    linked = work.execute(f"""
        SELECT record_key_l, record_key_r FROM {SCORED} WHERE delivery_weight >= {bits(settings.match_probability)}
    """).fetchnumpy()
    component = components(
        len(keys), np.searchsorted(keys, linked["record_key_l"]), np.searchsorted(keys, linked["record_key_r"])
    )
    sizes = np.bincount(component, minlength=len(keys))
    shared = sizes[component] > 1
    put_table(work, COMPONENTS, {"record_key": ("BIGINT", keys[shared]), "component": ("BIGINT", component[shared])})
    _complete(work, model, settings)
    _weigh(work, model, settings)
    found = work.execute(f"""
        SELECT record_key_l, record_key_r, match_weight, is_conflict FROM {PAIRS}
        WHERE component IS NOT NULL ORDER BY record_key_l, record_key_r
    """).fetchnumpy()
    pairs = Pairs(
        np.searchsorted(keys, found["record_key_l"]),
        np.searchsorted(keys, found["record_key_r"]),
        np.asarray(found["match_weight"], dtype=np.float64) - bits(settings.match_probability),
        np.asarray(found["is_conflict"], dtype=np.bool_),
    )
    _keep(work, keys, resolve(component, pairs))


def bits(probability: float) -> float:
    """The log2 odds of a probability."""
    return math.log2(probability / (1 - probability))


def _complete(work: duckdb.DuckDBPyConnection, model: Model, settings: LinkageSettings) -> None:
    """Score the pairs within a component that no blocking rule found or whose weight was not kept."""
    # a component beyond any delivery's size is a chain of slips: only what was found is weighed there
    work.execute(f"""
        CREATE OR REPLACE TABLE {MISSING} AS
        WITH sized AS (
            SELECT record_key, component FROM {COMPONENTS}
            QUALIFY count(*) OVER (PARTITION BY component) <= {settings.max_component_records}
        )
        SELECT l.record_key AS record_key_l, r.record_key AS record_key_r
        FROM sized AS l JOIN sized AS r ON l.component = r.component AND l.record_key < r.record_key
        ANTI JOIN {SCORED} AS found ON found.record_key_l = l.record_key AND found.record_key_r = r.record_key
    """)
    scored(work, model, pairs=MISSING, into=COMPLETED)


def _weigh(work: duckdb.DuckDBPyConnection, model: Model, settings: LinkageSettings) -> None:
    """The weight of one child against all else: twins are as likely as what is known of the delivery makes them."""
    shift = " ".join(
        f"WHEN '{kind}' THEN {model.odds[name] - model.odds['twins']!r}" for kind, name in DELIVERIES.items()
    )
    twins = f"(twins_weight + CASE coalesce(known.kind, 'unknown') {shift} END)"
    share = settings.delivery_doubt_share
    delivery = (
        "CASE WHEN delivery_weight < 0 AND known.component IS NOT NULL "
        f"THEN {share} * delivery_weight ELSE delivery_weight END"
    )
    work.execute(f"""
        CREATE OR REPLACE TABLE {PAIRS} AS
        WITH known AS (
            SELECT component, {delivery_kind(INPUT)} AS kind
            FROM {COMPONENTS} JOIN {INPUT} USING (record_key) GROUP BY component
        ),
        weighed AS (
            SELECT pairs.record_key_l, pairs.record_key_r, {odds_sql(delivery, twins)} AS match_weight,
                blocking_rule, known.component,
                known.component IS NOT NULL AND ({conflict_sql(settings.max_birth_date_gap_days)}) AS is_conflict
            FROM (FROM {SCORED} UNION ALL FROM {COMPLETED}) AS pairs
            JOIN {INPUT} AS l ON l.record_key = record_key_l
            JOIN {INPUT} AS r ON r.record_key = record_key_r
            LEFT JOIN {COMPONENTS} AS a ON a.record_key = record_key_l
            LEFT JOIN {COMPONENTS} AS b ON b.record_key = record_key_r AND b.component = a.component
            LEFT JOIN known ON known.component = b.component
        )
        SELECT record_key_l, record_key_r, match_weight,
            1 / (1 + pow(2, -greatest(least(match_weight, {LIMIT_BITS}), -{LIMIT_BITS}))) AS match_probability,
            blocking_rule, component, is_conflict
        FROM weighed ORDER BY record_key_l, record_key_r
    """)


def _keep(work: duckdb.DuckDBPyConnection, keys: np.ndarray, resolution: Resolution) -> None:
    put_table(
        work,
        RESOLVED,
        {
            "record_key": ("BIGINT", keys),
            "child": ("BIGINT", keys[resolution.child]),
            "margin_bits": ("DOUBLE", resolution.margin),
        },
    )
    work.execute(f"UPDATE {RESOLVED} SET margin_bits = NULL WHERE isnan(margin_bits)")
