"""From the archive to the warehouse: the ledger as tables, and each feed's rows as they were sent.

Belongs here: writing the schema `intake`. Everything in it can be dropped and filled again from the archive. Does
not: judging what is loaded (`pipeline.checks`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from pipeline.contracts import Feed, load_feeds
from pipeline.encryption import read_stored
from pipeline.errors import RollcallError
from pipeline.home import Home
from pipeline.intake.archive import archive
from pipeline.intake.archive.chain import Chain
from pipeline.intake.archive.ledger import REMOVAL, Receipts
from pipeline.intake.landing.landed import instant
from pipeline.warehouse import ALIAS, transaction

if TYPE_CHECKING:
    import pyarrow as pa

KEYS = {"revision_id": "BIGINT", "row_no": "INTEGER", "sheet": "VARCHAR", "line": "INTEGER", "is_misfit": "BOOLEAN"}
# sealed copies that are in memory at once
_OPENED_TOGETHER = 64
TOO_MANY_CELLS = "too_many_cells"


@dataclass(frozen=True)
class Loaded:
    """What a load wrote: receipt numbers that are new, revisions whose rows were replaced, rows by feed."""

    receipt_nos: tuple[int, ...]
    reread_revisions: tuple[int, ...] = ()
    decision_count: int = 0
    removed_revisions: tuple[int, ...] = ()
    row_counts: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        text = f"{len(self.receipt_nos):,} receipts, {sum(self.row_counts.values()):,} rows"
        text += f", {len(self.reread_revisions):,} revisions read again" if self.reread_revisions else ""
        return text + (f", contents of {len(self.removed_revisions):,} removed" if self.removed_revisions else "")


def load(con: duckdb.DuckDBPyConnection, home: Home) -> Loaded:
    """Bring the schema `intake` up to the ledger's end, in one transaction.

    Creates `intake.raw_<feed>` for every contract and adds columns that a contract has gained (null in the rows of
    earlier copies, until they are read again). For a revision that was read again it replaces the receipt and the
    rows, and removes what the schema `checks` holds of it: what was found in rows that are no more is nobody's.
    Rows of a revision whose content was removed by order go; its receipt, and what was counted in it, stay.

    Raises:
        RollcallError: a copy is absent from the archive; nothing is loaded then.
    """
    make_raw_tables(con)
    done = _last_loaded(con)
    entries = [entry for entry in Chain(home.ledger_file).read() if entry["seq"] > done]
    if not entries:
        return Loaded(())
    receipts = Receipts.read(home)
    decisions = [entry for entry in entries if entry["kind"] == "decision"]
    readings = {
        entry.get("receipt_no", entry["seq"]): entry["seq"]
        for entry in entries
        if entry["kind"] in ("receipt", "reread")
    }
    new = tuple(entry["seq"] for entry in entries if entry["kind"] == "receipt")
    reread = tuple(sorted(set(readings) - set(new)))
    rows = [
        {**receipts.receipts[number], "reading_no": seq, "is_removed": number in receipts.removed}
        for number, seq in sorted(readings.items())
    ]
    removals = [entry for entry in entries if entry["kind"] == REMOVAL]
    with transaction(con):
        if reread:
            _forget(con, reread)
        _insert_receipts(con, rows)
        counts = {feed.feed: _insert_rows(con, home, feed, rows) for feed in load_feeds().values()}
        _insert_decisions(con, decisions)
        removed = _remove(con, removals)
    return Loaded(new, reread, len(decisions), removed, {feed: count for feed, count in counts.items() if count})


def _last_loaded(con: duckdb.DuckDBPyConnection) -> int:
    return con.execute(
        """
        SELECT greatest(
            coalesce((SELECT max(reading_no) FROM intake.receipts), 0),
            coalesce((SELECT max(decision_no) FROM intake.decisions), 0),
            coalesce((SELECT max(removal_no) FROM intake.removals), 0)
        )
        """
    ).fetchall()[0][0]


def make_raw_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Create or widen each feed's raw table by its contract; a column that a contract has lost stays, null."""
    known: dict[str, set[str]] = {}
    columns = con.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = ? AND schema_name = 'intake'",
        [ALIAS],
    ).fetchall()
    for table, column in columns:
        known.setdefault(f"intake.{table}", set()).add(column)
    for feed in load_feeds().values():
        if feed.raw_table not in known:
            keys = [f"{name} {kind} NOT NULL" if kind != "VARCHAR" else f"{name} {kind}" for name, kind in KEYS.items()]
            cells = [f'"{name}" VARCHAR' for name in feed.columns]
            con.execute(f"CREATE TABLE {feed.raw_table} ({', '.join(keys + cells)})")
            continue
        for name in feed.columns:
            if name not in known[feed.raw_table]:
                con.execute(f'ALTER TABLE {feed.raw_table} ADD COLUMN "{name}" VARCHAR')


