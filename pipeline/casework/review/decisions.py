"""What stands: the ledger's review entries folded into answers, decisions and disagreements.

Belongs here: when answers become a decision, when one ends, and whether decisions contradict one another. Does not:
reading workbooks, tables, or anything that asks the warehouse.

A pair is decided when its reviewer said same or different; where two were asked, when both said the same of the two;
else when the adjudicator did. A decision ends when it is withdrawn. It is replaced when the pair was asked again
because a record changed. Nothing else changes it: an answer that contradicts what stands is refused.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from pipeline.casework.review.batches import Asked, Batch, kept_batches, read_batch
from pipeline.casework.review.workbook import CANNOT_TELL, SAME
from pipeline.encryption import read_stored
from pipeline.errors import RollcallError
from pipeline.home import Home
from pipeline.intake import Chain
from pipeline.intake.archive.archive import review_path

REVIEW, WITHDRAWAL = "review", "review_withdrawal"
Key = tuple[int, int]


@dataclass(frozen=True)
class Given:
    """One answer as it stands: who gave it, in which ledger entry, on which day."""

    reviewer: str
    answer: str
    entry: int
    on: str
    note: str | None = None


@dataclass(frozen=True)
class Decision:
    """That two records are of one child, or are not."""

    pair: str
    asked: Asked
    is_same: bool
    entry: int
    on: str


@dataclass
class Reviews:
    """The ledger's review entries, folded in their order.

    Attributes:
        batches: batches with an answer, by name.
        answers: by pair's name, by reviewer, what stands.
        decisions: by record keys, what stands.
        workbooks: by hash of a returned workbook, the number of its entry.
    """

    batches: dict[str, Batch] = field(default_factory=dict)
    pairs: dict[str, tuple[Batch, Asked]] = field(default_factory=dict)
    answers: dict[str, dict[str, Given]] = field(default_factory=lambda: defaultdict(dict))
    decisions: dict[Key, Decision] = field(default_factory=dict)
    workbooks: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, home: Home) -> Reviews:
        """Fold the home's whole ledger.

        Raises:
            RollcallError: the archive lacks a batch that the ledger refers to.
        """
        folded = cls()
        for entry in Chain(home.ledger_file).read():
            if entry["kind"] == REVIEW and entry["batch"] not in folded.batches:
                folded.know(archived_batch(home, entry["batch_sha256"]))
            folded.add(entry)
        return folded

    def know(self, batch: Batch) -> None:
        """Learn what a batch asked."""
        self.batches[batch.name] = batch
        self.pairs |= {pair: (batch, asked) for pair, asked in batch.by_name().items()}

    def add(self, entry: dict[str, Any]) -> None:
        """Fold one more entry of the ledger in; entries of other kinds change nothing."""
        if entry["kind"] == REVIEW:
            self.workbooks[entry["workbook_sha256"]] = entry["seq"]
            for given in entry["answers"]:
                self.answers[given["pair"]][entry["reviewer"]] = Given(
                    entry["reviewer"], given["answer"], entry["seq"], entry["received_on"], given["note"]
                )
                self._settle(given["pair"])
        elif entry["kind"] == WITHDRAWAL:
            for pair in entry["pairs"]:
                self.answers.pop(pair, None)
                key = self.pairs[pair][1].key
                if key in self.decisions and self.decisions[key].pair == pair:
                    del self.decisions[key]

    def verdict(self, pair: str) -> Given | None:
        """The answer that counts for a pair, the last of those that make it up; None where there is none yet."""
        batch, _ = self.pairs[pair]
        given = [self.answers[pair].get(reviewer) for reviewer in batch.reviewers] if pair in self.answers else []
        if not given or any(each is None for each in given):
            return None
        there = [each for each in given if each is not None]
        return max(there, key=lambda each: each.entry) if len({each.answer for each in there}) == 1 else None

    def disagreements(self, batch: str) -> list[str]:
        """Pairs of a batch of which its two reviewers said different things, and no adjudicator has spoken yet."""
        settled = {
            asked.key
            for pair, (of_batch, asked) in self.pairs.items()
            if of_batch.of_batch == batch and self.verdict(pair) is not None
        }
        return [
            pair
            for pair, asked in self.batches[batch].by_name().items()
            if asked.key not in settled and len({given.answer for given in self.answers.get(pair, {}).values()}) > 1
        ]

    def outcomes(self, batch: str) -> dict[str, Given]:
        """By pair of a batch, the answer that counts: its reviewers', else the adjudicator's."""
        of_adjudicator = {
            asked.key: verdict
            for pair, (other, asked) in self.pairs.items()
            if other.of_batch == batch and (verdict := self.verdict(pair))
        }
        found = {pair: self.verdict(pair) or of_adjudicator.get(asked.key)
                 for pair, asked in self.batches[batch].by_name().items()}  # fmt: skip
        return {pair: verdict for pair, verdict in found.items() if verdict}

    def answered(self) -> dict[Key, Asked]:
        """By record keys, the pair as it was last asked and answered, whatever the answer."""
        found: dict[Key, tuple[int, Asked]] = {}
        for pair, given in self.answers.items():
            if given:
                asked, entry = self.pairs[pair][1], max(each.entry for each in given.values())
                if asked.key not in found or found[asked.key][0] <= entry:
                    found[asked.key] = (entry, asked)
        return {key: asked for key, (_, asked) in found.items()}

    def _settle(self, pair: str) -> None:
        verdict, asked = self.verdict(pair), self.pairs[pair][1]
        stands = self.decisions.get(asked.key)
        if stands and not asked.again and stands.pair != pair:
            return
        if verdict and verdict.answer != CANNOT_TELL:
            self.decisions[asked.key] = Decision(pair, asked, verdict.answer == SAME, verdict.entry, verdict.on)


def waiting_batches(home: Home) -> list[Batch]:
    """Batches of which a reviewer's workbook has not come back."""
    reviews = Reviews.read(home)
    return [
        batch
        for batch in kept_batches(home)
        for reviewers in [{name for pair in batch.pair_names() for name in reviews.answers.get(pair, {})}]
        if not set(batch.reviewers) <= reviewers
    ]


def archived_batch(home: Home, sha256: str) -> Batch:
    """A batch that was answered, from the archive.

    Raises:
        RollcallError: it is absent or is not what its name says.
    """
    path = review_path(home, sha256, "json")
    batch = read_batch(read_stored(home, path)) if path.is_file() else None
    if batch is None or batch.sha256 != sha256:
        raise RollcallError(
            f"The archive's review batch {sha256[:16]} is absent or was altered.",
            "Restore archive/reviews/ from a backup; see: rollcall archive verify",
        )
    return batch
