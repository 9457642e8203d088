"""Another key for a home, or its first: everything that lies under the old one is encrypted anew, file by file.

Belongs here: the order in which that happens, so that it can be cut off at any moment and run again. Does not: what is
sealed (`pipeline.encryption`), or making keys (`pipeline.keys`).

Every file is replaced whole. A marker in `state/` keeps nights away until all files are done; each file says by itself
under which key it lies, so that a second run goes on where the first one was cut off.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.encryption import is_encrypted, read_stored, secure, stored_files, wrong_key
from pipeline.errors import RollcallError
from pipeline.home import Home
from pipeline.keys import Key, read_key, sealed_under
from pipeline.warehouse import ALIAS, attaching, night_lock, settings_of
from pipeline.whole_files import sync_file, sync_folders, write_whole

_BEFORE = "before"


@dataclass(frozen=True)
class Rotated:
    """What was done: the key that the home lies under now, and how many files were encrypted anew."""

    key: Key
    files: int
    databases: int


def rotate(home: Home, to: Path, *, told: Callable[[int, int], None] = lambda done, of: None) -> Rotated:
    """Encrypt a home under another key; the old one is in ROLLCALL_KEY_FILE, and a home in clear has none.

    Args:
        to: the file of the new key.
        told: called with files done and files in all.

    Raises:
        UsageError: a key cannot be read, or something lies under a third one; nothing was changed then.
        RollcallError: a file is not what was sealed, or cannot be written; what was done stands, and is gone on with.
    """
    home.check()
    new, key = home.under(to), read_key(to.expanduser())
    with night_lock(home, any_key=True):
        files = [path for path in stored_files(home) if _is_to_do(home, key, path)]
        databases = [path for path in sorted(home.warehouse.glob("*.duckdb")) if _is_old(home, new, path)]
        old = home.key.identifier if home.key else None
        write_whole(home.rotation_file, json.dumps({"from": old, "to": key.identifier}) + "\n")
        try:
            _clear_away(home)
            for done, path in enumerate(files, start=1):
                write_whole(path, key.seal(_content(home, path), path.name))
                told(done, len(files))
            for path in databases:
                _encrypt_anew(home, new, path)
        except OSError as error:
            raise RollcallError(
                f"A file could not be encrypted anew ({error.strerror or type(error).__name__}).",
                "See whether the home can be written and has room for the warehouse a second time; then run it again.",
            ) from None
        home.rotation_file.unlink()
        sync_folders([home.state])
        return Rotated(key, len(files), len(databases))


def _is_to_do(home: Home, key: Key, path: Path) -> bool:
    """Whether a file lies under the old key or in clear.

    Raises:
        UsageError: it lies under neither the old key nor the new one.
    """
    under = sealed_under(path)
    if under == key.identifier:
        return False
    if under is not None and (home.key is None or under != home.key.identifier):
        raise wrong_key(home)
    return True


def _content(home: Home, path: Path) -> bytes:
    """A file's content, which lies under the old key or, where a first rotation is gone on with, in clear."""
    return path.read_bytes() if sealed_under(path) is None else read_stored(home, path)


def _is_old(home: Home, new: Home, path: Path) -> bool:
    """Whether a copy of the warehouse lies under the old key or in clear; an empty one stands for none.

    Raises:
        UsageError: it opens with neither key.
    """
    if not path.stat().st_size or _opens(new, path):
        return False
    if is_encrypted(path) and not (home.key and _opens(home, path)):
        raise wrong_key(home)
    return True


def _opens(home: Home, path: Path) -> bool:
    if not is_encrypted(path):
        return False
    with closing(duckdb.connect(":memory:")) as con:
        try:
            con.execute(attaching(home, path, read_only=True))
        except duckdb.Error:
            return False
        return True


def _clear_away(home: Home) -> None:
    """What programs that were cut off have left: an unfinished rebuild, spill files, a half-written database."""
    shutil.rmtree(home.state / "rebuild", ignore_errors=True)
    for path in home.temporary.iterdir():
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()
    for path in home.warehouse.glob(".*.new*"):
        path.unlink()


def _encrypt_anew(home: Home, new: Home, path: Path) -> None:
    """Copy a database into one under the new key, every table in its order, and put it in the old one's place."""
    source = home if is_encrypted(path) else home.under(None)
    beside = path.with_name(f".{path.name}.new")
    # rows keep their order
    settings = {**settings_of(home), "preserve_insertion_order": True}
    with closing(duckdb.connect(":memory:", config=settings)) as con:
        try:
            secure(con, new)
            # views know instants in the county's time zone
            con.execute("LOAD icu")
            if path.with_name(f"{path.name}.wal").exists():
                # what a program that was killed had committed goes into the file itself
                con.execute(attaching(source, path, _BEFORE))
                con.execute(f"CHECKPOINT {_BEFORE}")
                con.execute(f"DETACH {_BEFORE}")
            con.execute(attaching(source, path, _BEFORE, read_only=True))
            # views name what they read by the alias
            con.execute(attaching(new, beside))
            con.execute(f"USE {ALIAS}")
            con.execute(f"COPY FROM DATABASE {_BEFORE} TO {ALIAS}")
            if _shape(con, _BEFORE) != _shape(con, ALIAS):
                raise RollcallError(f"{path} could not be copied whole.", "Nothing of it was changed.")
            con.execute(f"CHECKPOINT {ALIAS}")
        except duckdb.Error as error:
            raise RollcallError(
                f"{path} could not be encrypted anew ({type(error).__name__}).",
                "See whether the disk has room for the warehouse a second time; then run it again.",
            ) from None
    sync_file(beside)
    os.replace(beside, path)
    sync_folders([path.parent])


def _shape(con: duckdb.DuckDBPyConnection, alias: str) -> list[tuple]:
    """Every table with its statement and how many rows it has, and every view."""
    tables = con.execute(
        "SELECT schema_name, table_name, sql FROM duckdb_tables() WHERE database_name = ? ORDER BY ALL", [alias]
    ).fetchall()
    views = con.execute(
        "SELECT schema_name, view_name, sql FROM duckdb_views() WHERE database_name = ? AND NOT internal ORDER BY ALL",
        [alias],
    ).fetchall()
    return [
        (*table, con.execute(f'SELECT count(*) FROM {alias}."{table[0]}"."{table[1]}"').fetchall()[0][0])
        for table in tables
    ] + views