def _forget(con: duckdb.DuckDBPyConnection, revisions: tuple[int, ...]) -> None:
    """Remove revisions that were read again, and what was found in them."""
    of_checks = con.execute(
        """
        SELECT t.schema_name || '.' || t.table_name FROM duckdb_tables() AS t
        SEMI JOIN duckdb_columns() AS c
            ON t.table_oid = c.table_oid AND t.database_name = c.database_name AND c.column_name = 'revision_id'
        WHERE t.database_name = ? AND t.schema_name = 'checks' ORDER BY ALL
        """,
        [ALIAS],
    ).fetchall()
    raw = [feed.raw_table for feed in load_feeds().values()]
    for table in [*(name for (name,) in of_checks), *raw, "intake.misfit_rows"]:
        con.execute(f"DELETE FROM {table} WHERE revision_id IN (SELECT unnest(?))", [list(revisions)])
    con.execute("DELETE FROM intake.receipts WHERE receipt_no IN (SELECT unnest(?))", [list(revisions)])


def _remove(con: duckdb.DuckDBPyConnection, removals: list[dict[str, Any]]) -> tuple[int, ...]:
    """Remove the rows of revisions whose contents orders of the ledger removed, and note which; says of whom."""
    numbers: list[int] = []
    for entry in removals:
        con.execute(
            "INSERT INTO intake.removals SELECT unnest(?::BIGINT[]), ?, ?",
            [entry["receipts"], entry["seq"], entry["as_of"]],
        )
        numbers += entry["receipts"]
    if numbers:
        for table in [*(feed.raw_table for feed in load_feeds().values()), "intake.misfit_rows"]:
            con.execute(f"DELETE FROM {table} WHERE revision_id IN (SELECT unnest(?))", [numbers])
        con.execute("UPDATE intake.receipts SET is_loaded = false WHERE receipt_no IN (SELECT unnest(?))", [numbers])
    return tuple(sorted(numbers))


_RECEIPT_COLUMNS = (
    "receipt_no", "unit_code", "file_name", "file_bytes", "arrived_at", "original_sha256", "copy_sha256", "feed",
    "period", "suffix", "is_supplement", "outcome", "reason_code", "reason_detail", "row_count", "file_format",
    "encoding", "ignored_headers", "refused_headers", "blanked_cells", "is_loaded", "sheet", "notes", "reading_no",
)  # fmt: skip


def _insert_receipts(con: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]]) -> None:
    import pyarrow as pa

    feeds = load_feeds()
    types = {
        "receipt_no": pa.int64(), "file_bytes": pa.int64(), "arrived_at": pa.timestamp("us", "UTC"),
        "is_supplement": pa.bool_(), "row_count": pa.int32(), "ignored_headers": pa.list_(pa.string()),
        "refused_headers": pa.list_(pa.string()), "blanked_cells": pa.int32(), "is_loaded": pa.bool_(),
        "notes": pa.list_(pa.string()), "reading_no": pa.int64(),
    }  # fmt: skip
    derived = {
        "receipt_no": [row["seq"] for row in rows],
        "arrived_at": [instant(row["arrived_ns"]) for row in rows],
        "reason_detail": [
            json.dumps(row["reason_detail"], ensure_ascii=False, sort_keys=True) if row["reason_detail"] else None
            for row in rows
        ],
        # a feed whose contract is gone has no table to go to
        "is_loaded": [bool(row["copy_sha256"]) and row["feed"] in feeds and not row["is_removed"] for row in rows],
    }
    columns = {
        name: pa.array(derived.get(name) or [row[name] for row in rows], types.get(name, pa.string()))
        for name in _RECEIPT_COLUMNS
    }
    _insert(con, "intake.receipts", pa.table(columns), "receipt_no")


