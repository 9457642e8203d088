"""Citizen id numbers, brought to 18 characters: 15 digits widened, look-alike characters repaired with care.

Belongs here: what a written number becomes. Does not: the standard's own rules (`contracts.id_numbers`), whether a
number is the right person's (linkage), or whether a unit's numbers are often wrong (checks, accountability).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from pipeline.contracts.cells import read_id_no
from pipeline.contracts.id_numbers import check_character
from pipeline.contracts.id_numbers import read_id_number as take_apart

# keys and shapes that stand for a digit, and signs that stand for the X at the end
_LOOKALIKES = str.maketrans({"O": "0", "Q": "0", "D": "0", "I": "1", "L": "1", "|": "1"})
_LAST_X = str.maketrans({"×": "X", "Х": "X", "Χ": "X", "*": "X", "+": "X"})


@dataclass(frozen=True, slots=True)
class IdNumber:
    """An id number, read. Fields as in `standardise.id_numbers`; the last three only where it is valid."""

    id_no_std: str | None = None
    is_valid: bool = False
    problem: str | None = None
    birth_date: dt.date | None = None
    sex: str | None = None
    region_code: str | None = None


def widen(old: str) -> str:
    """15 digits (issued before 1999) as 18: the century 19 put in, the check character put on."""
    body = f"{old[:6]}19{old[6:]}"
    return body + check_character(body)


def _repaired(text: str) -> str:
    """18 characters with look-alikes replaced, if the number then is valid; else as they were."""
    last = text[17].translate(_LAST_X)
    candidate = text[:17].translate(_LOOKALIKES) + (last if last == "X" else last.translate(_LOOKALIKES))
    return candidate if take_apart(candidate).problem is None else text


def read_id_number(raw: str | None) -> IdNumber:
    """Read an id number's cell.

    A number of 18 digits whose check digit fails (a slip, or another register's code of 18 digits, such as a
    vaccination code) is kept as written and said to be no valid id number.
    """
    text = read_id_no(raw)
    if text is None:
        return IdNumber()
    said = take_apart(text)
    if said.problem == "characters" and len(text) == 18:
        text = _repaired(text)
        said = take_apart(text)
    if said.problem:
        return IdNumber(text, False, said.problem)
    if len(text) == 15:
        text = widen(text)
    return IdNumber(text, True, None, said.birth_date, said.sex, text[:6])
