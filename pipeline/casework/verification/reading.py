"""A returned verification workbook, read and checked whole before anything of it counts.

Belongs here: from bytes to answers, and every way in which a workbook can be wrong by itself. Does not: whether its
answers fit what was handed in before (`verification/answers.py`), or the canvass's (`verification/canvass_reading.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.casework.returned_workbooks import LETTERS, RETURN, Rows, cell, choices, need_sheets, place
from pipeline.casework.verification.rounds import ADJUDICATOR, CANVASS, TEAMS, Round
from pipeline.casework.verification.state import FOUND, NOT_STATED, YES, Seen
from pipeline.casework.verification.workbook import (
    BIRTH_DATE,
    CASE,
    CASES,
    CHOICES,
    COVER,
    DOCUMENT,
    FILLED_IN,
    IS_HELD,
    LIVES_HERE,
    NOTE,
    NOTE_CHARS,
    NUMBER,
    NUMBER_CHARS,
    NUMBER_THERE,
    ROUND_ROW,
    SEX,
    TEAM_ROW,
    answer_rows,
)
from pipeline.contracts.dates import read_date
from pipeline.errors import RollcallError

_READ_AS = {column: choices(texts) for column, texts in CHOICES.items()}
_NEEDED = (SEX, LIVES_HERE, IS_HELD)


@dataclass(frozen=True)
class Answer:
    """What a team says of a case, and in which row of the sheet, counted from 1."""

    case_no: str
    row: int
    seen: Seen


def read_cover(sheets: Mapping[str, Rows], file: str, rounds: Mapping[str, Round]) -> tuple[Round, str]:
    """Whose workbook it is: its round, and the team, adjudicator or canvass.

    Raises:
        RollcallError: there is no cover, no such round, or no such team.
    """
    need_sheets(dict(sheets), (COVER,), file)
    cover = sheets[COVER]
    name, team = cell(cover, ROUND_ROW, 1), cell(cover, TEAM_ROW, 1)
    if name not in rounds:
        raise RollcallError(
            f"{place(file, COVER, ROUND_ROW, 1)}: no round of this name was drawn here.",
            "Hand in a workbook of this county; rollcall verify list shows its rounds.",
        )
    if team not in (*TEAMS, ADJUDICATOR, CANVASS):
        raise RollcallError(
            f"{place(file, COVER, TEAM_ROW, 1)}: round {name} has no such team.",
            f"Its teams are: {', '.join((*TEAMS, ADJUDICATOR))}.",
        )
    return rounds[name], team


def read_answers(sheets: Mapping[str, Rows], file: str, round_: Round, team: str) -> list[Answer]:
    """The answers that are not blank, in the sheet's order.

    Raises:
        RollcallError: something is not as it was exported; names file, sheet, row and column, and what to do.
    """
    need_sheets(dict(sheets), (CASES,), file)
    rows = sheets[CASES]
    places = _adjudicated(rows, file, round_) if team == ADJUDICATOR else _whole(rows, file, round_, team)
    by_no = round_.by_no()
    for row in range(1, len(rows)):
        case_no = places.get(row)
        if case_no is None:
            _refuse_strays(rows, row, file)
        elif cell(rows, row, NUMBER) != by_no[case_no].record_no.strip():
            raise RollcallError(
                f"{place(file, CASES, row, NUMBER)}: this is not the register's number of case {case_no}.", RETURN
            )
    return [answer for row, case_no in sorted(places.items()) if (answer := _answer(rows, row, case_no, file))]


def _whole(rows: Rows, file: str, round_: Round, team: str) -> dict[int, str]:
    """Of a team: every case, in this team's order."""
    expected = {row: case_no for case_no, row in answer_rows(round_, team).items()}
    found = [cell(rows, row, CASE) for row in expected]
    for other in TEAMS:
        if other != team and found != list(expected.values()) and found == list(answer_rows(round_, other)):
            raise RollcallError(
                f"{file} says that it is team {team}'s, but its cases are in the order of team {other}'s.",
                "Each team hands in the workbook that was made for it.",
            )
    for row, wanted in expected.items():
        if cell(rows, row, CASE) != wanted:
            raise RollcallError(
                f"{place(file, CASES, row, CASE)}: {_said(rows, row, round_)} stands where {wanted} is expected.",
                RETURN,
            )
    return expected


