"""Drawing a verification round: sizes, chances, sameness."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from pipeline.completeness.verification.sampling import FEWEST, draw, draw_strata, share_out

STRATA = ("likely_omission", "uncorroborated", "known_good", "control")
SHARES = dict(zip(STRATA, (0.4, 0.3, 0.2, 0.1), strict=True))
populations = st.fixed_dictionaries({name: st.integers(0, 60) for name in STRATA})


@given(populations, st.integers(0, 120))
def test_all_that_was_asked_for_is_drawn_where_there_is_as_much(units, size):
    drawn = share_out(size, units, SHARES)
    assert sum(drawn.values()) == min(size, sum(units.values()))
    assert all(0 <= drawn[name] <= units[name] for name in STRATA)


@given(st.integers(FEWEST * len(STRATA), 400))
def test_large_strata_are_drawn_by_their_shares(size):
    drawn = share_out(size, dict.fromkeys(STRATA, 1_000), SHARES)
    for name in STRATA:
        assert drawn[name] >= FEWEST
        assert abs(drawn[name] - SHARES[name] * size) <= FEWEST + 1


def test_a_stratum_without_a_share_is_not_drawn():
    assert share_out(10, {"likely_omission": 5, "control": 9}, {"control": 1.0}) == {"likely_omission": 0, "control": 9}


@given(st.sets(st.integers(), max_size=40), st.integers(0, 50), st.integers())
def test_a_draw_is_the_same_for_any_order_and_has_equal_chances(units, size, seed):
    once, again = draw(sorted(units), size, seed), draw(sorted(units, reverse=True), size, seed)
    assert once == again
    assert len({one.unit for one in once}) == len(once) == min(size, len(units))
    assert {one.inclusion_probability for one in once} <= {min(size, len(units)) / max(len(units), 1)}


def test_every_unit_has_the_chance_that_is_kept():
    seeds, units = 4_000, list(range(8))
    met = Counter(one.unit for seed in range(seeds) for one in draw(units, 3, seed))
    for unit in units:
        assert abs(met[unit] / seeds - 3 / 8) < 0.03


def test_places_are_drawn_apart():
    frame = [
        (stratum, place, f"{stratum}{place}{number}") for stratum in STRATA for place in "xy" for number in range(9)
    ]
    drawn = draw_strata(frame, 12, SHARES, 1)
    for place in "xy":
        assert sum(len(taken) for (_, where), (_, taken) in drawn.items() if where == place) == 12
    assert all(population == 9 for population, _ in drawn.values())
    assert drawn == draw_strata(reversed(frame), 12, SHARES, 1)
    assert drawn != draw_strata(frame, 12, SHARES, 2)
