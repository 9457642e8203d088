"""The words for a code: what a unit's clerk is told, in Chinese and English. Never a cell's value.

Not here: the words themselves (`expectations/`), nor intake's reasons.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import ValidationError

from pipeline.checks.expectations import EXPECTATIONS, Code, Text, common_codes, feed_file, merged_code
from pipeline.contracts import load_feeds
from pipeline.errors import RollcallError

# what stands for the column where none is named
ANY_COLUMN = Text(zh="相应栏", en="the column")


@cache
def _codes(feed: str | None, folder: Path) -> dict[str, Code]:
    """Codes known to a feed; of all feeds where None."""
    found = dict(common_codes(folder))
    for known in load_feeds().values():
        if feed is not None and known.feed != feed:
            continue
        for entry in feed_file(known, folder).expectations:
            try:
                found[entry["code"]] = merged_code(entry, folder)
            except (ValidationError, KeyError) as error:
                raise RollcallError(f"The expectations of {known.feed} are incomplete: {error}") from error
    return found


def known_codes(feed: str | None = None, folder: Path = EXPECTATIONS) -> tuple[str, ...]:
    """Every code that may stand in the tables of `checks`."""
    return tuple(_codes(feed, folder))


def messages(code: str, feed: str | None = None, column: str | None = None) -> dict[str, str] | None:
    """The sentences of a code: zh, en, remedy_zh, remedy_en. None where no expectation has that code.

    With the feed and the column, its header and its limits are filled in; without, "the column" stands there.
    """
    contract = load_feeds().get(feed) if feed else None
    found = _codes(contract.feed if contract else None, EXPECTATIONS).get(code) or _codes(None, EXPECTATIONS).get(code)
    if found is None:
        return None
    named = contract.columns.get(column) if contract and column else None
    facts = {
        "column_zh": named.zh if named else ANY_COLUMN.zh,
        "column": named.name if named else ANY_COLUMN.en,
        "min": named.min if named and named.min is not None else "…",
        "max": named.max if named and named.max is not None else "…",
    }
    return {
        "zh": found.message.zh.format(**facts),
        "en": found.message.en.format(**facts),
        "remedy_zh": found.remedy.zh.format(**facts),
        "remedy_en": found.remedy.en.format(**facts),
    }