def _adjudicated(rows: Rows, file: str, round_: Round) -> dict[int, str]:
    """Of the adjudicator: cases of the round, each once."""
    found: dict[int, str] = {}
    for row in range(1, len(rows)):
        case_no = cell(rows, row, CASE)
        if not case_no:
            continue
        if case_no not in round_.by_no():
            raise RollcallError(f"{place(file, CASES, row, CASE)}: this is no case of round {round_.name}.", RETURN)
        if case_no in found.values():
            raise RollcallError(f"{place(file, CASES, row, CASE)}: {case_no} stands twice.", RETURN)
        found[row] = case_no
    return found


def _said(rows: Rows, row: int, round_: Round) -> str:
    """A cell of the first column, for a sentence: anything but a case's number may be a person's name."""
    text = cell(rows, row, CASE)
    if not text:
        return "nothing"
    return text if text in round_.by_no() else "something else"


def _refuse_strays(rows: Rows, row: int, file: str) -> None:
    for column in (CASE, *FILLED_IN):
        if cell(rows, row, column):
            raise RollcallError(
                f"{place(file, CASES, row, column)}: something stands beside no case.",
                "Write it in the yellow cell of the case that it is of.",
            )


def _answer(rows: Rows, row: int, case_no: str, file: str) -> Answer | None:
    texts = {column: cell(rows, row, column) for column in FILLED_IN}
    if not texts[DOCUMENT]:
        for column in FILLED_IN:
            if texts[column]:
                raise RollcallError(
                    f"{place(file, CASES, row, DOCUMENT)}: blank, though column {LETTERS[column]} is filled in.",
                    f"Choose one of: {', '.join(CHOICES[DOCUMENT].values())}.",
                )
        return None
    said = {column: _chosen(texts[column], row, column, file) for column in CHOICES}
    if said[DOCUMENT] != FOUND:
        for column in FILLED_IN:
            if column not in (DOCUMENT, NOTE) and texts[column]:
                raise RollcallError(
                    f"{place(file, CASES, row, column)}: filled in beside a document that was not found.",
                    "Clear it, or choose found in the column of the document.",
                )
        seen = Seen(str(said[DOCUMENT]))
    else:
        for column in _NEEDED:
            if said[column] is None:
                raise RollcallError(
                    f"{place(file, CASES, row, column)}: blank beside a document that was found.",
                    f"Choose one of: {', '.join(CHOICES[column].values())}.",
                )
        seen = Seen(
            FOUND, said[SEX], _day(texts[BIRTH_DATE], row, file), said[LIVES_HERE], said[IS_HELD],
            _number(texts[NUMBER_THERE], said[IS_HELD], row, file),
        )  # fmt: skip
    if len(texts[NOTE]) > NOTE_CHARS:
        raise RollcallError(
            f"{place(file, CASES, row, NOTE)}: a note of {len(texts[NOTE])} characters.", f"Shorten it to {NOTE_CHARS}."
        )
    return Answer(case_no, row + 1, seen)


def _chosen(text: str, row: int, column: int, file: str) -> str | None:
    if not text:
        return None
    answer = _READ_AS[column].get(text.casefold())
    if answer is None:
        raise RollcallError(
            # it may be a name that slipped into the wrong cell: it is not repeated
            f"{place(file, CASES, row, column)}: {len(text)} characters that are none of the answers.",
            f"Choose one of: {', '.join(CHOICES[column].values())}.",
        )
    return answer


def _day(text: str, row: int, file: str) -> str | None:
    if not text or _READ_AS[SEX].get(text.casefold()) == NOT_STATED:
        return None
    found = read_date(text)
    if found is None:
        raise RollcallError(
            f"{place(file, CASES, row, BIRTH_DATE)}: this cannot be read as a date.",
            "Write it as 2024-03-07, or leave it blank where the document does not say.",
        )
    return found.day.isoformat()


def _number(text: str, is_held: str | None, row: int, file: str) -> str | None:
    if text and is_held != YES:
        raise RollcallError(
            f"{place(file, CASES, row, NUMBER_THERE)}: a number, though the papers do not show the child in that "
            "register.",
            f"Clear it, or choose yes in column {LETTERS[IS_HELD]}.",
        )
    if len(text) > NUMBER_CHARS:
        raise RollcallError(
            f"{place(file, CASES, row, NUMBER_THERE)}: a number of {len(text)} characters.", "Write the number alone."
        )
    return text or None
