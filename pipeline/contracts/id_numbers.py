"""The citizen identity number by GB 11643: is it whole, and what does it say of its bearer.

Pure functions over a number as `cells.read_id_no` returns it. Not here: repairing a number or matching it
(standardise, linkage). Old documents carry 15 digits: no century, no check digit.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

import yaml

# `document`: the number of another document than a citizen's card, which is no fault (documents.yaml)
Problem = Literal["length", "characters", "date", "check_digit", "document"]
DOCUMENTS_FILE = Path(__file__).with_name("documents.yaml")

# GB 11643, ISO 7064 MOD 11-2: weights of the first 17 digits, and the check character by remainder
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"
# the oldest person alive was born after this year
FIRST_YEAR = 1900
_EIGHTEEN = re.compile(r"[0-9]{17}[0-9X]")
_FIFTEEN = re.compile(r"[0-9]{15}")


@dataclass(frozen=True, slots=True)
class IdNumber:
    """What a number says: the first problem found (None: valid), and, where the date holds, the bearer's."""

    problem: Problem | None
    birth_date: dt.date | None = None
    sex: str | None = None


@cache
def _documents() -> re.Pattern[str]:
    forms = yaml.safe_load(DOCUMENTS_FILE.read_text(encoding="utf-8"))
    return re.compile("|".join(f"(?:{form})" for form in forms.values()))


def check_character(first_17: str) -> str:
    """The 18th character that belongs to 17 digits."""
    return CHECK_CHARACTERS[sum(w * int(d) for w, d in zip(WEIGHTS, first_17, strict=True)) % 11]


@lru_cache(maxsize=200_000)
def read_id_number(value: str) -> IdNumber:
    """Take an id number apart; upper case and without separators, as `read_id_no` returns it."""
    if not (_EIGHTEEN.fullmatch(value) or _FIFTEEN.fullmatch(value)):
        if _documents().fullmatch(value):
            return IdNumber("document")
        return IdNumber("characters" if len(value) in (15, 18) else "length")
    date = value[6:14] if len(value) == 18 else "19" + value[6:12]
    try:
        born = dt.date(int(date[:4]), int(date[4:6]), int(date[6:]))
    except ValueError:
        return IdNumber("date")
    if born.year < FIRST_YEAR:
        return IdNumber("date")
    sex = "1" if int(value[16 if len(value) == 18 else 14]) % 2 else "2"
    if len(value) == 18 and check_character(value[:17]) != value[17]:
        return IdNumber("check_digit", born, sex)
    return IdNumber(None, born, sex)
