"""What another model would change: told by example, and true of any two partitions."""

import csv
import json
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import RollcallError
from pipeline.linkage import link, try_model
from pipeline.linkage.model.frozen_model import DEFAULT_MODEL, keep_model, model_version, promote_model, read_model
from pipeline.linkage.training.partition_differences import Counts, diff
from pipeline.linkage.training.shadow_run import as_counts
from tests.linkage_records import child, put_records, record


def compare(old, new, strata=None):
    """The diff of two partitions, given as groups of records; every record of a register of its own."""
    before, after = ({one: group[0] for group in groups for one in group} for groups in (old, new))
    return diff(before, after, {one: f"register_{one}" for one in before}, strata or {})


def test_a_child_that_splits_keeps_the_larger_part():
    found = compare([[1, 2, 3]], [[1, 2], [3]])
    assert found.overall == Counts(records=3, old=1, new=2, gained=1, split=1, moved=1, pairs_lost=2)
    assert [(one.record, one.is_moved) for one in found.changed] == [(1, False), (2, False), (3, True)]
    assert found.register_pairs == {("register_1", "register_3"): (0, 1), ("register_2", "register_3"): (0, 1)}


def test_children_that_merge_lose_the_smaller():
    found = compare([[1, 2, 3], [4]], [[1, 2, 3, 4]])
    assert found.overall == Counts(records=4, old=2, new=1, lost=1, merged=1, moved=1, pairs_gained=3)


def test_a_record_that_changes_hands_is_moved_and_no_child_is_gained():
    found = compare([[1, 2, 3], [4, 5]], [[1, 2], [3, 4, 5]])
    assert (found.overall.gained, found.overall.lost, found.overall.moved) == (0, 0, 1)
    assert (found.overall.merged, found.overall.split) == (1, 1)
    assert (found.overall.pairs_gained, found.overall.pairs_lost) == (2, 2)


def test_a_stratum_counts_the_children_that_hold_its_records():
    found = compare([[1, 2], [3, 4], [5]], [[1], [2], [3, 4], [5]], {"twins": {2, 3}, "none": set()})
    assert found.strata["twins"] == Counts(
        records=2, old=2, new=2, unchanged=1, gained=1, split=1, moved=1, pairs_lost=1
    )
    assert found.strata["none"] == Counts()


partitions = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=20)


def labelled(drawn):
    return {n: old for n, (old, _) in enumerate(drawn)}, {n: new for n, (_, new) in enumerate(drawn)}


@given(partitions)
def test_the_same_partition_differs_in_nothing(drawn):
    old, _ = labelled(drawn)
    renamed = {one: -group for one, group in old.items()}
    found = diff(old, renamed, dict.fromkeys(old, "register"), {"all": set(old)})
    children = len(set(old.values()))
    assert found.overall == Counts(records=len(old), old=children, new=children, unchanged=children)
    assert found.strata["all"] == found.overall
    assert (found.changed, found.register_pairs) == ((), {})


@given(partitions)
def test_counts_add_up_and_turn_round(drawn):
    old, new = labelled(drawn)
    feeds = dict.fromkeys(old, "register")
    there, back = diff(old, new, feeds, {}).overall, diff(new, old, feeds, {}).overall
    assert there.old - there.lost + there.gained == there.new
    assert (there.gained, there.merged, there.pairs_gained) == (back.lost, back.split, back.pairs_lost)
    assert (there.unchanged, there.moved) == (back.unchanged, back.moved)
    assert there.moved <= there.records
    assert (there.pairs_gained + there.pairs_lost == 0) == (there.unchanged == there.old)


def boys():
    """Two boys, alike but for their mothers' id numbers."""
    shared = child(mother_id_no=None, child_name_std="李子涵", village_code=None)
    return [
        record("immunization", "J1", **shared),
        record("household_registration", "H1", **shared | {"birth_date": "2024-03-06"}),
        record("delivery", "D1", **child(birth_date="2024-05-09", mother_name_std="张静")),
    ]


def deaf():
    """The shipped model, to which a date of birth means everything."""
    shipped = read_model(DEFAULT_MODEL)
    raw = json.loads(shipped.text)
    for label, shares in raw["worth"]["birth_date"].items():
        if label != "the same":
            shares["m"] = shares["m"] * 1e-12
    return raw


def test_a_model_is_tried_beside_the_one_in_use_and_changes_nothing(con, home, tmp_path):
    path = tmp_path / "deaf.json"
    path.write_text(json.dumps(deaf()), encoding="utf-8")
    model = read_model(path)
    put_records(con, boys())
    link(con, home, 1, "run-1")
    before = con.execute("FROM linkage.child_records ORDER BY record_key").fetchall()
    keep_model(home, model, promote=False)
    in_use = model_version(home)
    tried = try_model(con, home, model.version)
    assert (tried.diff.overall.old, tried.diff.overall.new, tried.diff.overall.split) == (2, 3, 1)
    assert con.execute("FROM linkage.child_records ORDER BY record_key").fetchall() == before
    assert model_version(home) == in_use == tried.against
    counts = json.loads(tried.summary.read_text(encoding="utf-8"))
    assert counts == json.loads(json.dumps(as_counts(tried.diff, model.version, in_use)))
    assert counts["register_pairs"] == {"household_registration:immunization": {"pairs_gained": 0, "pairs_lost": 1}}
    with open(tried.records, encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert sorted(row["record_no"] for row in rows) == ["H1", "J1"]
    assert tried.records.is_relative_to(home.casework)
    for written in (tried.records, tried.summary):
        assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert "J1" not in tried.summary.read_text(encoding="utf-8")

    promote_model(home, model.version)
    assert model_version(home) == model.version
    with pytest.raises(RollcallError, match="nothing to compare"):
        try_model(con, home, model.version)
    promote_model(home, in_use)
    assert model_version(home) == in_use
    with pytest.raises(RollcallError, match="not kept"):
        promote_model(home, "m000000000000")
