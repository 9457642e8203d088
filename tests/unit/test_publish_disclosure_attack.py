"""Disclosure control on random tables: an attacker written apart from it solves for what was suppressed."""

import random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipeline.publish.disclosure import Cells, control, unprotected
from tests.public_attack import Attacker, World
from tests.public_cells import QUARTERS, REGISTERS, RULE, cells_of, draw, hidden, later, public

NEARLY = 1e-4
SEEDS = st.integers(0, 10**6)


def tried(examples):
    # a seed has no smaller seed that tells more: nothing is shrunk
    return settings(
        max_examples=examples,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )


def attack_two_releases(seed, towns, most):
    """Nothing hidden of either release, and no small change, can be worked out from both to less than the width."""
    rnd = random.Random(seed)
    names = [f"t{number}" for number in range(towns)]
    atoms = draw(rnd, names, most)
    before, after = cells_of(atoms), cells_of(later(rnd, atoms))
    first = control(before, [], RULE)
    second = control(after, [first], RULE)
    world = World(names, QUARTERS, REGISTERS, 2)
    attacker = Attacker(world, public([first, second]))
    for number, release in enumerate((first, second)):
        for key in hidden(release.cells.values):
            low, high = attacker.interval(world.row(number, *key))
            assert high - low >= RULE.width - NEARLY, (number, key, low, high)
    for key in sorted(before.values):
        if 0 < abs(after.values[key] - before.values[key]) < RULE.limit:
            low, high = attacker.interval(world.row(1, *key) - world.row(0, *key))
            assert high - low >= RULE.width - NEARLY, (key, low, high)
    return first, second


def attack_told(seed):
    """Who is told besides which of all numbers did not change learns nothing more from the second release.

    Of a zero that was public, and that is told to be one still, there is nothing left to hide.
    """
    rnd = random.Random(seed)
    names = ["t0", "t1", "t2"]
    atoms = draw(rnd, names, 40)
    releases = []
    for counts in (atoms, later(rnd, atoms)):
        releases.append(control(cells_of(counts), releases, RULE))
    first, second = (release.cells.values for release in releases)
    world = World(names, QUARTERS, REGISTERS, 2)
    same = [((0, *key), (1, *key)) for key, value in first.items() if second[key] == value]
    before, after = Attacker(world, public(releases[:1]), same), Attacker(world, public(releases), same)
    for number, values in enumerate((first, second)):
        for key in hidden(values):
            row = world.row(number, *key)
            low, high = after.interval(row)
            if high - low >= RULE.width - NEARLY:
                continue
            least, most = before.interval(row)
            assert high - low >= min(RULE.width, most - least) - NEARLY, (number, key, low, high)


@tried(12)
@given(seed=SEEDS, towns=st.integers(1, 3), most=st.sampled_from([20, 60, 200]))
def test_nobody_works_out_what_is_suppressed_in_one_release(seed, towns, most):
    names = [f"t{number}" for number in range(towns)]
    cells = cells_of(draw(random.Random(seed), names, most))
    release = control(cells, [], RULE)
    world = World(names, QUARTERS, REGISTERS, 1)
    attacker = Attacker(world, public([release]))
    for key in hidden(cells.values):
        assert key not in release.published
        low, high = attacker.interval(world.row(0, *key))
        assert high - low >= RULE.width - NEARLY, (key, low, high)
        # children are whole, which rules out worlds between
        low, high = attacker.integers(world.row(0, *key))
        assert high > low, key
    assert not unprotected(release, [], RULE)


@tried(5)
@given(seed=SEEDS, towns=st.integers(2, 3), most=st.sampled_from([30, 120]))
def test_nobody_works_out_from_two_releases_what_is_suppressed_or_how_it_changed(seed, towns, most):
    attack_two_releases(seed, towns, most)


@tried(4)
@given(seed=SEEDS)
def test_who_is_told_what_did_not_change_learns_no_suppressed_number(seed):
    attack_told(seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(60))
def test_the_same_at_length(seed):
    first, second = attack_two_releases(seed, 2 + seed % 3, (15, 40, 120)[seed % 3])
    assert not unprotected(second, [first], RULE)
    attack_told(seed)


@tried(8)
@given(seed=SEEDS)
def test_what_is_published_is_true_and_the_same_numbers_give_the_same_tables(seed):
    rnd = random.Random(seed)
    cells = cells_of(draw(rnd, ["t0", "t1", "t2"], 60))
    release = control(cells, [], RULE)
    assert release.published <= cells.shown
    assert release.cells is cells
    shuffled = list(cells.values.items())
    rnd.shuffle(shuffled)
    other = Cells(dict(shuffled), cells.shown, tuple(rnd.sample(cells.equations, len(cells.equations))))
    assert control(other, [], RULE).published == release.published
    assert control(cells, [release], RULE).published == release.published
    assert control(cells, [release, release], RULE).published == release.published
