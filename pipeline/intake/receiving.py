"""From landing to archive: every new file gets its receipt in the ledger, and what could be read its copy.

Belongs here: the order in which that happens, so that it can be cut off at any moment. Does not: how a file is read
(`parsing.py`, `reading/tables.py`), where files lie (`archive/archive.py`), or the tables of the warehouse
(`loading.py`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.home import Home
from pipeline.intake.archive import archive
from pipeline.intake.archive.chain import Chain
from pipeline.intake.archive.ledger import Receipts
from pipeline.intake.landing import discovery
from pipeline.intake.landing.admission import admit
from pipeline.intake.landing.landed import Landed
from pipeline.intake.parsing import read_content, refused_reading
from pipeline.intake.proposals import NAMES_THAT_SAY_TOO_LITTLE, NOTE, propose
from pipeline.intake.reasons import NotTaken
from pipeline.reference import Reference, Unit

# a batch's copies are written, then its ledger entries: a night that is cut off begins again here
BATCH_FILES, BATCH_BYTES = 256, 64_000_000


@dataclass(frozen=True)
class Received:
    """What a night received: receipt numbers in order, files by outcome, rows."""

    receipt_nos: tuple[int, ...]
    outcomes: dict[str, int] = field(default_factory=dict)
    row_count: int = 0

    def __str__(self) -> str:
        counts = ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(self.outcomes.items()))
        return f"{len(self.receipt_nos):,} new files, {self.row_count:,} rows" + (f" ({counts})" if counts else "")


def unseen_files(home: Home, reference: Reference, as_of: dt.date) -> list[Landed]:
    """Settled files that have no receipt yet. Opens no known file; notes a look at those not settled."""
    return discovery.unseen(home, reference, as_of, Receipts.read(home))


def scan(home: Home, reference: Reference, as_of: dt.date) -> int:
    """How many settled files have no receipt yet; cheap enough for every look at the door."""
    return len(unseen_files(home, reference, as_of))


def receive(
    home: Home,
    reference: Reference,
    as_of: dt.date,
    *,
    now: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Received:
    """Take in what has landed: copies first, then receipts, in order of arrival, then unit and name.

    It can be stopped at any moment and run again with the same result.

    Args:
        as_of: files that arrived after the end of this day are not seen.
        now: seconds since 1970, for the settling rule; the clock's time where None.
        progress: called with files done and files in all.
    """
    home.make_folders()
    receipts, chain, store = Receipts.read(home), Chain(home.ledger_file), archive.Store(home)
    store.sweep(receipts)
    files = discovery.unseen(home, reference, as_of, receipts, now)
    numbers: list[int] = []
    outcomes: Counter[str] = Counter()
    row_count = done = 0
    for batch in _batches(files):
        bodies, to_store = [], {}
        for file in batch:
            done += 1
            if (taken := _take(home, reference, file, as_of, receipts)) is not None:
                bodies.append(taken.body)
                to_store.update(taken.files)
        store.write(to_store)
        for entry in chain.append(bodies):
            numbers.append(entry["seq"])
            outcomes[entry["outcome"]] += 1
            row_count += entry["row_count"]
        store.done()
        if progress:
            progress(done, len(files))
    archive.prune_originals(home, as_of)
    return Received(tuple(numbers), dict(outcomes), row_count)


def _batches(files: list[Landed]) -> Iterator[list[Landed]]:
    batch: list[Landed] = []
    size = 0
    for file in files:
        batch.append(file)
        size += file.file_bytes
        if len(batch) >= BATCH_FILES or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


@dataclass(frozen=True)
class _Taken:
    body: dict[str, Any]
    files: dict[Path, bytes]


def _take(home: Home, reference: Reference, file: Landed, as_of: dt.date, receipts: Receipts) -> _Taken | None:
    """A file's ledger entry and what to store; None where it changed under our eyes and waits for the next night,
    or where there is nothing to say that its last receipt does not say.
    """
    body: dict[str, Any] = {
        "kind": "receipt",
        "as_of": as_of.isoformat(),
        "unit_code": file.unit_code,
        "file_name": file.file_name,
        "file_bytes": file.file_bytes,
        "modified_ns": file.stamp[1],
        "arrived_ns": file.stamp[2],
        "original_sha256": None,
        "feed": None,
        "period": None,
        "suffix": None,
        "is_supplement": False,
    }
    unit = reference.units.get(file.unit_code)
    try:
        name = admit(home, reference, file)
        body |= {
            "feed": name.feed,
            "period": name.period,
            "suffix": name.suffix,
            "is_supplement": name.is_supplement,
        }
        data = _read_bytes(file)
    except NotTaken as finding:
        seen = receipts.files.get(file.key)
        is_said = seen is not None and (seen.stamp, seen.reason_code) == (file.stamp, finding.code)
        return None if is_said else _Taken({**body, **_refused(home, file, unit, finding)}, {})
    if data is None:
        return None
    sha256 = hashlib.sha256(data).hexdigest()
    reading, copy = read_content(home, name, data, file.arrived_ns, unit)
    to_store = {archive.original_path(home, sha256, name.extension): data} if home.settings.original_days else {}
    if copy is not None:
        to_store[archive.copy_path(home, reading["copy_sha256"])] = copy
    return _Taken({**body, "original_sha256": sha256, **reading}, to_store)


def _refused(home: Home, file: Landed, unit: Unit | None, finding: NotTaken) -> dict[str, Any]:
    """What the ledger says of a file that was not taken; where its name alone stood against it, what it may be."""
    entry = refused_reading(finding, None)
    is_too_large = file.file_bytes > home.settings.max_file_mb * 1_000_000
    if unit is None or is_too_large or finding.code not in NAMES_THAT_SAY_TOO_LITTLE:
        return entry
    try:
        data = _read_bytes(file)
    except NotTaken:
        return entry
    proposed = propose(data, file.file_name, unit, finding, home.settings.intake) if data else {}
    if proposed:
        entry |= {"reason_detail": (entry["reason_detail"] or {}) | proposed, "notes": [NOTE]}
    return entry


def _read_bytes(file: Landed) -> bytes | None:
    """The file's bytes; None where it is still being written.

    Raises:
        NotTaken: vanished, cannot_open, or it has become something else than a file.
    """
    try:
        # a name may be exchanged for a link or a pipe between the look and the opening
        handle = os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NotTaken("vanished") from None
    except OSError:
        raise NotTaken("cannot_open") from None
    with open(handle, "rb") as opened:
        before = os.fstat(opened.fileno())
        if not stat.S_ISREG(before.st_mode):
            raise NotTaken("special_file")
        try:
            data = opened.read(file.stamp[0] + 1)
        except OSError:
            raise NotTaken("cannot_open") from None
        after = os.fstat(opened.fileno())
    is_same = all(s.st_size == file.stamp[0] and s.st_mtime_ns == file.stamp[1] for s in (before, after))
    return data if is_same and len(data) == file.stamp[0] else None
