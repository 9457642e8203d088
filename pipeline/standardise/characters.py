"""Chinese characters: which they are, their simplified form, their sound.

Belongs here: what is true of a character or a run of them. Does not: what a name or a place is made of.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from opencc import OpenCC

from pipeline.standardise.rules import read_rules

# what stands for a character that no shared code has (private use) or that was lost on the way: its place is kept
UNKNOWN = "〓"
# unified ideographs: the basic block with extension A, compatibility forms, and the supplementary planes where rare
# surnames lie; and the sign of an unknown one
HAN = "[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff〓]"
_NO_SHARED_CODE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff\ufffd□▢◻]")
_HAN_ONLY = re.compile(f"{HAN}+")
_FINALS = re.compile(r"(ang|eng|ing)\b")
_INITIALS = re.compile(r"\b(zh|ch|sh|n)(?=[a-z])")


def with_places_kept(text: str) -> str:
    """The text with every character that no shared code has as the sign of an unknown one, so that none is dropped."""
    return _NO_SHARED_CODE.sub(UNKNOWN, text)


def is_han(text: str) -> bool:
    """Whether the text is of Chinese characters only."""
    return _HAN_ONLY.fullmatch(text) is not None


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")


@lru_cache(maxsize=100_000)
def _simplified(char: str) -> str:
    rules = read_rules("characters")
    if char in rules["kept"]:
        return char
    folded = rules["folded"].get(char)
    if folded:
        return folded
    found = _converter().convert(char)
    # a character that few fonts and no keyboard has is no simplification: the written one is what registers share
    return found if len(found) == 1 and ord(found) <= 0xFFFF else char


@cache
def _unchanged() -> re.Pattern[str]:
    """Texts of characters that are the same in both writings; most are, and need no look at each character."""
    changed = [chr(code) for code in range(0x4E00, 0xA000) if _simplified(chr(code)) != chr(code)]
    return re.compile(f"[^{''.join(changed)}\u3400-\u4dbf\U00020000-\U0003ffff]*")


def to_simplified(text: str) -> str:
    """The text with every character simplified, one for one."""
    if _unchanged().fullmatch(text):
        return text
    return "".join(map(_simplified, text))


@lru_cache(maxsize=100_000)
def syllable(char: str) -> str:
    """The commonest toneless reading of a character; another sign is given back in lower case."""
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(char)).lower()


@lru_cache(maxsize=500_000)
def pinyin(text: str) -> str:
    """Toneless syllables joined by a space, each character by itself, so that a slip in one changes one."""
    return " ".join(map(syllable, text))


@lru_cache(maxsize=100_000)
def blurred(sounds: str) -> str:
    """Syllables with the sounds folded that many speakers do not tell apart (zh and z, n and l, -ng and -n)."""
    rules = read_rules("places")
    sounds = _FINALS.sub(lambda m: rules["finals"][m[0]], sounds)
    return _INITIALS.sub(lambda m: rules["initials"][m[0]], sounds)
