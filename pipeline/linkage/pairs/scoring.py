"""From records to scored pairs, with a frozen model.

Belongs here: weights from comparison vectors, and calling Splink to compare. Does not: how a vector is made without it
(`pairs/comparison_vectors.py`), which pairs make a child (`children/resolution.py`).

Two records that are not one child's are strangers', or two siblings', or two twins'. Splink weighs one child against
strangers. The same comparison vector, weighed by the model's other two tables, gives the weights against siblings
and twins. The log2 odds against several alternatives are
    -log2(2^-strangers + 2^-siblings + 2^-twins)
so that what brothers and sisters share (parents, phone, village; twins the date too) is no evidence among them.
Twins are kept apart from the others here: how likely they are depends on what else is known of the delivery, which
is found out in `children/partition.py`.
"""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator
from itertools import pairwise

import duckdb

from pipeline.linkage.inputs import INPUT, TERM_COLUMNS
from pipeline.linkage.model.frozen_model import Model
from pipeline.linkage.pairs.blocking import RULES
from pipeline.linkage.pairs.comparison_vectors import (
    STRANGERS,
    VECTORS,
    WORDS,
    double,
    put_terms,
    vectors_sql,
    weights_sql,
)

SCORED, NAMED, SOME = "scored_pairs", "named_records", "some_pairs"
# the rule of a pair that no rule found: both its records were found with a third
THROUGH_A_THIRD = "found_through_a_third_record"
# bits: beyond this a sum of powers of two says nothing more, and below it would overflow
LIMIT_BITS = 500
# pairs compared at a time: a quarter of a gigabyte
PAIRS_AT_ONCE = 1_000_000
# records per pair from which on the pairs' records are sought out first
MANY_RECORDS = 4


def scored(
    work: duckdb.DuckDBPyConnection,
    model: Model,
    *,
    pairs: str,
    table: str = INPUT,
    into: str = SCORED,
    at_least: float | None = None,
) -> int:
    """Score pairs into a table (record_key_l, record_key_r, delivery_weight, twins_weight, blocking_rule).

    `delivery_weight` is of one delivery against strangers' and siblings', `twins_weight` of one child against twins
    before anything is known of the delivery; both in bits. They depend on the two records and the model alone.

    Args:
        pairs: a table (record_key_l, record_key_r) to score, with `rule`, the number of the rule that found the pair,
            where one did.
        table: records of the linkage input's shape.
        at_least: the lowest delivery weight that is kept; None keeps all.

    Returns:
        the number of pairs kept.
    """
    by_rule = "rule" in _columns(work, pairs)
    rule = rule_name("rule") if by_rule else f"'{THROUGH_A_THIRD}'"
    kept = "rule" if by_rule else "0 AS rule"
    put_terms(work, model)
    create_scored(work, into)
    count = work.execute(f"SELECT count(*) FROM {pairs}").fetchall()[0][0]
    size = work.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
    records = _named_records(work, pairs, table) if size > MANY_RECORDS * count else table
    available = _columns(work, records)
    for within in _parts(work, pairs, count):
        some = pairs
        if within:
            # a table's size is known: the engine then holds the few records of one side, not the wide pairs
            work.execute(f"CREATE OR REPLACE TABLE {SOME} AS FROM {pairs} WHERE record_key_l {within}")
            some = SOME
        left = f"record_key {within}" if within else "true"
        vectors = vectors_sql(model, some, records, available, kept=kept, left=left)
        work.execute(f"CREATE OR REPLACE TABLE {VECTORS} AS {vectors}")
        work.execute(f"""
            INSERT INTO {into} {scores_sql(model, VECTORS, rule=rule, at_least=at_least)}
        """)
        work.execute(f"DROP TABLE {VECTORS}")
    return work.execute(f"SELECT count(*) FROM {into}").fetchall()[0][0]


def create_scored(work: duckdb.DuckDBPyConnection, into: str = SCORED) -> None:
    """Create an empty table of scored pairs."""
    work.execute(f"""
        CREATE OR REPLACE TABLE {into} (
            record_key_l BIGINT, record_key_r BIGINT, delivery_weight DOUBLE, twins_weight DOUBLE, blocking_rule VARCHAR
        )
    """)


def scores_sql(model: Model, vectors: str, *, rule: str, at_least: float | None) -> str:
    """A query of pairs with their weights, in the order of the columns of `scored`, from their vectors.

    Args:
        rule: SQL of the name of the rule that found a pair.
        at_least: the lowest delivery weight that is kept; None keeps all.
    """
    heavy = f"WHERE delivery_weight >= {double(at_least)}" if at_least is not None else ""
    return f"""
        SELECT record_key_l, record_key_r, delivery_weight, twins AS twins_weight, {rule} AS blocking_rule FROM (
            SELECT *, {odds_sql(f"({STRANGERS} + terms)", "siblings")} AS delivery_weight
            FROM {vectors} JOIN ({weights_sql(model, vectors)}) AS weights USING ({", ".join(WORDS)})
        ) {heavy}
    """


