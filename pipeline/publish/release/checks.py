"""What must hold of a release before anyone may read it.

Belongs here: checks of the new file itself, each with a sentence for when it fails. Does not: checks of how a mart
is computed (dbt's tests), or the swap (`release/releases.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import duckdb
import yaml

from pipeline.publish.release.marts_spec import Mart, load_marts

RESTRICTED_FILE = Path(__file__).with_name("restricted.yaml")


@cache
def _restricted() -> dict[str, list[dict[str, str]]]:
    return yaml.safe_load(RESTRICTED_FILE.read_text(encoding="utf-8"))


def failures(con: duckdb.DuckDBPyConnection, database: str, run_id: str) -> list[str]:
    """What is wrong with a release that is attached as `database`: a sentence each, none where all is well.

    The sentences name tables and columns and give counts, never a value.
    """
    marts, have = load_marts(), _columns(con, database)
    found = list(_structure(marts, have))
    # content can be judged only where the structure is right
    if not found:
        for mart in marts.values():
            found += _content(con, database, mart)
        found += _counts(con, database, run_id)
    return found


def _columns(con: duckdb.DuckDBPyConnection, database: str) -> dict[str, list[tuple[str, str]]]:
    rows = con.execute(
        """
        SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns()
        WHERE database_name = ? AND NOT internal ORDER BY table_name, column_index
        """,
        [database],
    ).fetchall()
    found: dict[str, list[tuple[str, str]]] = {}
    for schema, table, column, data_type in rows:
        found.setdefault(table if schema == "marts" else f"{schema}.{table}", []).append((column, data_type))
    return found


def _structure(marts: dict[str, Mart], have: dict[str, list[tuple[str, str]]]) -> Iterator[str]:
    """Tables and columns are those of the specification, and none has a name that no release may have."""
    for name in sorted(marts.keys() - have.keys()):
        yield f"Table {name} is absent."
    for name in sorted(have.keys() - marts.keys()):
        yield f"Table {name} is no mart."
    for name, mart in marts.items():
        wanted = {column.name: column.engine_type for column in mart.columns}
        given = dict(have.get(name, []))
        if given and list(given) != list(wanted):
            off = sorted(wanted.keys() ^ given.keys())
            yield f"Table {name} has other columns than it should: {', '.join(off) or 'their order differs'}."
        for column in sorted(wanted.keys() & given.keys()):
            if wanted[column] != given[column]:
                yield f"Column {name}.{column} is {given[column]}, not {wanted[column]}."
    for name, columns in have.items():
        for column, _ in columns:
            for rule in _restricted()["columns"]:
                if _matches(column, rule):
                    yield f"Column {name}.{column} may not be released: {rule['reason']}."


def _matches(column: str, rule: dict[str, str]) -> bool:
    return bool(re.search(rule["pattern"], column)) and not re.search(rule.get("except", "(?!)"), column)


def _content(con: duckdb.DuckDBPyConnection, database: str, mart: Mart) -> Iterator[str]:
    """Keys name one row each, codes are of their lists, what must be there is, and no text tells a person."""
    tests: list[tuple[str, str]] = []
    key = ", ".join(f'"{column}"' for column in mart.key)
    tests.append(
        (f"count(*) - count(DISTINCT ROW({key}))", f"{mart.name}: %s rows share their key ({', '.join(mart.key)}).")
    )
    for column in mart.columns:
        quoted, where = f'"{column.name}"', f"{mart.name}.{column.name}: "
        if not column.is_nullable:
            tests.append((f"count(*) FILTER ({quoted} IS NULL)", f"{where}%s rows are blank."))
        if column.values:
            listed = ", ".join(f"'{value}'" for value in column.values)
            tests.append(
                (f"count(*) FILTER ({quoted} NOT IN ({listed}))", f"{where}%s rows hold no value of its list.")
            )
        elif column.pattern:
            matches = f"regexp_full_match({quoted}, '{column.pattern}')"
            tests.append((f"count(*) FILTER (NOT {matches})", f"{where}%s rows are not of its form."))
        elif column.data_type == "VARCHAR":
            tests += [
                (
                    f"count(*) FILTER (regexp_matches({quoted}, '{rule['pattern']}'))",
                    f"{where}%s rows hold what looks like {rule['reason']}.",
                )
                for rule in _restricted()["values"]
            ]
    counts = con.execute(f"SELECT {', '.join(test for test, _ in tests)} FROM {database}.marts.{mart.name}").fetchall()
    for (_, sentence), count in zip(tests, counts[0], strict=True):
        if count:
            yield sentence % f"{count:,}"


def _counts(con: duckdb.DuckDBPyConnection, database: str, run_id: str) -> Iterator[str]:
    """Nothing was lost between the warehouse and the release."""

    def number(sql: str) -> int:
        return con.execute(sql).fetchall()[0][0]

    children, linked = (
        number(f"SELECT count(*) FROM {database}.marts.children"),
        number("SELECT count(DISTINCT child_id) FROM linkage.child_records"),
    )
    if children != linked:
        yield f"children has {children:,} rows; linkage found {linked:,} children."
    submissions, owed = (
        number(f"SELECT count(*) FROM {database}.marts.submissions"),
        number("SELECT count(*) FROM accountability.obligations"),
    )
    if submissions != owed:
        yield f"submissions has {submissions:,} rows; {owed:,} are owed."
    unmatched = number(
        f"""
        SELECT count(*) FROM accountability.obligations owed
        FULL JOIN {database}.marts.unit_scorecards cards USING (unit_code, feed, period)
        WHERE owed.status IS NULL OR cards.timeliness_verdict IS NULL
        """
    )
    if unmatched:
        yield f"unit_scorecards and the obligations differ in {unmatched:,} rows."
    if not number(f"SELECT count(*) FROM {database}.marts.runs WHERE run_id = '{run_id}'"):
        yield "runs does not have the night that makes this release."
