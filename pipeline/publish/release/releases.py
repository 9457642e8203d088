"""The release: marts copied into a file of their own, checked, and swapped in for analysts at once.

Belongs here: making, listing and rolling back releases of `published/`. Does not: what the marts are
(`release/marts_spec.py`), what must hold of them (`release/checks.py`), or whatever leaves the office (`public/`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from pipeline.errors import RollcallError, UsageError
from pipeline.home import Home
from pipeline.intake.archive.archive import file_sha256
from pipeline.publish.nights.ledger import Night
from pipeline.publish.release import checks
from pipeline.publish.release.manifest import make_manifest
from pipeline.publish.release.marts_spec import Mart, load_marts
from pipeline.whole_files import OFFICE_MODE, sync_file, sync_folders, write_whole

_ALIAS = "release_in_the_making"
_UNFINISHED = ".unfinished-"
# columns of marts.runs that are known only when the release is made, and the one that finds the row
_OF_THE_NIGHT = ("ended_at", "records_new", "records_changed", "model_version", "release", "run_id")


@dataclass(frozen=True)
class Release:
    """A published set of marts.

    Attributes:
        name: as in `marts-<name>.duckdb`.
        night: the night that made it, with its end and its release filled in.
        rows: row count by mart.
    """

    name: str
    path: Path
    night: Night
    rows: dict[str, int]


def make_release(con: duckdb.DuckDBPyConnection, home: Home, night: Night) -> Release:
    """Publish the warehouse's marts as the release of a night.

    Written beside, checked, then swapped in with `os.replace`: who holds the file before open keeps a whole copy. A
    release is named after its night's run, so that a night that was killed and is run again replaces its own only.

    Raises:
        RollcallError: a check failed; yesterday's release stays current.
    """
    # a night that is replayed ended when it ended
    night = replace(night, ended_at=night.ended_at or dt.datetime.now(dt.UTC), release=night.run_id)
    name = night.run_id
    _remove_unfinished(home)
    building = home.published / f"{_UNFINISHED}{name}"
    try:
        contents = _write(con, building, night)
        sync_file(building)
        manifest = make_manifest(con, home, night, file_sha256(building), contents)
        path = marts_file(home, name)
        write_whole(manifest_file(home, name), json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", OFFICE_MODE)
        os.replace(building, path)
    finally:
        _remove_unfinished(home)
    make_current(home, path)
    return Release(name, path, night, {table: counts["rows"] for table, counts in contents.items()})


def _write(con: duckdb.DuckDBPyConnection, path: Path, night: Night) -> dict[str, dict]:
    """Copy every mart into a new file and check it; row counts and content hashes by mart."""
    quoted = str(path).replace("'", "''")
    con.execute(f"ATTACH '{quoted}' AS {_ALIAS}")
    try:
        os.chmod(path, OFFICE_MODE)
        _copy_marts(con, night)
        if wrong := checks.failures(con, _ALIAS, night.run_id):
            raise RollcallError(
                f"The release failed {len(wrong)} of its checks: {' '.join(wrong)}",
                "Nothing was published: the release before it stays current.",
            )
        for mart in load_marts().values():
            _comment(con, mart)
        con.execute(f"CHECKPOINT {_ALIAS}")
        return {mart: _content(con, mart) for mart in load_marts()}
    finally:
        con.execute(f"DETACH {_ALIAS}")


def _copy_marts(con: duckdb.DuckDBPyConnection, night: Night) -> None:
    there = {table for (table,) in con.execute("SELECT name FROM (SHOW TABLES FROM marts)").fetchall()}
    if absent := sorted(load_marts().keys() - there):
        raise RollcallError(
            f"The warehouse lacks the mart {absent[0]}.", "Run the night again; its models were not all built."
        )
    try:
        con.execute(f"CREATE SCHEMA {_ALIAS}.marts")
        for mart in load_marts().values():
            con.execute(
                f"CREATE TABLE {_ALIAS}.marts.{mart.name} AS SELECT * FROM marts.{mart.name} ORDER BY {mart.order_by}"
            )
        # the night is completed only after its release is there; its own row says already what it will say then
        con.execute(
            f"UPDATE {_ALIAS}.marts.runs SET ended_at = $ended_at, records_new = $records_new, "
            "records_changed = $records_changed, model_version = $model_version, release = $release "
            "WHERE run_id = $run_id",
            {name: getattr(night, name) for name in _OF_THE_NIGHT},
        )
        con.execute(f"CHECKPOINT {_ALIAS}")
    except duckdb.Error as error:
        raise RollcallError(
            f"The release could not be written ({type(error).__name__}).",
            "See whether the disk has room; the release before it stays current.",
        ) from error


def _comment(con: duckdb.DuckDBPyConnection, mart: Mart) -> None:
    """What the data dictionary says, in the file itself: `DESCRIBE`-like tools and notebooks show it."""
    table = f"{_ALIAS}.marts.{mart.name}"
    con.execute(f"COMMENT ON TABLE {table} IS '{_quoted(mart.description)}'")
    for column in mart.columns:
        con.execute(f"COMMENT ON COLUMN {table}.\"{column.name}\" IS '{_quoted(column.description)}'")


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def _content(con: duckdb.DuckDBPyConnection, mart: str) -> dict[str, object]:
    """Row count and a hash of all rows that does not depend on their order: equal rows, equal hash."""
    rows, content = con.execute(
        f"SELECT count(*), coalesce(bit_xor(md5_number(row_of_mart::VARCHAR)), 0)::VARCHAR "
        f"FROM {_ALIAS}.marts.{mart} AS row_of_mart"
    ).fetchall()[0]
    return {"rows": rows, "content": hashlib.sha256(content.encode()).hexdigest()}


def marts_file(home: Home, release: str) -> Path:
    """Where a release's marts lie."""
    return home.published / f"marts-{release}.duckdb"


