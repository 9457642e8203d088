"""The approved public tables as tables of an export: all months of `public/`, a table under its own name.

Belongs here: reading what was approved, as it was approved. Does not: control or approval (`disclosure`, `approval`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from pipeline.home import Home
from pipeline.publish.approval.approve import PUBLIC_MANIFEST
from pipeline.publish.export.tables import Field, Source, Table, engine
from pipeline.publish.export.words import failed, refused, said

_TYPES = {"text": "VARCHAR", "count": "BIGINT", "share": "DOUBLE"}
_BULLETIN = "bulletin"
_NAMES = "names"


@contextmanager
def public_tables(home: Home) -> Iterator[Source]:
    """Every approved table of every month, its rows under the month of their bulletin; no number that is suppressed.

    Raises:
        UsageError: nothing was approved yet.
        RollcallError: a file is not what was approved.
    """
    months = sorted(path.parent for path in home.public.glob(f"*/{PUBLIC_MANIFEST}"))
    if not months:
        raise refused("nothing_approved", root=home.root)
    manifests = [_manifest(month) for month in months]
    found: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for month, manifest in zip(months, manifests, strict=True):
        for name, sha256 in sorted(manifest["files"].items()):
            if name.startswith("tables/") and name.endswith(".json"):
                content = _as_approved(month / name, sha256, manifest["period"])
                found.setdefault(Path(name).stem, []).append((manifest["period"], content))
    with engine(home) as con:
        tables = tuple(
            _names_table(con, parts) if name == _NAMES else _table(con, name, parts)
            for name, parts in sorted(found.items())
        )
        yield Source(
            con, tables, f"{home.settings.county_code}-public",
            said("described", "public", county=home.settings.name),
            f"{manifests[-1]['period']}.{manifests[-1]['revision']}",
            max(one["approved_at"] for one in manifests),
        )  # fmt: skip


def _manifest(month: Path) -> dict[str, Any]:
    path = month / PUBLIC_MANIFEST
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise failed("not_readable", path=path) from error


def _as_approved(path: Path, sha256: str, period: str) -> dict[str, Any]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise failed("not_as_approved", path=path, period=period) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise failed("not_as_approved", path=path, period=period)
    return json.loads(data)


def _table(con: duckdb.DuckDBPyConnection, name: str, parts: list[tuple[str, dict[str, Any]]]) -> Table:
    """One table over all months; a column that some month has not is blank there."""
    fields = {_BULLETIN: Field(_BULLETIN, "VARCHAR", said("columns", "bulletin"))}
    for _, content in parts:
        for column in content["columns"]:
            label = f"{column['zh']} {column['en']}"
            fields[column["name"]] = Field(column["name"], _TYPES[column["kind"]], label)
            if column["kind"] == "count":
                for end, kind in (("last", "BIGINT"), ("last_in", "VARCHAR")):
                    extra = f"{column['name']}_{end}"
                    fields[extra] = Field(extra, kind, f"{label}: {said('columns', end)}")
    last = parts[-1][1]
    description = " ".join(f"{last['title'][language]} {last['note'][language]}" for language in last["title"])
    rows = [{_BULLETIN: period, **row} for period, content in parts for row in content["rows"]]
    return _filled(con, name, description, tuple(fields.values()), rows)


def _names_table(con: duckdb.DuckDBPyConnection, parts: list[tuple[str, dict[str, Any]]]) -> Table:
    fields = tuple(Field(name, "VARCHAR", said("columns", name)) for name in (_BULLETIN, "code", "zh", "en"))
    rows = [
        {_BULLETIN: period, "code": code, **names}
        for period, content in parts
        for code, names in content["names"].items()
    ]
    return _filled(con, _NAMES, said("tables", "names"), fields, rows)


def _filled(
    con: duckdb.DuckDBPyConnection, name: str, description: str, fields: tuple[Field, ...], rows: list[dict[str, Any]]
) -> Table:
    columns = ", ".join(f'"{field.name}" {field.engine_type}' for field in fields)
    con.execute(f'CREATE TABLE "{name}" ({columns})')
    marks = ", ".join("?" for _ in fields)
    if rows:
        values = [[row.get(field.name) for field in fields] for row in rows]
        con.executemany(f'INSERT INTO "{name}" VALUES ({marks})', values)
    return Table(name, f'"{name}"', description, fields, len(rows))
