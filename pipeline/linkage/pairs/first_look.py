"""Vectors of many pairs: a look at codes of the values settles most levels, the comparison's own SQL the others.

Belongs here: DuckDB's way from pairs to vectors, on arrays. Does not: what a level means (`model/comparisons.py`), or a
vector's form (`pairs/comparison_vectors.py`).

Most pairs have nothing to compare in a column, or the same value in it. Two numbers per record tell that, hashes of 64
bits as in blocking, so that no text is carried along to a pair. Where they do not tell, the comparison's SQL does, once
per distinct pair of values: what many records of a family write is compared once, not for each of their pairs. What a
look is at is read from the comparison's conditions, so that each level is defined once. Spark works out every level
of every pair (`comparison_vectors.vectors_sql`); a test holds both ways to the same vectors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.inputs import TERM_COLUMNS
from pipeline.linkage.model.comparison_levels import Comparison
from pipeline.linkage.model.frozen_model import Model
from pipeline.linkage.pairs.comparison_vectors import PLACES, WORDS, Place, columns_read, compared_sql, term_bits_sql

Places = NDArray[np.int32]
Codes = NDArray[np.uint64]
Flags = NDArray[np.bool_]
OPEN = "open_pairs"
_ALL = "all_that_is_read"
# an odd number without a pattern: one of two codes is multiplied by it before they are added, so that order matters
_SPREAD = np.uint64(0x9E3779B97F4A7C15)

_EITHER_ABSENT = re.compile(r"(\w+)_l IS NULL OR \1_r IS NULL")
# either side must have the column, and the other something to compare it with: where both lack it, there is nothing
_BOTH_ABSENT = re.compile(r"\((\w+)_l IS NULL OR .+\) AND \(\1_r IS NULL OR .+\)")
_EQUAL = re.compile(r"(\w+)_l = \1_r")
# one of several ways to meet the level
_EQUAL_OR = re.compile(r"coalesce\((\w+)_l = \1_r, false\) OR .+")
_UNEQUAL = re.compile(r"(\w+)_l <> \1_r")


@dataclass(frozen=True)
class Look:
    """What codes tell of a comparison.

    Args:
        either: the column without which on either side there is nothing to compare.
        both: the column without which on both sides there is nothing to compare.
        equal: the column whose equality is the first level, or enough for it.
        unequal: the column whose inequality is the first level.
        is_enough: nothing is left open: the look tells the one level from `different`.
    """

    place: Place
    either: str | None
    both: str | None
    equal: str | None
    unequal: str | None
    is_enough: bool


def _look(place: Place) -> Look:
    def column(pattern: re.Pattern[str], text: str) -> str | None:
        found = pattern.fullmatch(text)
        return found[1] if found else None

    missing, first = place.comparison.missing, place.comparison.levels[0].condition
    either, equal, unequal = column(_EITHER_ABSENT, missing), column(_EQUAL, first), column(_UNEQUAL, first)
    is_enough = len(place.comparison.levels) == 1 and bool(
        (equal and either == equal) or (unequal and missing == "false")
    )
    return Look(
        place, either, column(_BOTH_ABSENT, missing), equal or column(_EQUAL_OR, first), unequal, is_enough
    )  # fmt: skip


LOOKS = tuple(_look(place) for place in PLACES)


@dataclass(frozen=True)
class Vectors:
    """Pairs as places of their records, their vectors, and the bits of rare and common names."""

    left: Places
    right: Places
    words: NDArray[np.int64]
    terms: NDArray[np.float64]


def vectors_of(work: duckdb.DuckDBPyConnection, model: Model, records: str, left: Places, right: Places) -> Vectors:
    """The vectors of pairs.

    Args:
        model: whose tables of terms are there (`comparison_vectors.put_terms`).
        records: a table, no view, of the linkage input's shape, whose rows are numbered without a gap.
        left, right: by pair, the row numbers of its records.
    """
    available = [row[0] for row in work.execute(f"DESCRIBE {records}").fetchall()]
    count = len(left)
    words = np.zeros((len(WORDS), count), dtype=np.int64)
    terms: dict[str, NDArray[np.float64]] = {}
    for look in LOOKS:
        comparison, word, factor = look.place.comparison, words[look.place.word], look.place.factor
        codes = _codes(work, look, records, available)
        here, is_first = _seen(look, codes, left, right)
        word[is_first] += factor
        for column in TERM_COLUMNS:
            if look.equal == column:
                terms[column] = _terms(work, model, records, column, left, is_first)
        rest = np.flatnonzero(here & ~is_first)
        if look.is_enough:
            word[rest] += factor * len(comparison.labels)
        elif len(rest):
            all_of = codes[_ALL]
            word[rest] += factor * _levels(work, comparison, records, available, all_of, left[rest], right[rest])
    # in the order of `vectors_sql`: a sum of doubles depends on it
    total = np.zeros(count)
    for number, column in enumerate(TERM_COLUMNS):
        total = terms[column] if number == 0 else total + terms[column]
    return Vectors(left, right, words, total)


def by_row(work: duckdb.DuckDBPyConnection, columns: dict[str, str], source: str) -> dict[str, np.ndarray]:
    """By name, an array of what SQL says of each row, in the order of the rows' numbers."""
    listed = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
    read = work.execute(f"SELECT source.rowid AS place, {listed} FROM {source}").fetchnumpy()
    place = read.pop("place")
    arrays = {}
    for name, read_values in read.items():
        values = np.asarray(read_values)
        arrays[name] = np.empty(len(values), dtype=values.dtype)
        arrays[name][place] = values
    return arrays


