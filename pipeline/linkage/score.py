"""From records to scored pairs, with a frozen model.

Belongs here: calling Splink and turning its comparison vectors into one weight. Does not: which pairs make a child
(`resolve.py`).

Two records that are not one child's are strangers', or two siblings', or two twins'. Splink weighs one child against
strangers. The same comparison vector, weighed by the model's other two tables, gives the weights against siblings
and twins. The log2 odds against several alternatives are
    -log2(2^-strangers + 2^-siblings + 2^-twins)
so that what brothers and sisters share (parents, phone, village; twins the date too) is no evidence among them.
Twins are kept apart from the others here: how likely they are depends on what else is known of the delivery, which
is found out in `partition.py`.
"""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator

import duckdb

from pipeline.linkage.blocking import RULES
from pipeline.linkage.comparisons import LADDERS
from pipeline.linkage.inputs import INPUT, TERM_COLUMNS
from pipeline.linkage.model import Model

SCORED = "scored_pairs"
# the rule of a pair that no rule found: both its records were found with a third
THROUGH_A_THIRD = "found_through_a_third_record"
# bits: beyond this a sum of powers of two says nothing more, and below it would overflow
LIMIT_BITS = 500


def scored(
    work: duckdb.DuckDBPyConnection,
    model: Model,
    *,
    table: str = INPUT,
    pairs: str | None = None,
    into: str = SCORED,
    at_least: float | None = None,
) -> int:
    """Score pairs into a table (record_key_l, record_key_r, delivery_weight, twins_weight, blocking_rule).

    `delivery_weight` is of one delivery against strangers' and siblings', `twins_weight` of one child against twins
    before anything is known of the delivery; both in bits.

    Args:
        pairs: a table (record_key_l, record_key_r) to score; None finds pairs by the blocking rules.
        at_least: the lowest delivery weight that is kept; None keeps all.

    Returns:
        the number of pairs kept.
    """
    vectors = compare(work, model, table=table, pairs=pairs, at_least=at_least)
    kept = f"WHERE delivery_weight >= {at_least}" if at_least is not None else ""
    names = " ".join(f"WHEN '{number}' THEN '{rule.name}'" for number, rule in enumerate(RULES))
    rule = f"CASE match_key {names} END" if pairs is None else f"'{THROUGH_A_THIRD}'"
    work.execute(f"""
        CREATE OR REPLACE TABLE {into} AS
        SELECT * FROM (
            SELECT record_key_l, record_key_r,
                {odds_sql("match_weight", _weight_sql(model, "siblings"))} AS delivery_weight,
                {_weight_sql(model, "twins")} AS twins_weight, {rule} AS blocking_rule
            FROM {vectors}
        ) {kept}
        ORDER BY record_key_l, record_key_r
    """)
    work.execute(f"DROP TABLE {vectors}")
    return work.execute(f"SELECT count(*) FROM {into}").fetchall()[0][0]


def compare(
    work: duckdb.DuckDBPyConnection,
    model: Model,
    *,
    table: str = INPUT,
    pairs: str | None = None,
    at_least: float | None = None,
) -> str:
    """Compare pairs with Splink.

    Returns:
        the name of a table of record_key_l, record_key_r, match_weight (against strangers, in bits), match_key and by
        ladder `mw_<ladder>`, the rung's weight: see `Model.rung_sql`.
    """
    with quiet():
        from splink import Linker, SettingsCreator
        from splink.backends.duckdb import DuckDBAPI

        database = DuckDBAPI(work)
        linker = Linker(
            database.register(table),
            SettingsCreator(**model.splink_settings(with_rules=pairs is None)),
            log_level=None,
            validate_settings=False,
        )
        for column in TERM_COLUMNS:
            frequencies = _term_table(work, model, table, column)
            linker.table_management.register_term_frequency_lookup(database.register(frequencies), column)
        if pairs is not None:
            work.execute(f"""
                CREATE OR REPLACE TABLE pairs_to_compare AS
                SELECT '0' AS match_key, record_key_l AS join_key_l, record_key_r AS join_key_r FROM {pairs}
            """)
            linker.table_management.register_blocked_pairs_for_predict(database.register("pairs_to_compare"))
        return linker.inference.predict(threshold_match_weight=at_least).physical_name


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


def _weight_sql(model: Model, against: str) -> str:
    """A pair's weight against an alternative, from its comparison vector."""
    sums = [f"{model.odds[against]!r}"]
    for ladder in LADDERS:
        weights = {label: repr(model.weight(ladder.name, label, against)) for label in ladder.labels}
        sums.append(model.rung_sql(ladder, weights, missing="0"))
    return " + ".join(sums)


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
