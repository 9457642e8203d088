"""What is prepared for a period, to be looked at before it is approved: `reports/bulletins/<period>/`.

Belongs here: laying the controlled tables and the bulletin's files there, whole, and telling whether anything was
changed since. Does not: making the bulletin, or letting it out (`approval/approve.py`).

`prepared.json` names every file with its hash and the digest of the tables that it was made from. What is not named
there does not go out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

import duckdb

from pipeline.errors import RollcallError, UsageError
from pipeline.home import Home
from pipeline.publish.approval.controlled import controlled
from pipeline.publish.disclosure.output import ControlledTables
from pipeline.whole_files import OFFICE_MODE, RESTRICTED_MODE, replace_folder

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
    """Write the controlled tables of a period, without pages, where they can be looked at.

    Args:
        con: a connection with the marts of a release in the schema `marts`.
    """
    tables = controlled(con, home, period)
    put_in_place(home, period, tables)
    return tables


def put_in_place(
    home: Home,
    period: str,
    tables: ControlledTables,
    files: Mapping[str, bytes] | None = None,
    office: Mapping[str, bytes] | None = None,
) -> Prepared:
    """Put all that is prepared for a period in the place of what was prepared before, whole or not at all.

    Args:
        tables: the controlled tables.
        files: what goes out beside them, made from them: content by path under the period's folder.
        office: what stays in the office, by path under the period's folder.

    Raises:
        ValueError: a path leads elsewhere, or is one of rollcall's own.
    """
    files, office = files or {}, office or {}
    for path in (*files, *office):
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or ".." in parts or parts[0] in ("tables", MANIFEST, "manifest.json"):
            raise ValueError(f"{path} is no place for a file of a bulletin")
    going_out = {**{path: text.encode() for path, text in tables.files().items()}, **files}
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(going_out.items())}
    prepared = Prepared(period, tables.release, tables.digest(), tables.named_critical, hashes)
    manifest = json.dumps(asdict(prepared), ensure_ascii=False, indent=2) + "\n"
    replace_folder(
        prepared_folder(home, period),
        {
            **{name: (data, OFFICE_MODE) for name, data in going_out.items()},
            **{name: (data, RESTRICTED_MODE) for name, data in office.items()},
            MANIFEST: (manifest.encode(), OFFICE_MODE),
        },
    )
    return prepared


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
