"""A home that stands up again from a backup: every file held against the manifest before one of them is in its place.

Belongs here: reading a backup and laying its files out. Does not: how one is made (`runs/backup.py`).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.errors import RollcallError, UsageError
from pipeline.home import Home
from pipeline.orchestration.runs.backup import FILES, FORMAT, MANIFEST, copied, mark_of
from pipeline.warehouse import migrations
from pipeline.whole_files import sync_folders, write_whole

_STAGE = ".restoring"


@dataclass(frozen=True)
class Restored:
    """What was restored: the home, how many files, the manifest's SHA-256, and whether the secret is still missing."""

    home: Home
    files: int
    digest: str
    is_secret_missing: bool


def restore(source: Path, into: Path, secret: Path | None = None) -> Restored:
    """Make a home from a backup.

    Args:
        source: the backup's folder.
        into: the new home; it must be absent or empty.
        secret: the pseudonyms' secret, which no backup holds.

    Raises:
        UsageError: this is no backup, or not what was backed up; the secret is another one's; the new home holds
            something. Nothing was restored then.
        RollcallError: a file could not be written. Nothing was restored then.
    """
    source, into = source.expanduser().resolve(), into.expanduser().resolve()
    if into.exists() and (not into.is_dir() or any(path.name != _STAGE for path in into.iterdir())):
        raise UsageError(f"{into} is not empty.", "Name a folder that is not there yet.")
    manifest, digest = _read(source)
    key = _secret(secret, manifest)
    _same_names(source, manifest)
    was_there, stage = into.exists(), into / _STAGE
    try:
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir(mode=0o700, parents=True)
        _lay_out(source / FILES, stage, manifest)
        # a folder is a home by its reference/: with it last, half a home is none
        for path in sorted(stage.iterdir(), key=lambda path: path.name == "reference"):
            os.replace(path, into / path.name)
        stage.rmdir()
        home = Home(into)
        home.make_folders()
        if key is not None:
            write_whole(home.secret_file, key)
        sync_folders([into])
    except BaseException as error:
        shutil.rmtree(stage if was_there else into, ignore_errors=True)
        if isinstance(error, OSError):
            raise RollcallError(
                f"The home could not be restored ({error.strerror or type(error).__name__}).",
                f"See whether {into.parent} can be written and has room.",
            ) from None
        raise
    return Restored(home, len(manifest["files"]), digest, manifest["secret"] is not None and key is None)


def _read(source: Path) -> tuple[dict[str, Any], str]:
    path = source / MANIFEST
    try:
        written = path.read_bytes()
        manifest = json.loads(written)
        is_read = manifest["format"] >= FORMAT and manifest["schema"] >= 0
    except (OSError, ValueError, TypeError, KeyError):
        is_read = False
    if not is_read:
        raise UsageError(f"{source} is no backup: it has no {MANIFEST} that can be read.", "Name a backup's folder.")
    if manifest["format"] > FORMAT or manifest["schema"] > migrations()[-1][0]:
        raise UsageError(
            f"The backup was made by rollcall {manifest.get('version')}, which is newer than this program.",
            "Install the newer rollcall that made it.",
        )
    if any(set(PurePosixPath(name).parts) & {"..", "/"} for name in (*manifest["files"], *manifest["folders"])):
        raise UsageError(f"{path} names a file outside the home.", "Take another backup.")
    return manifest, hashlib.sha256(written).hexdigest()


def _secret(path: Path | None, manifest: dict[str, Any]) -> bytes | None:
    if path is None:
        return None
    try:
        key = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}).", "Give the secret's file: --secret") from None
    if mark_of(key) != manifest["secret"]:
        raise UsageError(
            f"{path} is not the secret of the home that was backed up.",
            "With another one children would get other keys. Give the right one, or none and put it there later.",
        )
    return key


def _same_names(source: Path, manifest: dict[str, Any]) -> None:
    """Refuse a backup that lacks a file or holds one too many."""
    there = {path.relative_to(source / FILES).as_posix() for path in (source / FILES).rglob("*") if not path.is_dir()}
    if absent := sorted(manifest["files"].keys() - there):
        raise _not_as_made(source, f"{absent[0]} is missing", len(absent))
    if unknown := sorted(there - manifest["files"].keys()):
        raise _not_as_made(source, f"{unknown[0]} is not in its manifest", len(unknown))


def _not_as_made(source: Path, what: str, count: int = 1) -> UsageError:
    more = f" (and {count - 1} more)" if count > 1 else ""
    return UsageError(f"The backup {source} is not as it was made: {what}{more}.", "Take another backup.")


def _lay_out(files: Path, stage: Path, manifest: dict[str, Any]) -> None:
    for name in sorted(manifest["folders"]):
        (stage / name).mkdir(mode=0o700, parents=True)
    for name, entry in sorted(manifest["files"].items(), key=lambda item: "name_of" in item[1]):
        path, target = files / name, stage / name
        if path.is_symlink():
            raise _not_as_made(files.parent, f"{name} is a link")
        first = entry.get("name_of")
        digest, size = copied(path, target)
        if (digest, size) != (entry["sha256"], entry["size"]):
            raise _not_as_made(files.parent, f"{name} was changed")
        if first is not None:
            target.unlink()
            os.link(stage / first, target)
            continue
        os.chmod(target, entry["mode"])
        # arrivals may be read off it
        os.utime(target, ns=(entry["mtime_ns"], entry["mtime_ns"]))
    for name in sorted(manifest["folders"], reverse=True):
        os.chmod(stage / name, manifest["folders"][name])
        sync_folders([stage / name])
