"""A written township and village, to the county's divisions, or to "outside the county".

Belongs here: matching by name. Does not: reading divisions.csv (`reference`), or where a family "really" lives
(linkage weighs that).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from pipeline.contracts.texts import clean
from pipeline.reference import Division
from pipeline.standardise.characters import blurred, pinyin, to_simplified
from pipeline.standardise.rules import read_rules

_NOT_NAME = re.compile(r"[\s\-_,，.。·、()\[\]]+")
# a core of one character has too many neighbours for a slip of one to tell which was meant
_CORE_CHARS_FOR_SLIP = 2
UNMATCHED = "none"


class Match(NamedTuple):
    """A division's code and by what the written name was matched."""

    code: str | None
    matched_by: str


NO_MATCH = Match(None, UNMATCHED)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record says it belongs. Fields as in `standardise.places`."""

    township_code: str | None = None
    village_code: str | None = None
    village_name_std: str | None = None
    is_in_county: bool | None = None
    matched_by: str = UNMATCHED


def tidy(raw: str) -> str:
    """A place's name without white space and punctuation, simplified."""
    return to_simplified(_NOT_NAME.sub("", clean(raw)))


@cache
def _suffix(level: str) -> re.Pattern[str]:
    return re.compile(f"(.+?)(?:{'|'.join(read_rules('places')['suffixes'][level])})")


@cache
def _rule(name: str) -> re.Pattern[str]:
    return re.compile(read_rules("places")[name])


def core(name: str, level: str) -> str:
    """A name without the ending that says its level (长坳村: 长坳)."""
    found = _suffix(level).fullmatch(name)
    return found[1] if found else name


def deepest_core(name: str, level: str) -> str:
    """A name without any of the endings that say its level (井村村委会, 井村村, 井村: 井)."""
    while (shorter := core(name, level)) != name:
        name = shorter
    return name


def _is_one_slip(one: str, other: str) -> bool:
    """Whether two names differ by one character replaced, left out or put in, and are long enough to tell."""
    if min(len(one), len(other)) < _CORE_CHARS_FOR_SLIP or abs(len(one) - len(other)) > 1 or one == other:
        return False
    if len(one) == len(other):
        return sum(a != b for a, b in zip(one, other, strict=True)) == 1
    short, long = sorted((one, other), key=len)
    return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


class NameIndex:
    """The divisions of one level within one parent, found by name.

    A step that finds more than one division decides nothing, and neither do the weaker steps after it. Within a step
    a former name counts only where no present one fits.
    """

    def __init__(self, divisions: Iterable[Division], level: str) -> None:
        self.level = level
        known = list(divisions)
        self.present = [(d.division_code, to_simplified(clean(d.name))) for d in known]
        self.former = [(d.division_code, to_simplified(clean(name))) for d in known for name in d.former_names]
        # of each division, the present name first
        self.names: dict[str, list[str]] = {}
        for code, name in (*self.present, *self.former):
            self.names.setdefault(code, []).append(name)
        self._exact = self._by(lambda name: {name})
        self._suffix = self._by(self._forms)
        self._sound = self._by(lambda name: {pinyin(form) for form in self._forms(name)})
        self._blurred = self._by(lambda name: {blurred(pinyin(form)) for form in self._forms(name)})
        self._deepest = self._by(lambda name: {deepest_core(name, level)})
        self._found: dict[str, Match] = {}

    def _forms(self, name: str) -> set[str]:
        return {name, core(name, self.level)}

    def _by(self, keys_of: Callable[[str], set[str]]) -> dict[str, set[str]]:
        index: dict[str, set[str]] = {}
        for names in (self.present, self.former):
            added: dict[str, set[str]] = {}
            for code, name in names:
                for key in keys_of(name) - index.keys():
                    added.setdefault(key, set()).add(code)
            index |= added
        return index

    def find(self, text: str) -> Match:
        """The one division that a tidied text names; NO_MATCH where none or several could be meant."""
        if text not in self._found:
            self._found[text] = self._find(text) if text else NO_MATCH
        return self._found[text]

    def find_written(self, text: str) -> Match:
        """The same by the written characters only, its ending aside."""
        for matched_by, index, keys in (("exact", self._exact, {text}), ("suffix", self._suffix, self._forms(text))):
            codes = set().union(*(index.get(key, set()) for key in keys))
            if codes:
                return Match(min(codes), matched_by) if len(codes) == 1 else NO_MATCH
        return NO_MATCH

    def _find(self, text: str) -> Match:
        forms = self._forms(text)
        steps = (
            ("exact", self._exact, {text}),
            ("suffix", self._suffix, forms),
            # a name may itself end as its level does (井村村), and people write 井村 or 井村委会
            ("suffix", self._deepest, {deepest_core(text, self.level)}),
            ("sound", self._sound, {pinyin(form) for form in forms}),
            ("sound", self._blurred, {blurred(pinyin(form)) for form in forms}),
        )
        for matched_by, index, keys in steps:
            codes = set().union(*(index.get(key, set()) for key in keys))
            if codes:
                return Match(min(codes), matched_by) if len(codes) == 1 else NO_MATCH
        own = core(text, self.level)
        for names in (self.present, self.former):
            near = {code for code, name in names if _is_one_slip(own, core(name, self.level))}
            if near:
                return Match(min(near), "one_character") if len(near) == 1 else NO_MATCH
        return NO_MATCH


