"""Drawing a verification round: how many of which stratum, and which ones; pure functions.

Belongs here: sharing cases out over strata, simple random samples within them, and the chance that each unit had of
being drawn. Does not: what a stratum is made of (`pipeline.casework.verification.frame`), or what follows from the
answers (`verification/sample_estimates.py`).

The same frame and seed give the same sample on any machine: units are ordered by a hash of seed and name.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

Unit = TypeVar("Unit", bound=Hashable)
# fewer tell nothing of how a stratum varies (Cochran 1977, Sampling Techniques, 3rd ed., section 5A.12)
FEWEST = 2


@dataclass(frozen=True)
class Drawn:
    """One unit of a sample, with the chance that it had of being in it."""

    unit: Hashable
    inclusion_probability: float


def share_out(size: int, populations: Mapping[str, int], shares: Mapping[str, float]) -> dict[str, int]:
    """How many to draw from each stratum of one township.

    Each stratum with units and a share has `FEWEST` first, in order of share, as far as `size` reaches; the rest goes
    to whichever is furthest below its share (Webster's and Sainte-Laguë's method of highest quotients). What a stratum
    has too few units for goes to the others.

    Returns:
        by stratum; the sum is `size`, or all units where there are fewer.
    """
    open_strata = {name for name, units in populations.items() if units > 0 and shares.get(name, 0) > 0}
    drawn = dict.fromkeys(populations, 0)
    for name in sorted(open_strata, key=lambda name: (-shares[name], name)):
        drawn[name] = min(FEWEST, populations[name], size - sum(drawn.values()))
    while sum(drawn.values()) < size:
        having = [name for name in open_strata if drawn[name] < populations[name]]
        if not having:
            break
        drawn[max(having, key=lambda name: (shares[name] / (2 * drawn[name] + 1), name))] += 1
    return drawn


def draw(units: Iterable[Unit], size: int, seed: int | str) -> list[Drawn]:
    """A simple random sample without replacement, in the order of the draw; all units where there are fewer."""
    listed = order(set(units), seed)
    taken = listed[: max(size, 0)]
    return [Drawn(unit, len(taken) / len(listed)) for unit in taken]


def order(units: Iterable[Unit], seed: int | str) -> list[Unit]:
    """Units in an order that tells nothing of them and that the seed fixes."""
    return sorted(units, key=lambda unit: (hashlib.sha256(f"{seed}|{unit!r}".encode()).digest(), repr(unit)))


def draw_strata(
    frame: Iterable[tuple[str, str, Unit]], per_place: int, shares: Mapping[str, float], seed: int
) -> dict[tuple[str, str], tuple[int, Sequence[Drawn]]]:
    """A stratified sample of each place.

    Args:
        frame: stratum, place and unit; a unit may stand in several strata only where these are of different things.
        per_place: units of each place, over all strata.

    Returns:
        by stratum and place, the population and what was drawn of it; strata without units are left out.
    """
    units: dict[str, dict[str, list[Unit]]] = defaultdict(lambda: defaultdict(list))
    for stratum, place, unit in frame:
        units[place][stratum].append(unit)
    found: dict[tuple[str, str], tuple[int, Sequence[Drawn]]] = {}
    for place, strata in sorted(units.items()):
        sizes = share_out(per_place, {name: len(set(members)) for name, members in strata.items()}, shares)
        for name, members in sorted(strata.items()):
            found[name, place] = len(set(members)), draw(members, sizes[name], f"{seed}|{name}|{place}")
    return found
