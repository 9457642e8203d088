"""How many of the children whom one unit alone knows were born at all, where that unit is under an alarm.

An invented birth stands in the lists of the unit that invented it and in no other, as a child whom the others missed
does. To count all of them inflates every estimator; to drop all of them hides real children. They are counted with the
chance that they are genuine: what a verification on the spot found where there was one, else what a mixture says. Its
parts: genuine children, of whom as many are known to the unit alone as at its peers, by history, and invented ones, all
of whom are known to it alone.

Belongs here: those chances and their spread. Does not: which units are under an alarm (accountability).

Sources: a mixture with one known component, as contaminated singletons are treated in Chiu and Chao (2016), PeerJ
4:e1634; spread between peers by the method of moments of Kleinman (1973), J. Am. Stat. Assoc. 68:46; verified shares
weighted as in Horvitz and Thompson (1952), J. Am. Stat. Assoc. 47:663.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.completeness.estimators.cells import Floats

# of what is usual, this many children's worth is added to what peers show: no share is 0 or beyond doubt
_PSEUDO_CHILDREN = 20.0
# with fewer peers, their spread says little: units differ at least by this, as a share of what is usual
_FEW_PEERS, _USUAL_SPREAD = 4, 0.3


@dataclass(frozen=True)
class Doubtful:
    """Children whom a unit under an alarm knows.

    Attributes:
        alone: counts by history of those whom it alone knows.
        corroborated: those whom another unit knows too: all genuine.
        peers_alone: of every other unit of the same lists without an alarm, counts by history of those it alone knows.
        peers_corroborated: of the same units, those whom another unit knows too.
    """

    alone: Floats
    corroborated: float
    peers_alone: Sequence[Floats]
    peers_corroborated: Sequence[float]


@dataclass(frozen=True)
class Genuine:
    """What of them is genuine.

    Attributes:
        of: counts by history of all whom the unit alone knows.
        cells: expected counts by history of those who are genuine.
        deviation: of their sum, as a share of it: standard deviation.
        source: verified | mixture.
    """

    of: Floats
    cells: Floats
    deviation: float
    source: str

    def within(self, part: Floats) -> Genuine:
        """The same of a part of these children, such as of a township, by history."""
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(self.of > 0, self.cells / self.of, 1.0)
        return Genuine(part, part * share, self.deviation, self.source)


def by_mixture(unit: Doubtful, usual: float) -> Genuine:
    """Genuine children by what the unit's peers know alone, for each whom others know too.

    Args:
        usual: children known to a unit alone, for each who is not, where peers tell nothing.
    """
    known = np.array(unit.peers_corroborated, float)
    alone = np.array([table.sum() for table in unit.peers_alone], float)
    table = np.sum(unit.peers_alone, axis=0) if len(known) else np.zeros(len(unit.alone))
    total = unit.alone.sum()
    if total <= 0:
        return Genuine(unit.alone, unit.alone, 0.0, "mixture")
    # what is usual, in the histories in which the unit has it
    table = table + _PSEUDO_CHILDREN * usual * unit.alone / total
    rate = table / (known.sum() + _PSEUDO_CHILDREN)
    expected = unit.corroborated * rate
    # spread of the rate between units beyond chance, and chance itself
    between, usual_rate = 0.0, rate.sum()
    if len(known) > 1 and known.sum() > 0:
        mean = alone.sum() / known.sum()
        excess = (known * (alone / np.maximum(known, 1) - mean) ** 2).sum() - (len(known) - 1) * mean
        between = max(excess / (known.sum() - (known**2).sum() / known.sum()), 0.0)
    if len(known) < _FEW_PEERS:
        between = max(between, (_USUAL_SPREAD * usual_rate) ** 2)
    relative = (between + usual_rate / (known.sum() + _PSEUDO_CHILDREN)) / usual_rate**2 + 1 / max(expected.sum(), 1)
    return Genuine(unit.alone, np.minimum(expected, unit.alone), float(np.sqrt(relative)), "mixture")


def by_verification(alone: Floats, is_genuine: Sequence[bool], inclusion: Sequence[float]) -> Genuine:
    """Genuine children by cases that were looked at on the spot, each counted by one over its chance to be drawn.

    Raises:
        ValueError: no case, or a chance that is not above 0 and at most 1.
    """
    found, chance = np.asarray(is_genuine, float), np.asarray(inclusion, float)
    if not len(found) or np.any((chance <= 0) | (chance > 1)):
        raise ValueError("a verified share needs cases with a chance to be drawn above 0 and at most 1")
    weight = 1 / chance
    # half a case each way keeps a small sample's share off 0 and 1
    cases = weight.sum() ** 2 / (weight**2).sum()
    share = float(((found * weight).sum() / weight.sum() * cases + 0.5) / (cases + 1))
    left = max(1 - len(found) / weight.sum(), 0.0)
    return Genuine(alone, alone * share, float(np.sqrt((1 - share) / share / (cases + 1) * left)), "verified")