@dataclass
class Gazetteer:
    """The county's places, found by what a record's two cells say."""

    divisions: dict[str, Division]
    county_code: str
    _townships: NameIndex = field(init=False)
    _villages: dict[str, NameIndex] = field(init=False)
    _all_villages: NameIndex = field(init=False)

    def __post_init__(self) -> None:
        by_level: dict[str, list[Division]] = {"county": [], "township": [], "village": []}
        for division in self.divisions.values():
            by_level[division.level].append(division)
        self._townships = NameIndex(by_level["township"], "township")
        self._villages = {
            township.division_code: NameIndex(
                (v for v in by_level["village"] if v.parent_code == township.division_code), "village"
            )
            for township in by_level["township"]
        }
        self._all_villages = NameIndex(by_level["village"], "village")
        self._county = to_simplified(clean(self.divisions[self.county_code].name))

    def place(self, township_raw: str, village_raw: str) -> Place:
        """Match a township's and a village's cell ('' where blank)."""
        township_text, village_text = self._within_county(tidy(township_raw)), self._within_county(tidy(village_raw))
        if self._is_elsewhere(township_text) or (not township_text and self._is_elsewhere(village_text)):
            return Place(village_name_std=village_text or None, is_in_county=False)
        township, rest = self._township(township_text)
        if township.code is None and not township_text:
            township, village_text = self._township_before_village(village_text)
        village_text = self._without_township(village_text, township.code) or rest
        village_text = _rule("tail").sub("", village_text) or village_text
        if township.code is None:
            return self._place_by_village(township_text, village_text)
        village = self._villages[township.code].find(village_text)
        if village.code is None:
            return Place(township.code, None, village_text or None, True, township.matched_by)
        return Place(township.code, village.code, self.divisions[village.code].name, True, village.matched_by)

    def _within_county(self, text: str) -> str:
        """A text without what stands before, and with, this county's own name."""
        before, found, after = text.partition(self._county)
        return after if found and (not before or _rule("elsewhere").match(before)) else text

    def _is_elsewhere(self, text: str) -> bool:
        if any(word in text for word in read_rules("places")["outside"]):
            return True
        # a township's own name may hold such a word (开发区街道): what is known goes before what it looks like
        return self._township(text)[0].code is None and _rule("elsewhere").match(text) is not None

    def _township(self, text: str) -> tuple[Match, str]:
        """The township, and what is written after it."""
        found = self._townships.find(text)
        return (found, "") if found.code else self._leading_township(text)

    def _leading_township(self, text: str) -> tuple[Match, str]:
        for code, name in (*self._townships.present, *self._townships.former):
            if text.startswith(name) and len(text) > len(name):
                return Match(code, "exact"), text[len(name) :]
        return NO_MATCH, ""

    def _township_before_village(self, village_text: str) -> tuple[Match, str]:
        found, rest = self._leading_township(village_text)
        return (found, rest) if found.code else (NO_MATCH, village_text)

    def _without_township(self, village_text: str, township_code: str | None) -> str:
        for name in self._townships.names.get(township_code or "", []):
            for before in (name, core(name, "township")):
                rest = village_text[len(before) :]
                # 云河村 of 云河镇 is a village of that name; what is left must name one
                if village_text.startswith(before) and (before == name or self._names_a_village(rest, township_code)):
                    return rest
        return village_text

    def _names_a_village(self, text: str, township_code: str | None) -> bool:
        index = self._villages.get(township_code or "")
        return index is not None and len(text) > 1 and index.find_written(text).code is not None

    def _place_by_village(self, township_text: str, village_text: str) -> Place:
        """No township was read: a village whose name stands once in the county still tells."""
        village = self._all_villages.find_written(village_text)
        if village.code is not None:
            division = self.divisions[village.code]
            return Place(division.parent_code, village.code, division.name, True, village.matched_by)
        is_other_township = _rule("township_ending").search(township_text) is not None
        return Place(village_name_std=village_text or None, is_in_county=False if is_other_township else None)
