"""Comparison vectors of pairs and what they weigh, in SQL made from the comparisons and the frozen model.

Belongs here: the night's way from candidate pairs to weights. Does not: how pairs are found (`pairs/blocking.py`), what
a level means (`model/comparisons.py`). Splink scores the same comparisons with the same probabilities
(`score.compare`), for training, charts and explanations; a test holds both to the same weights. The night's own SQL is
there for speed: each level's number goes into one integer per pair, weights are added up once per distinct vector, and
edits are counted once per pair and number instead of once per level.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from pipeline.linkage.inputs import TERM_COLUMNS, put_table
from pipeline.linkage.model.comparison_levels import Comparison, one_character_between
from pipeline.linkage.model.comparisons import COMPARISONS
from pipeline.linkage.model.frozen_model import Model

VECTORS, TERMED = "comparison_vectors", "records_with_terms"
STRANGERS = "strangers"
AGAINST = (STRANGERS, "siblings", "twins")
# of one word of a vector: a BIGINT without its sign
WORD_BITS = 62

_SIDED = re.compile(r"\b(\w+)_[lr]\b")
_ONE_TRANSPOSED = re.compile(r"\bdamerau_levenshtein\((\w+)_l, \1_r\) = 1\b")
_EDITS = re.compile(r"\blevenshtein\((\w+)_l, \1_r\)")


@dataclass(frozen=True)
class Place:
    """Where a comparison's level stands in a vector: word, and what it is multiplied by there."""

    comparison: Comparison
    word: int
    factor: int

    @property
    def radix(self) -> int:
        """Levels, `different` and nothing to compare."""
        return len(self.comparison.labels) + 1

    @property
    def level(self) -> str:
        """SQL of the level's number from the vector: 0 nothing to compare, 1 the closest agreement."""
        return f"(word_{self.word} // {self.factor}) % {self.radix}"


def _places() -> tuple[Place, ...]:
    places, word, factor = [], 0, 1
    for comparison in COMPARISONS:
        radix = len(comparison.labels) + 1
        if factor * radix > 2**WORD_BITS:
            word, factor = word + 1, 1
        places.append(Place(comparison, word, factor))
        factor *= radix
    return tuple(places)


PLACES = _places()
WORDS = tuple(f"word_{number}" for number in sorted({place.word for place in PLACES}))


def _one_character_looks() -> dict[str, str]:
    """The costly test for one wrong or missing character, by text, with a cheap look before it: names that pass share
    their first or their last character."""
    sides = [(f"{column}_l", f"{column}_r") for column in TERM_COLUMNS]
    sides += [
        (f"guardian_name_std_{side}", f"{parent}_name_std_{other}")
        for side, other in (("l", "r"), ("r", "l"))
        for parent in ("mother", "father", "guardian")
    ]
    looks = {}
    for left, right in sides:
        test = one_character_between(left, right)
        shares_an_end = f"left({left}, 1) = left({right}, 1) OR right({left}, 1) = right({right}, 1)"
        # AND would work out both sides for every pair
        looks[test] = f"CASE WHEN {shares_an_end} THEN {test} ELSE false END"
    return looks


ONE_CHARACTER_LOOKS = _one_character_looks()


def cheaper(condition: str) -> str:
    """An equal condition that costs less: edits are taken from `edits_<column>`, where they were counted once.

    A transposition is two plain edits, so only numbers two edits apart need the second count.
    """
    condition = _ONE_TRANSPOSED.sub(
        r"(edits_\1 = 1 OR (edits_\1 = 2 AND damerau_levenshtein(\1_l, \1_r) = 1))", condition
    )
    condition = _EDITS.sub(r"edits_\1", condition)
    for test, look in ONE_CHARACTER_LOOKS.items():
        condition = condition.replace(test, look)
    return condition


def level_number_sql(comparison: Comparison) -> str:
    """SQL of the level's number over `<column>_l`, `<column>_r` and `edits_<column>`."""
    levels = " ".join(f"WHEN {cheaper(level.condition)} THEN {n}" for n, level in enumerate(comparison.levels, start=1))
    return f"CASE WHEN {comparison.missing} THEN 0 {levels} ELSE {len(comparison.labels)} END"


def _conditions_of(comparison: Comparison) -> list[str]:
    return [comparison.missing, *(level.condition for level in comparison.levels)]


def columns_compared(available: Iterable[str]) -> list[str]:
    """Of the given columns, those that the comparisons read."""
    given = list(available)
    read = {column for comparison in COMPARISONS for column in columns_read(comparison, given)}
    return [column for column in given if column in read]


def columns_read(comparison: Comparison, available: Iterable[str]) -> list[str]:
    """Of the given columns, those that one comparison reads."""
    read = {column for condition in _conditions_of(comparison) for column in _SIDED.findall(condition)}
    return [column for column in available if column in read]


def _edited(comparisons: Iterable[Comparison] = COMPARISONS) -> list[str]:
    conditions = [condition for comparison in comparisons for condition in _conditions_of(comparison)]
    return sorted({column for condition in conditions for column in _EDITS.findall(condition)})


def _edits_sql(comparisons: Iterable[Comparison] = COMPARISONS) -> str:
    """Each with a comma before it, the edits between both sides of a column."""
    return "".join(
        f", CASE WHEN {c}_l = {c}_r THEN 0 ELSE levenshtein({c}_l, {c}_r) END AS edits_{c}"
        for c in _edited(comparisons)
    )


def _sides_sql(columns: Iterable[str]) -> str:
    return ", ".join(f"l.{column} AS {column}_l, r.{column} AS {column}_r" for column in columns)


