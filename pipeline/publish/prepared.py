"""What is prepared for a period, to be looked at before it is approved: `reports/bulletins/<period>/`.

Belongs here: writing the controlled tables there, adding the bulletin's files, and telling whether anything was changed
since. Does not: making the bulletin, or letting it out (`approve.py`).

`prepared.json` names every file with its hash and the digest of the tables that it was made from. What is not named
there does not go out.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath

import duckdb

from pipeline.errors import RollcallError, UsageError
from pipeline.home import OFFICE_MODE, Home
from pipeline.publish.controlled import controlled
from pipeline.publish.disclosure.output import ControlledTables

MANIFEST = "prepared.json"


@dataclass(frozen=True)
class Prepared:
    """What lies prepared.

    Attributes:
        digest: of the tables (`ControlledTables.digest`).
        named_critical: units that the tables, and so the bulletin, name as critical.
        files: SHA-256 by path under the period's folder.
    """

    period: str
    release: str
    digest: str
    named_critical: tuple[str, ...]
    files: dict[str, str]


def prepared_folder(home: Home, period: str) -> Path:
    """Where a period is prepared."""
    return home.bulletins / period


def prepare(con: duckdb.DuckDBPyConnection, home: Home, period: str) -> ControlledTables:
    """Write the controlled tables of a period where they can be looked at; what was prepared before goes.

    Args:
        con: a connection with the marts of a release in the schema `marts`.

    Returns:
        The tables, from which the bulletin is to be made.
    """
    tables = controlled(con, home, period)
    folder = prepared_folder(home, period)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(mode=0o750, parents=True)
    prepared = Prepared(period, tables.release, tables.digest(), tables.named_critical, {})
    _write(folder, prepared, {path: text.encode() for path, text in tables.files().items()})
    return tables


def add_files(home: Home, period: str, files: Mapping[str, bytes]) -> Prepared:
    """Add a bulletin's files to what is prepared; one of the same path is replaced.

    Args:
        files: content by path under the period's folder, made from the tables that `prepare` returned.

    Raises:
        UsageError: nothing is prepared for the period.
        ValueError: a path leads elsewhere, or is one of rollcall's own.
    """
    for path in files:
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or ".." in parts or parts[0] in ("tables", MANIFEST, "manifest.json"):
            raise ValueError(f"{path} is no place for a file of a bulletin")
    return _write(prepared_folder(home, period), read_prepared(home, period), files)


def read_prepared(home: Home, period: str) -> Prepared:
    """What lies prepared for a period.

    Raises:
        UsageError: nothing does.
    """
    path = prepared_folder(home, period) / MANIFEST
    if not path.is_file():
        raise UsageError(
            f"Nothing is prepared for {period}.", f"Prepare it and look at it: rollcall release prepare {period}"
        )
    raw = json.loads(path.read_text(encoding="utf-8"))
    return Prepared(**{**raw, "named_critical": tuple(raw["named_critical"])})


def read_files(home: Home, prepared: Prepared) -> dict[str, bytes]:
    """The prepared files.

    Raises:
        RollcallError: one is absent, or is not what was prepared.
    """
    found = {}
    for name, sha256 in prepared.files.items():
        path = prepared_folder(home, prepared.period) / name
        data = path.read_bytes() if path.is_file() else None
        if data is None or hashlib.sha256(data).hexdigest() != sha256:
            raise RollcallError(
                f"{path} is {'absent' if data is None else 'not what was prepared'}.",
                f"What goes out is not edited by hand. Prepare it again: rollcall release prepare {prepared.period}",
            )
        found[name] = data
    return found


def _write(folder: Path, prepared: Prepared, files: Mapping[str, bytes]) -> Prepared:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        path.write_bytes(data)
        os.chmod(path, OFFICE_MODE)
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    prepared = replace(prepared, files=dict(sorted({**prepared.files, **hashes}.items())))
    manifest = folder / MANIFEST
    manifest.write_text(json.dumps(asdict(prepared), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    os.chmod(manifest, OFFICE_MODE)
    return prepared
