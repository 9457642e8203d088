"""A copy of a home from which it can stand up again: taken between nights, written beside, then renamed.

Belongs here: which files a backup holds, and its manifest. Does not: what becomes of it (`runs/restored.py`), or a home
of which only the archive is left (`runs/rebuild.py`).

The pseudonyms' secret is not in it: who has the backup alone cannot tell whose key a child's is.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import __version__
from pipeline.encryption import is_encrypted, rotation_cut_off
from pipeline.errors import RollcallError, UsageError
from pipeline.home import Home
from pipeline.intake.archive.chain import Chain
from pipeline.warehouse import migrations, night_lock
from pipeline.whole_files import replaced_folder, write_whole

FORMAT = 1
# beside the manifest: the home's files
FILES = "home"
MANIFEST = "manifest.json"
_BLOCK = 1 << 22
_LABEL = b"the secret of this rollcall backup"


@dataclass(frozen=True)
class BackedUp:
    """What a backup holds.

    Attributes:
        folder: where it lies.
        files: how many files of the home it holds, and their `size` in bytes.
        digest: SHA-256 of its manifest, which stands for all of it.
        secrets: files of the home that are not in it and must be kept elsewhere.
        is_sealed: the home lies under a key, and so does the backup: without that key nothing of it can be read.
    """

    folder: Path
    files: int
    size: int
    digest: str
    secrets: tuple[Path, ...]
    is_sealed: bool = False


def back_up(home: Home, to: Path) -> BackedUp:
    """Copy a home into a new folder, with a manifest of every file's SHA-256. No night runs meanwhile.

    Args:
        to: the folder to make; it must be absent or empty, and lie outside the home.

    Raises:
        UsageError: the folder holds something or lies in the home, the home is none, or its key is being changed.
        LockedError: a night runs, or another command works on the home.
        RollcallError: a file could not be read or written. Nothing lies under the folder's name then.
    """
    home.check()
    to = to.expanduser().resolve()
    if to == home.root or home.root in to.parents:
        raise UsageError(f"{to} lies in the home itself.", "Name a folder on another disk, or on another machine's.")
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise UsageError(f"{to} is not empty.", "Name a folder that is not there yet: each backup has its own.")
    # bytes are copied as they lie: under a key too, which need not be there
    with night_lock(home, any_key=True), _nothing_appended(home):
        if home.rotation_file.exists():
            raise rotation_cut_off(home)
        try:
            with replaced_folder(to) as beside:
                os.chmod(beside, 0o700)
                manifest = _copy_all(home, beside)
                written = (json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
                write_whole(beside / MANIFEST, written)
        except OSError as error:
            raise RollcallError(
                f"The backup could not be written ({error.strerror or type(error).__name__}).",
                f"See whether {to.parent} can be written and has room for the home.",
            ) from None
    files = manifest["files"].values()
    size = sum(entry["size"] for entry in files)
    secrets = (home.secret_file,) if home.secret_file.exists() else ()
    is_sealed = home.warehouse_file.exists() and is_encrypted(home.warehouse_file)
    return BackedUp(to, len(files), size, hashlib.sha256(written).hexdigest(), secrets, is_sealed)


def mark_of(secret: bytes) -> str:
    """What says in a manifest which secret belongs to it, and tells nothing of the secret."""
    return hmac.new(secret, _LABEL, hashlib.sha256).hexdigest()


def copied(source: Path, target: Path) -> tuple[str, int]:
    """Copy a file's bytes and have the disk keep them; returns their SHA-256 and how many they are."""
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as data, target.open("xb") as into:
        while block := data.read(_BLOCK):
            digest.update(block)
            into.write(block)
            size += len(block)
        into.flush()
        os.fsync(into.fileno())
    return digest.hexdigest(), size


@contextmanager
def _nothing_appended(home: Home) -> Iterator[None]:
    """Decisions and approvals, which need no night's lock, wait until the copy is there."""
    with ExitStack() as stack:
        for path in (home.ledger_file, home.nights_file, home.approvals_file):
            stack.enter_context(Chain(path).still())
        yield


def _copy_all(home: Home, beside: Path) -> dict[str, Any]:
    files: dict[str, dict[str, Any]] = {}
    folders: dict[str, int] = {}
    # names of one file, such as that of the current release
    first_name: dict[tuple[int, int], str] = {}
    for path in _kept(home):
        name, target = path.relative_to(home.root).as_posix(), beside / FILES / path.relative_to(home.root)
        if path.is_dir():
            folders[name] = path.stat().st_mode & 0o777
            target.mkdir(mode=0o700, parents=True)
            continue
        try:
            info = path.stat()
            if info.st_nlink > 1 and (first := first_name.setdefault((info.st_dev, info.st_ino), name)) != name:
                os.link(beside / FILES / first, target)
                files[name] = {**files[first], "name_of": first}
                continue
            digest, size = copied(path, target)
        except FileNotFoundError:
            # a unit took it back while it was on its way; everything else stands still
            if home.landing in path.parents:
                continue
            raise
        shutil.copystat(path, target)
        files[name] = {"sha256": digest, "size": size, "mode": info.st_mode & 0o777, "mtime_ns": info.st_mtime_ns}
    return {
        "format": FORMAT,
        "version": __version__,
        "schema": migrations()[-1][0],
        "made_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "secret": mark_of(home.secret_file.read_bytes()) if home.secret_file.exists() else None,
        "folders": folders,
        "files": files,
    }


def _kept(home: Home) -> Iterator[Path]:
    """Every file and folder of a home that a backup holds, a folder before what lies in it.

    Not there: `state/` (locks, Dagster's history, the secret), what dbt leaves in the warehouse's folder, links, and
    files under way, whose names begin with a full stop.
    """
    for root in home.own_folders:
        if root == home.state or not root.is_dir():
            continue
        for folder, folders, files in os.walk(root):
            # changed in place: the walk goes where it is told
            folders[:] = sorted(
                name
                for name in folders
                if not name.startswith(".")
                and Path(folder, name) != home.dbt_target
                and not Path(folder, name).is_symlink()
            )
            yield Path(folder)
            for name in sorted(files):
                path = Path(folder, name)
                if not name.startswith(".") and path.is_file() and not path.is_symlink():
                    yield path
