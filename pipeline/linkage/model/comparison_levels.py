"""Levels and comparisons: what a comparison is made of, and the levels that several comparisons share.

Belongs here: levels of numbers and of names. Does not: which columns are compared (`model/comparisons.py`).
Names are compared by characters: DuckDB's edit distances count bytes, so they are used on digits and pinyin only.
"""

from __future__ import annotations

from dataclasses import dataclass

# digits that a cell may have lost at its end or inside
LOST_DIGITS = 3
# how far apart numbers are that were given out in one go
NEIGHBOURS_APART = 2
ELSE = "different"


@dataclass(frozen=True)
class Level:
    """One level: its label, its condition in SQL over `<column>_l` and `<column>_r`, the column whose term
    frequency adjusts it."""

    label: str
    condition: str
    term_column: str | None = None


@dataclass(frozen=True)
class Comparison:
    """One comparison: levels from the closest agreement down; what meets none is `different`.

    `missing` is the condition under which there is nothing to compare.
    """

    name: str
    missing: str
    levels: tuple[Level, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels from the closest agreement down, `different` last."""
        return (*(level.label for level in self.levels), ELSE)


def either_null(*columns: str) -> str:
    """Nothing to compare where one side has no value."""
    return " OR ".join(f"{column}_l IS NULL OR {column}_r IS NULL" for column in columns)


def one_character(column: str) -> str:
    """Texts of equal length that differ in one character, or one of which lacks a character of the other."""
    left, right = f"{column}_l", f"{column}_r"
    same = " + ".join(
        f"CASE WHEN substr({left}, {n}, 1) = substr({right}, {n}, 1) THEN 1 ELSE 0 END" for n in (1, 2, 3, 4)
    )
    # beyond both ends the pieces are equal and empty: they count as the same
    replaced = f"(length({left}) = length({right}) AND length({left}) BETWEEN 2 AND 4 AND {same} = 3)"
    lacking = " OR ".join(
        f"(length({longer}) = length({shorter}) + 1 AND length({shorter}) >= 2 AND ("
        f"starts_with({longer}, {shorter}) OR ends_with({longer}, {shorter}) OR "
        f"substr({longer}, 1, 1) || substr({longer}, 3) = {shorter}))"
        for longer, shorter in ((left, right), (right, left))
    )
    return f"({replaced} OR {lacking})"


def number_levels(column: str, digits: int) -> tuple[Level, ...]:
    """Levels of a number that has so many digits when it is whole."""
    left, right = f"{column}_l", f"{column}_r"
    # one slip leaves the digits before it or those behind it as they were: a cheap look before edits are counted
    kept = (digits - 2) // 2
    one_end_kept = f"(left({left}, {kept}) = left({right}, {kept}) OR right({left}, {kept}) = right({right}, {kept}))"
    # one edit between numbers of one length is a digit replaced; `hamming` would raise on unequal lengths
    same_length = f"length({left}) = length({right}) AND {one_end_kept}"
    lost = f"abs(length({left}) - length({right}))"
    return (
        Level("the same", f"{left} = {right}"),
        Level("one digit wrong", f"{same_length} AND levenshtein({left}, {right}) = 1"),
        Level("two digits transposed", f"{same_length} AND damerau_levenshtein({left}, {right}) = 1"),
        Level(
            "digits lost",
            f"{lost} BETWEEN 1 AND {LOST_DIGITS} AND {one_end_kept} AND levenshtein({left}, {right}) = {lost}",
        ),
        Level("two slips", f"{one_end_kept} AND levenshtein({left}, {right}) <= 2"),
    )


def neighbouring(column: str, digits: int) -> str:
    """Numbers that a counter gave out one or two apart: alike but for the last two digits, and these near."""
    left, right = f"{column}_l", f"{column}_r"
    head = digits - 2
    last = f"abs(try_cast(substr({left}, {head + 1}) AS INTEGER) - try_cast(substr({right}, {head + 1}) AS INTEGER))"
    return (
        f"left({left}, {head}) = left({right}, {head}) AND length({left}) = length({right}) "
        f"AND coalesce({last} <= {NEIGHBOURS_APART}, false)"
    )


def name_levels(person: str, other_parent: str) -> tuple[Level, ...]:
    """Levels of a grown-up's name: columns `<person>_name_std, _pinyin, _sound`; a form may have it in the other
    parent's column."""
    name, sound = f"{person}_name_std", f"{person}_name_pinyin"
    exchanged = " OR ".join(
        f"coalesce({name}_{side} = {other_parent}_name_std_{other}, false)" for side, other in (("l", "r"), ("r", "l"))
    )
    return (
        Level("the same", f"{name}_l = {name}_r", term_column=name),
        Level("another character of the same sound", f"{sound}_l = {sound}_r"),
        Level("a character of nearly the same sound", f"{person}_name_sound_l = {person}_name_sound_r"),
        Level("written as the other parent", exchanged),
        Level("one character wrong or missing", one_character(name)),
        Level("the surname only", f"substr({name}_l, 1, 1) = substr({name}_r, 1, 1)"),
    )


def one_character_between(left: str, right: str) -> str:
    """`one_character` between two columns of different names, given with their sides."""
    return one_character("\0").replace("\0_l", left).replace("\0_r", right)