def _parts(work: duckdb.DuckDBPyConnection, pairs: str, count: int) -> list[str]:
    """Conditions on a pair's first key that part the pairs into about `PAIRS_AT_ONCE` each; an empty one is all."""
    parts = -(-count // PAIRS_AT_ONCE)
    if parts <= 1:
        return [""] * parts
    cuts = ", ".join(f"{number / parts!r}" for number in range(1, parts))
    highest = work.execute(f"""
        SELECT DISTINCT unnest(quantile_disc(record_key_l, [{cuts}])) FROM {pairs} ORDER BY 1
    """).fetchall()
    bounds = [-(2**63), *(row[0] + 1 for row in highest), 2**63]
    return [f"BETWEEN {low} AND {high - 1}" for low, high in pairwise(bounds)]


def _columns(work: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    return [row[0] for row in work.execute(f"DESCRIBE {table}").fetchall()]


def _named_records(work: duckdb.DuckDBPyConnection, pairs: str, table: str) -> str:
    """The records that the pairs name, in a table of their own: few pairs need not pass by all records."""
    work.execute(f"""
        CREATE OR REPLACE TABLE {NAMED} AS
        FROM {table} SEMI JOIN (
            SELECT record_key_l AS record_key FROM {pairs} UNION SELECT record_key_r FROM {pairs}
        ) USING (record_key)
    """)
    return NAMED


def rule_name(number: str) -> str:
    """SQL of a blocking rule's name by its number."""
    names = " ".join(f"WHEN {n} THEN '{rule.name}'" for n, rule in enumerate(RULES))
    return f"CASE {number} {names} END"


def compare(work: duckdb.DuckDBPyConnection, model: Model, *, pairs: str, table: str = INPUT) -> str:
    """Compare pairs with Splink, level by level: to learn from them, to explain them, and to hold `scored` to it.

    Args:
        pairs: a table (record_key_l, record_key_r).
        table: records of the linkage input's shape.

    Returns:
        the name of a table of record_key_l, record_key_r, match_weight (against strangers, in bits) and by comparison
        `mw_<comparison>`, the level's weight: see `Model.level_sql`.
    """
    with quiet():
        from splink import Linker, SettingsCreator
        from splink.backends.duckdb import DuckDBAPI

        database = DuckDBAPI(work)
        linker = Linker(
            database.register(table),
            SettingsCreator(**model.splink_settings()),
            log_level=None,
            validate_settings=False,
        )
        for column in TERM_COLUMNS:
            frequencies = _term_table(work, model, table, column)
            linker.table_management.register_term_frequency_lookup(database.register(frequencies), column)
        work.execute(f"""
            CREATE OR REPLACE TABLE pairs_to_compare AS
            SELECT '0' AS match_key, record_key_l AS join_key_l, record_key_r AS join_key_r FROM {pairs}
        """)
        linker.table_management.register_blocked_pairs_for_predict(database.register("pairs_to_compare"))
        return linker.inference.predict().physical_name


def _term_table(work: duckdb.DuckDBPyConnection, model: Model, table: str, column: str) -> str:
    """The frozen frequencies of the values that these records hold; what the model never met is rare."""
    terms, name = model.terms[column], f"terms_{column}"
    work.execute(f"CREATE OR REPLACE TABLE {name}_frozen (value VARCHAR, frequency DOUBLE)")
    if terms.frequencies:
        work.execute(
            f"INSERT INTO {name}_frozen SELECT unnest($values), unnest($frequencies)",
            {"values": list(terms.frequencies), "frequencies": list(terms.frequencies.values())},
        )
    work.execute(f"""
        CREATE OR REPLACE TABLE {name} AS
        SELECT {column}, coalesce(frequency, {terms.floor}) AS tf_{column}
        FROM (SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL) AS met
        LEFT JOIN {name}_frozen ON {column} = value
    """)
    return name


def odds_sql(*weights: str) -> str:
    """SQL of the log2 odds against several alternatives, from the weight against each."""
    powers = " + ".join(f"pow(2, -greatest(least({weight}, {LIMIT_BITS}), -{LIMIT_BITS}))" for weight in weights)
    return f"-log2({powers})"


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Splink logs its progress, values included, and a library of its warns; a night's log is rollcall's own."""
    logger = logging.getLogger("splink")
    level, logger_disabled = logger.level, logger.disabled
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
        logger.disabled = logger_disabled
