"""How one cell of each contracted type is read: pure functions from text to value, None where unreadable.

Intake, checks and standardise all read a cell by these, so that what a check calls readable is what staging
uses. Not here: whether a value is plausible (checks) or whom it means (standardise, linkage).
"""

from __future__ import annotations

import re

from pipeline.contracts.dates import read_date
from pipeline.contracts.model import Column
from pipeline.contracts.texts import clean, has_lost_digits, unwrapped

_NUMBER = re.compile(r"^(?P<n>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s*(?:\+\s*\d{1,2})?\s*(?P<unit>[^\d\s]*)$")
_SEX = {
    "1": "1", "男": "1", "男性": "1", "男婴": "1", "男孩": "1", "M": "1", "MALE": "1",
    "2": "2", "女": "2", "女性": "2", "女婴": "2", "女孩": "2", "F": "2", "FEMALE": "2",
    "0": "0", "9": "0", "不详": "0", "未知": "0", "不明": "0", "未说明": "0",
}  # fmt: skip
# grams, or days, weeks and plain counts; 斤 is half a kilogram
_UNITS = {
    "": 1.0, "G": 1.0, "克": 1.0, "KG": 1000.0, "千克": 1000.0, "公斤": 1000.0, "斤": 500.0,
    "周": 1.0, "天": 1.0, "个": 1.0, "胎": 1.0, "组": 1.0, "W": 1.0,
}  # fmt: skip
# between two numbers of one cell; a blank, or nothing, where the next one begins as a mobile does
_BETWEEN_PHONES = re.compile(r"[/;；、，,或&|]|\s+(?=\+?(?:86)?1[3-9])|(?<=\d{11})(?=1[3-9]\d{9}$)")
_EXTENSION = re.compile(r"\s*(?:转|分机|ext\.?|[*#xX])\s*\d{1,6}\s*$", re.I)
_COUNTRY = re.compile(r"^(?:00)?86(?=1[3-9]\d{9}$|0?[1-9]\d{8,})")
# of a landline without its area code
FEWEST_DIGITS = 7
_ID_JUNK = re.compile(r"[\s\-_'`‘’.,]")


def read_sex(text: str | None) -> str | None:
    """Sex by GB/T 2261.1: '1' male, '2' female, '0' said to be unknown; None where unreadable."""
    return _SEX.get(unwrapped(text).upper())


def read_number(text: str | None, column: Column) -> int | None:
    """A whole number, in the unit of its column.

    A value that is below the column's least and fits a thousandfold was written in the larger unit
    (kilograms for grams).
    """
    found = _NUMBER.match(unwrapped(text))
    if not found or found["unit"].upper() not in _UNITS:
        return None
    value = float(found["n"].replace(",", "")) * _UNITS[found["unit"].upper()]
    low, high = column.min, column.max
    if low is not None and high is not None and low >= 100 and value < low and low <= value * 1000 <= high:
        value *= 1000
    return round(value) if value < 2**31 else None


def read_id_no(text: str | None) -> str | None:
    """An id number as written, upper case, without separators; None where no letter or digit is left.

    What is left of a number whose digits a spreadsheet dropped is no number: it would be equal for many people.
    """
    value = _ID_JUNK.sub("", unwrapped(text)).upper()
    return value if re.search(r"[0-9A-Z]", value) and not has_lost_digits(text) else None


def phone_parts(text: str | None) -> list[str]:
    """The numbers of a phone's cell, each as written, without the extension behind it: several may stand there."""
    return [part for part in _BETWEEN_PHONES.split(_EXTENSION.sub("", unwrapped(text))) if part.strip()]


def read_phone(text: str | None) -> str | None:
    """The digits of a phone number, of several the first that has as many as one; None where there are none.

    `+86`, `0086` and an extension behind it (`转8012`) are no digits of it. None where a spreadsheet dropped some.
    """
    if has_lost_digits(text):
        return None
    parts = [re.sub(r"\D", "", part) for part in phone_parts(text)]
    parts = [_COUNTRY.sub("", part) for part in parts if part]
    return next((part for part in parts if len(part) >= FEWEST_DIGITS), parts[0] if parts else None)


def read_code(text: str | None) -> str | None:
    """A number of a document or a record, as written; None where a spreadsheet dropped digits of it."""
    value = unwrapped(text)
    return None if has_lost_digits(text) else (value.replace("�", "") and value) or None


def read_coded(text: str | None, column: Column) -> str | None:
    """The code of a cell whose column lists its values; the code itself is read too."""
    values = column.values or {}
    value = unwrapped(text)
    return values.get(value) or (value.lower() if value.lower() in values.values() else None)


def read_cell(text: str | None, column: Column) -> object | None:
    """Read a cell by its column's type: the value, or None where the cell is blank or unreadable."""
    if column.values:
        return read_coded(text, column)
    if column.type in ("date", "datetime"):
        return read_date(text)
    if column.type == "int":
        return read_number(text, column)
    if column.type == "sex":
        return read_sex(text)
    if column.type == "id_no":
        return read_id_no(text)
    if column.type == "phone":
        return read_phone(text)
    if column.type == "code":
        return read_code(text)
    # text whose characters were lost in an encoding (U+FFFD) and nothing else is unreadable
    return (clean(text).replace("�", "") and clean(text)) or None
