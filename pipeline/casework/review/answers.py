"""Answers come in, or are taken back: a returned workbook becomes an entry of the ledger, wholly or not at all.

Belongs here: whether answers fit what stands, the archive's copy, the ledger's entry, and the adjudication that
disagreements lead to. Does not: reading the workbook (`review/reading.py`), or what follows for linkage: the next
night reads the ledger (`review/tables.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.agreement import Agreement, agreement
from pipeline.casework.contradictions import Edge, contradiction
from pipeline.casework.review.batches import Batch, find_batch
from pipeline.casework.review.decisions import REVIEW, WITHDRAWAL, Reviews
from pipeline.casework.review.reading import Answer, Returned, read_workbook
from pipeline.casework.review.workbook import ANSWERS, CANNOT_TELL, PAIRS, SAME
from pipeline.errors import RollcallError, UsageError
from pipeline.home import Home
from pipeline.intake import Chain
from pipeline.intake.archive.archive import Store, review_path


@dataclass(frozen=True)
class Imported:
    """What an import did.

    Attributes:
        entry: the ledger's number of the workbook.
        answers: answers that are new; none where the workbook was imported before.
        blank: pairs that it leaves unanswered.
        waits_for: the other reviewer, where that workbook is still out.
        disagreements: pairs that go to an adjudicator.
    """

    batch: Batch
    reviewer: str
    entry: int | None
    answers: int
    blank: int
    waits_for: tuple[str, ...] = ()
    disagreements: tuple[str, ...] = ()


def import_workbook(home: Home, path: Path, by: str) -> Imported:
    """Take a returned workbook in; the same bytes again change nothing. The caller holds the home's lock.

    Raises:
        UsageError: there is no such file.
        RollcallError: the workbook is not as it was exported, or an answer contradicts what stands. Nothing is kept.
    """
    if not path.is_file():
        raise UsageError(f"{path} is no file.", "Name a returned review workbook.")
    data, reviews = path.read_bytes(), Reviews.read(home)
    sha256 = hashlib.sha256(data).hexdigest()
    returned = read_workbook(data, path.name, home, lambda name: reviews.batches.get(name) or find_batch(home, name))
    batch, reviewer = returned.batch, returned.reviewer
    reviews.know(batch)
    blank = len(batch.pairs) - len(returned.answers)
    if sha256 in reviews.workbooks:
        return Imported(batch, reviewer, reviews.workbooks[sha256], 0, blank)
    new = _new_answers(reviews, returned, path.name)
    if not new:
        return Imported(batch, reviewer, None, 0, blank)
    _refuse_contradictions(reviews, returned, path.name)
    body: dict[str, Any] = {
        "kind": REVIEW, "batch": batch.name, "batch_sha256": batch.sha256, "workbook_sha256": sha256,
        "reviewer": reviewer, "received_on": home.today().isoformat(), "received_by": by,
        "answers": [{"pair": each.pair, "answer": each.answer, "row": each.row, "note": each.note} for each in new],
    }  # fmt: skip
    store = Store(home)
    store.write({review_path(home, sha256, "xlsx"): data, review_path(home, batch.sha256, "json"): batch.content})
    (entry,) = Chain(home.ledger_file).append([body])
    store.done()
    reviews.add(entry)
    return Imported(
        batch,
        reviewer,
        entry["seq"],
        len(new),
        blank,
        tuple(
            other
            for other in batch.reviewers
            if not any(other in reviews.answers.get(pair, {}) for pair in batch.pair_names())
        ),
        tuple(reviews.disagreements(batch.name)),
    )


def _new_answers(reviews: Reviews, returned: Returned, file: str) -> list[Answer]:
    """Answers to pairs that this reviewer had left blank; an answer that was given stays."""
    new = []
    for answer in returned.answers:
        before = reviews.answers.get(answer.pair, {}).get(returned.reviewer)
        if before is None:
            new.append(answer)
        elif before.answer != answer.answer:
            raise RollcallError(
                f"{file}, sheet {PAIRS}, row {answer.row}, column F: {ANSWERS[answer.answer]!r}; "
                f"reviewer {returned.reviewer} has answered {ANSWERS[before.answer]!r} before (entry {before.entry}).",
                f"Put the first answer back, or take it back with: rollcall review withdraw {answer.pair}",
            )
    return new


def _refuse_contradictions(reviews: Reviews, returned: Returned, file: str) -> None:
    """Refuse a file whose answers contradict one another, or what stands, themselves or through other records."""
    asked = returned.batch.by_name()
    given = [answer for answer in returned.answers if answer.answer != CANNOT_TELL]
    replaced = {asked[answer.pair].key for answer in given if asked[answer.pair].again}
    names: dict[int, str] = {}
    edges = []
    for decision in reviews.decisions.values():
        names |= {decision.asked.left: decision.asked.left_no, decision.asked.right: decision.asked.right_no}
        if decision.asked.key not in replaced:
            edges.append(Edge(*decision.asked.key, decision.is_same, f"decision {decision.pair} of {decision.on}"))
    for answer in given:
        pair = asked[answer.pair]
        names |= {pair.left: pair.left_no, pair.right: pair.right_no}
        edges.append(Edge(*pair.key, answer.answer == SAME, f"row {answer.row}"))
    found = contradiction(edges)
    if found is None:
        return

    def told(edge: Edge) -> str:
        return f"{names[edge.left]} and {names[edge.right]} are {'one child' if edge.is_same else 'different'}"

    different, chain = found
    raise RollcallError(
        f"{file}, sheet {PAIRS}: the answers cannot all be right. {told(different)} ({different.said}), but "
        f"{', and '.join(f'{told(edge)} ({edge.said})' for edge in chain)}. Nothing was stored.",
        "Correct the answer that is wrong, or take an earlier decision back with: rollcall review withdraw",
    )


def withdraw(home: Home, pairs: Iterable[str], by: str, note: str | None = None) -> dict[str, Any]:
    """Take back what was answered of pairs, by all their reviewers; they may be asked and answered anew.

    Raises:
        UsageError: nothing stands of such a pair.
    """
    reviews, chosen = Reviews.read(home), list(dict.fromkeys(pairs))
    for pair in chosen:
        if not reviews.answers.get(pair):
            raise UsageError(f"No answer stands of pair {pair[:40]}.", "rollcall review list --decisions shows them.")
    body = {
        "kind": WITHDRAWAL, "pairs": chosen, "withdrawn_by": by, "withdrawn_on": home.today().isoformat(),
        "note": note,
    }  # fmt: skip
    return Chain(home.ledger_file).append([body])[0]


def agreement_of(reviews: Reviews, batch: Batch) -> Agreement | None:
    """How far the two reviewers of a batch agree on the pairs that both answered; None where one was asked."""
    if len(batch.reviewers) != 2:
        return None
    first, second = batch.reviewers
    both = [
        given for pair in batch.pair_names() if first in (given := reviews.answers.get(pair, {})) and second in given
    ]
    return agreement(
        [given[first].answer for given in both], [given[second].answer for given in both], categories=len(ANSWERS)
    )
