"""Dates and instants as the field writes them: pure functions from text to a day, None where unreadable.

Belongs here: ways of writing a date that have one meaning. Does not: whether a day is plausible (checks).
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache

from lunardate import LunarDate

from pipeline.contracts.texts import unwrapped

_DATE = re.compile(
    r"^(?P<y>(?:18|19|20|21)\d\d)\s*[-/.年]\s*(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})\s*[日号]?"
    r"(?:[T\s]*(?P<rest>.*))?$"
)
_COMPACT = re.compile(r"^(?P<y>(?:18|19|20|21)\d\d)(?P<m>\d\d)(?P<d>\d\d)\s*(?P<rest>.*)$")
# the same with other separators, in Chinese numerals, and with the month's English name
_LOOSE = re.compile(r"^(?P<y>(?:18|19|20|21)\d\d)\s*[\\,、_|~:]\s*(?P<m>\d{1,2})\s*[\\,、_|~:]\s*(?P<d>\d{1,2})$")
_SHORT_YEAR = re.compile(r"^'?(?P<y>\d\d)\s*(?P<s>[-/.年])\s*(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})\s*[日号]?$")
_SIX_DIGITS = re.compile(r"^(?P<y>\d\d)(?P<m>\d\d)(?P<d>\d\d)$")
_NUMERALS = str.maketrans("〇○Ｏ零一二三四五六七八九", "0000123456789")
_CHINESE = re.compile(
    r"^(?P<y>[〇○Ｏ零一二三四五六七八九\d]{2,4})年(?P<m>[一二三四五六七八九十\d]{1,3})月(?P<d>[一二三四五六七八九十廿\d]{1,3})[日号]?$"
)
_LUNAR = re.compile(
    r"^(?:农历|阴历|旧历)?\s*(?P<y>[〇○零一二三四五六七八九\d]{4})年\s*(?:农历|阴历|旧历)?\s*(?P<leap>闰)?(?P<m>正|冬|腊|[一二三四五六七八九十\d]{1,2})月\s*(?P<d>初[一二三四五六七八九十]|十[一二三四五六七八九]?|廿[一二三四五六七八九]?|二十[一二三四五六七八九]?|三十)[日号]?$"
)
_ENGLISH = re.compile(
    r"^(?:(?P<d>\d{1,2})(?:st|nd|rd|th)?[\s\-/.,]*(?P<mon>[A-Z]{3,9})|(?P<mon2>[A-Z]{3,9})[\s\-/.,]*(?P<d2>\d{1,2})(?:st|nd|rd|th)?)[\s\-/.,]*(?P<y>\d{4}|\d\d)$",
    re.I,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# a year of two digits below this is of the 2000s: children, and parents who were born from 1960 on
_CENTURY_TURNS = 60
LAST_MONTH = 12
# day first or month first: read where only one of the two can be meant
_YEAR_LAST = re.compile(
    r"^(?P<a>\d{1,2})\s*[-/.]\s*(?P<b>\d{1,2})\s*[-/.]\s*(?P<y>(?:18|19|20|21)\d\d)(?:[T\s]+(?P<rest>.*))?$"
)
_LUNAR_MONTHS = {"正": 1, "冬": 11, "腊": 12}
_TIME = re.compile(
    r"^(?P<half>上午|下午|AM|PM)?\s*(?P<h>\d{1,2})\s*[:时点]\s*(?:(?P<mi>\d{1,2})\s*[:分]?\s*(?:\d{1,2}(?:\.\d+)?\s*秒?)?)?"
    r"\s*(?P<half2>AM|PM)?$",
    re.I,
)
_COMPACT_TIME = re.compile(r"^(?P<h>\d\d)(?P<mi>\d\d)(?:\d\d)?$")
_SERIAL = re.compile(r"^\d{5}(?:\.\d+)?$")
_EXCEL_EPOCH = dt.datetime(1899, 12, 30)
# days: 1927-05-18 to 2064-04-08, wider than any living person's dates that a register of births holds
_SERIAL_RANGE = (10_000, 60_000)


@dataclass(frozen=True, slots=True)
class DateCell:
    """A date as read: the day, the minute of the day if one was written, whether only the lunar calendar has it."""

    day: dt.date
    minute: int | None = None
    is_lunar: bool = False


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
    text = unwrapped(text)
    if _SERIAL.match(text) and _SERIAL_RANGE[0] <= float(text) <= _SERIAL_RANGE[1]:
        # half a second guards against the binary rounding of Excel's fractions of a day
        moment = _EXCEL_EPOCH + dt.timedelta(days=float(text), seconds=0.5)
        return DateCell(moment.date(), moment.hour * 60 + moment.minute if "." in text else None)
    found = _DATE.match(text) or _COMPACT.match(text)
    if not found:
        return _read_other_date(text)
    day, is_lunar = _calendar_day(int(found["y"]), int(found["m"]), int(found["d"]))
    minute, is_time = _minute(found["rest"] or "")
    if day is None or not is_time:
        return None
    return DateCell(day, minute, is_lunar)


def _read_other_date(text: str) -> DateCell | None:
    """A date in a way of writing that has one meaning only; None for what has two, such as 07/03/2025.

    A year of two digits stands first, as Chinese forms have it; 250307 and 25.3.7 are 2025-03-07.
    """
    if (found := _LUNAR.match(text)) and _says_lunar(found, text):
        return _lunar_day(found)
    if found := _YEAR_LAST.match(text):
        one, other = int(found["a"]), int(found["b"])
        minute, is_time = _minute(found["rest"] or "")
        if is_time and (one == other or (one > LAST_MONTH) != (other > LAST_MONTH)):
            return _day_of(int(found["y"]), min(one, other), max(one, other), minute)
        return None
    if found := _LOOSE.match(text) or _SHORT_YEAR.match(text) or _SIX_DIGITS.match(text):
        return _day_of(_full_year(found["y"]), int(found["m"]), int(found["d"]))
    if found := _CHINESE.match(text):
        return _day_of(_full_year(_digits(found["y"])), _count(found["m"]), _count(found["d"]))
    if found := _ENGLISH.match(text):
        name = (found["mon"] or found["mon2"])[:3].lower()
        if name in _MONTHS:
            return _day_of(_full_year(found["y"]), _MONTHS.index(name) + 1, int(found["d"] or found["d2"]))
    return None


def two_meanings(text: str | None) -> tuple[dt.date, dt.date] | None:
    """The two days that a date may mean whose order of day and month is not certain, the earlier one first.

    `07/03/2025` is 2025-03-07 or 2025-07-03; None for what has one meaning, and for what is no date.
    """
    found = _YEAR_LAST.match(unwrapped(text))
    if not found or not _minute(found["rest"] or "")[1]:
        return None
    one, other = sorted((int(found["a"]), int(found["b"])))
    if not 1 <= one < other <= LAST_MONTH:
        return None
    return dt.date(int(found["y"]), one, other), dt.date(int(found["y"]), other, one)


def _says_lunar(found: re.Match[str], text: str) -> bool:
    """Whether a day in words can only be a lunar one: it says so, or names its day or month as that calendar does."""
    return "历" in text or found["d"][0] in "初廿" or found["m"] in _LUNAR_MONTHS or bool(found["leap"])


def _day_of(year: int, month: int, day: int, minute: int | None = None) -> DateCell | None:
    found, is_lunar = _calendar_day(year, month, day)
    return DateCell(found, minute, is_lunar) if found else None


def _full_year(text: str) -> int:
    year = int(text)
    if len(text) == 4:
        return year
    return (2000 if year < _CENTURY_TURNS else 1900) + year


def _digits(text: str) -> str:
    return text.translate(_NUMERALS)


def _count(text: str) -> int:
    """A number up to 39 in Chinese numerals or digits: 七, 十二, 二十, 廿一, 三十一."""
    if text.isdigit() and text.isascii():
        return int(text)
    text = text.replace("廿", "二十").removeprefix("初")
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return int(_digits(text))
    return (int(_digits(tens)) if tens else 1) * 10 + (int(_digits(ones)) if ones else 0)


def _lunar_day(found: re.Match[str]) -> DateCell | None:
    """A day of the lunar calendar in words, with its year: 二〇二五年二月初八, 2025年闰六月廿一."""
    year, month = int(_digits(found["y"])), _LUNAR_MONTHS.get(found["m"]) or _count(found["m"])
    try:
        day = LunarDate(year, month, _count(found["d"]), bool(found["leap"])).to_solar_date()
    except (ValueError, IndexError):
        return None
    return DateCell(day, None, True)
