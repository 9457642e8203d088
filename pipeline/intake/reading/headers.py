"""Which column of a file is which contracted column, and what becomes of the other headers.

Belongs here: finding the header row and matching headers. Does not: the words of refused headers (`reading/refused.py`)
or the cells below (`reading/tables.py`).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from pipeline.contracts import Feed
from pipeline.contracts.texts import clean
from pipeline.intake.reading.refused import header_category
from pipeline.intake.reasons import NotTaken

# rows that are searched for the header: titles, a blank line and a line of the unit's name stand above it
SEARCHED_ROWS = 10
# rank of a header that is known only without its hint, beyond those of any that is written out
HINTED = 1_000
# share of common characters from which on an unknown header is named as the likeliest for a missing one
LIKE_ENOUGH = 0.5
UNPRINTABLE = "(unprintable)"
# characters over which a cell names no column, whatever hints a form may have written beside it
_LONGEST_NAMED = 1_000
_LONGEST_HEADER = 40
# a run of digits this long is a date, a phone or a number of a person, so the "header" is a row of data
_DATA_LIKE = re.compile(r"\d{6}")
_BRACKETS = str.maketrans("[]{}【】〔〕〈〉", "()()()()()")
_MARKS = "*:;,.、。#※★☆●○△▲!?"
# what forms write beside a header for the clerk: (必填), (年-月-日), *必填
_HINT = re.compile(r"\([^()]*\)")
_HINT_WORDS = re.compile(r"^(?:必填项?|选填项?)[:*]*|[:*]*(?:必填项?|选填项?)$")


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


@lru_cache(maxsize=100_000)
def without_hints(header: str) -> str:
    """A header as it is compared, simplified and without the hints that a form writes beside it.

    `*儿童姓名`, `出生日期（必填）`, `身份证号(18位)` and `兒童姓名` are 儿童姓名, 出生日期, 身份证号 and 儿童姓名.
    """
    text = _HINT.sub("", _simplified(normal(header))).strip(_MARKS)
    return _HINT_WORDS.sub("", text).strip(_MARKS)


@cache
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


def _simplified(text: str) -> str:
    return text if text.isascii() else _converter().convert(text)


class HeaderIndex:
    """Every known header of a feed → (rank, column); the Chinese header ranks first, then aliases, then English.

    `most`: columns that a file may have. What lies beyond is not looked at: a line of a million cells costs no more.
    """

    def __init__(self, feed: Feed, most: int) -> None:
        self.feed, self.most = feed, most
        self.known: dict[str, tuple[int, str]] = {}
        for column in feed.columns.values():
            for rank, name in enumerate(column.headers):
                key = normal(name)
                if key not in self.known or rank < self.known[key][0]:
                    self.known[key] = (rank, column.name)

    def find(self, header: str) -> tuple[int, str]:
        """Rank and column of a header, the column '' where it names none.

        A header with a hint beside it ranks after those that are written as the contract has them, so that of
        身份证号 and 身份证号(旧) the former is taken.
        """
        if len(header) > _LONGEST_NAMED:
            return (0, "")
        found = self.known.get(normal(header))
        # a hint that is itself refused is not looked past; most of what is looked up here are cells of data, for which
        # it need not be asked
        if found is None and (bare := self.known.get(without_hints(header))) and not header_category(header):
            found = (bare[0] + HINTED, bare[1])
        return found or (0, "")

    def matched_count(self, row: Sequence[str]) -> int:
        """How many contracted columns a row names."""
        return len({column for _, column in map(self.find, row[: self.most]) if column})


def printable(header: str) -> str:
    """A header that may be recorded; a text that looks like data may not."""
    text = clean(header)
    return text if len(text) <= _LONGEST_HEADER and not _DATA_LIKE.search(text) else UNPRINTABLE


def match_header(row: Sequence[str], index: HeaderIndex) -> Header:
    """Match one row against a feed's contract. Where two headers mean one column, the better-ranked is taken."""
    best: dict[str, tuple[int, int]] = {}
    for position, cell in enumerate(row):
        rank, column = index.find(cell)
        if column and (column not in best or rank < best[column][0]):
            best[column] = (rank, position)
    positions = {name: best[name][1] for name in index.feed.columns if name in best}
    taken = set(positions.values())
    twins, ignored, refused = [], [], []
    for position, cell in enumerate(row):
        if position in taken or not cell.strip():
            continue
        rank, column = index.find(cell)
        if column and rank == best[column][0]:
            twins.append((column, position))
        elif header_category(cell) and not column:
            refused.append(printable(cell))
        else:
            ignored.append(printable(cell))
    width = max((i + 1 for i, cell in enumerate(row) if cell.strip()), default=0)
    return Header(tuple(row), positions, tuple(twins), tuple(ignored), tuple(refused), width)


def missing_columns(header: Header, feed: Feed) -> dict[str, str]:
    """Expected columns that a header lacks, by their Chinese headers, each with the ignored header that is likeliest.

    The likeliest is '' where none is like it.
    """
    missing = [c.zh for c in feed.columns.values() if c.level == "expected" and c.name not in header.positions]
    found = {}
    for name in missing:
        near = difflib.get_close_matches(name, header.ignored, 1, LIKE_ENOUGH)
        found[name] = near[0] if near else ""
    return found


def find_header(rows: Sequence[Sequence[str]], index: HeaderIndex) -> tuple[int, Header]:
    """The header among a file's first rows: the row that names most contracted columns, the first of equals.

    Returns:
        Its index in `rows`, and what it says.

    Raises:
        NotTaken: header_not_found, too_many_columns, or columns_absent where required columns are not there. The
            latter carries the headers that were ignored and refused, if the row is one of headers without doubt.
    """
    required = [c for c in index.feed.columns.values() if c.level == "required"]
    counts = [index.matched_count(row) for row in rows[:SEARCHED_ROWS]]
    if not counts or max(counts) == 0:
        raise NotTaken("header_not_found", rows=SEARCHED_ROWS, expected=[c.zh for c in required])
    at = counts.index(max(counts))
    if len(rows[at]) > index.most and any(cell.strip() for cell in rows[at][index.most :]):
        raise NotTaken("too_many_columns", limit=index.most)
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
