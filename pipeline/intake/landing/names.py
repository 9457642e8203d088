"""What a landed file's name says: feed, period, suffix.

Belongs here: reading names. Does not: whether this unit may send that feed (`receiving.py`) or what the file holds.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.contracts import Feed
from pipeline.intake.reasons import NotTaken

EXTENSIONS = ("csv", "xlsx")
_NAME = re.compile(
    r"(?P<feed>[A-Za-z][A-Za-z0-9_]*?)_(?P<period>\d{6}|\d{4})(?:_(?P<suffix>[^./]+))?\.(?P<extension>[A-Za-z]+)"
)
# 补报: the second supplement of a month is met as _bu2
_SUPPLEMENT = re.compile(r"(?:^|_)bu\d*(?:_|$)", re.IGNORECASE)
# registers of births that are still linked were not kept before
_YEARS = range(1950, 2200)


@dataclass(frozen=True, slots=True)
class FileName:
    """A name that follows the pattern. `period` is YYYY-MM or YYYY."""

    feed: str
    period: str
    suffix: str | None
    extension: str

    @property
    def is_supplement(self) -> bool:
        """Whether the file adds to the submission instead of replacing it."""
        return self.suffix is not None and _SUPPLEMENT.search(self.suffix) is not None


def read_name(name: str, feeds: Mapping[str, Feed]) -> FileName:
    """Read `<feed>_<YYYYMM>[_suffix].csv|.xlsx`, or `<feed>_<YYYY>[_suffix]` for yearly feeds.

    Raises:
        NotTaken: name_not_pattern, unknown_feed or period_form.
    """
    found = _NAME.fullmatch(name)
    if not found or found["extension"].lower() not in EXTENSIONS:
        raise NotTaken("name_not_pattern")
    feed, digits = found["feed"], found["period"]
    if feed not in feeds:
        raise NotTaken("unknown_feed", feed=feed[:40], known=", ".join(feeds))
    if len(digits) != feeds[feed].period_digits:
        raise NotTaken("period_form", feed=feed, form="YYYY" if feeds[feed].period_digits == 4 else "YYYYMM")
    if int(digits[:4]) not in _YEARS or (digits[4:] and not 1 <= int(digits[4:]) <= 12):
        raise NotTaken("period_form", feed=feed, form="YYYY" if feeds[feed].period_digits == 4 else "YYYYMM")
    period = f"{digits[:4]}-{digits[4:]}" if digits[4:] else digits
    return FileName(feed, period, found["suffix"], found["extension"].lower())


def period_days(period: str) -> tuple[dt.date, dt.date]:
    """The first and the last day of a period (YYYY-MM or YYYY)."""
    year = int(period[:4])
    if len(period) == 4:
        return dt.date(year, 1, 1), dt.date(year, 12, 31)
    month = int(period[5:])
    after = dt.date(year + month // 12, month % 12 + 1, 1)
    return dt.date(year, month, 1), after - dt.timedelta(days=1)
