"""Random counts of children as they are published: towns and the county, quarters and the year, registers, reasons."""

from __future__ import annotations

import itertools

from pipeline.publish.disclosure import Cells, Equation, Rule
from tests.public_attack import ALL, FATES, HELD, NOT_DUE, REASONS

RULE = Rule(limit=5, small_group=10, width=5)
COUNTS = ("known", "due", "held", *REASONS)
QUARTERS, REGISTERS = ("q1", "q2"), ("a", "b")


def draw(rnd, towns, most):
    """Finest counts: for each town, quarter and register, how many children met which fate."""
    found = {}
    for town, quarter in itertools.product(towns, QUARTERS):
        known = rnd.choice([rnd.randint(0, 12), rnd.randint(0, most)])
        for register in REGISTERS:
            left = known
            for fate in (*REASONS, NOT_DUE):
                some = rnd.choice([0, 0, rnd.randint(0, min(left, 4)), rnd.randint(0, left)])
                found[town, quarter, register, fate] = some
                left -= some
            found[town, quarter, register, HELD] = left
    return found


def later(rnd, atoms):
    """The same a month later: some children are found, some are new, most counts have not changed."""
    found = dict(atoms)
    for town, quarter, register, fate in atoms:
        if fate != HELD and rnd.random() < 0.3:
            moved = rnd.randint(0, found[town, quarter, register, fate])
            found[town, quarter, register, fate] -= moved
            found[town, quarter, register, HELD] += moved
    for town, quarter in sorted({(town, quarter) for town, quarter, *_ in atoms}):
        new = rnd.choice([0, 0, 0, 1, 2, 7])
        for register in REGISTERS:
            found[town, quarter, register, rnd.choice(FATES)] += new
    return found


def cells_of(atoms):
    """The public tables of finest counts; reasons are published by year only."""
    towns = sorted({town for town, *_ in atoms})
    values, equations = {}, []

    def number(fates, quarter, town, register):
        return sum(
            atoms[one, when, register, fate]
            for one in (towns if town == ALL else [town])
            for when in (QUARTERS if quarter == ALL else [quarter])
            for fate in fates
        )

    for quarter, town in itertools.product((*QUARTERS, ALL), (*towns, ALL)):
        values["known", quarter, town, ""] = number(FATES, quarter, town, REGISTERS[0])
        for register in REGISTERS:
            at = (quarter, town, register)
            values["due", *at] = number((HELD, *REASONS), *at)
            values["held", *at] = number((HELD,), *at)
            values["not_held", *at] = number(REASONS, *at)
            values["not_due", *at] = number((NOT_DUE,), *at)
            equations.append(Equation(("known", quarter, town, ""), (("due", *at), ("not_due", *at)), tells=True))
            equations.append(Equation(("due", *at), (("held", *at), ("not_held", *at)), tells=True))
            if quarter == ALL:
                parts = tuple((reason, *at) for reason in REASONS)
                values |= {part: number((part[0],), *at) for part in parts}
                equations.append(Equation(("not_held", *at), parts, tells=True))
    for count, quarter, town, register in list(values):
        if town == ALL:
            parts = tuple((count, quarter, one, register) for one in towns)
            equations.append(Equation((count, quarter, town, register), parts))
        if quarter == ALL and count not in REASONS:
            parts = tuple((count, one, town, register) for one in QUARTERS)
            equations.append(Equation((count, quarter, town, register), parts))
    shown = frozenset(key for key in values if key[0] in COUNTS)
    return Cells(values, shown, tuple(equations))


def public(releases):
    """All that is out, by release and cell."""
    return {
        (number, *key): release.cells.values[key]
        for number, release in enumerate(releases)
        for key in release.published
    }


def hidden(values):
    """The cells that nobody may know, said again from the counts alone."""
    found = {key for key, value in values.items() if 0 < value < RULE.limit}
    groups = {"known": ("due", "not_due"), "due": ("held", "not_held"), "not_held": REASONS}
    for (count, quarter, town, register), value in values.items():
        if 0 < value < RULE.small_group:
            for part, book in itertools.product(groups.get(count, ()), [register] if register else REGISTERS):
                if values.get((part, quarter, town, book)) == 0:
                    found.add((part, quarter, town, book))
    return sorted(found)
