"""What every returned workbook has alike: it is opened within limits, has its sheets, and is quoted with care.

Belongs here: from bytes to sheets of text, and where a cell is, for a sentence. Does not: what a workbook asks
(`review/reading.py`, `verification/reading.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.errors import RollcallError
from pipeline.home import Home
from pipeline.intake import messages
from pipeline.intake.reading.workbooks import open_workbook
from pipeline.intake.reasons import NotTaken

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
RETURN = "Hand in the workbook as it was exported, with nothing filled in but its yellow cells."

Rows = list[list[str]]


def read_sheets(data: bytes, file: str, home: Home, noun: str) -> dict[str, Rows]:
    """The sheets of a workbook as text.

    Args:
        file: its name, for sentences.
        noun: what it should be, as "review workbook".

    Raises:
        RollcallError: it is too large or no workbook.
    """
    limit = home.settings.max_file_mb
    if len(data) > limit * 1_000_000:
        raise RollcallError(f"{file} is larger than {limit} MB: it is no {noun}.", RETURN)
    try:
        grids = open_workbook(data, home.settings.intake)
        return {grid.sheet or "": [row for _, rows in grid.chunks() for row in rows] for grid in grids}
    except NotTaken as error:
        said = messages(error.code, error.detail) or {"en": "It cannot be read."}
        raise RollcallError(f"{file} is no {noun}: {said['en']}", RETURN) from None


def need_sheets(sheets: dict[str, Rows], wanted: Sequence[str], file: str) -> None:
    """Refuse a workbook that lacks a sheet.

    Raises:
        RollcallError: names the sheet.
    """
    for sheet in wanted:
        if sheet not in sheets:
            raise RollcallError(f"{file} has no sheet {sheet}.", RETURN)


def cell(rows: Rows, row: int, column: int) -> str:
    """A cell's text without blanks around it; "" beyond the sheet's end."""
    return rows[row][column].strip() if row < len(rows) and column < len(rows[row]) else ""


def place(file: str, sheet: str, row: int, column: int) -> str:
    """Where a cell is, counted from 0, as a person finds it."""
    return f"{file}, sheet {sheet}, row {row + 1}, column {LETTERS[column]}"


def choices(*lists: dict[str, str]) -> dict[str, str]:
    """By what a person may have written, case folded, the answer: a drop-down's text, or one of its two words."""
    return {
        word.casefold(): answer
        for texts in lists
        for answer, text in texts.items()
        for word in (text, *text.split(" ", 1))
    }
