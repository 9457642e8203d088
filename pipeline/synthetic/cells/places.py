"""Places, facilities and the registers' own numbers as they are written.

Belongs here: villages, townships, certificate and record numbers.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from pipeline.synthetic.cells.scribe import Scribe, as_text
from pipeline.synthetic.randomness import chosen
from pipeline.synthetic.registers import errors
from pipeline.synthetic.vocabulary import read_words

_NINE_DIGITS = 10**9
_FIRST_LETTER_YEAR = 2004  # letters of certificate numbers move on with the year: U is 2024


def _places(s: Scribe) -> np.ndarray:
    """Villages by index: where the family lives or, where the register asks for it, is registered."""
    lives = s.couples.village if s.register.place == "residence" else s.couples.home_village
    return lives[s.couple].copy()


def village(s: Scribe) -> np.ndarray:
    """The village; blank for those who live outside the county."""
    county = s.world.county
    index = _places(s)
    for row in s.hits("village_neighbour"):
        near = (index[row] + 1) % len(county.village_names)
        if county.village_township[near] == county.village_township[index[row]]:
            index[row] = near
    column = s.err(county.village_names[index], errors.VILLAGE_ERRORS)
    for row in s.hits("village_with_township"):
        column[row] = county.township_names[county.village_township[index[row]]] + column[row]
    column[~s.couples.is_resident[s.couple]] = ""
    return column


def township(s: Scribe) -> np.ndarray:
    """The township, or the address of those who live outside the county."""
    county = s.world.county
    column = county.township_names[county.village_township[_places(s)]]
    column = s.err(column, errors.TOWNSHIP_ERRORS)
    outside = np.array(read_words("places")["outside"], dtype=object)
    away = ~s.couples.is_resident[s.couple]
    column[away] = outside[s.couples.outside[s.couple[away]] % len(outside)]
    return column


def group_no(s: Scribe) -> np.ndarray:
    """The villagers' group."""
    return as_text(s.couples.group_no[s.couple].astype(int))


def facility(s: Scribe) -> np.ndarray:
    """The unit's own name."""
    return np.array([unit.name for unit in s.world.county.units], dtype=object)[s.events.unit]


def certificate(s: Scribe) -> np.ndarray:
    """The certificate that the family shows, if it holds one by then and is asked."""
    held = s.world.registrations.certificates
    number = np.where(held.second_day[s.child] <= s.events.day, held.second[s.child], held.first[s.child])
    column = certificate_text(number)
    cited = chosen(s.rng, s.world.plan.certificate_cited.get(s.feed.feed, 1.0), s.n)
    column[~cited | (number == 0)] = ""
    return s.err(column, errors.CERTIFICATE_ERRORS)


def record_no(s: Scribe) -> np.ndarray:
    """The register's own number: a running number, or the certificate's."""
    if not s.register.prefix:
        held = s.world.registrations.certificates
        return certificate_text(np.where(s.events.is_duplicate, held.second[s.child], held.first[s.child]))
    units = np.array([unit.unit_code[-6:] for unit in s.world.county.units], dtype=object)[s.events.unit]
    running = [f"-{s.period.replace('-', '')}-{number:07d}" for number in s.numbers.tolist()]
    return s.register.prefix + units + np.array(running, dtype=object) if running else np.empty(0, object)


@cache
def _digits(width: int) -> np.ndarray:
    return np.array([f"{i:0{width}d}" for i in range(10**width)], dtype=object)


def certificate_text(numbers: np.ndarray) -> np.ndarray:
    """Certificate numbers as written: a letter that goes with the year, and nine digits."""
    year, digits = np.divmod(numbers, _NINE_DIGITS)
    letters = np.array([chr(65 + i) for i in range(26)], dtype=object)
    high, low = np.divmod(digits, 10_000)
    return letters[(year - _FIRST_LETTER_YEAR) % 26] + _digits(5)[high] + _digits(4)[low]