def _codes(work: duckdb.DuckDBPyConnection, look: Look, records: str, available: list[str]) -> dict[str, Codes]:
    """By column, a code of its value by record, 0 where there is none; and a code of all that the comparison reads."""
    columns = sorted({column for column in (look.either, look.both, look.equal, look.unequal) if column})
    read = columns_read(look.place.comparison, available)
    wanted = {column: f"CASE WHEN {column} IS NULL THEN 0 ELSE hash({column}) END" for column in columns}
    if read != columns and not look.is_enough:
        wanted[_ALL] = f"hash({', '.join(read)})"
    codes = by_row(work, wanted, f"{records} AS source")
    return {_ALL: codes[columns[0]]} | codes


def _seen(look: Look, codes: dict[str, Codes], left: Places, right: Places) -> tuple[Flags, Flags]:
    """By pair, whether there may be something to compare, and whether the first level is met for certain."""
    sides = {name: (code[left], code[right]) for name, code in codes.items() if name != _ALL}
    here = np.ones(len(left), dtype=np.bool_)
    if look.either:
        one, other = sides[look.either]
        here = (one != 0) & (other != 0)
    elif look.both:
        one, other = sides[look.both]
        here = (one != 0) | (other != 0)
    is_first = np.zeros(len(left), dtype=np.bool_)
    if look.equal:
        one, other = sides[look.equal]
        is_first = here & (one == other) & (one != 0)
    elif look.unequal:
        one, other = sides[look.unequal]
        is_first = here & (one != other) & (one != 0) & (other != 0)
    return here, is_first


def _terms(
    work: duckdb.DuckDBPyConnection, model: Model, records: str, column: str, left: Places, is_same: Flags
) -> NDArray[np.float64]:
    """By pair, what agreement on the name adds; 0 where the names differ."""
    joined = f"{records} AS source LEFT JOIN terms_of_{column} AS terms ON terms.value = source.{column}"
    bits = by_row(work, {"bits": term_bits_sql(model, column, "terms.bits")}, joined)["bits"]
    return np.where(is_same, bits[left], 0.0)


def _levels(
    work: duckdb.DuckDBPyConnection,
    comparison: Comparison,
    records: str,
    available: list[str],
    codes: Codes,
    left: Places,
    right: Places,
) -> NDArray[np.int64]:
    """By pair, the number of its level, worked out once per distinct pair of codes."""
    _, first, which = np.unique(codes[left] * _SPREAD + codes[right], return_index=True, return_inverse=True)
    with _registered(work, left[first], right[first]):
        found = work.execute(compared_sql(comparison, OPEN, records, available)).fetchnumpy()
    levels = np.empty(len(first), dtype=np.int64)
    levels[found["number"]] = found["level"]
    return levels[which]


@contextmanager
def _registered(work: duckdb.DuckDBPyConnection, left: Places, right: Places) -> Iterator[None]:
    import pyarrow as pa

    numbers = np.arange(len(left), dtype=np.int32)
    work.register(OPEN, pa.table({"number": numbers, "place_l": left, "place_r": right}))
    try:
        yield
    finally:
        work.unregister(OPEN)
