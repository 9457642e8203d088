"""Which cells tell too much by themselves: primary suppression.

Belongs here: the rules, each a function of the counts. Does not: which further cells must go so that these cannot be
worked out (`suppress.py`).

Sources: A. Hundepool et al., Statistical Disclosure Control (2012), ch. 4 (frequency tables: small counts, group
disclosure by zeros and full cells, differencing of successive releases).
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.publish.disclosure.cells import Cells, Controlled, Key, Rule


def sensitive_cells(cells: Cells, earlier: Sequence[Controlled], rule: Rule) -> frozenset[Key]:
    """The cells, shown or not, that nobody outside may work out.

    Args:
        earlier: the releases that are out already, oldest first.
    """
    found = _small(cells, rule) | _of_small_groups(cells, rule) | _small_changes(cells, earlier, rule)
    return found - cells.given


def _small(cells: Cells, rule: Rule) -> frozenset[Key]:
    """Few people: who is one of them knows much of the others. Complements are cells too, so they are here as well."""
    return frozenset(key for key, value in cells.values.items() if 0 < value < rule.limit)


def _of_small_groups(cells: Cells, rule: Rule) -> frozenset[Key]:
    """None of a small group, and so all of it something else: that tells of everyone in the group.

    The parts that are not zero are then the whole group between them; hiding the zeros hides that too.
    """
    return frozenset(
        part
        for equation in cells.equations
        if equation.tells and 0 < cells.values[equation.whole] < rule.small_group
        for part in equation.parts
        if cells.values[part] == 0
    )


def _small_changes(cells: Cells, earlier: Sequence[Controlled], rule: Rule) -> frozenset[Key]:
    """A count that is known already, and changed by few: the difference would be a small count.

    Of what an earlier release did not protect, its value counts as known, published or not: nobody saw to it that it
    cannot be worked out.
    """
    return frozenset(
        key
        for release in earlier
        for key in (release.cells.values.keys() - release.sensitive) & cells.values.keys()
        if 0 < abs(cells.values[key] - release.cells.values[key]) < rule.limit
    )
