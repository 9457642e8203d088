"""Blocking keys that stand from night to night: new records look their candidates up instead of comparing columns.

Belongs here: the table `linkage.blocking_keys` and looking up in it. Does not: the rules (`pairs/blocking.py`).

Of every record and rule it holds one number: a hash of the rule's columns, null where one of them is (of rules with a
list, a list of numbers). Two records that a rule brings together have the same number; that two others have it too
is as likely as two 64-bit numbers being equal by chance, and such a pair would weigh too little to be kept.
"""

from __future__ import annotations

import duckdb

from pipeline.linkage.inputs import WORKSHOP
from pipeline.linkage.pairs.blocking import CANDIDATES, RULES, BlockingRule

STANDING, KEYS = "linkage.blocking_keys", "keys_found"
# the rule that finds most pairs: what it has found, the rules after it pass over
MOST = next(number for number, rule in enumerate(RULES) if rule.columns == ("mother_id_no",))


def _column(number: int) -> str:
    return f"rule_{number}"


def _key_sql(rule: BlockingRule) -> str:
    """SQL over a row of the linkage input: what `rule` compares as one number, or a list of them."""
    names = ", ".join(rule.columns)
    present = " AND ".join(f"{column} IS NOT NULL" for column in rule.columns) or "true"
    if not rule.explode:
        return f"CASE WHEN {present} THEN hash({names}) END"
    if len(rule.explode) > 1:
        raise NotImplementedError(f"the rule {rule.name} explodes more than one list")
    # a key that is there twice finds a pair twice, which counts once
    key = f"CASE WHEN value IS NOT NULL THEN hash({', '.join((*rule.columns, 'value'))}) END"
    return f"CASE WHEN {present} THEN list_transform({rule.explode[0]}, lambda value: {key}) END"


def keys_sql(source: str) -> str:
    """A query of the keys of the linkage input's records."""
    keys = ", ".join(f"{_key_sql(rule)} AS {_column(number)}" for number, rule in enumerate(RULES))
    return f"SELECT record_key, {keys} FROM {source}"


def find_candidates(
    work: duckdb.DuckDBPyConnection, *, table: str, changes: str | None = None, into: str = CANDIDATES
) -> str:
    """Fill a table (record_key_l < record_key_r, rule) with the pairs that the rules find, each once, under the
    number of the first rule that finds it.

    Args:
        table: records of the linkage input's shape: a table, or a query in brackets.
        changes: with it, pairs are of one record of `table` and one of it or of the standing records, but for the
            record keys in this table, whose standing rows do not hold any more; else both are of `table`.
    """
    put_keys(work, table)
    work.execute(f"CREATE OR REPLACE TABLE {into} AS {candidates_sql(KEYS, changes)}")
    return into


def put_keys(work: duckdb.DuckDBPyConnection, table: str) -> None:
    """Fill the workshop's table of the keys of these records, from which `write` takes those that stand."""
    work.execute(f"CREATE OR REPLACE TABLE {KEYS} AS {keys_sql(table)}")


def candidates_sql(keys: str, changes: str | None = None) -> str:
    """A query of the pairs (record_key_l, record_key_r, rule) that keys bring together: see `find_candidates`."""
    parts = []
    for number, rule in enumerate(RULES):
        here = _side(keys, number, rule)
        parts.append(f"""
            SELECT l.record_key AS one, r.record_key AS other, {number}::UTINYINT AS rule
            FROM ({here}) AS l JOIN ({here}) AS r
                ON l.key = r.key AND l.record_key < r.record_key
                {_passed_over(number)}
        """)
        if changes:
            parts.append(f"""
                SELECT l.record_key, r.record_key, {number}::UTINYINT
                FROM ({here}) AS l JOIN ({_side(f"warehouse.{STANDING}", number, rule)}) AS r
                    ON l.key = r.key {_passed_over(number)}
                ANTI JOIN {changes} AS passed ON passed.record_key = r.record_key
            """)
    return f"""
        SELECT least(one, other) AS record_key_l, greatest(one, other) AS record_key_r, min(rule) AS rule
        FROM ({" UNION ALL ".join(parts)}) GROUP BY ALL
    """


def _side(source: str, number: int, rule: BlockingRule) -> str:
    key = f"unnest({_column(number)})" if rule.explode else _column(number)
    return f"SELECT record_key, {key} AS key, {_column(MOST)} AS most FROM {source}"


def _passed_over(number: int) -> str:
    """The end of a join's condition that leaves out what an earlier rule has found anyway."""
    return "AND (l.most <> r.most OR l.most IS NULL OR r.most IS NULL)" if number > MOST else ""


def write(con: duckdb.DuckDBPyConnection, changes: str | None) -> None:
    """Put the keys of the last `find_candidates` into the standing table; within the caller's transaction.

    Args:
        changes: the workshop's table of record keys whose rows are taken out; None replaces all.
    """
    if changes is None:
        # the columns follow the rules
        con.execute(f"CREATE OR REPLACE TABLE {STANDING} AS FROM {WORKSHOP}.{KEYS}")
        return
    con.execute(f"DELETE FROM {STANDING} WHERE record_key IN (SELECT record_key FROM {WORKSHOP}.{changes})")
    con.execute(f"INSERT INTO {STANDING} BY NAME FROM {WORKSHOP}.{KEYS}")
