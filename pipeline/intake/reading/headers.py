"""Which column of a file is which contracted column, and what becomes of the other headers.

Belongs here: finding the header row and matching headers. Does not: the words of refused headers (`reading/refused.py`)
or the cells below (`reading/tables.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipeline.contracts import Feed
from pipeline.contracts.cells import clean
from pipeline.intake.reading.refused import header_category
from pipeline.intake.reasons import NotTaken

# rows that are searched for the header: titles, a blank line and a line of the unit's name stand above it
SEARCHED_ROWS = 10
UNPRINTABLE = "(unprintable)"
_LONGEST_HEADER = 40
# a run of digits this long is a date, a phone or a number of a person, so the "header" is a row of data
_DATA_LIKE = re.compile(r"\d{6}")
_BRACKETS = str.maketrans("[]{}【】〔〕〈〉", "()()()()()")
_MARKS = "*:;,.、。#※"


@dataclass(frozen=True)
class Header:
    """A matched header row.

    `positions`: index of each contracted column that is there, in the contract's order. `twins`: further columns
    under the very same header, as (column, index). `width`: cells up to the last one that is not blank.
    """

    cells: tuple[str, ...]
    positions: dict[str, int]
    twins: tuple[tuple[str, int], ...]
    ignored: tuple[str, ...]
    refused: tuple[str, ...]
    width: int

    @property
    def first_uncontracted(self) -> int:
        """The index of the first column that is not contracted; `width` where every one is."""
        taken = set(self.positions.values())
        return next((i for i in range(self.width) if i not in taken), self.width)


@lru_cache(maxsize=100_000)
def normal(header: str) -> str:
    """A header as it is compared: full-width folded, lower case, no blanks, one kind of brackets, no marks."""
    return re.sub(r"\s+", "", clean(header)).translate(_BRACKETS).lower().strip(_MARKS)


class HeaderIndex:
    """Every known header of a feed → (rank, column); the Chinese header ranks first, then aliases, then English."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.known: dict[str, tuple[int, str]] = {}
        for column in feed.columns.values():
            for rank, name in enumerate(column.headers):
                key = normal(name)
                if key not in self.known or rank < self.known[key][0]:
                    self.known[key] = (rank, column.name)

    def matched_count(self, row: Sequence[str]) -> int:
        """How many contracted columns a row names."""
        return len({self.known[key][1] for key in map(normal, row) if key in self.known})


def printable(header: str) -> str:
    """A header that may be recorded; a text that looks like data may not."""
    text = clean(header)
    return text if len(text) <= _LONGEST_HEADER and not _DATA_LIKE.search(text) else UNPRINTABLE


def match_header(row: Sequence[str], index: HeaderIndex) -> Header:
    """Match one row against a feed's contract. Where two headers mean one column, the better-ranked is taken."""
    best: dict[str, tuple[int, int]] = {}
    for position, cell in enumerate(row):
        rank, column = index.known.get(normal(cell), (0, ""))
        if column and (column not in best or rank < best[column][0]):
            best[column] = (rank, position)
    positions = {name: best[name][1] for name in index.feed.columns if name in best}
    taken = set(positions.values())
    twins, ignored, refused = [], [], []
    for position, cell in enumerate(row):
        if position in taken or not cell.strip():
            continue
        rank, column = index.known.get(normal(cell), (0, ""))
        if column and rank == best[column][0]:
            twins.append((column, position))
        elif header_category(cell) and not column:
            refused.append(printable(cell))
        else:
            ignored.append(printable(cell))
    width = max((i + 1 for i, cell in enumerate(row) if cell.strip()), default=0)
    return Header(tuple(row), positions, tuple(twins), tuple(ignored), tuple(refused), width)


def find_header(rows: Sequence[Sequence[str]], index: HeaderIndex) -> tuple[int, Header]:
    """The header among a file's first rows: the row that names most contracted columns, the first of equals.

    Returns:
        Its index in `rows`, and what it says.

    Raises:
        NotTaken: header_not_found, or columns_absent where required columns are not there. The latter carries the
            headers that were ignored and refused, if the row is one of headers without doubt.
    """
    required = [c for c in index.feed.columns.values() if c.level == "required"]
    counts = [index.matched_count(row) for row in rows[:SEARCHED_ROWS]]
    if not counts or max(counts) == 0:
        raise NotTaken("header_not_found", rows=SEARCHED_ROWS, expected=[c.zh for c in required])
    at = counts.index(max(counts))
    header = match_header(rows[at], index)
    absent = [c.zh for c in required if c.name not in header.positions]
    if absent:
        finding = NotTaken("columns_absent", columns=absent)
        # a misspelt header is the usual cause, so the clerk is shown it; a row of data that happens to hold one
        # known word is not
        if len(absent) * 2 <= len(required):
            finding.ignored, finding.refused = header.ignored, header.refused
        raise finding
    return at, header
