"""Explanations: the weight on the page is the night's, names find their record, history is told."""

import pytest

from pipeline.errors import RollcallError, UsageError
from pipeline.intake.loading import make_raw_tables
from pipeline.linkage import explain, link
from pipeline.linkage.children.linking_paths import strongest_path
from pipeline.linkage.explanations.evidence import compare_again, key_of
from pipeline.linkage.explanations.waterfall import against_all
from pipeline.linkage.inputs import fill_input, workshop
from pipeline.linkage.model.frozen_model import model_in_use
from pipeline.linkage.named_records import find
from tests.linkage_records import child, put_records, record
from tests.warehouse_rows import add_revision

TWINS = child(mother_name_std="张静", mother_id_no="999977199202020026", birth_date="2024-03-09")
ELDER = TWINS | {"birth_minute": 600, "birth_weight_g": 2400, "gestation_weeks": 36}
YOUNGER = TWINS | {"birth_minute": 607, "birth_weight_g": 2800, "gestation_weeks": 36}
PLURAL = {"plurality": 2}


def county():
    """Twins, and a boy whose records hang together through one of them."""
    nobody = {"mother_name_std": None, "mother_id_no": None, "father_name_std": None}
    return [
        record("delivery", "T1", **ELDER, **PLURAL, birth_rank=1),
        record("delivery", "T2", **YOUNGER, **PLURAL, birth_rank=2),
        record("birth_certificate", "T000000001", **ELDER, certificate_no="T000000001", child_name_std="李雨晨"),
        record("birth_certificate", "T000000002", **YOUNGER, certificate_no="T000000002", child_name_std="李雨欣"),
        record("immunization", "J1", **TWINS, child_name_std="李雨晨"),
        record("immunization", "J2", **TWINS),
        record("delivery", "D1", **child(birth_weight_g=3010, birth_minute=71, father_name_std=None)),
        record("birth_certificate", "T000000009", **child(birth_weight_g=3010, birth_minute=71),
               certificate_no="T000000009", child_name_std="李子涵"),
        record("household_registration", "H1", "2024-06", **child(**nobody, birth_date=None),
               certificate_no="T000000009"),
    ]  # fmt: skip


@pytest.fixture
def linked(con, home):
    make_raw_tables(con)
    put_records(con, county())
    link(con, home, 1, "run-1")
    return con


def key(number):
    return next(row["record_key"] for row in county() if row["record_no"] == number)


def test_the_parts_add_up_to_the_weight_that_the_night_stored(linked, home):
    stored = linked.execute("SELECT record_key_l, record_key_r, match_weight FROM linkage.pairs").fetchall()
    assert len(stored) > 15
    model = model_in_use(home)
    pairs, _ = compare_again(linked, model, home.settings.linkage, {row[:2] for row in stored}, {})
    for left, right, weight in stored:
        pair = pairs[left, right]
        parts = pair.waterfall
        assert pair.stored_weight == weight
        assert parts.total == pytest.approx(weight, abs=1e-9)
        for alternative in ("strangers", "siblings", "twins"):
            total = parts.start[alternative] + sum(step.bits[alternative] for step in parts.steps)
            total += sum(step.rarity for step in parts.steps) if alternative == "strangers" else 0
            total += parts.shift if alternative == "twins" else 0
            assert total == pytest.approx(parts.sums[alternative], abs=1e-6)
    assert {pair.waterfall.delivery_kind for pair in pairs.values()} >= {"multiple", "unknown"}
    assert against_all(3, 3) == pytest.approx(2)


def test_twins_are_two_children_and_the_conflict_is_named(linked, home):
    found = explain(linked, home, ["delivery:T1", "delivery:T2"])
    assert not found.is_one_child
    assert found.path == ()
    pair = found.pair(*found.asked)
    assert "two_ranks_of_one_delivery" in pair.conflicts
    assert pair.rule == "child_and_date_wrong"
    assert pair.waterfall.probability < 0.01
    assert {event.child_id for event in found.history} == {record.child_id for record in found.records.values()}


def test_records_of_one_child_through_a_third_show_the_path(linked, home):
    found = explain(linked, home, ["delivery:D1", "household_registration:H1"])
    assert found.is_one_child
    assert found.path == (key("D1"), key("T000000009"), key("H1"))
    assert set(found.records) == set(found.path)


def test_one_record_shows_its_child_margin_and_what_came_near(linked, home):
    found = explain(linked, home, ["immunization:J1"])
    own = found.records[key("J1")]
    same_child = [one for one, shown in found.records.items() if shown.child_id == own.child_id]
    assert set(same_child) == {key("J1"), key("T1"), key("T000000001")}
    assert own.margin_bits > 0
    assert found.nearest
    assert not set(found.nearest) & set(same_child)
    weights = [found.pair(key("J1"), other).waterfall.total for other in found.nearest]
    assert weights == sorted(weights, reverse=True)
    assert [(event.name, event.night_no) for event in found.history] == [("minted", 1), ("joined", 1)]


