"""Whether two homes hold the same: every table of both warehouses and releases, the archive, what units were told."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from pipeline.home import Home

# when something was done, by the clock on the wall
WALL_CLOCK = ("started_at", "ended_at", "made_at", "at")
# HMAC under the home's own secret
PSEUDONYMS = ("child_key",)


def table_differences(left: Path, right: Path, *, without: tuple[str, ...] = WALL_CLOCK) -> list[str]:
    """Tables of two DuckDB files that do not hold the same rows, each as often, in the same columns: a line each."""
    con = duckdb.connect(":memory:")
    con.execute(f"ATTACH '{left}' AS l (READ_ONLY)")
    con.execute(f"ATTACH '{right}' AS r (READ_ONLY)")
    con.execute("LOAD icu")
    columns: dict[str, dict[str, list[tuple]]] = {}
    for side, name, column, kind in con.execute(
        "SELECT database_name, schema_name || '.' || table_name, column_name, data_type FROM duckdb_columns() "
        "JOIN duckdb_tables() USING (database_name, schema_name, table_name) "
        "WHERE database_name IN ('l', 'r') ORDER BY ALL"
    ).fetchall():
        columns.setdefault(name, {}).setdefault(side, []).append((column, kind))
    found = []
    for name, sides in sorted(columns.items()):
        if sides.get("l") != sides.get("r"):
            found.append(f"{name}: its columns differ")
            continue
        chosen = ", ".join(f'"{column}"' for column, _ in sides["l"] if column not in without)
        ((missing, extra),) = con.execute(
            f"SELECT (SELECT count(*) FROM (SELECT {chosen} FROM l.{name} EXCEPT ALL SELECT {chosen} FROM r.{name})), "
            f"(SELECT count(*) FROM (SELECT {chosen} FROM r.{name} EXCEPT ALL SELECT {chosen} FROM l.{name}))"
        ).fetchall()
        if missing or extra:
            found.append(f"{name}: {missing} rows are gone, {extra} are new")
    con.close()
    assert columns, left
    return found


def file_differences(left: Path, right: Path, *, suffixes: frozenset[str] | None = None) -> list[str]:
    """Files of two folders that differ, or that only one has: a line each."""

    def files(folder: Path) -> dict[str, bytes]:
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and (suffixes is None or path.suffix in suffixes)
        }

    one, other = files(left), files(right)
    return [
        f"{left.name}/{name}: {'differs' if name in one and name in other else 'is in one only'}"
        for name in sorted(one.keys() | other.keys())
        if one.get(name) != other.get(name)
    ]


def night_differences(left: Path, right: Path) -> list[str]:
    """Entries of two ledgers of nights that differ in more than the clock on the wall; those of nights that found
    nothing new change nothing.
    """

    def entries(path: Path) -> list[dict]:
        dropped = {*WALL_CLOCK, "prev", "hash"}
        return [
            {key: value for key, value in json.loads(line).items() if key not in dropped}
            for line in path.read_text(encoding="utf-8").splitlines()
            if '"outcome":"nothing_new"' not in line
        ]

    return [] if entries(left) == entries(right) else [f"{left.name} differs"]


def differences(left: Home, right: Home, *, without: tuple[str, ...] = WALL_CLOCK) -> list[str]:
    """Everything in which two homes differ: tables, archive, ledgers, releases, receipts, reports."""
    found = table_differences(left.warehouse_file, right.warehouse_file, without=without)
    found += [
        f"release: {line}" for line in table_differences(left.current_marts, right.current_marts, without=without)
    ]
    one, other = ({path.name for path in home.published.iterdir()} for home in (left, right))
    found += [f"published/{name} is in one only" for name in sorted(one ^ other)]
    for store in ("objects", "originals", "reviews", "inputs", "models", "approved"):
        found += file_differences(left.archive / store, right.archive / store)
    found += file_differences(left.outgoing, right.outgoing, suffixes=frozenset({".html"}))
    if left.ledger_file.read_bytes() != right.ledger_file.read_bytes():
        found.append("ledger.jsonl differs")
    return found + night_differences(left.nights_file, right.nights_file)
