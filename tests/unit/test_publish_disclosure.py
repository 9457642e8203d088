"""The rules of disclosure control, each on a table made for it."""

import itertools
from dataclasses import replace

import pytest

from pipeline.errors import RollcallError
from pipeline.publish.disclosure import Cells, Controlled, control, unprotected
from pipeline.publish.disclosure.sensitive import sensitive_cells
from tests.public_attack import ALL, FATES, HELD, NOT_DUE
from tests.public_cells import QUARTERS, REGISTERS, RULE, cells_of

TOWNS = ("t0", "t1", "t2")
LARGE = {HELD: 400, NOT_DUE: 50, "omitted": 30, "elsewhere": 30}
ATOMS = {at: LARGE[at[-1]] for at in itertools.product(TOWNS, QUARTERS, REGISTERS, FATES)}
CELL = ("t0", "q1", "a")
# three children of one town and quarter are not in one register
THREE = {**ATOMS, (*CELL, "omitted"): 3, (*CELL, "elsewhere"): 0, (*CELL, HELD): 457}


def test_nothing_is_suppressed_where_all_counts_are_large():
    cells = cells_of(ATOMS)
    assert control(cells, [], RULE).published == cells.shown


def test_a_small_count_takes_others_with_it_and_leaves_the_rest():
    release = control(cells_of(THREE), [], RULE)
    assert ("not_held", "q1", "t0", "a") in release.sensitive
    # not held is due less held: one of these goes, and enough of its row and column
    assert {("due", "q1", "t0", "a"), ("held", "q1", "t0", "a")} - release.published
    assert 2 < len(release.suppressed) < 12
    assert all(key[-1] == "a" for key in release.suppressed)


@pytest.mark.parametrize(
    ("held", "omitted", "is_hidden"), [(7, 0, True), (0, 7, True), (12, 0, False), (0, 12, False), (0, 0, False)]
)
def test_none_or_all_of_a_small_group_is_suppressed(held, omitted, is_hidden):
    fates = {HELD: held, "omitted": omitted, "elsewhere": 0, NOT_DUE: 510 - held - omitted}
    cells = cells_of({**ATOMS, **{(*CELL, fate): number for fate, number in fates.items()}})
    found = sensitive_cells(cells, [], RULE)
    assert bool({("held", "q1", "t0", "a"), ("not_held", "q1", "t0", "a")} & found) == is_hidden


@pytest.mark.parametrize(("change", "is_hidden"), [(0, False), (1, True), (4, True), (5, False), (-3, True)])
def test_a_count_that_changed_by_few_is_not_published_anew(change, is_hidden):
    first = control(cells_of(ATOMS), [], RULE)
    moved = {(*CELL, HELD): ATOMS[*CELL, HELD] + change, (*CELL, NOT_DUE): ATOMS[*CELL, NOT_DUE] - change}
    second = control(cells_of({**ATOMS, **moved}), [first], RULE)
    assert (("held", "q1", "t0", "a") not in second.published) == is_hidden
    if change == 0:
        assert second.published == first.published


def test_a_sum_of_changes_does_not_tell_one_of_them():
    first = control(cells_of(ATOMS), [], RULE)
    atoms = dict(ATOMS)
    for town, more in (("t0", 3), ("t1", 6)):
        atoms[town, "q1", "a", HELD] += more
        atoms[town, "q1", "a", NOT_DUE] -= more
    second = control(cells_of(atoms), [first], RULE)
    held = {("held", "q1", town, "a") for town in (*TOWNS, ALL)}
    # three are suppressed; were six and nine published, they would follow
    assert ("held", "q1", "t0", "a") in second.suppressed
    assert len(held & second.suppressed) > 1


def test_what_was_suppressed_stays_so_as_long_as_it_does_not_change():
    first = control(cells_of(THREE), [], RULE)
    known = ("known", "q1", "t1", "")
    # the release before suppressed one more: had this one suppressed others in its place, both together would tell
    wider = replace(first, published=first.published - {known})
    second = control(cells_of(THREE), [wider], RULE)
    assert second.published == wider.published


def test_a_zero_that_was_public_is_not_published_again_once_its_group_is_small():
    first = control(cells_of({**ATOMS, (*CELL, HELD): 0, (*CELL, NOT_DUE): 450}), [], RULE)
    assert ("held", "q1", "t0", "a") in first.published
    fates = {HELD: 0, "omitted": 7, "elsewhere": 0, NOT_DUE: 503}
    second = control(cells_of({**ATOMS, **{(*CELL, fate): number for fate, number in fates.items()}}), [first], RULE)
    assert ("held", "q1", "t0", "a") in second.suppressed


def test_what_everybody_knows_to_be_nobody_protects_nothing():
    counts = {at: 0 if at[-1] == NOT_DUE else number for at, number in THREE.items()}
    cells = cells_of(counts)
    hidden = replace(cells, given=frozenset(key for key in cells.values if key[0] == "not_due"))
    release = control(hidden, [], RULE)
    # all known are due: what is not held would follow from known and held
    assert ("held", "q1", "t0", "a") in release.suppressed
    assert not unprotected(release, [], RULE)


def test_a_release_that_gives_something_away_is_found_out():
    cells = cells_of(THREE)
    everything = Controlled(cells, cells.shown, control(cells, [], RULE).sensitive)
    assert ("not_held", "q1", "t0", "a") in unprotected(everything, [], RULE)


def test_numbers_that_do_not_add_up_are_refused():
    cells = cells_of(ATOMS)
    values = {**cells.values, ("held", "q1", "t0", "a"): 1}
    with pytest.raises(RollcallError, match="do not add up"):
        control(Cells(values, cells.shown, cells.equations), [], RULE)
