"""The warehouse and the home's lock: open, attach, migrate, close. One writer, in one process, at a time.

Belongs here: how DuckDB is opened and which version its schema has. Does not: any table's content. The schema
itself is in `migrations/`, one SQL file a step, applied in the order of their numbers.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import importlib.resources
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb

from pipeline.encryption import check_key, in_clear, no_key, secure, wrong_key
from pipeline.errors import LockedError, RollcallError
from pipeline.home import Home
from pipeline.whole_files import RESTRICTED_MODE, closed_to_others

MIGRATIONS = Path(str(importlib.resources.files("pipeline"))) / "migrations"
# the alias under which the file is attached everywhere, dbt's profile included
ALIAS = "warehouse"


def settings_of(home: Home) -> dict[str, str | bool | int | float | list[str]]:
    """DuckDB's settings for a home: threads, memory, spill folder, and no network."""
    limits = home.settings.duckdb
    return {
        "threads": limits.threads,
        "memory_limit": f"{limits.memory_limit_mb}MB",
        "temp_directory": str(home.temporary),
        "extension_directory": str(home.extensions),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "preserve_insertion_order": False,
    }


@contextmanager
def open_warehouse(home: Home, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the home's warehouse attached as `warehouse` and in use; migrated unless read-only.

    Raises:
        RollcallError: the file is locked, damaged or of a newer version.
    """
    home.make_folders()
    con = duckdb.connect(":memory:", config=settings_of(home))
    with closed_to_others(), closing(con):
        try:
            secure(con, home)
            con.execute(attaching(home, home.warehouse_file, read_only=read_only))
        except duckdb.Error as error:
            raise _cannot_open(home, error) from None
        con.execute(f"USE {ALIAS}")
        # instants are shown and cut to days in the county's own time zone; the engine's zone data ships with it
        con.execute("LOAD icu")
        con.execute(f"SET TimeZone = '{home.settings.timezone}'")
        refuse_newer(con)
        if not read_only:
            migrate(con)
            os.chmod(home.warehouse_file, RESTRICTED_MODE)
        yield con


def attaching(home: Home, path: Path, alias: str = ALIAS, *, read_only: bool = False) -> str:
    """The statement that attaches a DuckDB file of a home under its key; it is told to nobody."""
    options = [f"ENCRYPTION_KEY '{home.key.of_warehouse}'"] if home.key else []
    options += ["READ_ONLY"] if read_only else []
    quoted = str(path).replace("'", "''")
    return f"ATTACH '{quoted}' AS {alias}" + (f" ({', '.join(options)})" if options else "")


def _cannot_open(home: Home, error: Exception) -> RollcallError:
    """Why the warehouse could not be opened, and what to do: each cause has its remedy."""
    text, where = str(error).lower(), f"The warehouse {home.warehouse_file} cannot be opened"
    if "without a key" in text:
        return no_key(home)
    if "wrong encryption key" in text:
        return wrong_key(home)
    if "is not encrypted" in text:
        return in_clear(home)
    if "lock" in text:
        if holder := holder_of(home):
            process, since = holder
            return LockedError(
                f"A night runs on {home.root} since {since:%Y-%m-%d %H:%M} (process {process}).",
                f"Wait until it has ended. What was published before can be read meanwhile: {home.current_marts}",
            )
        return LockedError(f"{where}: another program holds it.", "Close that program, then try again.")
    if "not a valid duckdb" in text or "magic" in text:
        return RollcallError(f"{where}: it is no DuckDB file.", "Make it again from the archive: rollcall rebuild")
    return RollcallError(f"{where}: the file or its folder cannot be read.", "See who may read the folder warehouse/.")


def holder_of(home: Home) -> tuple[str, dt.datetime] | None:
    """Which process works on the home and since when, in the county's time zone; None where none does."""
    if not home.lock_file.exists():
        return None
    with open(home.lock_file, "r+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            since = dt.datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, home.settings.zone)
            return file.read().strip() or "unknown", since
    return None


def migrations() -> list[tuple[int, Path]]:
    """The steps of the schema, in order."""
    return sorted((int(path.name[:4]), path) for path in MIGRATIONS.glob("[0-9]*.sql"))


def schema_version(con: duckdb.DuckDBPyConnection) -> int:
    """The version a warehouse has; 0 where it is new."""
    known = con.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE database_name = ? AND table_name = 'schema_versions'",
        [ALIAS],
    ).fetchall()[0][0]
    if not known:
        return 0
    return con.execute("SELECT coalesce(max(version), 0) FROM main.schema_versions").fetchall()[0][0]


def refuse_newer(con: duckdb.DuckDBPyConnection) -> None:
    """Let nobody read or write what a newer program wrote.

    Raises:
        RollcallError: the warehouse was written by a newer program.
    """
    have, known = schema_version(con), migrations()[-1][0]
    if have > known:
        raise RollcallError(
            f"The warehouse has schema version {have}, this program knows {known}.",
            "Install the newer rollcall that wrote it.",
        )


def migrate(con: duckdb.DuckDBPyConnection) -> None:
    """Bring the schema to this program's version; each step is one transaction."""
    steps, have = migrations(), schema_version(con)
    for number, path in steps:
        if number > have:
            with transaction(con):
                con.execute(
                    "CREATE TABLE IF NOT EXISTS main.schema_versions (version INTEGER PRIMARY KEY, step VARCHAR)"
                )
                con.execute(path.read_text(encoding="utf-8"))
                con.execute("INSERT INTO main.schema_versions VALUES (?, ?)", [number, path.stem])


@contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All of it or nothing."""
    con.execute("BEGIN")
    try:
        yield
    except BaseException:
        con.execute("ROLLBACK")
        raise
    con.execute("COMMIT")


@contextmanager
def night_lock(home: Home, *, any_key: bool = False) -> Iterator[None]:
    """Hold the home's lock; the kernel frees it if the process dies.

    Args:
        any_key: go on whatever key the home lies under (to change it).

    Raises:
        UsageError: the home lies under another key than was given, or none.
        LockedError: another process holds it; names its process id.
    """
    home.make_folders()
    with open(home.lock_file, "a+", encoding="ascii") as file:
        os.chmod(home.lock_file, RESTRICTED_MODE)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            process, since = holder_of(home) or ("unknown", dt.datetime.now(home.settings.zone))
            raise LockedError(
                f"Another rollcall works on {home.root} (process {process}) since {since:%Y-%m-%d %H:%M}.",
                "Wait until it has ended, then run again.",
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        if not any_key:
            check_key(home)
        with closed_to_others():
            yield