def compared_sql(comparison: Comparison, pairs: str, records: str, available: Iterable[str]) -> str:
    """A query (number, level) of pairs (number, place_l, place_r) compared in one comparison; places are numbers of
    rows of the table `records`."""
    sides = _sides_sql(columns_read(comparison, available))
    return f"""
        WITH sided AS (
            SELECT number, {sides}
            FROM {pairs} AS pairs JOIN {records} AS l ON l.rowid = place_l JOIN {records} AS r ON r.rowid = place_r
        ),
        counted AS (SELECT *{_edits_sql((comparison,))} FROM sided)
        SELECT number, {level_number_sql(comparison)} AS level FROM counted
    """


def put_terms(work: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Fill per name column a table (value, bits): what agreement on a listed value adds to its level's weight."""
    for column in TERM_COLUMNS:
        frequencies = model.terms[column].frequencies
        base = _term_base(model, column)
        put_table(
            work,
            f"terms_of_{column}",
            {
                "value": ("VARCHAR", list(frequencies)),
                "bits": ("DOUBLE", [base - math.log2(frequency) for frequency in frequencies.values()]),
            },
        )


def _termed(column: str) -> tuple[Place, int]:
    """The comparison and level that a name column's frequency adjusts."""
    for place in PLACES:
        for number, level in enumerate(place.comparison.levels, start=1):
            if level.term_column == column:
                return place, number
    raise KeyError(column)


def _term_base(model: Model, column: str) -> float:
    place, number = _termed(column)
    return math.log2(model.comparable[place.comparison.name][place.comparison.labels[number - 1]]["u"])


def vectors_sql(model: Model, pairs: str, records: str, available: Iterable[str], *, kept: str) -> str:
    """A query of pairs with their vectors, every level worked out for every pair: as Spark does it.

    Args:
        pairs: SQL of a relation with record_key_l, record_key_r and the column `kept`.
        records: of the linkage input's shape.
        available: its columns.

    Returns:
        SQL of (record_key_l, record_key_r, `kept`, word_0.., terms), `terms` the bits of rare and common names.
    """
    columns = columns_compared(available)
    words = ", ".join(
        " + ".join(
            f"({level_number_sql(place.comparison)})::BIGINT * {place.factor}"
            for place in PLACES
            if place.word == number
        )
        + f" AS word_{number}"
        for number in range(len(WORDS))
    )
    # only a column's own level is adjusted; it is the first, which compares the column with itself
    terms = " + ".join(
        f"CASE WHEN {column}_l = {column}_r THEN {term_bits_sql(model, column, f'bits_{column}')} "
        f"ELSE {double(0.0)} END"
        for column in TERM_COLUMNS
    )
    bits = ", ".join(f"l.bits_{column}" for column in TERM_COLUMNS)
    joined = " ".join(
        f"LEFT JOIN terms_of_{column} AS t_{column} ON t_{column}.value = {records}.{column}" for column in TERM_COLUMNS
    )
    termed = ", ".join(f"t_{column}.bits AS bits_{column}" for column in TERM_COLUMNS)
    return f"""
        WITH l AS (SELECT record_key, {", ".join(columns)}, {termed} FROM {records} {joined}),
        wide AS (
            SELECT record_key_l, record_key_r, {kept}, {_sides_sql(columns)}, {bits}
            FROM {pairs} AS pairs
            JOIN l ON l.record_key = record_key_l JOIN {records} AS r ON r.record_key = record_key_r
        ),
        counted AS (SELECT *{_edits_sql()} FROM wide)
        SELECT record_key_l, record_key_r, {kept}, {words}, {terms} AS terms FROM counted
    """


def term_bits_sql(model: Model, column: str, bits: str) -> str:
    """SQL of what agreement on a name adds, from the listed name's bits; a name that is not listed has the floor's."""
    floor = _term_base(model, column) - math.log2(model.terms[column].floor)
    return f"coalesce({bits}, {double(floor)})"


def weights_sql(model: Model, vectors: str) -> str:
    """A query of the weights of distinct vectors: (word_0.., strangers, siblings, twins), in bits, names' `terms` and
    nothing known of a delivery aside."""
    sums = {against: " + ".join([double(base), *_parts(model, against)]) for against, base in _bases(model).items()}
    weighed = ", ".join(f"{parts} AS {against}" for against, parts in sums.items())
    return f"SELECT {', '.join(WORDS)}, {weighed} FROM (SELECT DISTINCT {', '.join(WORDS)} FROM {vectors})"


def _bases(model: Model) -> dict[str, float]:
    return {STRANGERS: math.log2(model.prior / (1 - model.prior))} | {
        against: model.odds[against] for against in AGAINST[1:]
    }


def _parts(model: Model, against: str) -> list[str]:
    parts = []
    for place in PLACES:
        name = place.comparison.name
        if against == STRANGERS:
            shares = model.comparable[name]
            weights = [math.log2(shares[label]["m"] / shares[label]["u"]) for label in place.comparison.labels]
        else:
            weights = [model.weight(name, label, against) for label in place.comparison.labels]
        cases = " ".join(f"WHEN {number} THEN {double(weight)}" for number, weight in enumerate(weights, start=1))
        parts.append(f"CASE {place.level} {cases} ELSE {double(0.0)} END")
    return parts


def double(value: float) -> str:
    """A number as the engine reads it without loss; with a point alone it would be a decimal."""
    text = repr(value)
    return text if "e" in text else f"{text}e0"
