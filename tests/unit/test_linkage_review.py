"""The review queue and the random sample: what is asked, why, and that it is the same every time."""

import pytest

from pipeline.linkage.review import queue, sample
from tests.reviews import keys, put_links


@pytest.fixture
def links(con, home):
    put_links(con, home)
    return con


def named(chosen):
    number = {key: name for name, key in keys().items()}
    return {frozenset({number[each.left], number[each.right]}): each.reason for each in chosen}


def ask(con, home, size=10, answered=(), **more):
    queue.prepare(con, answered)
    return queue.queue(con, home.settings.linkage, home.settings.review, size, **more)


def test_each_reason_finds_its_pairs(links, home):
    assert named(ask(links, home)) == {
        # both records hang in the balance, and the pair speaks for one child
        frozenset({"D3", "P3"}): "tie",
        # one child by way of the third record, although the two speak against it
        frozenset({"J1", "H1"}): "contradiction",
        # the same two children are asked about once for a reason
        frozenset({"D1", "H1"}): "near_threshold",
        frozenset({"D1", "D2"}): "near_threshold",
        frozenset({"D2", "J2"}): "near_threshold",
    }


def test_what_an_answer_would_put_right_decides_who_comes_first(links, home):
    first = named(ask(links, home, size=3))
    assert set(first.values()) == {"tie", "contradiction", "near_threshold"}
    # apart at nearly even odds, and six pairs of records would change with it
    assert first[frozenset({"D1", "D2"})] == "near_threshold"


def test_answered_pairs_and_those_asked_anyway_are_left_out(links, home):
    known = keys()
    pair = tuple(sorted((known["D3"], known["P3"])))
    assert frozenset({"D3", "P3"}) not in named(ask(links, home, answered=[pair]))
    assert frozenset({"D3", "P3"}) not in named(ask(links, home, without=[pair]))


def test_decided_pairs_whose_records_changed_come_first(links, home):
    known = keys()
    pair, gone = tuple(sorted((known["D1"], known["J1"]))), (1, 2)
    (first, *_) = ask(links, home, answered=[pair], again=[pair, gone])
    assert (first.left, first.right) == pair
    assert first.reason == "record_changed"
    assert first.is_linked


def test_children_who_may_be_registered_twice_come_before_all_doubts(links, home):
    known = keys()
    pair = tuple(sorted((known["D1"], known["P3"])))
    links.execute("CREATE SCHEMA IF NOT EXISTS intermediate")
    links.execute(
        "CREATE TABLE intermediate.int_possible_double_registrations AS "
        f"SELECT {pair[0]}::BIGINT AS record_key_l, {pair[1]}::BIGINT AS record_key_r"
    )
    (first, *_) = ask(links, home)
    assert ((first.left, first.right), first.reason) == (pair, "double_registration")
    assert pair not in {(each.left, each.right) for each in ask(links, home, answered=[pair])}


def test_large_children_are_asked_about_at_their_weakest_link(links, home):
    settings = home.settings.review.model_copy(update={"large_child_records": 2})
    known = keys()
    answered = [tuple(sorted((known["J1"], known["H1"]))), tuple(sorted((known["D1"], known["H1"])))]
    queue.prepare(links, answered)
    found = named(queue.queue(links, home.settings.linkage, settings, 10))
    assert found[frozenset({"D1", "J1"})] == "large_child"


def test_the_sample_is_drawn_from_every_stratum_with_its_probability(links, home):
    queue.prepare(links, [])
    chosen, parts, frame = sample.sample(links, home.settings.linkage, 4, seed=1)
    assert {each.sample for each in chosen} == set(sample.STRATA)
    for each in chosen:
        drawn = sum(other.sample == each.sample for other in chosen)
        assert each.inclusion_probability == drawn / frame["overall"][each.sample]
        assert "overall" in parts[each.left, each.right]
        assert any(part.startswith("register_pair:") for part in parts[each.left, each.right])
    assert sum(frame["overall"].values()) == 7
    assert sum(frame["placeholder_names"].values()) == 1


def test_the_same_links_and_seed_give_the_same_questions(links, home):
    def draw(seed):
        queue.prepare(links, [])
        return sample.sample(links, home.settings.linkage, 4, seed)[0]

    assert draw(1) == draw(1)
    assert len({tuple((each.left, each.right) for each in draw(seed)) for seed in range(8)}) > 1
    assert ask(links, home) == ask(links, home)
    links.execute("SET threads = 1")
    assert draw(1) == draw(1)


def test_a_sample_of_everything_is_everything(links, home):
    queue.prepare(links, [])
    chosen, _, _ = sample.sample(links, home.settings.linkage, 1_000, seed=1)
    assert len(chosen) == 7
    assert {each.inclusion_probability for each in chosen} == {1.0}
