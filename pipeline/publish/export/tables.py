"""The tables of an export: where their rows are, and what each column is.

Belongs here: the current release as such tables, from what the published file says of itself. Does not: the public
tables (`export/public.py`), or how a table is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipeline.home import Home
from pipeline.publish.export.words import failed, refused, said
from pipeline.publish.release.marts_spec import load_marts
from pipeline.publish.release.releases import list_releases
from pipeline.warehouse import settings_of

SOURCE = "source"
INSTANT = "TIMESTAMP WITH TIME ZONE"


@dataclass(frozen=True)
class Field:
    """A column: its name, its type in DuckDB, what it means, and the codes that it may hold (none: any text)."""

    name: str
    engine_type: str
    description: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table: the relation that has its rows in their order, and the columns that name one row (none: not known)."""

    name: str
    relation: str
    description: str
    fields: tuple[Field, ...]
    rows: int
    key: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """What is exported: a connection that has the tables, and what is said of them all."""

    con: duckdb.DuckDBPyConnection
    tables: tuple[Table, ...]
    name: str
    description: str
    version: str
    created: str


@contextmanager
def engine(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of its own that keeps the order of rows and shows instants in UTC, as files for others should."""
    con = duckdb.connect(":memory:", config={**settings_of(home), "preserve_insertion_order": True})
    try:
        con.execute("LOAD icu")
        con.execute("SET TimeZone = 'UTC'")
        yield con
    finally:
        con.close()


@contextmanager
def current_release(home: Home) -> Iterator[tuple[duckdb.DuckDBPyConnection, dict[str, Any]]]:
    """The current release, attached as `source`, and its manifest. A night that runs meanwhile changes neither.

    Raises:
        UsageError: nothing was published yet.
        RollcallError: the file cannot be read.
    """
    manifest = next((found for found in list_releases(home) if found["is_current"]), None)
    if manifest is None or not home.current_marts.exists():
        raise refused("nothing_published", root=home.root)
    with engine(home) as con:
        attach(con, home.current_marts)
        yield con, manifest


def attach(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Attach a published file as `source`, to be read only."""
    quoted = str(path).replace("'", "''")
    try:
        con.execute(f"ATTACH '{quoted}' AS {SOURCE} (READ_ONLY)")
    except duckdb.Error as error:
        raise failed("not_readable", path=path) from error


@contextmanager
def marts(home: Home) -> Iterator[Source]:
    """The current release's marts, with the descriptions that the published file carries."""
    with current_release(home) as (con, manifest):
        said_of_all = said(
            "described", "marts", county=home.settings.name, release=manifest["release"], as_of=manifest["as_of"]
        )
        name = f"{home.settings.county_code}-marts"
        yield Source(con, _marts(con), name, said_of_all, manifest["release"], manifest["made_at"])


def _marts(con: duckdb.DuckDBPyConnection) -> tuple[Table, ...]:
    names = con.execute(
        "SELECT table_name, comment FROM duckdb_tables() "
        "WHERE database_name = ? AND schema_name = 'marts' ORDER BY ALL",
        [SOURCE],
    ).fetchall()
    return tuple(_mart(con, name, comment or "") for name, comment in names)


def _mart(con: duckdb.DuckDBPyConnection, name: str, comment: str) -> Table:
    relation, spec = f'{SOURCE}.marts."{name}"', load_marts().get(name)
    codes = {column.name: column.values for column in spec.columns} if spec else {}
    columns = con.execute(
        "SELECT column_name, data_type, comment FROM duckdb_columns() "
        "WHERE database_name = ? AND table_name = ? ORDER BY column_index",
        [SOURCE, name],
    ).fetchall()
    # a release of another version of the program may hold other codes: only what holds of its rows is promised
    fields = tuple(
        Field(column, kind, said_of or "", _if_true(con, relation, column, codes.get(column, ())))
        for column, kind, said_of in columns
    )
    rows = con.execute(f"SELECT count(*) FROM {relation}").fetchall()[0][0]
    key = spec.key if spec and _names_rows(con, relation, spec.key, {field.name for field in fields}) else ()
    return Table(name, relation, comment, fields, rows, key)


def _if_true(con: duckdb.DuckDBPyConnection, relation: str, column: str, codes: tuple[str, ...]) -> tuple[str, ...]:
    if not codes:
        return ()
    other = con.execute(f'SELECT count(*) FROM {relation} WHERE "{column}" NOT IN ?', [list(codes)]).fetchall()[0][0]
    return () if other else codes


def _names_rows(con: duckdb.DuckDBPyConnection, relation: str, key: tuple[str, ...], there: set[str]) -> bool:
    """Whether the columns are all filled and name one row each, which a key in a data package has to."""
    if not set(key) <= there:
        return False
    columns = ", ".join(f'"{column}"' for column in key)
    blank = " OR ".join(f'"{column}" IS NULL' for column in key)
    wrong = con.execute(
        f"SELECT count(*) - count(DISTINCT ROW({columns})) + count(*) FILTER ({blank}) FROM {relation}"
    ).fetchall()[0][0]
    return not wrong
