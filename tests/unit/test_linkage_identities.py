"""The written rule by which a child's identity goes forward."""

from pipeline.linkage.identities.child_ids import Placed, assign, mint

NIGHTS = {"a": 1, "b": 2, "c": 2}


def run(*placed):
    assigned, events = assign([Placed(*row) for row in placed], dict(NIGHTS), set(NIGHTS))
    return assigned, [(event, child, other) for event, child, _, other in events]


def test_an_id_follows_from_the_first_record_and_is_never_minted_twice():
    taken: set[str] = set()
    first = mint(42, taken)
    assert first == mint(42, set())
    assert mint(42, taken) != first
    assert len(taken) == 2


def test_a_record_that_joins_changes_no_identity():
    assigned, events = run((1, "a", 10), (2, "a", 10), (3, None, 10))
    assert assigned == {10: "a"}
    assert events == []


def test_of_children_that_become_one_the_oldest_identity_stays():
    assigned, events = run((1, "b", 10), (2, "b", 10), (3, "a", 10))
    assert assigned == {10: "a"}
    assert events == [("merged", "b", "a")]


def test_a_child_that_falls_apart_stays_where_most_of_its_records_are():
    assigned, events = run((1, "a", 10), (2, "a", 20), (3, "a", 20))
    assert assigned[20] == "a"
    assert assigned[10] == mint(1, set())
    assert ("split", assigned[10], "a") in events
    assert ("minted", assigned[10], None) in events


def test_of_equal_halves_the_one_with_the_earliest_record_keeps_the_identity():
    assigned, _ = run((1, "a", 20), (2, "a", 10), (3, "a", 20), (4, "a", 10))
    assert assigned[20] == "a"


def test_records_that_change_places_leave_both_identities_as_they_were():
    assigned, events = run((1, "a", 10), (2, "a", 10), (3, "a", 20), (4, "b", 20), (5, "b", 20))
    assert assigned == {10: "a", 20: "b"}
    assert events == []


def test_a_split_and_a_merger_at_once():
    assigned, events = run((1, "b", 10), (2, "b", 20), (3, "c", 20), (4, "c", 20))
    assert assigned == {10: "b", 20: "c"}
    assert events == []
    assigned, events = run((1, "b", 20), (2, "b", 20), (3, "c", 20), (4, "c", 30))
    assert assigned[20] == "b"
    assert ("merged", "c", "b") in events
    assert ("split", assigned[30], "c") in events
