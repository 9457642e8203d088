"""A returned review workbook, read and checked whole before anything of it counts.

Belongs here: from bytes to answers, and every way in which a workbook can be wrong by itself. Does not: whether its
answers fit what was decided before (`review/answers.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.casework.returned_workbooks import RETURN, Rows, cell, choices, need_sheets, place, read_sheets
from pipeline.casework.review.batches import Batch
from pipeline.casework.review.workbook import (
    ANSWER,
    ANSWERS,
    BATCH_ROW,
    COVER,
    NOTE,
    NOTE_CHARS,
    PAIR,
    PAIRS,
    REVIEWER_ROW,
    answer_rows,
)
from pipeline.errors import RollcallError
from pipeline.home import Home

# an answer counts whether its drop-down was used or one of its two words was typed
_READ_AS = choices(ANSWERS)


@dataclass(frozen=True)
class Answer:
    """What a reviewer said of a pair, and in which row of the sheet, counted from 1."""

    pair: str
    answer: str
    row: int
    note: str | None = None


@dataclass(frozen=True)
class Returned:
    """A returned workbook: whose it is, and the answers that are not blank, in the sheet's order."""

    batch: Batch
    reviewer: str
    answers: tuple[Answer, ...]


def read_workbook(data: bytes, file: str, home: Home, find: Callable[[str], Batch | None]) -> Returned:
    """Read and check a returned workbook.

    Args:
        file: its name, for sentences.
        find: gives the batch of a name.

    Raises:
        RollcallError: something is not as it was exported; names file, sheet, row and column, what was found and
            what to do.
    """
    grids = read_sheets(data, file, home, "review workbook")
    need_sheets(grids, (COVER, PAIRS), file)
    batch, reviewer = _whose(grids[COVER], file, find)
    return Returned(batch, reviewer, _answers(grids[PAIRS], file, batch, reviewer))


def _whose(cover: Rows, file: str, find: Callable[[str], Batch | None]) -> tuple[Batch, str]:
    name, reviewer = cell(cover, BATCH_ROW, 1), cell(cover, REVIEWER_ROW, 1)
    batch = find(name) if name.isalnum() else None
    if batch is None:
        raise RollcallError(
            f"{place(file, COVER, BATCH_ROW, 1)}: {_said(name)} is no batch that was exported here.",
            "Hand in a workbook of this county; rollcall review list shows its batches.",
        )
    if reviewer not in batch.reviewers:
        raise RollcallError(
            f"{place(file, COVER, REVIEWER_ROW, 1)}: batch {name} has no such reviewer.",
            f"Its reviewers are: {', '.join(batch.reviewers)}.",
        )
    return batch, reviewer


def _answers(rows: Rows, file: str, batch: Batch, reviewer: str) -> tuple[Answer, ...]:
    places = answer_rows(batch, reviewer)
    found = [cell(rows, row, PAIR) for row in places.values()]
    for other in batch.reviewers:
        if other != reviewer and found != list(places) and found == batch.order_for(other):
            raise RollcallError(
                f"{file} says that it is reviewer {reviewer}'s, but its pairs are in the order of reviewer {other}'s.",
                "Each reviewer hands in the workbook that was made for them.",
            )
    expected = {row: pair for pair, row in places.items()}
    for row in range(1, max(len(rows), max(expected, default=0) + 1)):
        name, wanted = cell(rows, row, PAIR), expected.get(row, "")
        if name != wanted:
            raise RollcallError(
                f"{place(file, PAIRS, row, PAIR)}: {_said(name)} stands where {_said(wanted)} is expected.",
                RETURN,
            )
        for column, word in ((ANSWER, "an answer"), (NOTE, "a note")):
            if not wanted and cell(rows, row, column):
                raise RollcallError(
                    f"{place(file, PAIRS, row, column)}: {word} stands beside no pair.",
                    "Write it in the yellow cell of the pair that it is of.",
                )
    return tuple(answer for pair, row in places.items() if (answer := _answer(rows, row, pair, file)) is not None)


def _answer(rows: Rows, row: int, pair: str, file: str) -> Answer | None:
    given, note = cell(rows, row, ANSWER), cell(rows, row, NOTE)
    if not given:
        return None
    answer = _READ_AS.get(given.casefold())
    if answer is None:
        raise RollcallError(
            # it may be a name that slipped into the wrong cell: it is not repeated
            f"{place(file, PAIRS, row, ANSWER)}: {len(given)} characters that are none of the answers.",
            f"Choose one of: {', '.join(ANSWERS.values())}; or leave it blank.",
        )
    if len(note) > NOTE_CHARS:
        raise RollcallError(
            f"{place(file, PAIRS, row, NOTE)}: a note of {len(note)} characters.", f"Shorten it to {NOTE_CHARS}."
        )
    return Answer(pair, answer, row + 1, note or None)


def _said(name: str) -> str:
    """A cell of the first column, for a sentence: anything but a pair's number may be a person's name."""
    if not name:
        return "nothing"
    return name if name.startswith("R") and name.replace("-", "").isalnum() and name.isascii() else "something else"
