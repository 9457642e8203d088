"""Measured precision and recall: known intervals, and intervals that hold what they promise."""

import numpy as np
import pytest

from pipeline.linkage.review.measured_quality import Interval, Stratum, measure, ratio, total, wilson
from pipeline.linkage.review.sample import FEWEST, shares


@pytest.mark.parametrize(
    ("same", "reviewed", "low", "high"),
    # Newcombe 1998, Statistics in Medicine 17, 857-872, table I, Wilson's score method without correction
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_s_interval_is_the_published_one(same, reviewed, low, high):
    found = wilson(same, reviewed, 10**9)
    assert found.low == pytest.approx(low, abs=5e-5)
    assert found.high == pytest.approx(high, abs=5e-5)


def test_a_stratum_seen_whole_leaves_no_doubt():
    assert wilson(3, 4, 4) == Interval(0.75, 0.75, 0.75)
    assert wilson(30, 40, 50).high - wilson(30, 40, 50).low < wilson(30, 40, 5000).high - wilson(30, 40, 5000).low


@pytest.mark.parametrize("wrong", [(0, 0, 5), (2, 1, 5), (1, 6, 5), (-1, 2, 5)])
def test_counts_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match="reviewed"):
        wilson(*wrong)


def test_pairs_weigh_by_their_inverse_inclusion_probability():
    found = measure(
        {
            "linked_confident": Stratum(900, 30, 30),
            "linked_doubtful": Stratum(100, 10, 5),
            "apart_doubtful": Stratum(50, 10, 2),
            "apart_confident": Stratum(500, 10, 0),
        },
        enough=30,
    )
    assert found.precision.value == pytest.approx((900 + 50) / 1000)
    assert found.recall.value == pytest.approx(950 / (950 + 10))
    for figure in (found.precision, found.recall):
        assert 0 <= figure.low < figure.value < figure.high <= 1


def test_too_few_or_an_unseen_stratum_tell_nothing():
    seen = Stratum(100, 30, 30)
    assert measure({"linked_confident": Stratum(100, 29, 29)}, enough=30).precision is None
    assert measure({"linked_confident": seen, "linked_doubtful": Stratum(5, 0, 0)}, enough=30).precision is None
    found = measure({"linked_confident": seen, "apart_doubtful": Stratum(5, 0, 0)}, enough=30)
    assert found.precision is not None
    assert found.recall is None
    assert measure({}, enough=30).precision is None


def test_a_ratio_over_what_may_be_nothing_is_none():
    assert ratio(Interval(1, 0, 2), Interval(1, 0, 3)) is None
    assert total([Stratum(10, 10, 4), Stratum(20, 20, 5)]) == Interval(9, 9, 9)


def test_intervals_hold_the_truth_as_often_as_they_say():
    """2,000 samples from a frame like a county's: rare errors among many confident links, more in the doubtful."""
    rng = np.random.default_rng(20260131)
    frame = {
        "linked_confident": (20_000, 19_960), "linked_doubtful": (300, 225),
        "apart_doubtful": (200, 40), "apart_confident": (3_000, 15),
    }  # fmt: skip
    drawn = {"linked_confident": 150, "linked_doubtful": 50, "apart_doubtful": 50, "apart_confident": 100}
    made = sum(frame[name][1] for name in frame if name.startswith("linked"))
    precision, recall = made / 20_300, made / sum(same for _, same in frame.values())
    held = np.zeros(2)
    for _ in range(2_000):
        strata = {
            name: Stratum(pairs, drawn[name], int(rng.hypergeometric(same, pairs - same, drawn[name])))
            for name, (pairs, same) in frame.items()
        }
        found = measure(strata, enough=30)
        held += [
            found.precision.low <= precision <= found.precision.high,
            found.recall.low <= recall <= found.recall.high,
        ]
    assert (held / 2_000 > 0.93).all(), held / 2_000


def test_shares_follow_size_and_spread_and_leave_no_stratum_out():
    drawn = shares(100, {"a": (10_000, 0.0), "b": (200, 0.2), "c": (3, 0.25), "d": (1_000, 0.0)})
    assert sum(drawn.values()) == 100
    assert drawn["c"] == 3
    assert drawn["b"] >= FEWEST
    assert drawn["a"] > drawn["d"] >= FEWEST
    assert shares(50, {"a": (10, 0.1), "b": (4, 0.1)}) == {"a": 10, "b": 4}
    assert sum(shares(3, {"a": (10, 0.1), "b": (10, 0.1), "c": (10, 0.1), "d": (10, 0.1)}).values()) == 3
