"""Placeholders: texts in a name's cell that are no name, and what they say all the same.

The rules are `data/placeholders.yaml`; here is only how they are applied.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from pipeline.standardise.characters import HAN
from pipeline.standardise.rules import read_rules


@dataclass(frozen=True, slots=True)
class Placeholder:
    """What a placeholder says: whose child, its sex ('1', '2'), its rank within the delivery (1 for the first),
    and a character of the name that the child is likely to get.
    """

    rule: str
    parent: str | None = None
    sex: str | None = None
    rank: int | None = None
    nickname: str | None = None


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    pattern: re.Pattern[str]
    unless_compound_surname: bool


def _any_of(words: dict[str, object]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


@cache
def _rules() -> tuple[_Rule, ...]:
    data = read_rules("placeholders")
    fill = {"han": HAN, "parent": HAN + "{2,4}?", "sex": _any_of(data["sexes"]), "rank": _any_of(data["ranks"])}
    return tuple(
        _Rule(rule["rule"], re.compile(rule["pattern"].format(**fill)), rule.get("unless_compound_surname", False))
        for rule in data["rules"]
    )


@cache
def _could_be() -> re.Pattern[str]:
    """One pattern that any placeholder matches; most names do not, and are done after it."""
    nameless = (re.sub(r"\?P<\w+>", "?:", rule.pattern.pattern) for rule in _rules())
    branches = (part.replace("(?P=nickname)", r"\1") for part in nameless)
    # the doubled character's group is the only one that is referred to: it comes first
    return re.compile(f"({HAN})\\1|" + "|".join(f"(?:{part})" for part in branches if "\\1" not in part))


def read_placeholder(name: str, *, has_compound_surname: bool = False) -> Placeholder | None:
    """Read a cleaned name as a placeholder; None where it is a name.

    Args:
        name: without white space and separators, simplified.
        has_compound_surname: whether it begins with a surname of two characters.
    """
    if not _could_be().fullmatch(name):
        return None
    data = read_rules("placeholders")
    for rule in _rules():
        found = None if rule.unless_compound_surname and has_compound_surname else rule.pattern.fullmatch(name)
        if found:
            groups = found.groupdict()
            parent = groups.get("parent")
            return Placeholder(
                rule.name,
                parent if parent and "某" not in parent else None,
                data["sexes"].get(groups.get("sex")),
                data["ranks"].get(groups.get("rank") or groups.get("rank_after")),
                groups.get("nickname"),
            )
    return None
