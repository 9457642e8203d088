"""The waterfall of a match weight as rows of bars: where each begins, where it ends, on a scale of its column.

Belongs here: the geometry. Does not: the weights (`linkage/waterfall.py`), or how a bar is drawn (the template).
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.linkage import Words, level_words, words
from pipeline.linkage.explanations.waterfall import STRANGERS, Waterfall

COLUMNS = (STRANGERS, "siblings", "twins")
# where the bars' room begins and ends, of a column's 100 units; the number stands right of it
BEGINS, ENDS = 3.0, 74.0
# bits under which a part is not drawn as a row of its own
SMALL_BITS = 0.005


@dataclass(frozen=True)
class Bar:
    """A bar of one column: its bits, and where it begins and ends. No bits: nothing is said, the sum stays."""

    bits: float | None
    start: float
    end: float

    @property
    def left(self) -> float:
        """The bar's left end."""
        return min(self.start, self.end)

    @property
    def width(self) -> float:
        """The bar's width."""
        return abs(self.end - self.start)


@dataclass(frozen=True)
class Row:
    """A row: what it is, in what the records agree, and a bar by column."""

    name: Words
    level: Words | None
    bars: dict[str, Bar]
    is_sum: bool = False


@dataclass(frozen=True)
class Bars:
    """Rows from the start to the sum; `zero` is where no evidence either way stands in each column."""

    rows: tuple[Row, ...]
    zero: dict[str, float]


def bars_of(waterfall: Waterfall) -> Bars:
    """The rows of a waterfall."""
    parts: list[tuple[Words, Words | None, dict[str, float]]] = [(words("parts", "prior"), None, waterfall.start)]
    for step in waterfall.steps:
        if step.level is None:
            continue
        parts.append((words("comparisons", step.comparison), level_words(step.comparison, step.level), step.bits))
        if abs(step.rarity) >= SMALL_BITS:
            parts.append(
                (words("comparisons", step.comparison), words("parts", "term_frequency"), {STRANGERS: step.rarity})
            )
    if waterfall.delivery_kind and abs(waterfall.shift) >= SMALL_BITS:
        known = words("deliveries", waterfall.delivery_kind)
        parts.append((words("parts", "delivery"), known, {"twins": waterfall.shift}))
    scales = {column: _scale([bits.get(column, 0.0) for _, _, bits in parts]) for column in COLUMNS}
    at = dict.fromkeys(COLUMNS, 0.0)
    rows = []
    for name, level, bits in parts:
        bars = {}
        for column in COLUMNS:
            start, at[column] = at[column], at[column] + bits.get(column, 0.0)
            bars[column] = Bar(bits.get(column), _place(start, *scales[column]), _place(at[column], *scales[column]))
        rows.append(Row(name, level, bars))
    zero = {column: _place(0.0, *scales[column]) for column in COLUMNS}
    sums = {
        column: Bar(waterfall.sums[column], zero[column], _place(waterfall.sums[column], *scales[column]))
        for column in COLUMNS
    }
    rows.append(Row(words("parts", "total"), None, sums, is_sum=True))
    return Bars(tuple(rows), zero)


def _scale(bits: list[float]) -> tuple[float, float]:
    """The lowest point that the running sum reaches, and how far it is from there to the highest."""
    sums, at = [0.0], 0.0
    for part in bits:
        at += part
        sums.append(at)
    return min(sums), max(sums) - min(sums) or 1.0


def _place(bits: float, low: float, span: float) -> float:
    return round(BEGINS + (bits - low) / span * (ENDS - BEGINS), 2)
