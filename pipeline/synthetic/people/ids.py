"""Id numbers by GB 11643 and phones that nobody has.

Codes begin with 9999, which GB/T 2260 assigns to no place, so that no number made here can be a person's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.contracts.id_numbers import CHECK_CHARACTERS, WEIGHTS

CHECKS = np.array(list(CHECK_CHARACTERS), dtype=object)
_SEQUENCES_OF_A_DAY = 500  # of one sex under one prefix: the 17th digit is odd for men, even for women
# segments of mobile numbers that, as far as we know, are assigned to no subscriber (MIIT numbering plan)
PHONE_SEGMENTS = np.array(["154", "160", "161", "163", "164", "168", "169", "179"], dtype=object)
_DIGITS4 = np.array([f"{i:04d}" for i in range(10_000)], dtype=object)
_DIGITS3 = np.array([f"{i:03d}" for i in range(1000)], dtype=object)


def _partial(text: str, start: int) -> int:
    return sum(int(digit) * WEIGHTS[start + i] for i, digit in enumerate(text))


@dataclass(frozen=True)
class IdNumbers:
    """The pieces of people's id numbers: index of the issuing county, day of birth, sequence with the sex in it."""

    prefix: np.ndarray
    day: np.ndarray
    sequence: np.ndarray


def no_ids() -> IdNumbers:
    """Of nobody yet."""
    return IdNumbers(np.empty(0, np.uint8), np.empty(0, np.int32), np.empty(0, np.int16))


@dataclass(frozen=True)
class IdTables:
    """Texts and partial check sums of all prefixes, days and sequences, so that ids are put together by look-up."""

    prefixes: np.ndarray
    prefix_sums: np.ndarray
    first_day: int
    days: np.ndarray
    day_sums: np.ndarray
    sequence_sums: np.ndarray

    def text(self, ids: IdNumbers, rows: np.ndarray) -> np.ndarray:
        """18-digit numbers of the given rows, as objects."""
        prefix, day, sequence = ids.prefix[rows], ids.day[rows] - self.first_day, ids.sequence[rows]
        sums = self.prefix_sums[prefix] + self.day_sums[day] + self.sequence_sums[sequence]
        return self.prefixes[prefix] + self.days[day] + _DIGITS3[sequence] + CHECKS[sums % 11]


def id_tables(county_code: str, first_day: int, last_day: int) -> IdTables:
    """Tables for people born from `first_day` to `last_day`; prefix 0 is the county's own."""
    others = [f"9999{i:02d}" for i in range(1, 100) if f"9999{i:02d}" != county_code]
    prefixes = [county_code, *others]
    days = np.datetime_as_string(np.arange(first_day, last_day + 1).astype("datetime64[D]"))
    texts = [day.replace("-", "") for day in days.tolist()]
    return IdTables(
        np.array(prefixes, dtype=object),
        np.array([_partial(p, 0) for p in prefixes]),
        first_day,
        np.array(texts, dtype=object),
        np.array([_partial(t, 6) for t in texts]),
        np.array([_partial(f"{i:03d}", 14) for i in range(1000)]),
    )


def assign_ids(
    rng: np.random.Generator, day: np.ndarray, is_male: np.ndarray, is_local: np.ndarray, prefixes: int
) -> IdNumbers:
    """Give everybody a number that nobody else has.

    People of one day and sex are counted; the first 500 share the county's prefix or one of the upper half of
    the others, the next ones get prefixes of the lower half, each 500 one.
    """
    shuffle = rng.permutation(len(day))
    key = day[shuffle].astype(np.int64) * 2 + is_male[shuffle]
    order = shuffle[np.argsort(key, kind="stable")]
    key = day[order].astype(np.int64) * 2 + is_male[order]
    starts = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
    count = np.arange(len(key)) - np.repeat(starts, np.diff(np.r_[starts, len(key)]))
    code = (count * 37 + (key * 7919) % _SEQUENCES_OF_A_DAY) % _SEQUENCES_OF_A_DAY
    overflow = count // _SEQUENCES_OF_A_DAY
    half = prefixes // 2
    away = rng.integers(half, prefixes, len(key))
    prefix = np.where(overflow > 0, 1 + (overflow - 1) % (half - 1), np.where(is_local[order], 0, away))
    result = IdNumbers(np.empty(len(day), np.uint8), day.astype(np.int32), np.empty(len(day), np.int16))
    result.prefix[order] = prefix
    result.sequence[order] = code * 2 + (key & 1)
    return result


def draw_phones(rng: np.random.Generator, size: int) -> np.ndarray:
    """Phones as numbers of nine digits: the segment's index and eight digits, int32."""
    return rng.integers(0, len(PHONE_SEGMENTS) * 100_000_000, size, dtype=np.int32)


def phone_text(phones: np.ndarray) -> np.ndarray:
    """Phones as 11 digits, as objects."""
    segment, rest = np.divmod(phones, 100_000_000)
    return PHONE_SEGMENTS[segment] + _DIGITS4[rest // 10_000] + _DIGITS4[rest % 10_000]