def manifest_file(home: Home, release: str) -> Path:
    """Where a release's manifest lies: what it was made from (`release/manifest.py`)."""
    return home.published / f"marts-{release}.json"


def list_releases(home: Home) -> list[dict]:
    """The manifests of all releases that are there, oldest night first, each with `is_current`."""
    found = []
    for path in home.published.glob("marts-*.json"):
        manifest = json.loads(path.read_text(encoding="utf-8"))
        file = marts_file(home, manifest["release"])
        if file.exists():
            found.append({**manifest, "is_current": _is_same(home.current_marts, file, manifest["sha256"])})
    return sorted(found, key=lambda manifest: (manifest["night_no"], manifest["made_at"]))


def find_release(home: Home, release: str) -> dict:
    """The manifest of one release, with `is_current`; blank for the current one.

    Raises:
        UsageError: there is no such release.
    """
    found = {one["release"]: one for one in list_releases(home)}
    name = release or next((name for name, one in found.items() if one["is_current"]), "")
    if name not in found:
        raise UsageError(
            f"There is no release {name}." if name else "Nothing was published yet.",
            f"See which there are: rollcall release list --home {home.root}" if found else "Run a night: rollcall run",
        )
    return found[name]


def check_release(home: Home, release: str) -> Path:
    """The marts of a release, proved to be the file that was published.

    Raises:
        RollcallError: it is not there, or was altered.
    """
    releases = {manifest["release"]: manifest for manifest in list_releases(home)}
    path = marts_file(home, release)
    if release not in releases or file_sha256(path) != releases[release]["sha256"]:
        raise RollcallError(
            f"{path.name} is not the file that was published.", "Make it again from the archive: rollcall rebuild"
        )
    return path


def prune_releases(home: Home, as_of: dt.date) -> int:
    """Remove releases of nights longer ago than `release_days`; never the current one. Returns how many went."""
    oldest = as_of - dt.timedelta(days=home.settings.release_days)
    old = [
        manifest["release"]
        for manifest in list_releases(home)
        if not manifest["is_current"] and dt.date.fromisoformat(manifest["as_of"]) < oldest
    ]
    for release in old:
        withdraw(home, release)
    return len(old)


def withdraw(home: Home, release: str) -> None:
    """Remove a release; who has it open keeps it until he closes it."""
    for path in (marts_file(home, release), manifest_file(home, release)):
        path.unlink(missing_ok=True)


def make_current(home: Home, path: Path) -> None:
    """Swap a release in for those who read; who has the one before open keeps it whole."""
    beside = home.published / f"{_UNFINISHED}current"
    beside.unlink(missing_ok=True)
    try:
        os.link(path, beside)
    except OSError:
        # a file system without hard links
        shutil.copyfile(path, beside)
        os.chmod(beside, OFFICE_MODE)
        sync_file(beside)
    os.replace(beside, home.current_marts)
    sync_folders([home.published])


def _is_same(current: Path, path: Path, sha256: str) -> bool:
    if not current.exists():
        return False
    return os.path.samefile(current, path) or (
        current.stat().st_size == path.stat().st_size and file_sha256(current) == sha256
    )


def _remove_unfinished(home: Home) -> None:
    for path in home.published.glob(f"{_UNFINISHED}*"):
        path.unlink(missing_ok=True)
