"""What a landed file's name says: feed, period, suffix.

Belongs here: reading names. Does not: whether this unit may send that feed (`receiving.py`) or what the file holds.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.contracts import Feed
from pipeline.contracts.texts import clean
from pipeline.intake.reasons import NotTaken

EXTENSIONS = ("csv", "txt", "xlsx", "xlsm", "xlsb", "xls", "ods", "et")
_NAME = re.compile(r"(?P<feed>\D*?[^\d\s])[\s_-]*(?P<period>\d[\d年月.\s-]*)(?P<rest>.*)", re.DOTALL)
# the month within it: 202503, 2025-03, 2025.3, 2025年3月; a year by itself: 2025, 2025年
_MONTH = re.compile(r"(\d{4})[\s.-]*年?[\s.-]*(\d{1,2})\s*月?|(\d{4})\s*年?")
# what copying and downloading add to a name: (1), - 副本, - Copy
_COPY = re.compile(r"[\s_-]*(?:\(\d{1,3}\)|(?:-\s*)?(?:副本|复件|copy(?:\s*of)?)(?:\s*\(\d{1,3}\))?)$", re.I)
# 补报: the second supplement of a month is met as _bu2
_SUPPLEMENT = re.compile(r"(?:^|_)(?:bu|补报)\d*(?:_|$)", re.IGNORECASE)
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
    """Read `<feed>_<YYYYMM>[_suffix].csv|.xlsx`, or `<feed>_<YYYY>[_suffix]` for yearly feeds, as people write it.

    The feed's Chinese name stands for its English one (预防接种登记_202503.xlsx); case, blanks and hyphens for the
    underscore, 2025-03 and 2025年3月 for the digits, and what copying adds, such as (1), make no difference.

    Raises:
        NotTaken: name_not_pattern, unknown_feed or period_form.
    """
    stem, dot, extension = clean(name).rpartition(".")
    # a second ending, or bytes that are no text, say that something went wrong on the way here
    if not dot or extension.lower() not in EXTENSIONS or re.search(r"[/\\]|\.[A-Za-z]{2,4}$", stem):
        raise NotTaken("name_not_pattern")
    found = _NAME.fullmatch(_COPY.sub("", stem))
    if not found:
        raise NotTaken("name_not_pattern")
    feed = _feed_of(found["feed"], feeds)
    form = "YYYY" if feeds[feed].period_digits == 4 else "YYYYMM"
    period, rest = _period_of(found["period"], feeds[feed].period_digits)
    suffix = (rest + found["rest"]).strip(" _-")
    if period is None or (rest and not rest[0].isspace() and rest[0] not in "_-" and rest.strip(" _-")[:1].isdigit()):
        raise NotTaken("period_form", feed=feed, form=form)
    return FileName(feed, period, suffix or None, extension.lower())


def _feed_of(written: str, feeds: Mapping[str, Feed]) -> str:
    """The feed that a name means: its own name, or the Chinese one, alone or after the unit's name.

    Raises:
        NotTaken: unknown_feed.
    """
    text = re.sub(r"[\s-]+", "_", written.strip().lower())
    if text in feeds:
        return text
    chinese = re.sub(r"[\s_-]|表$", "", written)
    ends = [feed for feed in feeds.values() if chinese.endswith(re.sub(r"表$", "", feed.zh))]
    if len(ends) == 1:
        return ends[0].feed
    raise NotTaken("unknown_feed", feed=written[:40])


def _period_of(written: str, digits: int) -> tuple[str | None, str]:
    """The period that a name says, and what follows it; None where it is no month, or no year, of a possible one."""
    found = _MONTH.match(written)
    if not found or (found[3] is None) != (digits == 6):
        # 202503 of a yearly feed is a month, and 2025 of a monthly one a year
        return None, ""
    year, month = int(found[1] or found[3]), int(found[2] or 0)
    if year not in _YEARS or (digits == 6 and not 1 <= month <= 12):
        return None, ""
    return (f"{year}-{month:02d}" if digits == 6 else str(year)), written[found.end() :]


def period_days(period: str) -> tuple[dt.date, dt.date]:
    """The first and the last day of a period (YYYY-MM or YYYY)."""
    year = int(period[:4])
    if len(period) == 4:
        return dt.date(year, 1, 1), dt.date(year, 12, 31)
    month = int(period[5:])
    after = dt.date(year + month // 12, month % 12 + 1, 1)
    return dt.date(year, month, 1), after - dt.timedelta(days=1)
