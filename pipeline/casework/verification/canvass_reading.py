"""A returned canvass workbook, read and checked whole before anything of it counts.

Belongs here: from sheets to villages and children. Does not: which children of the registers these are
(`pipeline.completeness.verification.verified`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipeline.casework.returned_workbooks import RETURN, Rows, cell, choices, need_sheets, place
from pipeline.casework.verification.canvass_workbook import (
    BIRTH_MONTH,
    CHILD_SEX,
    CHILD_VILLAGE,
    CHILDREN,
    SEXES,
    TOKEN,
    TOKEN_CHARS,
    VILLAGE,
    VILLAGES,
    WALKED,
    WALKED_THROUGH,
)
from pipeline.casework.verification.rounds import Round
from pipeline.casework.verification.state import YES, Met
from pipeline.contracts.dates import read_date
from pipeline.errors import RollcallError

_WALKED, _SEX = choices(WALKED_THROUGH), choices(SEXES)
_MONTH = re.compile(r"(\d{4})[-/.年](\d{1,2})月?")
_TOKEN = re.compile(rf"[A-Z0-9]{{{TOKEN_CHARS}}}")


def read_canvass(sheets: Mapping[str, Rows], file: str, round_: Round) -> tuple[list[str], list[Met]]:
    """Villages that were walked through, and the children met there.

    Raises:
        RollcallError: something is not as it was exported, or cannot be read; names file, sheet, row and column.
    """
    need_sheets(dict(sheets), (VILLAGES, CHILDREN), file)
    walked = _villages(sheets[VILLAGES], file, round_)
    rows = sheets[CHILDREN]
    children = [
        _child(rows, row, file, walked) for row in range(1, len(rows)) if any(text.strip() for text in rows[row])
    ]
    return walked, children


def _villages(rows: Rows, file: str, round_: Round) -> list[str]:
    walked = []
    for row, village in enumerate(round_.villages, start=1):
        if cell(rows, row, VILLAGE) != village.village_code:
            raise RollcallError(
                f"{place(file, VILLAGES, row, VILLAGE)}: {village.village_code} is expected here.", RETURN
            )
        text = cell(rows, row, WALKED)
        if text and text.casefold() not in _WALKED:
            raise RollcallError(
                f"{place(file, VILLAGES, row, WALKED)}: {len(text)} characters that are none of the answers.",
                f"Choose one of: {', '.join(WALKED_THROUGH.values())}.",
            )
        if text and _WALKED[text.casefold()] == YES:
            walked.append(village.village_code)
    for row in range(1 + len(round_.villages), len(rows)):
        if any(text.strip() for text in rows[row]):
            raise RollcallError(f"{place(file, VILLAGES, row, VILLAGE)}: this village was not drawn.", RETURN)
    return walked


def _child(rows: Rows, row: int, file: str, walked: list[str]) -> Met:
    village, sex, month, token = (cell(rows, row, column) for column in (CHILD_VILLAGE, CHILD_SEX, BIRTH_MONTH, TOKEN))
    if village not in walked:
        raise RollcallError(
            f"{place(file, CHILDREN, row, CHILD_VILLAGE)}: no village that sheet {VILLAGES} says was walked through.",
            "Write the code of one, or choose yes for that village.",
        )
    if sex.casefold() not in _SEX:
        raise RollcallError(
            f"{place(file, CHILDREN, row, CHILD_SEX)}: {len(sex)} characters that are none of the answers.",
            f"Choose one of: {', '.join(SEXES.values())}.",
        )
    token = token.upper()
    if token and not _TOKEN.fullmatch(token):
        raise RollcallError(
            f"{place(file, CHILDREN, row, TOKEN)}: this is no link token.",
            f"Write the last {TOKEN_CHARS} letters or digits of the number, or leave it blank.",
        )
    return Met(village, row + 1, _SEX[sex.casefold()], _month(month, row, file), token or None)


def _month(text: str, row: int, file: str) -> str:
    found = _MONTH.fullmatch(text)
    if found and 1 <= int(found[2]) <= 12:
        return f"{found[1]}-{int(found[2]):02d}"
    # Excel makes a date of what is typed as a month
    day = read_date(text)
    if day is None:
        raise RollcallError(
            f"{place(file, CHILDREN, row, BIRTH_MONTH)}: this cannot be read as a month.", "Write it as 2024-03."
        )
    return f"{day.day:%Y-%m}"
