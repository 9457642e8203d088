"""The archive's files: the allow-listed copy of every submission, and originals for a while.

Belongs here: storing, reading, pruning and verifying files named by their SHA-256. Does not: the ledger that
refers to them (`archive/ledger.py`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.encryption import check_key, content_sha256, to_be_kept
from pipeline.errors import RollcallError
from pipeline.home import Home
from pipeline.intake.archive.chain import Chain
from pipeline.intake.archive.ledger import Receipts
from pipeline.whole_files import RESTRICTED_MODE, make_folder, sync_folders

if TYPE_CHECKING:
    import pyarrow as pa

COPY_EXTENSION = "parquet"
# files under so many rows are smaller without dictionaries
_DICTIONARY_ROWS = 1_000
_ROW_GROUP_ROWS = 100_000
_SYNCING = 8


def objects_folder(home: Home) -> Path:
    """Where the allow-listed copies lie: objects/<aa>/<sha256>.parquet."""
    return home.archive / "objects"


def originals_folder(home: Home) -> Path:
    """Where files lie as they were sent: originals/<aa>/<sha256>.<extension>."""
    return home.archive / "originals"


def reviews_folder(home: Home) -> Path:
    """Where returned review workbooks and the batches that they answer lie: reviews/<aa>/<sha256>.<extension>."""
    return home.archive / "reviews"


def review_path(home: Home, sha256: str, extension: str) -> Path:
    """The returned workbook (xlsx) or the batch (json) with this hash."""
    return reviews_folder(home) / sha256[:2] / f"{sha256}.{extension}"


def copy_path(home: Home, sha256: str) -> Path:
    """The copy with this hash."""
    return objects_folder(home) / sha256[:2] / f"{sha256}.{COPY_EXTENSION}"


def original_path(home: Home, sha256: str, extension: str) -> Path:
    """The original with this hash; it is there for `original_days` only."""
    return originals_folder(home) / sha256[:2] / f"{sha256}.{extension}"


def copy_bytes(table: pa.Table) -> bytes:
    """A table as Parquet: the same table gives the same bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    is_large = table.num_rows >= _DICTIONARY_ROWS
    pq.write_table(
        table, sink, compression="zstd", use_dictionary=is_large, write_statistics=is_large,
        row_group_size=_ROW_GROUP_ROWS,
    )  # fmt: skip
    return sink.getvalue().to_pybytes()


class Store:
    """Writes a batch of files so that each is whole or absent, whenever the machine stops; sealed under a home's key.

    While a batch is under way a marker lies in the archive; a marker found at the start tells that the last night
    was cut off, and `sweep` removes what no ledger entry refers to.
    """

    def __init__(self, home: Home) -> None:
        self.home = home
        self.marker = home.archive / ".receiving"

    def write(self, files: Mapping[Path, bytes]) -> None:
        """Write files that are not there yet: temporary name, fsync, rename, fsync of the folders."""
        self.begin()
        renames, handles = [], []
        for folder in {path.parent for path in files}:
            make_folder(folder)
        for path, data in files.items():
            if path.exists():
                continue
            temporary = path.with_name(f".{path.name}.part")
            handles.append(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, RESTRICTED_MODE))
            with open(handles[-1], "wb", closefd=False) as file:
                file.write(to_be_kept(self.home, path.name, data))
            renames.append((temporary, path))
        # asked for together, the file system commits many at once
        with ThreadPoolExecutor(_SYNCING) as pool:
            list(pool.map(os.fsync, handles))
        for handle in handles:
            os.close(handle)
        for temporary, path in renames:
            os.replace(temporary, path)
        sync_folders({path.parent for _, path in renames} | {path.parent.parent for _, path in renames})

    def begin(self) -> None:
        """From here on, what a stop leaves is looked after by the next night."""
        self.marker.touch(mode=RESTRICTED_MODE)

    def done(self) -> None:
        """The batch and its ledger entries are on the disk."""
        self.marker.unlink(missing_ok=True)

    def sweep(self, receipts: Receipts) -> None:
        """After a night that was cut off: remove unfinished files and those without a ledger entry."""
        if not self.marker.exists():
            return
        for path, sha256 in _files(self.home):
            if sha256 not in receipts.copies | receipts.reviews and sha256 not in receipts.originals:
                path.unlink()
        self.done()


def _files(home: Home) -> Iterator[tuple[Path, str]]:
    """Every file of the archive's stores, with the hash that its name says; unfinished ones have none."""
    for folder in (objects_folder(home), originals_folder(home), reviews_folder(home)):
        for path in sorted(folder.glob("*/*")):
            yield path, "" if path.name.startswith(".") else path.stem


def prune_originals(home: Home, today: dt.date) -> int:
    """Remove originals that were received more than `original_days` before `today`; their hashes stay.

    Returns:
        How many were removed.
    """
    folder = originals_folder(home)
    if not folder.is_dir():
        return 0
    receipts = Receipts.read(home)
    limit, removed = dt.timedelta(days=home.settings.original_days), 0
    for path in folder.glob("*/*"):
        received_on = receipts.originals.get(path.stem)
        if received_on is not None and today - received_on > limit:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


@dataclass(frozen=True)
class ArchiveReport:
    """What verifying found. `problems`: a sentence each; none means that the archive is what it was. `removed`: files
    that orders of the ledger have removed.
    """

    entries: int
    copies: int
    originals: int
    head: str
    problems: tuple[str, ...]
    removed: int = 0

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def verify_archive(home: Home) -> ArchiveReport:
    """Verify that the ledger's chain is whole, that every copy is there and is what its hash says, that every
    original still kept is too, and that nothing lies in the archive's stores that the ledger does not know.

    Raises:
        UsageError: the home lies under another key than was given, or none.
    """
    check_key(home)
    chain = Chain(home.ledger_file)
    problems = chain.verify()
    try:
        receipts, head = Receipts.read(home), chain.head()
    except RollcallError as error:
        return ArchiveReport(0, 0, 0, "", (*problems, error.message))
    copies = originals = 0
    missing, reviews = set(receipts.copies), set(receipts.reviews)
    for path, sha256 in _files(home):
        name = f"{path.parent.parent.name}/{path.parent.name}/{path.name}"
        is_copy, is_review = path.is_relative_to(objects_folder(home)), path.is_relative_to(reviews_folder(home))
        known = receipts.copies if is_copy else receipts.reviews if is_review else receipts.originals
        if not sha256:
            problems.append(f"{name} was left unfinished. The next night removes it.")
        elif sha256 not in known:
            was_removed = sha256 in receipts.removed_hashes
            problems.append(
                f"{name} was removed by order and is still there. Remove it."
                if was_removed
                else f"{name} is not in the ledger."
            )
        elif content_sha256(home, path) != sha256:
            problems.append(f"{name} is not what its name says. Restore it from a backup.")
        copies, originals = copies + is_copy, originals + (not is_copy and not is_review)
        missing.discard(sha256)
        reviews.discard(sha256)
    problems += [
        f"objects/{sha[:2]}/{sha}.{COPY_EXTENSION} is absent. Restore it from a backup." for sha in sorted(missing)
    ]
    problems += [f"The review file {sha} is absent. Restore it from a backup." for sha in sorted(reviews)]
    return ArchiveReport(receipts.entry_count, copies, originals, head, tuple(problems), len(receipts.removed_hashes))


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, read in pieces."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def archive_head(home: Home) -> str:
    """The hash that stands for everything received and decided so far; 64 zeros for nothing."""
    return Chain(home.ledger_file).head()
