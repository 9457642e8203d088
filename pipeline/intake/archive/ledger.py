"""What the ledger says: receipts, later readings of the same file, and decisions, as Python objects.

Belongs here: the shape of the ledger's entries. Does not: how they are sealed (`archive/chain.py`), or the tables that
they become (`loading.py`).

An entry is one of these kinds. `receipt`: one landed file; its sequence number is the receipt number. `reread`: the
same file read again after a parser was mended; it replaces what the receipt says of the content. `decision`: what
somebody said of a submission. `review` and `review_withdrawal`: answers of clerical review, and their taking back.
`verification_round`, `verification` and `canvass`: a round that was drawn, and what its teams handed in (all of these:
`pipeline.casework`). `removal`: an order by which contents past their time were removed (`archive/removal.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pipeline.home import Home
from pipeline.intake.archive.chain import Chain

# what people answer, and the keys under which such an entry names files of archive/reviews/
ANSWERS = ("review", "verification_round", "verification", "canvass")
ANSWERED_WITH = ("workbook_sha256", "batch_sha256", "round_sha256")
# an order by which contents past their time are removed
REMOVAL = "removal"

# (unit folder, file name) as the ledger has them
FileKey = tuple[str, str]
# size in bytes, modification time and arrival in nanoseconds since 1970
Stamp = tuple[int, int, int]

# what a reading of a file says; a `reread` entry carries these and `receipt_no`
READING = (
    "copy_sha256", "outcome", "reason_code", "reason_detail", "row_count", "file_format", "encoding", "sheet",
    "ignored_headers", "refused_headers", "blanked_cells", "notes",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SeenFile:
    """The last receipt of a file name."""

    stamp: Stamp
    original_sha256: str | None
    reason_code: str | None


@dataclass
class Receipts:
    """The ledger, folded: the latest word on every file.

    `files`: the last receipt of each name. `copies`: hashes of all copies. `originals`: hash of each file that was
    read, and the day on which it was last received. `reviews`: hashes of returned workbooks and of their batches
    or rounds. `removed`: by receipt whose content was removed by order, the order's number; `removed_hashes`: of the
    files that orders named. What comes again after an order is kept anew.
    `copies_of`: by receipt, the hashes of every copy that a reading of it gave.
    """

    files: dict[FileKey, SeenFile] = field(default_factory=dict)
    copies: set[str] = field(default_factory=set)
    originals: dict[str, dt.date] = field(default_factory=dict)
    reviews: set[str] = field(default_factory=set)
    receipts: dict[int, dict[str, Any]] = field(default_factory=dict)
    entry_count: int = 0
    removed: dict[int, int] = field(default_factory=dict)
    removed_hashes: set[str] = field(default_factory=set)
    copies_of: dict[int, set[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, home: Home) -> Receipts:
        """Fold the home's whole ledger."""
        folded = cls()
        folded.add(Chain(home.ledger_file).read())
        return folded

    def add(self, entries: Iterable[dict[str, Any]]) -> None:
        """Fold further entries in, in their order."""
        for entry in entries:
            self.entry_count += 1
            if entry["kind"] == "receipt":
                self._add_receipt(entry)
            elif entry["kind"] == "reread":
                known = self.receipts[entry["receipt_no"]]
                self.receipts[entry["receipt_no"]] = {**known, **{key: entry[key] for key in READING}}
                self._add_copy(entry["receipt_no"], entry["copy_sha256"])
            elif entry["kind"] in ANSWERS:
                self.reviews |= {entry[key] for key in ANSWERED_WITH if key in entry}
            elif entry["kind"] == REMOVAL:
                self._remove(entry)

    def _add_copy(self, receipt_no: int, sha256: str | None) -> None:
        if sha256:
            self.copies.add(sha256)
            self.copies_of.setdefault(receipt_no, set()).add(sha256)

    def _remove(self, entry: dict[str, Any]) -> None:
        self.removed |= dict.fromkeys(entry["receipts"], entry["seq"])
        gone: dict[str, set[str]] = {}
        for name in entry["files"]:
            store, _, file = name.split("/")
            gone.setdefault(store, set()).add(file.partition(".")[0])
        self.removed_hashes |= set().union(*gone.values())
        self.copies -= gone.get("objects", set())
        self.reviews -= gone.get("reviews", set())
        for sha256 in gone.get("originals", ()):
            self.originals.pop(sha256, None)

    def _add_receipt(self, entry: dict[str, Any]) -> None:
        self.receipts[entry["seq"]] = entry
        stamp = (entry["file_bytes"], entry["modified_ns"], entry["arrived_ns"])
        seen = SeenFile(stamp, entry["original_sha256"], entry["reason_code"])
        self.files[entry["unit_code"], entry["file_name"]] = seen
        self._add_copy(entry["seq"], entry["copy_sha256"])
        if entry["original_sha256"]:
            self.originals[entry["original_sha256"]] = dt.date.fromisoformat(entry["as_of"])
