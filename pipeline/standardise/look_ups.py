"""Fill the look-up tables of schema `standardise` with what is new.

Belongs here: which columns go to which look-up (by the contract's type, never by a feed's name), what is new,
and the one transaction. Does not: how a value is read (the module of its kind).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass
from functools import partial
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

import pipeline.contracts
from pipeline.contracts import Column, Feed, load_feeds
from pipeline.home import Home
from pipeline.reference import Division, Reference
from pipeline.standardise.codes import code_reader, usable_number
from pipeline.standardise.dates import read_day
from pipeline.standardise.id_numbers import read_id_number
from pipeline.standardise.names import read_name
from pipeline.standardise.phones import read_phone_number
from pipeline.standardise.places import Gazetteer
from pipeline.warehouse import transaction

TOWNSHIP, VILLAGE = "township_name", "village_name"
_ARROW_TYPES = {"VARCHAR": pa.string(), "BOOLEAN": pa.bool_(), "INTEGER": pa.int32(), "DATE": pa.date32()}
# whose tables of characters, sounds and moons a value passes through
_LIBRARIES = ("opencc", "pypinyin", "lunardate")
# rows written at once: large enough that the cost per batch does not show, small enough for a laptop
_BATCH_ROWS = 200_000


@dataclass(frozen=True)
class ByValue:
    """A look-up with one row per raw value, whichever column it stood in."""

    table: str
    types: tuple[str, ...]
    read: Callable[[str | None], Any]


BY_VALUE = (
    ByValue("names", ("name",), read_name),
    ByValue("id_numbers", ("id_no",), read_id_number),
    ByValue("dates", ("date", "datetime"), read_day),
    ByValue("phones", ("phone",), read_phone_number),
)
LOOK_UPS = (*(look_up.table for look_up in BY_VALUE), "numbers", "codes", "places")


def fill(con: duckdb.DuckDBPyConnection, home: Home, reference: Reference) -> dict[str, int]:
    """Read every raw value of current revisions that is not in the look-ups yet.

    All look-ups are made again when the rules or contracts changed or contents were removed by order (no value of
    theirs stays), the places when the divisions did; else only revisions that were not read before are looked at.

    Returns:
        Rows added by look-up.
    """
    feeds = load_feeds()
    with transaction(con):
        _drop_what_was_made_otherwise(con, reference)
        con.execute(
            "CREATE OR REPLACE TEMP TABLE new_revisions AS SELECT c.revision_id, r.reading_no, c.feed"
            " FROM checks.current_revisions AS c JOIN intake.receipts AS r ON c.revision_id = r.receipt_no"
            " ANTI JOIN standardise.revisions AS done"
            " ON c.revision_id = done.revision_id AND r.reading_no = done.reading_no"
        )
        touched = {row[0] for row in con.execute("SELECT DISTINCT feed FROM new_revisions").fetchall()}
        new = [feed for feed in feeds.values() if feed.feed in touched]
        added = {look_up.table: _fill_by_value(con, look_up, new) for look_up in BY_VALUE}
        added["numbers"] = _fill_by_column(con, "numbers", _number_readers(new))
        added["codes"] = _fill_by_column(con, "codes", _code_readers(new, feeds))
        added["places"] = _fill_places(con, Gazetteer(reference.divisions, home.settings.county_code), new)
        con.execute("INSERT INTO standardise.revisions SELECT revision_id, reading_no FROM new_revisions")
        con.execute("DROP TABLE new_revisions")
    return added


def rules_fingerprint() -> str:
    """A hash of everything that decides how a value is read, divisions aside."""
    digest = hashlib.sha256(" ".join(version(name) for name in _LIBRARIES).encode())
    contracts = Path(pipeline.contracts.__file__).parent
    for folder in (Path(__file__).parent, contracts):
        for path in sorted(p for p in folder.rglob("*") if p.suffix in (".py", ".yaml")):
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def divisions_fingerprint(divisions: dict[str, Division]) -> str:
    """A hash of the divisions that names are matched to."""
    return hashlib.sha256(repr(sorted(map(astuple, divisions.values()), key=repr)).encode()).hexdigest()


def _drop_what_was_made_otherwise(con: duckdb.DuckDBPyConnection, reference: Reference) -> None:
    rules = rules_fingerprint()
    removal = con.execute("SELECT max(removal_no) FROM intake.removals").fetchall()[0][0]
    rules = rules if removal is None else hashlib.sha256(f"{rules} {removal}".encode()).hexdigest()
    places = hashlib.sha256((rules + divisions_fingerprint(reference.divisions)).encode()).hexdigest()
    wanted = {name: places if name == "places" else rules for name in LOOK_UPS}
    have = dict(con.execute("SELECT look_up, fingerprint FROM standardise.made_with").fetchall())
    stale = [name for name in LOOK_UPS if have.get(name) != wanted[name]]
    for name in stale:
        con.execute(f"DELETE FROM standardise.{name}")
        con.execute("DELETE FROM standardise.made_with WHERE look_up = ?", [name])
        con.execute("INSERT INTO standardise.made_with VALUES (?, ?)", [name, wanted[name]])
    if stale:
        con.execute("DELETE FROM standardise.revisions")


def _of_new(feed: Feed) -> str:
    return f"FROM {feed.raw_table} WHERE revision_id IN (SELECT revision_id FROM new_revisions)"


def _fill_by_value(con: duckdb.DuckDBPyConnection, look_up: ByValue, new: list[Feed]) -> int:
    columns = [(feed, column) for feed in new for column in feed.columns.values() if column.type in look_up.types]
    if not columns:
        return 0
    union = " UNION ".join(f"SELECT {column.name} AS raw {_of_new(feed)}" for feed, column in columns)
    raws = con.execute(
        f"SELECT DISTINCT raw FROM ({union}) WHERE raw IS NOT NULL"
        f" AND raw NOT IN (SELECT raw FROM standardise.{look_up.table}) ORDER BY raw"
    ).fetchall()
    rows = ((raw, *_values(look_up.read(raw))) for (raw,) in raws)
    return _insert(con, look_up.table, rows)


Readers = list[tuple[Feed, Column, Callable[[str | None], object]]]


def _number_readers(new: list[Feed]) -> Readers:
    numbers = [(feed, column) for feed in new for column in feed.columns.values() if column.type == "int"]
    return [(feed, column, partial(usable_number, column=column)) for feed, column in numbers]


def _code_readers(new: list[Feed], feeds: dict[str, Feed]) -> Readers:
    columns = [(feed, column, code_reader(column, feeds)) for feed in new for column in feed.columns.values()]
    return [(feed, column, reader) for feed, column, reader in columns if reader]


def _fill_by_column(con: duckdb.DuckDBPyConnection, table: str, readers: Readers) -> int:
    rows: list[tuple] = []
    for feed, column, read in readers:
        raws = con.execute(
            f"SELECT DISTINCT {column.name} AS raw {_of_new(feed)} AND raw IS NOT NULL AND raw NOT IN"
            f" (SELECT raw FROM standardise.{table} WHERE feed = ? AND column_name = ?) ORDER BY raw",
            [feed.feed, column.name],
        ).fetchall()
        rows.extend((feed.feed, column.name, raw, read(raw)) for (raw,) in raws)
    return _insert(con, table, rows)


def _fill_places(con: duckdb.DuckDBPyConnection, gazetteer: Gazetteer, new: list[Feed]) -> int:
    pairs = []
    for feed in new:
        cells = [name if name in feed.columns else "NULL" for name in (TOWNSHIP, VILLAGE)]
        if cells != ["NULL", "NULL"]:
            pairs.append(f"SELECT coalesce({cells[0]}, '') AS t, coalesce({cells[1]}, '') AS v {_of_new(feed)}")
    if not pairs:
        return 0
    raws = con.execute(
        f"SELECT DISTINCT t, v FROM ({' UNION '.join(pairs)}) AS written ANTI JOIN standardise.places AS known"
        " ON written.t = known.township_raw AND written.v = known.village_raw ORDER BY t, v"
    ).fetchall()
    return _insert(con, "places", ((t, v, *_values(gazetteer.place(t, v))) for t, v in raws))


def _values(result: Any) -> tuple:
    """A result's fields in the order of its table's columns (faster than dataclasses.astuple, which copies)."""
    return tuple(getattr(result, name) for name in result.__slots__)


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: Iterable[tuple]) -> int:
    """Insert rows through Arrow, in batches, so that a first night's millions never lie in memory at once."""
    described = con.execute(f"DESCRIBE standardise.{table}").fetchall()
    schema = pa.schema([(name, _ARROW_TYPES[type_]) for name, type_, *_ in described])
    added = 0
    for batch in _batches(rows):
        columns = list(zip(*batch, strict=True))
        arrays = [pa.array(values, type=field.type) for values, field in zip(columns, schema, strict=True)]
        con.register("batch", pa.Table.from_arrays(arrays, schema=schema))
        con.execute(f"INSERT INTO standardise.{table} SELECT * FROM batch")
        con.unregister("batch")
        added += len(batch)
    return added


def _batches(rows: Iterable[tuple]) -> Iterator[list[tuple]]:
    source = iter(rows)
    while batch := list(islice(source, _BATCH_ROWS)):
        yield batch
