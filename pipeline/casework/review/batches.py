"""A review batch: the pairs that are asked about together, and all that must be known when the answers come back.

Belongs here: a batch's form, its name, its file. Does not: choosing pairs (`pipeline.linkage.review.queue`), the
workbook (`review/workbook.py`), or answers. A batch is named by the hash of its content: the same question twice is the
same batch, and a batch that was altered is no longer the one that its name says.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pipeline.errors import RollcallError
from pipeline.home import Home
from pipeline.whole_files import write_whole

REVIEW, ADJUDICATION = "review", "adjudication"
ADJUDICATOR = "adjudicator"
_NAME_DIGITS = 10


@dataclass(frozen=True)
class Asked:
    """One pair of a batch.

    Attributes:
        left, right: record keys, ascending.
        left_no, right_no: the records as `feed:record_no`, to name them by.
        left_digest, right_digest: of what the reviewer sees of each record.
        reason, is_linked, weight, probability, sample, inclusion_probability: see `linkage.review.Chosen`.
        parts: the parts of the links that a sampled pair belongs to.
        again: whether a decision stands that the answer may replace: a record changed since it was made.
        said: in an adjudication, what the two reviewers answered, without their names.
    """

    left: int
    right: int
    left_no: str
    right_no: str
    left_digest: str
    right_digest: str
    reason: str
    is_linked: bool
    weight: float | None
    probability: float | None
    sample: str | None = None
    inclusion_probability: float | None = None
    parts: tuple[str, ...] = ()
    again: bool = False
    said: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[int, int]:
        """Both record keys."""
        return self.left, self.right


@dataclass(frozen=True)
class Batch:
    """Pairs asked together of one reviewer, of two who are blind to each other, or of an adjudicator.

    Attributes:
        run_id, made_on, model_version: the night whose links are asked about, and its day and model.
        kind: review or adjudication.
        of_batch: of an adjudication, the batch whose disagreements it settles.
        frame: by part of the links and stratum, the pairs that the sample was drawn from.
        shows_scores: whether reviewers see what the model thinks.
    """

    run_id: str
    made_on: str
    model_version: str
    reviewers: tuple[str, ...]
    pairs: tuple[Asked, ...]
    kind: str = REVIEW
    of_batch: str | None = None
    seed: int = 0
    frame: dict[str, dict[str, int]] = field(default_factory=dict)
    shows_scores: bool = False

    @property
    def content(self) -> bytes:
        """The batch as its file holds it."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"

    @property
    def sha256(self) -> str:
        """Of its content."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def name(self) -> str:
        """What people call it, on the cover of each workbook."""
        return f"R{self.sha256[:_NAME_DIGITS]}"

    def pair_names(self) -> list[str]:
        """By pair, in the batch's order, its name in the workbooks; it tells nothing of why the pair was chosen."""
        name = self.name
        return [f"{name}-{number:04d}" for number in range(1, len(self.pairs) + 1)]

    def by_name(self) -> dict[str, Asked]:
        """The pairs by name."""
        return dict(zip(self.pair_names(), self.pairs, strict=True))

    def order_for(self, reviewer: str) -> list[str]:
        """The pairs' names in this reviewer's own order: two reviewers who compare line by line learn nothing."""
        name = self.name
        return sorted(self.pair_names(), key=lambda pair: hashlib.sha256(f"{name}|{reviewer}|{pair}".encode()).digest())


def make_batch(pairs: Sequence[Asked], **facts: Any) -> Batch:
    """A batch with its pairs in an order that tells nothing of why each was chosen."""
    seed = facts.get("seed", 0)
    mixed = sorted(pairs, key=lambda pair: hashlib.sha256(f"{seed}|{pair.left}|{pair.right}".encode()).digest())
    return Batch(pairs=tuple(mixed), **facts)


def read_batch(content: bytes) -> Batch:
    """A batch from its file.

    Raises:
        RollcallError: the file is none.
    """
    try:
        raw = json.loads(content)
        pairs = tuple(
            replace(Asked(**pair), parts=tuple(pair["parts"]), said=tuple(pair["said"])) for pair in raw["pairs"]
        )
        return Batch(**{**raw, "pairs": pairs, "reviewers": tuple(raw["reviewers"])})
    except (ValueError, TypeError, KeyError) as error:
        raise RollcallError("A review batch cannot be read.", "Restore its file from a backup.") from error


def folder_of(home: Home, name: str) -> Path:
    """Where a batch's file and workbooks lie until they come back."""
    return home.review / name


def keep_batch(home: Home, batch: Batch) -> None:
    """Write the batch's file; one that is there stays."""
    path = folder_of(home, batch.name) / "batch.json"
    if not path.exists():
        write_whole(path, batch.content)


def find_batch(home: Home, name: str) -> Batch | None:
    """The batch of this name, as it was made; None where there is none, or where its file was altered."""
    path = folder_of(home, name) / "batch.json"
    if not path.is_file():
        return None
    batch = read_batch(path.read_bytes())
    return batch if batch.name == name else None


def kept_batches(home: Home) -> list[Batch]:
    """Every batch that was made, oldest night first."""
    names = sorted(path.parent.name for path in home.review.glob("R*/batch.json"))
    found = [batch for name in names if (batch := find_batch(home, name))]
    return sorted(found, key=lambda batch: (batch.made_on, batch.run_id, batch.kind != REVIEW, batch.name))