def test_review_decisions_that_apply_are_told(linked, home):
    one, other = sorted((key("T1"), key("T2")))
    linked.execute("INSERT INTO casework.link_constraints VALUES (?, ?, false, '2024-05-01', 7)", [one, other])
    found = explain(linked, home, ["delivery:T1", "delivery:T2"])
    assert found.decisions[one, other].entry == 7
    assert "cannot_link" in found.pair(one, other).conflicts


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("delivery", "FEED:RECORD_NO"),
        ("delivery:", "FEED:RECORD_NO"),
        ("marriage:1", "no register of children"),
        ("births:1", "no register of children"),
        ("delivery:none", "No record of delivery"),
        ("delivery:T1@clinic-100@2024-03@x", "more parts"),
        ("delivery:T1@clinic-101", "unit and period"),
    ],
)
def test_a_name_that_names_nothing_is_answered_in_a_sentence(linked, name, said):
    with pytest.raises(UsageError, match=said):
        find(linked, name)


def test_both_names_of_one_record_are_refused(linked, home):
    with pytest.raises(UsageError, match="same record"):
        explain(linked, home, ["delivery:T1", "delivery:T1@clinic-100"])


def test_an_ambiguous_number_says_how_to_name_it(con, home):
    make_raw_tables(con)
    twice = record("delivery", "T1", "2024-04", **ELDER)
    put_records(con, [*county(), twice])
    link(con, home, 1, "run-1")
    with pytest.raises(UsageError, match=r"2 records .* @clinic-100@2024-03, @clinic-100@2024-04"):
        find(con, "delivery:T1")
    found = find(con, "delivery:Ｔ１@clinic-100@2024-04")
    assert found.record_key == twice["record_key"]
    assert find(con, found.name) == found


def test_a_stillbirth_is_said_to_be_left_out(con, home):
    make_raw_tables(con)
    put_records(con, [*county(), record("delivery", "S1", **child()) | {"is_stillbirth": True}])
    link(con, home, 1, "run-1")
    with pytest.raises(UsageError, match="no live birth"):
        find(con, "delivery:S1")


def test_a_withdrawn_record_says_so_and_keeps_its_history(con, home):
    rows = [row | {"period": "2024-01"} for row in county()]
    for row in rows:
        row["record_key"] = record(row["feed"], row["record_no"], "2024-01")["record_key"]
    gone = next(row for row in rows if row["record_no"] == "J1")
    put_records(con, rows)
    link(con, home, 1, "run-1")
    was = con.execute("SELECT child_id FROM linkage.child_records WHERE record_no = 'J1'").fetchall()[0][0]
    put_records(con, [row for row in rows if row["record_no"] != "J1"])
    link(con, home, 2, "run-2")
    add_revision(con, 1, "immunization", [{"card_no": " Ｊ1"}, {"card_no": "J2"}], is_current=False)
    add_revision(con, 2, "immunization", [{"card_no": "J2"}])
    found = explain(con, home, ["immunization:J1"])
    assert found.asked == (gone["record_key"],)
    assert found.records[gone["record_key"]].child_id is None
    assert found.pairs == {}
    told = [(event.night_no, event.name) for event in found.history if gone["record_key"] in event.records]
    assert told == [(1, "joined"), (2, "left")]
    assert {event.child_id for event in found.history} == {was}
    assert [(one.revision, one.has_record) for one in found.revisions[gone["record_key"]]] == [(1, True), (2, False)]
    with pytest.raises(UsageError, match="no longer reported"):
        explain(con, home, ["immunization:J1", "immunization:J2"])


def test_a_home_that_never_linked_is_told_so(con, home):
    with pytest.raises(RollcallError, match="No night has linked"):
        explain(con, home, ["delivery:T1"])


def test_what_is_asked_for_changes_nothing(linked, home):
    before = linked.execute("FROM linkage.pairs").fetchall()
    explain(linked, home, ["delivery:T1"])
    assert linked.execute("FROM linkage.pairs").fetchall() == before
    with workshop(linked) as work:
        assert fill_input(work) == len(county())


def test_the_strongest_path_has_the_strongest_weakest_pair():
    edges = {(1, 2): 9.0, (2, 3): 8.0, (1, 3): 1.0, (3, 4): 5.0, (1, 4): 4.0}
    assert strongest_path(edges, 1, 3) == (1, 2, 3)
    assert strongest_path(edges, 4, 1) == (4, 3, 2, 1)
    assert strongest_path(edges, 1, 5) == ()
    assert strongest_path({(1, 2): -3.0}, 1, 2) == (1, 2)
    assert key_of(2, 1) == (1, 2)
