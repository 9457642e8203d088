"""What of a home is encrypted at rest, and whether the key that was given is the home's.

Belongs here: the archive's stores read and written under the home's key, DuckDB's cryptography, and the sentences for a
key that is absent or another's. Does not: the key itself (`keys.py`), or changing it (`orchestration.runs`).
"""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Iterator
from pathlib import Path

import duckdb

from pipeline.errors import RollcallError, UsageError
from pipeline.home import Home
from pipeline.keys import MAGIC, sealed_under

# folders of the archive whose files hold names; ledgers, reference files, models and approved counts lie in clear
STORES = ("objects", "originals", "reviews")
# where DuckDB's own header says whether a file is encrypted (a bit of the main header's flags)
_FLAGS_AT, _DUCKDB_MAGIC = 12 + 8, b"DUCK"
_ROTATE = "rollcall key rotate --to KEYFILE"


def stored_files(home: Home) -> Iterator[Path]:
    """Every whole file of the archive's stores; each is named by its content's SHA-256."""
    for store in STORES:
        yield from (path for path in (home.archive / store).glob("*/*") if not path.name.startswith("."))


def to_be_kept(home: Home, name: str, data: bytes) -> bytes:
    """A file's bytes as the archive keeps them: sealed where the home has a key."""
    return home.key.seal(data, name) if home.key else data


def read_stored(home: Home, path: Path) -> bytes:
    """The content of a file of the archive's stores.

    Raises:
        UsageError: it is sealed and no key or another one was given, or it is in clear where a key was.
        RollcallError: it is not what was sealed.
    """
    data = path.read_bytes()
    under = sealed_under(path) if data.startswith(MAGIC) else None
    _check(home, under is not None, under)
    return home.key.open(data, path.name) if home.key else data


def content_sha256(home: Home, path: Path) -> str:
    """SHA-256 of a stored file's content; blank where it is not what was sealed.

    Raises:
        UsageError: no key or another one was given.
    """
    try:
        return hashlib.sha256(read_stored(home, path)).hexdigest()
    except UsageError:
        raise
    except RollcallError:
        return ""


def check_key(home: Home) -> None:
    """See that the key that was given, or none, is the one that the home's files lie under.

    Raises:
        UsageError: it is not, or a change of the key was cut off.
    """
    if home.rotation_file.exists():
        raise rotation_cut_off(home)
    # a key that cannot be read is told of, whatever the home holds; one that holds nothing yet takes any key
    _, path = home.key, next(stored_files(home), None)
    if path is not None:
        under = sealed_under(path)
        _check(home, under is not None, under)
    elif home.warehouse_file.exists():
        _check(home, is_encrypted(home.warehouse_file), None)


def _check(home: Home, is_sealed: bool, under: str | None) -> None:
    if is_sealed and home.key is None:
        raise no_key(home)
    if not is_sealed and home.key is not None:
        raise in_clear(home)
    if is_sealed and home.key is not None and under not in (None, home.key.identifier):
        raise wrong_key(home)


def rotation_cut_off(home: Home) -> UsageError:
    """A home of which a part lies under the old key and a part under the new one."""
    return UsageError(
        f"A change of the key of {home.root} was cut off.",
        f"Finish it, with the old key in ROLLCALL_KEY_FILE as it was: {_ROTATE} --home {home.root}",
    )


def no_key(home: Home) -> UsageError:
    """An encrypted home, and no key."""
    return UsageError(
        f"{home.root} is encrypted, and no key was given.",
        f"Name its key's file in ROLLCALL_KEY_FILE; only {_ROTATE} changes what it lies under.",
    )


def in_clear(home: Home) -> UsageError:
    """A key, and a home or a file of it that is not encrypted."""
    return UsageError(
        f"{home.root} lies in clear, at least in part, and ROLLCALL_KEY_FILE names a key.",
        f"Encrypt it, without ROLLCALL_KEY_FILE: {_ROTATE} --home {home.root}",
    )


def wrong_key(home: Home) -> UsageError:
    """Another home's key, or an older one."""
    return UsageError(
        f"{home.key_file} is not the key that {home.root} lies under.",
        f"Name the right key's file in ROLLCALL_KEY_FILE; a key is changed with {_ROTATE} only.",
    )


def is_encrypted(path: Path) -> bool:
    """Whether a DuckDB file is encrypted, by its header alone; an empty or another file is not."""
    with open(path, "rb") as file:
        header = file.read(_FLAGS_AT + 1)
    return len(header) > _FLAGS_AT and header[8:12] == _DUCKDB_MAGIC and bool(header[_FLAGS_AT] & 1)


def extension_file(name: str) -> Path:
    """Where a wheel has put one of DuckDB's extensions.

    Raises:
        StopIteration: the wheel holds none.
        PackageNotFoundError: it is not installed.
    """
    package = importlib.metadata.distribution(f"duckdb-extension-{name}")
    return next(
        Path(str(package.locate_file(file))) for file in package.files or [] if file.suffix == ".duckdb_extension"
    )


def secure(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Give a connection the cryptography that writing needs, and have its spill files encrypted; without a key nothing.

    DuckDB's own is made for reading only; the wheel's extension brings OpenSSL's. Nothing is fetched.

    Raises:
        RollcallError: the extension cannot be installed in the home or loaded.
    """
    if home.key is None:
        return
    try:
        quoted = str(extension_file("httpfs")).replace("'", "''")
        # put into the home, where it is not there yet
        con.execute(f"INSTALL '{quoted}'")
        con.execute("LOAD httpfs")
        con.execute("SET temp_file_encryption = true")
    except (duckdb.Error, StopIteration, importlib.metadata.PackageNotFoundError) as error:
        raise RollcallError(
            f"DuckDB's cryptography cannot be loaded ({type(error).__name__}).", "See: rollcall doctor"
        ) from None
