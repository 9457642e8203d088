"""A person's name as it is written, to the name that registers share: cleaned, simplified, split, sounded.

Belongs here: names. Does not: texts that stand for a name (`placeholders.py`), or comparing two names (linkage).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from pipeline.contracts.texts import clean
from pipeline.standardise.characters import UNKNOWN, is_han, pinyin, to_simplified, with_places_kept
from pipeline.standardise.placeholders import read_placeholder
from pipeline.standardise.rules import read_rules

_BRACKETED = re.compile(r"[(\[{【〔「].*?(?:[)\]}】〕」]|$)")
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Name:
    """A name in parts, or a placeholder with what it says. Fields as in `standardise.names`."""

    name_std: str | None = None
    surname: str | None = None
    given_name: str | None = None
    name_pinyin: str | None = None
    surname_pinyin: str | None = None
    given_pinyin: str | None = None
    is_placeholder: bool = False
    placeholder_parent: str | None = None
    placeholder_sex: str | None = None
    placeholder_rank: int | None = None
    placeholder_nickname: str | None = None


BLANK = Name()


@cache
def _compound_surnames() -> frozenset[str]:
    return frozenset(read_rules("surnames")["compound"])


@cache
def _separators() -> re.Pattern[str]:
    return re.compile("[" + re.escape(read_rules("names")["separators"]) + "]+")


@cache
def _titled() -> re.Pattern[str]:
    return re.compile(f"(.{{2,}})(?:{'|'.join(read_rules('names')['titles'])})")


@lru_cache(maxsize=20_000)
def surname_pinyin(surname: str) -> str:
    """A surname's own reading (单 is shan, 仇 is qiu), else the characters' commonest."""
    return read_rules("surnames")["readings"].get(surname) or pinyin(surname)


def split_name(name: str) -> tuple[str, str]:
    """Surname and given name of a name of Chinese characters; the given name is '' where only one was written."""
    if len(name) > 2 and name[:2] in _compound_surnames():
        return name[:2], name[2:]
    return name[:1], name[1:]


def _tidy(raw: str) -> tuple[str, str]:
    """The name without anything that is no part of it, and the first of its dotted parts ('' without dots)."""
    text = raw
    if not is_han(text):
        text = clean(raw)
        text = _DIGITS.sub("", _BRACKETED.sub("", text)) or text
    if not is_han(text):
        parts = [part for part in _separators().split(text) if part.strip()]
        first = parts[0].strip() if len(parts) > 1 and len(parts[0].strip()) > 1 else ""
        text = " ".join("".join(parts).split())
        if any(is_han(char) for char in text):
            text, first = text.replace(" ", ""), first.replace(" ", "")
        # where a blank between them went, a sign and its mark may now be one character
        return to_simplified(clean(text.upper())), to_simplified(clean(first.upper()))
    return to_simplified(text), ""


def read_name(raw: str | None) -> Name:
    """Read a name's cell. Never fails: what is no name comes back blank or as a placeholder."""
    if not raw:
        return BLANK
    text, first_part = _tidy(with_places_kept(raw))
    titled = _titled().fullmatch(text)
    if titled:
        text = titled[1]
    if not text.strip(UNKNOWN):
        return BLANK
    placeholder = read_placeholder(text, has_compound_surname=text[:2] in _compound_surnames())
    if placeholder:
        return Name(
            is_placeholder=True,
            placeholder_parent=placeholder.parent,
            placeholder_sex=placeholder.sex,
            placeholder_rank=placeholder.rank,
            placeholder_nickname=placeholder.nickname,
        )
    if not is_han(text):
        # another script: the parts' order is not known, so nothing is called a surname
        return Name(name_std=text, name_pinyin=pinyin(text) if is_han(text[:1]) else text.lower())
    if first_part:
        # a transcribed name (阿依古丽·买买提): its own part first, then its father's
        return Name(text, None, first_part, pinyin(text), None, pinyin(first_part))
    surname, given = split_name(text)
    surname_sound = surname_pinyin(surname)
    if not given:
        return Name(text, surname, None, surname_sound, surname_sound, None)
    given_sound = pinyin(given)
    return Name(text, surname, given, f"{surname_sound} {given_sound}", surname_sound, given_sound)
