"""How one cell of each contracted type is read: pure functions from text to value, None where unreadable.

Intake, checks and standardise all read a cell by these, so that what a check calls readable is what staging
uses. Not here: whether a value is plausible (checks) or whom it means (standardise, linkage).
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from lunardate import LunarDate

from pipeline.contracts.model import Column

# invisible characters that keyboards, web pages and bidi tricks leave in cells
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SPACE = re.compile(r"\s+")
_DATE = re.compile(
    r"^(?P<y>(?:18|19|20|21)\d\d)\s*[-/.年]\s*(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})\s*[日号]?"
    r"(?:[T\s]*(?P<rest>.*))?$"
)
_COMPACT = re.compile(r"^(?P<y>(?:18|19|20|21)\d\d)(?P<m>\d\d)(?P<d>\d\d)\s*(?P<rest>.*)$")
_TIME = re.compile(
    r"^(?P<half>上午|下午|AM|PM)?\s*(?P<h>\d{1,2})\s*[:时点]\s*(?:(?P<mi>\d{1,2})\s*[:分]?\s*(?:\d{1,2}(?:\.\d+)?\s*秒?)?)?"
    r"\s*(?P<half2>AM|PM)?$",
    re.I,
)
_COMPACT_TIME = re.compile(r"^(?P<h>\d\d)(?P<mi>\d\d)(?:\d\d)?$")
_SERIAL = re.compile(r"^\d{5}(?:\.\d+)?$")
_NUMBER = re.compile(r"^(?P<n>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s*(?:\+\s*\d{1,2})?\s*(?P<unit>[^\d\s]*)$")
_EXCEL_EPOCH = dt.datetime(1899, 12, 30)
# days: 1927-05-18 to 2064-04-08, wider than any living person's dates that a register of births holds
_SERIAL_RANGE = (10_000, 60_000)
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
_ID_JUNK = re.compile(r"[\s\-_'`‘’.,]")


@dataclass(frozen=True, slots=True)
class DateCell:
    """A date as read: the day, the minute of the day if one was written, whether only the lunar calendar has it."""

    day: dt.date
    minute: int | None = None
    is_lunar: bool = False


def clean(text: str | None) -> str:
    """Fold full-width forms (NFKC), drop invisible characters, collapse white space. Blank becomes ''."""
    if not text:
        return ""
    return _SPACE.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))).strip()


def lunar_to_solar(year: int, month: int, day: int) -> dt.date | None:
    """The solar date of a day of the Chinese lunar calendar (leap months are not written in registers)."""
    try:
        return LunarDate(year, month, day).to_solar_date()
    except (ValueError, IndexError):
        return None


def _calendar_day(y: int, m: int, d: int) -> tuple[dt.date | None, bool]:
    try:
        return dt.date(y, m, d), False
    except ValueError:
        # 29 and 30 February exist in every lunar year, and villages write them
        return (lunar_to_solar(y, m, d), True) if d in (29, 30) else (None, False)


def _minute(rest: str) -> tuple[int | None, bool]:
    """Minutes since midnight of a written time, and whether the text was a time at all."""
    rest = rest.strip()
    if not rest:
        return None, True
    found = _TIME.match(rest) or _COMPACT_TIME.match(rest)
    if not found:
        return None, False
    parts = found.groupdict()
    hour, minute = int(parts["h"]), int(parts["mi"] or 0)
    half = (parts.get("half") or parts.get("half2") or "").upper()
    if half in ("下午", "PM") and hour < 12:
        hour += 12
    if hour > 23 or minute > 59:
        return None, False
    return hour * 60 + minute, True


@lru_cache(maxsize=200_000)
def read_date(text: str | None) -> DateCell | None:
    """Read a date or an instant in any of the field's ways of writing it.

    `2025-03-07`, `2025/3/7`, `2025.03.07`, `2025年3月7日`, `20250307`, each with or without a time, and Excel
    serials. A day that only the lunar calendar has (30 February) is read as lunar.
    """
    text = clean(text)
    if _SERIAL.match(text) and _SERIAL_RANGE[0] <= float(text) <= _SERIAL_RANGE[1]:
        # half a second guards against the binary rounding of Excel's fractions of a day
        moment = _EXCEL_EPOCH + dt.timedelta(days=float(text), seconds=0.5)
        return DateCell(moment.date(), moment.hour * 60 + moment.minute if "." in text else None)
    found = _DATE.match(text) or _COMPACT.match(text)
    if not found:
        return None
    day, is_lunar = _calendar_day(int(found["y"]), int(found["m"]), int(found["d"]))
    minute, is_time = _minute(found["rest"] or "")
    if day is None or not is_time:
        return None
    return DateCell(day, minute, is_lunar)


def read_sex(text: str | None) -> str | None:
    """Sex by GB/T 2261.1: '1' male, '2' female, '0' said to be unknown; None where unreadable."""
    return _SEX.get(clean(text).upper())


def read_number(text: str | None, column: Column) -> int | None:
    """A whole number, in the unit of its column.

    A value that is below the column's least and fits a thousandfold was written in the larger unit
    (kilograms for grams).
    """
    found = _NUMBER.match(clean(text))
    if not found or found["unit"].upper() not in _UNITS:
        return None
    value = float(found["n"].replace(",", "")) * _UNITS[found["unit"].upper()]
    low, high = column.min, column.max
    if low is not None and high is not None and low >= 100 and value < low and low <= value * 1000 <= high:
        value *= 1000
    return round(value) if value < 2**31 else None


def read_id_no(text: str | None) -> str | None:
    """An id number as written, upper case, without separators; None where no letter or digit is left."""
    value = _ID_JUNK.sub("", clean(text)).upper()
    return value if re.search(r"[0-9A-Z]", value) else None


def read_phone(text: str | None) -> str | None:
    """The digits of a phone number; None where there are none."""
    return re.sub(r"\D", "", clean(text)) or None


def read_coded(text: str | None, column: Column) -> str | None:
    """The code of a cell whose column lists its values; the code itself is read too."""
    values = column.values or {}
    value = clean(text)
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
    # text whose characters were lost in an encoding (U+FFFD) and nothing else is unreadable
    return (clean(text).replace("�", "") and clean(text)) or None
