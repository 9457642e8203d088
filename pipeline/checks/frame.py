"""The frame that Great Expectations looks at: a feed's new rows, cells as sent and as read.

Belongs here: columns and how they are made, each from distinct values only. Does not: any judgement.
Columns are named as `expectations/_common.yml` says; only those that a check asks for are made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pipeline.checks.expectations import Derived, FeedChecks
from pipeline.contracts import Column, Feed
from pipeline.contracts.cells import read_cell
from pipeline.contracts.dates import DateCell, two_meanings
from pipeline.contracts.id_numbers import read_id_number
from pipeline.contracts.texts import clean, has_lost_digits, is_blank

if TYPE_CHECKING:
    import pandas as pd

READ, UNREADABLE = "read", "unreadable"
WHOLE, BROKEN = "whole", "broken"
VALID = "valid"
SAME, DIFFERENT = "same", "different"
KEPT, LOST = "kept", "lost"
TWO = "two"
# columns of which a spreadsheet may drop digits
TYPES_OF_DIGITS = ("id_no", "code", "phone")
TYPES_OF_DATES = ("date", "datetime")
# how a column's values lie in memory
TEXTS, NUMBERS, DATES = "object", "float64", "datetime64[s]"
# the mean length of a Gregorian year
DAYS_OF_YEAR = 365.2425


def build_frame(raw: pd.DataFrame, feed: Feed, wanted: FeedChecks) -> pd.DataFrame:
    """The columns that the feed's checks name.

    Args:
        raw: revision_id, row_no, line, period (text), arrived_on (date), and every contracted column as text.
    """
    return _Builder(raw, feed, wanted).build()


class _Builder:
    """Makes columns one by one, each once."""

    def __init__(self, raw: pd.DataFrame, feed: Feed, wanted: FeedChecks) -> None:
        self.raw, self.feed, self.wanted = raw, feed, wanted
        self.made: dict[str, pd.Series] = {}

    def build(self) -> pd.DataFrame:
        import pandas as pd

        names = dict.fromkeys(name for check in self.wanted.checks for name in check.frame_columns)
        return pd.DataFrame({name: self.column(name) for name in names}, index=self.raw.index)

    def column(self, name: str) -> pd.Series:
        if name not in self.made:
            self.made[name] = self._make(name)
        return self.made[name]

    def _make(self, name: str) -> pd.Series:
        import pandas as pd

        if name in ("revision_id", "period"):
            return self.raw[name]
        if name == "arrived_on":
            return pd.to_datetime(self.raw[name]).astype("datetime64[s]")
        if name == "row.reading":
            return self._row_reading()
        if name in self.wanted.derived:
            return self._derived(self.wanted.derived[name])
        base, _, suffix = name.partition(".")
        if suffix == "raw":
            return _by_distinct(self.raw[base], self._as_sent(base))
        if suffix == "reading":
            return self._reading(base)
        if suffix == "meanings":
            return _by_distinct(self.raw[base], lambda text: TWO if two_meanings(text) else None)
        if suffix == "digits":
            return _by_distinct(
                self.raw[base], lambda text: (LOST if has_lost_digits(text) else KEPT) if clean(text) else None
            )
        if suffix:
            return self._of_value(self.column(base), suffix)
        column = self.feed.columns[base]
        kind = {"date": DATES, "datetime": DATES, "int": NUMBERS}.get(column.type, TEXTS)
        return _by_distinct(self.column(f"{base}.raw"), _reader(column), kind)

    def _as_sent(self, base: str) -> Callable[[str], str | None]:
        column = self.feed.columns[base]
        if column.type in ("name", "text", "sex") or column.values:
            return lambda text: clean(text) or None
        # where a number or a date is asked for, a word that says there is none is a blank
        return lambda text: None if is_blank(text) else clean(text)

    def _reading(self, base: str) -> pd.Series:
        import pandas as pd

        reading = pd.Series(UNREADABLE, index=self.raw.index, dtype=object)
        reading[self.column(f"{base}.raw").isna()] = None
        reading[self.column(base).notna()] = READ
        if self.feed.columns[base].type in TYPES_OF_DIGITS:
            # it was written and is told of as what it is, once; a row is not set aside for it
            reading[self.column(f"{base}.digits") == LOST] = READ
        if self.feed.columns[base].type in TYPES_OF_DATES:
            # told of as what it is, once; it is no value, so that a row is set aside for it
            reading[self.column(f"{base}.meanings") == TWO] = None
        return reading

    def _of_value(self, value: pd.Series, suffix: str) -> pd.Series:
        if suffix == "period":
            form = "%Y-%m" if self.feed.due.every == "month" else "%Y"
            return _by_distinct(value, lambda day: day.strftime(form))
        if suffix == "problem":
            return _by_distinct(value, lambda number: read_id_number(number).problem or VALID)
        kind = DATES if suffix == "birth_date" else TEXTS
        return _by_distinct(value, lambda number: getattr(read_id_number(number), suffix), kind)

    def _row_reading(self) -> pd.Series:
        import pandas as pd

        broken = pd.Series(False, index=self.raw.index)
        for name in dict.fromkeys(check.column for check in self.wanted.checks if check.sets_aside):
            broken |= self.column(f"{name}.reading") != READ
        return broken.map({True: BROKEN, False: WHOLE}).astype(object)

    def _derived(self, derived: Derived) -> pd.Series:
        if derived.years_between:
            start, end = (self.column(name) for name in derived.years_between)
            return (end - start).dt.days / DAYS_OF_YEAR
        if derived.comparison:
            one, other = (self.column(name) for name in derived.comparison)
            found = (one == other).map({True: SAME, False: DIFFERENT}).astype(object)
            return found.where(one.notna() & other.notna(), None)
        name, listed = derived.one_of or ("", ())
        value = self.column(name)
        return value.where(value.isin(listed), None)


def _reader(column: Column) -> Callable[[str], Any]:
    def value(text: str) -> Any:
        found = read_cell(text, column)
        if isinstance(found, DateCell):
            return found.day
        # lower-case letters in numbers of documents are no mistake
        return found.upper() if column.type == "code" and isinstance(found, str) else found

    return value


def _by_distinct(series: pd.Series, function: Callable[[Any], Any], kind: str = TEXTS) -> pd.Series:
    """The function over distinct values; nulls stay null."""
    import numpy as np
    import pandas as pd

    places, values = pd.factorize(series)
    # factorize marks a null by -1, which is the table's last place
    made = [*(function(value) for value in values), None]
    if kind == TEXTS:
        table = np.empty(len(made), dtype=object)
        table[:] = made
    else:
        table = np.array(made, dtype=kind)
    return pd.Series(table[places], index=series.index, dtype=object if kind == TEXTS else None)
