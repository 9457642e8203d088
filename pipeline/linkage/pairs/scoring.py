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

import duckdb
import numpy as np

from pipeline.linkage.inputs import INPUT, TERM_COLUMNS
from pipeline.linkage.model.frozen_model import Model
from pipeline.linkage.pairs.blocking import RULES
from pipeline.linkage.pairs.comparison_vectors import (
    STRANGERS,
    VECTORS,
    WORDS,
    double,
    put_terms,
    weights_sql,
)
from pipeline.linkage.pairs.first_look import by_row, vectors_of

SCORED, NAMED = "scored_pairs", "named_records"
# the rule of a pair that no rule found: both its records were found with a third
THROUGH_A_THIRD = "found_through_a_third_record"
# bits: beyond this a sum of powers of two says nothing more, and below it would overflow
LIMIT_BITS = 500
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
    rule = rule_name("rule") if "rule" in _columns(work, pairs) else f"'{THROUGH_A_THIRD}'"
    put_terms(work, model)
    create_scored(work, into)
    records = _numbered_records(work, pairs, table)
    with _vectors(work, model, pairs, records) as vectors:
        work.execute(f"INSERT INTO {into} {scores_sql(model, vectors, rule=rule, at_least=at_least)}")
    return work.execute(f"SELECT count(*) FROM {into}").fetchall()[0][0]


@contextlib.contextmanager
def _vectors(work: duckdb.DuckDBPyConnection, model: Model, pairs: str, records: str) -> Iterator[str]:
    """A relation (record_key_l, record_key_r, rule, word_0.., terms) over the arrays of the pairs' vectors."""
    import pyarrow as pa

    rule = "rule" if "rule" in _columns(work, pairs) else "0::UTINYINT AS rule"
    found = work.execute(f"""
        SELECT l.rowid::INTEGER AS place_l, r.rowid::INTEGER AS place_r, {rule} FROM {pairs}
        JOIN {records} AS l ON l.record_key = record_key_l JOIN {records} AS r ON r.record_key = record_key_r
    """).fetchnumpy()
    left, right = (np.asarray(found[name]) for name in ("place_l", "place_r"))
    vectors = vectors_of(work, model, records, left, right)
    keys = by_row(work, {"record_key": "record_key"}, f"{records} AS source")["record_key"]
    columns = {"record_key_l": keys[left], "record_key_r": keys[right], "rule": np.asarray(found["rule"])}
    columns |= dict(zip(WORDS, vectors.words, strict=True)) | {"terms": vectors.terms}
    work.register(VECTORS, pa.table(columns))
    try:
        yield VECTORS
    finally:
        work.unregister(VECTORS)


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


def _columns(work: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    return [row[0] for row in work.execute(f"DESCRIBE {table}").fetchall()]


def _numbered_records(work: duckdb.DuckDBPyConnection, pairs: str, table: str) -> str:
    """A table with the records that the pairs name, whose rows are numbered: few pairs need not pass by all records,
    and a view has no numbers."""
    count = work.execute(f"SELECT count(*) FROM {pairs}").fetchall()[0][0]
    size = work.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
    is_view = work.execute("SELECT count(*) FROM duckdb_views() WHERE view_name = ?", [table]).fetchall()[0][0]
    if size <= MANY_RECORDS * count and not is_view:
        return table
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
