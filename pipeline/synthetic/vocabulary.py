"""Words: characters of names and places, and which are taken for which.

Belongs here: reading `words/*.yaml` and the sounds of characters. Does not: choosing words for a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import yaml
from pypinyin import lazy_pinyin

WORDS_FOLDER = Path(__file__).parent / "words"
# syllables that dialects of the south and the middle Yangtze confuse
_NEAR_INITIALS = {
    "zh": "z",
    "z": "zh",
    "ch": "c",
    "c": "ch",
    "sh": "s",
    "s": "sh",
    "n": "l",
    "l": "n",
    "f": "h",
    "h": "f",
}
_NEAR_FINALS = {"ing": "in", "in": "ing", "eng": "en", "en": "eng", "ang": "an", "an": "ang"}


@dataclass(frozen=True)
class Weighted:
    """Words with the chance of each."""

    words: np.ndarray
    chances: np.ndarray

    def draw(self, rng: np.random.Generator, size: int) -> np.ndarray:
        """Indexes of `size` words."""
        return self.at(rng.random(size))

    def at(self, quantiles: np.ndarray) -> np.ndarray:
        """Indexes of the words at these quantiles (0 to 1)."""
        return np.searchsorted(np.cumsum(self.chances)[:-1], quantiles, side="right")


def weighted(shares: dict[str, float]) -> Weighted:
    """Words by their relative weights."""
    chances = np.array(list(shares.values()), dtype=float)
    return Weighted(np.array(list(shares), dtype=object), chances / chances.sum())


@dataclass(frozen=True)
class Names:
    """Surnames, and given-name characters as indexes into one table; index 0 is no character."""

    surnames: Weighted
    characters: np.ndarray
    given: dict[str, Weighted]
    given_index: dict[str, np.ndarray]
    nicknames: np.ndarray

    def draw_given(self, rng: np.random.Generator, group: str, size: int) -> np.ndarray:
        """Characters of a generation (`women`, `men`, `boys`, `girls`) as indexes, int16."""
        return self.given_index[group][self.given[group].draw(rng, size)]


@cache
def read_words(name: str) -> dict:
    """One file of words."""
    return yaml.safe_load((WORDS_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


@cache
def names() -> Names:
    """The vocabulary of names."""
    raw = read_words("names")
    groups = {group: list(dict.fromkeys(raw[group])) for group in ("women", "men", "boys", "girls")}
    characters = ["", *sorted({char for chars in groups.values() for char in chars})]
    place = {char: i for i, char in enumerate(characters)}
    # Zipf with a flat head: the commonest character of a generation is borne by about one in fifteen
    given = {g: weighted({c: 1 / (i + 8) for i, c in enumerate(chars)}) for g, chars in groups.items()}
    index = {g: np.array([place[c] for c in chars], dtype=np.int16) for g, chars in groups.items()}
    nicknames = np.array(list(dict.fromkeys(raw["nicknames"])), dtype=object)
    return Names(weighted(raw["surnames"]), np.array(characters, dtype=object), given, index, nicknames)


@cache
def _syllables() -> dict[str, list[str]]:
    """The 3,755 everyday characters (GB 2312 level 1) by syllable without tone."""
    found: dict[str, list[str]] = {}
    for row in range(0xB0, 0xD8):
        for cell in range(0xA1, 0xFF):
            try:
                char = bytes([row, cell]).decode("gb2312")
            except UnicodeDecodeError:
                continue
            found.setdefault(lazy_pinyin(char)[0], []).append(char)
    return found


def _near(syllable: str) -> list[str]:
    options = []
    for initial in sorted(_NEAR_INITIALS, key=len, reverse=True):
        if syllable.startswith(initial):
            options.append(_NEAR_INITIALS[initial] + syllable[len(initial) :])
            break
    for final in sorted(_NEAR_FINALS, key=len, reverse=True):
        if syllable.endswith(final):
            options.append(syllable[: -len(final)] + _NEAR_FINALS[final])
            break
    return options


@cache
def same_sound(char: str) -> tuple[str, ...]:
    """Everyday characters with the same syllable, whatever the tone."""
    return tuple(other for other in _syllables().get(lazy_pinyin(char)[0], ()) if other != char)


@cache
def near_sound(char: str) -> tuple[str, ...]:
    """Everyday characters whose syllable a dialect confuses with this one's."""
    table = _syllables()
    return tuple(other for syllable in _near(lazy_pinyin(char)[0]) for other in table.get(syllable, ()))


@cache
def _shapes() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for group in read_words("lookalikes")["groups"]:
        for char in group:
            found.setdefault(char, []).extend(other for other in group if other != char)
    return {char: tuple(dict.fromkeys(others)) for char, others in found.items()}


def same_shape(char: str) -> tuple[str, ...]:
    """Characters that look alike."""
    return _shapes().get(char, ())
