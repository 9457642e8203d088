"""What is never taken in: headers and cells about permits, parity, policy, contraception, surgery and fees.

Belongs here: recognising them, by the words of `refused_words.yaml`. Does not: which columns are contracted
(`reading/headers.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipeline.contracts.texts import clean

WORDS_FILE = Path(__file__).parent / "refused_words.yaml"
# what may stand between two characters of a word without hiding it
_BETWEEN = "[\\s\u00ad\u200b-\u200f\ufeff]*"
_SEPARATOR = "|"


@cache
def _words() -> dict[str, Any]:
    return yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8"))


def _stems(words: Iterable[str]) -> list[str]:
    """English words as patterns in which '_', '-' and blanks are one."""
    return [re.sub(r"[ -]", r"[\\s_-]+", word.rstrip("*")) for word in words]


def _english(words: Sequence[str]) -> str:
    """A pattern of whole English words; `*` lets a word go on."""
    ends = ["" if word.endswith("*") else r"(?![a-z])" for word in words]
    return r"(?<![a-z])(?:" + "|".join(map(str.__add__, _stems(words), ends)) + ")"


@cache
def _header_patterns() -> list[tuple[str, re.Pattern[str], tuple[str, ...]]]:
    return [
        (
            category,
            re.compile("|".join([*map(re.escape, words["headers_zh"]), _english(words["headers_en"])])),
            tuple(words.get("headers_not", ())),
        )
        for category, words in _words()["categories"].items()
    ]


def header_category(header: str) -> str | None:
    """What a header that is not contracted is about, if that is refused: permit, parity, policy, …"""
    text = clean(header).lower()
    squeezed = text.replace(" ", "")
    for category, pattern, exceptions in _header_patterns():
        if squeezed not in exceptions and (pattern.search(text) or pattern.search(squeezed)):
            return category
    return None


@cache
def _cell_words() -> tuple[tuple[str, ...], re.Pattern[str], re.Pattern[str]]:
    """Chinese words, the pattern of English ones, and a looser pattern of both that never misses one."""
    categories = _words()["categories"].values()
    chinese = sorted({word for words in categories for word in words["cells_zh"]})
    english = [word for words in categories for word in words["cells_en"]]
    # run over cells laid end to end, the looser one may not ask where an English word begins
    loose = "|".join([_BETWEEN.join(word) for word in chinese] + _stems(english))
    return tuple(chinese), re.compile(_english(english)), re.compile(loose)


@cache
def _place() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, _words()["place_suffixes"])))


def _is_person(cell: str, word: str) -> bool:
    """Whether a cell is a surname and a word that people are called by."""
    words = _words()
    return word in words["given_names"] and cell[1:] == word and cell[0] not in words["no_surnames"]


def may_carry_words(texts: Iterable[str]) -> bool:
    """Whether any of these texts may carry a refused word: a quick look over all at once. Never a false no."""
    return _cell_words()[2].search(_SEPARATOR.join(texts).lower()) is not None


def is_refused_cell(text: str, cell_type: str) -> bool:
    """Whether a contracted cell carries a refused word, and is neither a person's nor a place's name."""
    cleaned = clean(text).lower()
    squeezed = cleaned.replace(" ", "")
    chinese, english, _ = _cell_words()
    for word in chinese:
        for found in re.finditer(re.escape(word), squeezed):
            is_person = cell_type == "name" and _is_person(squeezed, word)
            is_place = cell_type == "text" and _place().match(squeezed, found.end())
            if not is_person and not is_place:
                return True
    return english.search(cleaned) is not None


def blank_refused(cells: Sequence[str], cell_type: str) -> tuple[Sequence[str], int]:
    """Empty the cells that carry refused words.

    Returns:
        The cells, and how many were emptied.
    """
    if not may_carry_words(cells):
        return cells, 0
    loose = _cell_words()[2]
    kept = ["" if loose.search(cell.lower()) and is_refused_cell(cell, cell_type) else cell for cell in cells]
    return kept, sum(new != old for new, old in zip(kept, cells, strict=True))