def _insert_decisions(con: duckdb.DuckDBPyConnection, entries: list[dict[str, Any]]) -> None:
    for entry in entries:
        con.execute(
            "INSERT INTO intake.decisions BY NAME SELECT ? AS decision_no, ? AS unit_code, ? AS feed, ? AS period, "
            "? AS revision_id, ? AS decision, ? AS decided_by, ? AS note",
            [
                entry["seq"], entry["unit_code"], entry["feed"], entry["period"],
                entry["revision_id"], entry["decision"], entry["decided_by"], entry["note"],
            ],
        )  # fmt: skip


def _insert_rows(con: duckdb.DuckDBPyConnection, home: Home, feed: Feed, rows: Iterable[dict[str, Any]]) -> int:
    """Load the copies of one feed, all in one statement; returns rows written."""
    import pyarrow as pa

    ours = [
        row
        for row in rows
        if row["feed"] == feed.feed and row["copy_sha256"] and row["row_count"] and not row["is_removed"]
    ]
    if not ours:
        return 0
    paths = [archive.copy_path(home, row["copy_sha256"]) for row in ours]
    for row, path in zip(ours, paths, strict=True):
        if not path.exists():
            raise RollcallError(
                f"The archive's copy of receipt {row['seq']} is absent: {path}.",
                "Restore it from a backup; see: rollcall archive verify",
            )
    con.register("copies", pa.table({"path": [str(p) for p in paths], "revision_id": [row["seq"] for row in ours]}))
    count = (_insert_sealed if home.key else _insert_clear)(con, home, feed, list(dict.fromkeys(paths)))
    con.execute(
        f"""
        INSERT INTO intake.misfit_rows
        SELECT revision_id, row_no, line, ? FROM {feed.raw_table}
        WHERE is_misfit AND revision_id IN (SELECT revision_id FROM copies) ORDER BY ALL
        """,
        [TOO_MANY_CELLS],
    )
    con.unregister("copies")
    return count


def _insert_clear(con: duckdb.DuckDBPyConnection, home: Home, feed: Feed, paths: list[Path]) -> int:
    sources = [sorted(map(str, paths))]
    parts = "read_parquet(?, filename = true, union_by_name = true)"
    try:
        return _insert_copies(con, feed, list(feed.columns), parts, sources)
    except duckdb.BinderException:
        # the contract has gained columns since all of these copies were written
        described = con.execute(f"DESCRIBE SELECT * FROM {parts}", sources).fetchall()
        in_copies = {name for (name, *_) in described}
        return _insert_copies(con, feed, [name for name in feed.columns if name in in_copies], parts, sources)


def _insert_sealed(con: duckdb.DuckDBPyConnection, home: Home, feed: Feed, paths: list[Path]) -> int:
    """Copies under a key are opened in memory, some at a time: their content never lies on the disk in clear."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    count = 0
    for first in range(0, len(paths), _OPENED_TOGETHER):
        opened = [
            table.append_column("filename", pa.array([str(path)] * table.num_rows, pa.string()))
            for path in paths[first : first + _OPENED_TOGETHER]
            for table in [pq.read_table(pa.BufferReader(read_stored(home, path)))]
        ]
        together = pa.concat_tables(opened, promote_options="default")
        con.register("opened_copies", together)
        names = [name for name in feed.columns if name in together.column_names]
        count += _insert_copies(con, feed, names, "opened_copies", [])
        con.unregister("opened_copies")
    return count


def _insert_copies(
    con: duckdb.DuckDBPyConnection, feed: Feed, names: list[str], parts: str, given: list[list[str]]
) -> int:
    cells = ", ".join(f'parts."{name}"' for name in names)
    return con.execute(
        f"""
        INSERT INTO {feed.raw_table} BY NAME
        SELECT copies.revision_id, parts.row_no, parts.sheet, parts.line, parts.is_misfit, {cells}
        FROM {parts} AS parts
        INNER JOIN copies ON parts.filename = copies.path
        ORDER BY copies.revision_id, parts.row_no
        """,
        given,
    ).fetchall()[0][0]


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: pa.Table, order: str) -> None:
    con.register("rows_to_insert", rows)
    con.execute(f"INSERT INTO {table} BY NAME SELECT * FROM rows_to_insert ORDER BY {order}")
    con.unregister("rows_to_insert")
