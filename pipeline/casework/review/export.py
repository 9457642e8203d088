"""A batch goes out: pairs are chosen, its file is kept, and each reviewer gets a workbook.

Belongs here: putting queue, sample and records together, and the adjudication of what two reviewers disagree on. Does
not: which pairs pay (`pipeline.linkage.review.queue`), how a workbook looks (`review/workbook.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.casework.review.batches import (
    ADJUDICATION,
    ADJUDICATOR,
    Asked,
    Batch,
    folder_of,
    keep_batch,
    make_batch,
)
from pipeline.casework.review.decisions import Reviews
from pipeline.casework.review.record_facts import read_records
from pipeline.casework.review.workbook import workbook
from pipeline.errors import UsageError
from pipeline.home import Home
from pipeline.linkage.review import queue, sample
from pipeline.whole_files import write_whole

_REVIEWER = re.compile(r"[\w.-]{1,30}")


@dataclass(frozen=True)
class Exported:
    """A batch that went out. `paths`: a workbook each reviewer; `written`: those of them that were not there yet."""

    batch: Batch
    paths: tuple[Path, ...]
    written: tuple[Path, ...]


def export_batch(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    reviewers: Sequence[str],
    *,
    size: int | None = None,
    seed: int = 1,
    shows_scores: bool = False,
) -> Exported:
    """Choose pairs and write a workbook for each reviewer into `casework/review/<batch>/`.

    The same links, answers and options give the same batch; a workbook that is there is left alone, since somebody
    may have begun to fill it in.

    Args:
        con: the warehouse, as the last night left it.
        size: pairs; the home's setting where None.

    Raises:
        UsageError: a reviewer's name cannot be one, two are alike, or there is nothing to ask.
    """
    for reviewer in reviewers:
        if not _REVIEWER.fullmatch(reviewer) or reviewer == ADJUDICATOR:
            raise UsageError(
                f"{reviewer!r} cannot be a reviewer's name.",
                f"Use up to 30 letters, digits, dots or dashes; {ADJUDICATOR} is kept for the third reviewer.",
            )
    if len(set(reviewers)) != len(reviewers):
        raise UsageError("Both reviewers have one name.", "Two reviewers who are blind to each other are two people.")
    settings, wanted = home.settings, size or home.settings.review.batch_pairs
    reviews = Reviews.read(home)
    answered = reviews.answered()
    records = read_records(con, {key for pair in answered for key in pair})
    changed = {
        pair
        for pair, asked in answered.items()
        if (pair[0] in records and records[pair[0]].digest != asked.left_digest)
        or (pair[1] in records and records[pair[1]].digest != asked.right_digest)
    }
    again = changed & reviews.decisions.keys()
    # a pair of which a record changed is a new question; one that was decided keeps its decision until it is answered
    queue.prepare(con, answered.keys() - (changed - again))
    aimed_at = wanted - round(wanted * settings.review.sample_share)
    queued = queue.queue(con, settings.linkage, settings.review, aimed_at, again=again)
    sampled, parts, frame = sample.sample(con, settings.linkage, wanted - len(queued), seed)
    drawn = {(each.left, each.right) for each in sampled}
    chosen = [
        *sampled,
        *queue.queue(con, settings.linkage, settings.review, wanted - len(sampled), again=again - drawn, without=drawn),
    ]
    if not chosen:
        raise UsageError("There is no pair to ask about.", "Every pair that linkage weighed has been answered.")
    seen = read_records(con, {key for each in chosen for key in (each.left, each.right)}, with_sent=True)
    asked = [
        Asked(
            each.left, each.right, seen[each.left].record_no, seen[each.right].record_no,
            seen[each.left].digest, seen[each.right].digest, each.reason, each.is_linked, each.weight,
            each.probability, each.sample, each.inclusion_probability,
            tuple(parts.get((each.left, each.right), ())), (each.left, each.right) in again,
        )
        for each in chosen
    ]  # fmt: skip
    night = con.execute(
        "SELECT run_id, as_of::VARCHAR, coalesce(model_version, '') FROM publish.nights "
        "WHERE release IS NOT NULL ORDER BY night_no DESC LIMIT 1"
    ).fetchone()
    if night is None:
        raise UsageError(f"No night has ended on {home.root} yet.", f"Run one: rollcall run --home {home.root}")
    batch = make_batch(
        asked, run_id=night[0], made_on=night[1], model_version=night[2], reviewers=tuple(reviewers), seed=seed,
        frame=frame, shows_scores=shows_scores,
    )  # fmt: skip
    return _write(con, home, batch)


def export_adjudication(con: duckdb.DuckDBPyConnection, home: Home, name: str) -> Exported | None:
    """Write the workbook in which a third person settles what a batch's two reviewers disagree on.

    Returns:
        None where they disagree on nothing whose records are still there.
    """
    reviews = Reviews.read(home)
    batch = reviews.batches[name]
    open_pairs = [(pair, batch.by_name()[pair]) for pair in reviews.disagreements(name)]
    records = read_records(con, {key for _, asked in open_pairs for key in asked.key})
    asked = [
        Asked(
            pair.left, pair.right, pair.left_no, pair.right_no, records[pair.left].digest, records[pair.right].digest,
            pair.reason, pair.is_linked, pair.weight, pair.probability, again=pair.again,
            said=tuple(sorted(given.answer for given in reviews.answers[label].values())),
        )
        for label, pair in open_pairs
        if pair.left in records and pair.right in records
    ]  # fmt: skip
    if not asked:
        return None
    third = make_batch(
        asked, run_id=batch.run_id, made_on=batch.made_on, model_version=batch.model_version,
        reviewers=(ADJUDICATOR,), kind=ADJUDICATION, of_batch=name, seed=batch.seed,
        shows_scores=batch.shows_scores,
    )  # fmt: skip
    return _write(con, home, third)


def _write(con: duckdb.DuckDBPyConnection, home: Home, batch: Batch) -> Exported:
    records = read_records(con, {key for asked in batch.pairs for key in asked.key}, with_sent=True)
    keep_batch(home, batch)
    paths = [folder_of(home, batch.name) / f"{batch.name}_{reviewer}.xlsx" for reviewer in batch.reviewers]
    written = []
    for reviewer, path in zip(batch.reviewers, paths, strict=True):
        if not path.exists():
            write_whole(path, workbook(batch, reviewer, records, home.settings.name))
            written.append(path)
    return Exported(batch, tuple(paths), tuple(written))
