"""A cell's text before it is read as anything: folded, cleaned, and freed from what a spreadsheet put around digits.

Belongs here: what is true of any cell. Does not: reading it as its column's type (`cells.py`, `dates.py`).
"""

from __future__ import annotations

import re
import unicodedata

from pipeline.contracts.id_numbers import read_id_number

# invisible characters that keyboards, web pages and bidi tricks leave in cells
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SPACE = re.compile(r"\s+")
# what keeps a spreadsheet from taking digits for a number, and what is left where it did: ="123", '123, 123.0
_FORMULA_TEXT = re.compile(r"""=\s*["']([^"']*)["']""")
_LEADING_APOSTROPHE = re.compile(r"^['‘’`]+(?=[0-9A-Za-z])")
_POINT_ZERO = re.compile(r"^([0-9]{4,})\.0*$")
_SCIENTIFIC = re.compile(r"^([0-9])(?:\.([0-9]+))?E\+?([0-9]{1,3})$", re.I)
# a spreadsheet's number keeps so many digits (IEEE 754 double precision); it shows zeros for the rest
KEPT_DIGITS = 15
# zeros in their place from which on they tell: one number in ten ends in one zero by itself
TELLING_ZEROS = 2
BLANK_WORDS = frozenset(
    ["无", "没有", "未提供", "暂无", "不详", "未知", "不明", "无证", "无证件", "未办", "未办理", "缺", "空",
     "-", "--", "—", "——", "/", "\\",
     "NONE", "NULL", "NIL", "N/A", "NA", "#N/A", "#VALUE!", "#REF!", "#NAME?"]
)  # fmt: skip
_DIGITS_ONLY = re.compile(r"[0-9]+")


def clean(text: str | None) -> str:
    """Fold full-width forms (NFKC), drop invisible characters, collapse white space. Blank becomes ''."""
    if not text:
        return ""
    return _SPACE.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))).strip()


def unwrapped(text: str | None) -> str:
    """A cell that holds digits, clean and without what a spreadsheet put around them.

    `="123"`, `'123` and `123.0` become `123`; `1.3912345678E+10` becomes `13912345678`, as no digit of it was lost.
    """
    value = clean(text)
    if found := _FORMULA_TEXT.fullmatch(value):
        value = found[1].strip()
    value = _LEADING_APOSTROPHE.sub("", value)
    if found := _POINT_ZERO.match(value):
        return found[1]
    if (found := _SCIENTIFIC.match(value)) and len(found[2] or "") >= int(found[3]):
        digits = found[1] + (found[2] or "")
        return digits[: int(found[3]) + 1]
    return value


def is_blank(text: str | None) -> bool:
    """Whether a cell that asks for a number or a date holds nothing, or a word that says so (无, —, 未提供)."""
    value = clean(text)
    return not value or value.strip("()").upper() in BLANK_WORDS


def has_lost_digits(text: str | None) -> bool:
    """Whether a spreadsheet took a number for a quantity and kept fewer digits than it has.

    `9.99911E+17` has, and so has a run of 17 digits or more of which all beyond the 15th are zeros, unless it is an id
    number whose check digit holds: one in a thousand numbers ends so by itself.
    """
    value = unwrapped(text)
    if _SCIENTIFIC.match(value):
        return True
    if len(value) < KEPT_DIGITS + TELLING_ZEROS or not _DIGITS_ONLY.fullmatch(value) or value[KEPT_DIGITS:].strip("0"):
        return False
    return not (len(value) == 18 and read_id_number(value).problem is None)
