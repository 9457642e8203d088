"""An attacker of public tables, written apart from disclosure control: it knows the published numbers and nothing else.

It works on the finest counts (town, quarter, register, what became of the child), of which every published number is a
sum, and bounds what it likes by linear, or where asked by integer, programming.
"""

from __future__ import annotations

import itertools

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

HELD, NOT_DUE = "held", "not_due"
REASONS = ("omitted", "elsewhere")
FATES = (HELD, NOT_DUE, *REASONS)
ALL = "all"


class World:
    """The finest counts of some releases, and a row of ones and zeros for anything that is summed from them."""

    def __init__(self, towns, quarters, registers, releases, reasons=REASONS):
        self.towns, self.quarters, self.registers, self.reasons = towns, quarters, registers, reasons
        fates = (HELD, NOT_DUE, *reasons)
        self.atoms = {
            atom: n for n, atom in enumerate(itertools.product(range(releases), towns, quarters, registers, fates))
        }

    def row(self, release, count, quarter, town, register):
        """What a public number is a sum of."""
        fates = {
            "known": (HELD, NOT_DUE, *self.reasons),
            "due": (HELD, *self.reasons),
            "held": (HELD,),
            "not_held": self.reasons,
            "not_due": (NOT_DUE,),
        }.get(count, (count,))
        found = np.zeros(len(self.atoms))
        for atom, n in self.atoms.items():
            at, where, when, book, fate = atom
            found[n] = (
                at == release
                and where in (self.towns if town == ALL else [town])
                and when in (self.quarters if quarter == ALL else [quarter])
                # all registers count the same children: of the known, any one tells
                and book == (register or self.registers[0])
                and fate in fates
            )
        return found


class Attacker:
    """Bounds from published numbers.

    Args:
        published: (release, count, quarter, town, register) to number.
        unchanged: pairs of sums (as keys of `published`) that the attacker is told are equal.
    """

    def __init__(self, world, published, unchanged=()):
        rows, right = [], []
        for at, number in published.items():
            rows.append(world.row(*at))
            right.append(number)
        releases = sorted({atom[0] for atom in world.atoms})
        for release, town, quarter, register in itertools.product(
            releases, world.towns, world.quarters, world.registers[1:]
        ):
            same = world.row(release, "known", quarter, town, register)
            rows.append(same - world.row(release, "known", quarter, town, ""))
            right.append(0)
        for one, other in unchanged:
            rows.append(world.row(*one) - world.row(*other))
            right.append(0)
        self.rows, self.right = np.array(rows), np.array(right, float)

    def interval(self, row):
        """The least and the most that a sum can be; infinite where nothing bounds it."""
        found = []
        for sign in (1, -1):
            done = linprog(sign * row, A_eq=self.rows, b_eq=self.right, bounds=(0, None), method="highs")
            assert done.status in (0, 3), done.message
            found.append(sign * done.fun if done.status == 0 else -sign * np.inf)
        return tuple(found)

    def integers(self, row):
        """The same, knowing that children are whole."""
        found = []
        for sign in (1, -1):
            done = milp(
                sign * row,
                constraints=LinearConstraint(self.rows, self.right, self.right),
                integrality=np.ones(len(row)),
                bounds=Bounds(0, 10_000),
            )
            assert done.status == 0, done.message
            found.append(round(sign * done.fun))
        return tuple(found)
