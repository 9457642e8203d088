"""Cells that hold a number or one of a few codes: sexes, listed values, counts, numbers of a fixed pattern.

How such a cell is read is the contracts' (`cells`); here is what of it can be used.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial

from pipeline.contracts import Column, Feed
from pipeline.contracts.cells import read_code, read_coded, read_number, read_sex
from pipeline.contracts.texts import clean
from pipeline.standardise.rules import read_rules

UNKNOWN_SEX = "0"


def usable_number(raw: str | None, column: Column) -> int | None:
    """A whole number in the column's unit; None where unreadable or outside the column's range."""
    value = read_number(raw, column)
    if value is None or (column.min is not None and value < column.min):
        return None
    return None if column.max is not None and value > column.max else value


def known_sex(raw: str | None) -> str | None:
    """'1' male, '2' female; None where unreadable or said to be unknown."""
    sex = read_sex(raw)
    return None if sex == UNKNOWN_SEX else sex


@cache
def _words(column_name: str) -> dict[str, str]:
    vocabulary = read_rules("vocabularies").get(column_name, {})
    return {word: code for code, words in vocabulary.items() for word in (code, *words)}


def by_vocabulary(raw: str | None, column_name: str) -> str | None:
    """The code of a word by `data/vocabularies.yaml`."""
    return _words(column_name).get(clean(raw).lower())


def of_pattern(raw: str | None, pattern: str) -> str | None:
    """A number without white space and hyphens, upper case; None where the whole of it is not of the pattern."""
    value = re.sub(r"[\s\-]", "", read_code(raw) or "").upper()
    return value if re.fullmatch(pattern, value) else None


def code_reader(column: Column, feeds: dict[str, Feed]) -> Callable[[str | None], str | None] | None:
    """How this column's codes are read; None where it holds none.

    A pattern holds for every feed's column of that name: the certificate's number is the same number wherever
    it is copied to.
    """
    if column.values:
        return partial(read_coded, column=column)
    if column.type == "sex":
        return known_sex
    if _words(column.name):
        return partial(by_vocabulary, column_name=column.name)
    if column.type == "code":
        same = (feed.columns[column.name].pattern for feed in feeds.values() if column.name in feed.columns)
        pattern = next((text for text in same if text), None)
        return partial(of_pattern, pattern=pattern) if pattern else None
    return None
