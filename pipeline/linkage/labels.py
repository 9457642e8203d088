"""What linkage's own names mean in Chinese and English: comparisons, levels, blocking rules, conflicts, events.

Belongs here: reading `words.yaml`. Does not: the names themselves, which are the program's (`model/comparisons.py`,
`pairs/blocking.py`, `children/conflicts.py`, `identities/child_ids.py`); a test holds that each has its words.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

FILE = Path(__file__).parent / "labels.yaml"


class Words(NamedTuple):
    """One meaning in both languages."""

    zh: str
    en: str


@cache
def vocabulary() -> dict[str, Any]:
    """`words.yaml`, read."""
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


def words(kind: str, name: str, **filled: str) -> Words:
    """The words of a name; a name that has none is shown as it stands.

    Args:
        kind: a part of `words.yaml`, such as `rules`.
        filled: what stands in braces in the sentence.
    """
    found = vocabulary()[kind].get(name)
    if found is None:
        plain = name.replace("_", " ")
        return Words(plain, plain)
    return Words(found["zh"].format(**filled), found["en"].format(**filled))


def level_words(comparison: str, label: str | None) -> Words:
    """The words of a level of a comparison; None is the level where there was nothing to compare."""
    if label is None:
        found = vocabulary()["nothing_to_compare"]
    else:
        found = vocabulary()["comparisons"].get(comparison, {}).get("levels", {}).get(label, {"zh": label, "en": label})
    return Words(found["zh"], found["en"])


def columns_of(comparison: str) -> tuple[str, ...]:
    """The columns of the linkage input that a comparison shows."""
    return tuple(vocabulary()["comparisons"].get(comparison, {}).get("columns", ()))
