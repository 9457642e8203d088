"""Lines of a file that are no rows: what a form prints under its table.

Belongs here: recognising them by `layout_words.yaml`. Does not: the header (`reading/headers.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import yaml

from pipeline.contracts.texts import clean

LAYOUT_FILE = Path(__file__).parent / "layout_words.yaml"
_NUMBER = re.compile(r"[\d.,\s%]*")


def layout_starts() -> frozenset[str]:
    """Characters with which such a line begins."""
    return _layout()[2]


@cache
def _layout() -> tuple[re.Pattern[str], frozenset[str], frozenset[str]]:
    words = yaml.safe_load(LAYOUT_FILE.read_text(encoding="utf-8"))
    labels, notes = ("|".join(map(re.escape, words[kind])) for kind in ("labels", "notes"))
    ends = "".join(map(re.escape, words["label_ends"]))
    first = frozenset(word[0] for kind in ("labels", "notes", "totals") for word in words[kind])
    # a label goes on for a few characters at most, none of them a digit: a number of a record may begin so
    pattern = rf"(?:{labels})[^{ends}\d]{{0,8}}(?:[{ends}]|$)|(?:{notes})\d{{0,2}}[{ends}]"
    return re.compile(pattern), frozenset(words["totals"]), first


@cache
def _examples() -> re.Pattern[str]:
    words = yaml.safe_load(LAYOUT_FILE.read_text(encoding="utf-8"))["examples"]
    return re.compile("|".join(re.escape(word).replace(":", "[:：]") for word in words))


def has_examples(text: str) -> bool:
    """Whether a text may hold a row that is an example."""
    return _examples().search(text) is not None


def is_example(joined: str, row: Sequence[str]) -> bool:
    """Whether a row shows how the form is filled in: one of its cells begins with 示例 or the like.

    Args:
        joined: the row's cells in one text, which most rows are done after.
    """
    if not has_examples(joined):
        return False
    return any(_examples().match(clean(cell).lstrip("(【[")) for cell in row)


def is_layout(row: Sequence[str]) -> bool:
    """Whether a row is what a form prints under its table: 填表人: 审核人:, a line of totals."""
    label, totals, first = _layout()
    cells = [clean(cell) for cell in row]
    cells = [cell for cell in cells if cell]
    if not cells or cells[0][0] not in first:
        return False
    if cells[0].rstrip(":") in totals:
        return all(_NUMBER.fullmatch(cell) for cell in cells[1:])
    if not label.match(cells[0]):
        return False
    # a value may stand in the cell after its label
    previous = [True, *(label.match(cell) is not None for cell in cells)]
    return all(label.match(cell) or was_label for cell, was_label in zip(cells, previous, strict=False))
