"""How each unit writes its files: format, encoding, headers, order, titles, and its ways of writing dates.

Belongs here: choosing a unit's habits and formatting days by them. Does not: writing a file (`submissions/files.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.contracts import Feed
from pipeline.synthetic.calendar_days import date_of, day_of
from pipeline.synthetic.places import County
from pipeline.synthetic.plan import CountyPlan
from pipeline.synthetic.randomness import spread, stream
from pipeline.synthetic.vocabulary import weighted

# columns that no contract has, with what stands in them; the last three are what the law forbids to use
EXTRA_COLUMNS = ("序号", "录入员", "备注", "准生证号", "孩次")
EXCEL_EPOCH = day_of(dt.date(1899, 12, 30))
TEXT_DATES: dict[str, Callable[[int, int, int], str]] = {
    "dash": lambda y, m, d: f"{y:04d}-{m:02d}-{d:02d}",
    "slash": lambda y, m, d: f"{y:04d}/{m:02d}/{d:02d}",
    "slash_short": lambda y, m, d: f"{y}/{m}/{d}",
    "dot": lambda y, m, d: f"{y:04d}.{m:02d}.{d:02d}",
    "hanzi": lambda y, m, d: f"{y:04d}年{m:02d}月{d:02d}日",
    "hanzi_short": lambda y, m, d: f"{y}年{m}月{d}日",
    "compact": lambda y, m, d: f"{y:04d}{m:02d}{d:02d}",
}
DATE_STYLES = (*TEXT_DATES, "cell", "serial")
SEX_STYLES = {"hanzi": ("男", "女"), "code": ("1", "2"), "long": ("男性", "女性")}
SEX_SHARES = {"hanzi": 0.82, "code": 0.13, "long": 0.05}
_HANZI_TIMES = ("hanzi_short",)


@dataclass(frozen=True)
class Style:
    """One unit's habits."""

    is_xlsx: bool
    encoding: str
    line_end: str
    header: str
    date: int
    sex: int
    has_title: bool
    has_footer: bool
    has_blank_lines: bool
    has_number_cells: bool
    extras: tuple[str, ...]
    is_reordered: bool

    @property
    def extension(self) -> str:
        """The file's ending, with its dot."""
        return ".xlsx" if self.is_xlsx else ".csv"


def make_styles(plan: CountyPlan, county: County) -> list[Style]:
    """The habits of each unit, each in its share among the units as nearly as their number allows."""
    n = len(county.units)
    rng = stream(plan.seed, "styles")
    is_xlsx = spread(rng, n) < plan.xlsx_unit_share
    encodings, header_styles = weighted(plan.csv_encodings), weighted(plan.header_styles)
    in_csv = weighted({k: v for k, v in plan.date_styles.items() if k in TEXT_DATES})
    in_xlsx = weighted(plan.date_styles)
    encoding, date = np.zeros(n, dtype=int), np.zeros(n, dtype=object)
    for mask, dates in ((is_xlsx, in_xlsx), (~is_xlsx, in_csv)):
        encoding[mask] = encodings.at(spread(rng, int(mask.sum())))
        date[mask] = dates.words[dates.at(spread(rng, int(mask.sum())))]
    header = header_styles.at(spread(rng, n))
    sex = weighted(SEX_SHARES).at(spread(rng, n))
    has_title, has_footer, has_blank_lines, has_extras, is_reordered = (
        spread(rng, n) < share
        for share in (
            plan.title_row_share, plan.footer_share, plan.blank_lines_share,
            plan.extra_columns_share, plan.reordered_share,
        )
    )  # fmt: skip
    return [
        Style(
            is_xlsx=bool(is_xlsx[i]),
            encoding=str(encodings.words[encoding[i]]),
            line_end="\r\n" if rng.random() < 0.6 else "\n",
            header=str(header_styles.words[header[i]]),
            date=DATE_STYLES.index(date[i]),
            sex=int(sex[i]),
            has_title=bool(is_xlsx[i] and has_title[i]),
            has_footer=bool(has_footer[i]),
            has_blank_lines=bool(has_blank_lines[i]),
            has_number_cells=bool(rng.random() < 0.7),
            extras=tuple(e for e in EXTRA_COLUMNS if rng.random() < 0.6) if has_extras[i] else (),
            is_reordered=bool(is_reordered[i]),
        )
        for i in range(n)
    ]


def headers(feed: Feed, style: Style, rng: np.random.Generator) -> dict[str, str]:
    """The header that a unit prints over each contracted column."""
    found = {}
    for name, column in feed.columns.items():
        alias = column.aliases[int(rng.integers(len(column.aliases)))] if column.aliases else column.zh
        mixed = (column.zh, alias, name)[int(rng.integers(3))]
        found[name] = {"zh": column.zh, "alias": alias, "en": name, "mixed": mixed}[style.header]
    return found


class DateTexts:
    """Days as each style writes them, by look-up: an array of styles by days.

    Args:
        first: first day that is ever written.
        last: last such day.
    """

    def __init__(self, first: int, last: int) -> None:
        self.first = first
        days = [date_of(day) for day in range(first, last + 1)]
        self.table = np.empty((len(DATE_STYLES), len(days)), dtype=object)
        for style, write in enumerate(TEXT_DATES.values()):
            self.table[style, :] = [write(day.year, day.month, day.day) for day in days]
        self.table[DATE_STYLES.index("cell"), :] = days
        self.table[DATE_STYLES.index("serial"), :] = [day_of(day) - EXCEL_EPOCH for day in days]
        clock = [divmod(minute, 60) for minute in range(1440)]
        self._times = np.array([f" {h:02d}:{m:02d}" for h, m in clock], dtype=object)
        self._hanzi_times = np.array([f"{h}时{m:02d}分" for h, m in clock], dtype=object)

    def dates(self, style: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Days as written, as objects."""
        return self.table[style, np.clip(day - self.first, 0, self.table.shape[1] - 1)]

    def instants(self, style: np.ndarray, day: np.ndarray, minute: np.ndarray) -> np.ndarray:
        """Days with their minute as written, as objects."""
        written = self.dates(style, day)
        is_text = style < len(TEXT_DATES)
        is_hanzi = np.isin(style, [DATE_STYLES.index(name) for name in _HANZI_TIMES])
        plain = is_text & ~is_hanzi
        written[plain] = written[plain] + self._times[minute[plain]]
        written[is_hanzi] = written[is_hanzi] + self._hanzi_times[minute[is_hanzi]]
        for row in np.flatnonzero(~is_text):
            hour, rest = divmod(int(minute[row]), 60)
            if isinstance(written[row], dt.date):
                written[row] = dt.datetime.combine(written[row], dt.time(hour, rest))
            else:
                written[row] = round(written[row] + int(minute[row]) / 1440, 6)
        return written


def write_by_hand(style: int, year: int, month: int, day: int) -> str:
    """A date that no solar calendar has (30 February), in the style's text or, for cells, with dashes."""
    name = DATE_STYLES[style]
    return TEXT_DATES.get(name, TEXT_DATES["dash"])(year, month, day)
