"""The home that nights are replayed in: laid out from the archive's files, and put in place when they are done.

Belongs here: which files it shares with the home it is made from, and what goes back. Does not: the nights that run in
it (`runs/rebuild.py`).
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pipeline.encryption import to_be_kept
from pipeline.home import Home
from pipeline.intake.archive.archive import copy_bytes, copy_path
from pipeline.intake.archive.ledger import Receipts
from pipeline.publish import list_releases, make_current
from pipeline.publish.release.releases import manifest_file, marts_file
from pipeline.whole_files import OFFICE_FOLDER, RESTRICTED_FOLDER, RESTRICTED_MODE, make_folder, write_whole

_STORES = ("objects", "originals", "reviews", "inputs", "approved")


def lay_out(home: Home, made: Home) -> None:
    """A home with the archive's files, none of its ledgers, and the secret."""
    make_folder(made.reference, OFFICE_FOLDER)
    made.make_folders()
    for store in _STORES:
        for path in (home.archive / store).rglob("*"):
            if path.is_file():
                _same_file(path, made.archive / path.relative_to(home.archive))
    # a night's feedback says until when a unit may reply: from the day that it was told
    same_approvals(home, made)
    if home.secret_file.exists():
        shutil.copyfile(home.secret_file, made.secret_file)
        os.chmod(made.secret_file, RESTRICTED_MODE)


def stand_in(home: Home, made: Home) -> list[Path]:
    """Copies without a row for those that were removed by order, as nights that read them will look for them.

    Returns:
        Their paths, to be removed when the nights are done.
    """
    import pyarrow as pa

    receipts = Receipts.read(home)
    kinds = {"row_no": pa.int32(), "sheet": pa.string(), "line": pa.int32(), "is_misfit": pa.bool_()}
    empty = copy_bytes(pa.table({name: pa.array([], kind) for name, kind in kinds.items()}))
    named = {copy for number in receipts.removed for copy in receipts.copies_of.get(number, ())}
    paths = [copy_path(made, sha256) for sha256 in sorted(named) if not copy_path(made, sha256).exists()]
    for path in paths:
        write_whole(path, to_be_kept(made, path.name, empty), is_synced=False)
    return paths


def same_approvals(home: Home, made: Home) -> None:
    made.approvals_file.unlink(missing_ok=True)
    if home.approvals_file.exists():
        shutil.copyfile(home.approvals_file, made.approvals_file)
        os.chmod(made.approvals_file, RESTRICTED_MODE)


def _same_file(path: Path, target: Path) -> None:
    """A second name for a file that is never changed, or a copy where a folder of another disk is rebuilt into."""
    make_folder(target.parent)
    try:
        os.link(path, target)
    except OSError:
        shutil.copyfile(path, target)
        os.chmod(target, RESTRICTED_MODE)


def copy_own_reference(home: Home, made: Home) -> None:
    for path in home.reference.glob("*"):
        if path.is_file():
            shutil.copyfile(path, made.reference / path.name)


def put_in_place(made: Home, home: Home) -> None:
    """Swap the new warehouse and releases in. A rebuild cut off in between leaves a home that no night runs on
    (`publish.nights.check_warehouse`), and is run again.
    """
    home.make_folders()
    old = home.warehouse / "before-rebuild.duckdb"
    wal = home.warehouse_file.with_name(home.warehouse_file.name + ".wal")
    if home.warehouse_file.exists():
        os.replace(home.warehouse_file, old)
    # what it holds belongs to the old file
    wal.unlink(missing_ok=True)
    os.replace(made.warehouse_file, home.warehouse_file)
    old.unlink(missing_ok=True)
    current = next((manifest["release"] for manifest in list_releases(made) if manifest["is_current"]), None)
    for manifest in list_releases(made):
        name = manifest["release"]
        os.replace(manifest_file(made, name), manifest_file(home, name))
        os.replace(marts_file(made, name), marts_file(home, name))
    if current:
        make_current(home, marts_file(home, current))
    if not home.secret_file.exists():
        os.replace(made.secret_file, home.secret_file)
    for source, target, mode in (
        (made.outgoing, home.outgoing, RESTRICTED_FOLDER),
        (made.reports, home.reports, OFFICE_FOLDER),
    ):
        _fill_in(source, target, mode)
    if not home.county_yaml.exists():
        copy_own_reference(made, home)


def _fill_in(source: Path, target: Path, mode: int) -> None:
    """Files that are gone come back; those that are there are as they were told."""
    for path in sorted(source.rglob("*")):
        place = target / path.relative_to(source)
        if path.is_file() and not place.exists():
            make_folder(place.parent, mode)
            os.replace(path, place)
