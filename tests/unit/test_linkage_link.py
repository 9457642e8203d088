"""Nights of linkage on a handful of families."""

import random

import pytest

from pipeline.linkage import export_links, link
from pipeline.linkage.children.conflicts import conflicts
from pipeline.warehouse import open_warehouse
from tests.linkage_records import child, put_records, record

FATHERLESS = {"father_name_std": None}


def twins():
    """Two boys of one delivery: deliveries, certificates, vaccinations of which one bears no name."""
    both = child(mother_name_std="张静", mother_id_no="999977199202020026", birth_date="2024-03-09")
    elder = both | {"birth_minute": 600, "birth_weight_g": 2400, "gestation_weeks": 36}
    younger = both | {"birth_minute": 607, "birth_weight_g": 2800, "gestation_weeks": 36}
    plural = {"plurality": 2}
    return [
        record("delivery", "T1", **elder, **plural, birth_rank=1),
        record("delivery", "T2", **younger, **plural, birth_rank=2),
        record("birth_certificate", "T000000001", **elder, certificate_no="T000000001", child_name_std="李雨晨"),
        record("birth_certificate", "T000000002", **younger, certificate_no="T000000002", child_name_std="李雨欣"),
        record("immunization", "J1", **both, child_name_std="李雨晨"),
        record("immunization", "J2", **both),
    ]


def boy():
    """One boy, with slips: a lunar date, a lost digit."""
    said = child(birth_weight_g=3200, birth_minute=333)
    lunar = child(birth_date="2024-01-25", birth_date_lunar_as_solar="2024-03-05", child_name_std="李子涵")
    return [
        record("delivery", "B1", **said),
        record("birth_certificate", "T000000003", **said, certificate_no="T000000003", child_name_std="李子涵"),
        record("immunization", "B2", **lunar),
        record("household_registration", "B3", period="2024-05", **child(mother_id_no="99997719900101002"),
               certificate_no="T000000003", child_name_std="李子涵"),
    ]  # fmt: skip


def brother():
    """His younger brother, two years on."""
    said = child(birth_date="2026-02-11", child_name_std="李子轩")
    return [
        record("immunization", "B4", "2026-03", **said),
        record("household_registration", "B5", "2026-03", **said),
    ]


def groups(con):
    """Who is together, by record number."""
    rows = con.execute("""
        SELECT list(record_no ORDER BY record_no) FROM linkage.child_records GROUP BY child_id ORDER BY ALL
    """).fetchall()
    return [row[0] for row in rows]


def ids(con):
    return dict(con.execute("SELECT record_no, child_id FROM linkage.child_records").fetchall())


EXPECTED = [
    ["B1", "B2", "B3", "T000000003"],
    ["B4", "B5"],
    ["J1", "T000000001", "T1"],
    ["J2", "T000000002", "T2"],
]


@pytest.fixture
def con(home):
    with open_warehouse(home) as con:
        yield con


def test_slips_are_bridged_and_brothers_and_twins_kept_apart(con, home):
    put_records(con, [*boy(), *brother(), *twins()])
    summary = link(con, home, 1, "run-1")
    assert groups(con) == EXPECTED
    assert (summary.records, summary.children, summary.records_new) == (12, 4, 12)
    assert summary.events == {"joined": 12, "minted": 4}
    assert con.execute("SELECT count(*) FROM linkage.record_states").fetchall() == [(12,)]


def test_stillbirths_are_left_out(con, home):
    put_records(con, [*boy(), record("delivery", "S1", **child()) | {"is_stillbirth": True}])
    link(con, home, 1, "run-1")
    assert groups(con) == EXPECTED[:1]


def test_a_county_without_records_has_no_children(con, home):
    put_records(con, [])
    assert link(con, home, 1, "run-1").children == 0


@pytest.mark.parametrize("seed", range(3))
def test_order_and_threads_change_no_byte(con, home, tmp_path, seed):
    records = [*boy(), *brother(), *twins()]
    put_records(con, records)
    link(con, home, 1, "run-1")
    export_links(con, tmp_path / "one.csv")
    pairs = con.execute("FROM linkage.pairs ORDER BY ALL").fetchall()
    con.execute("DELETE FROM linkage.child_records; DELETE FROM linkage.identity_events; SET threads = 1")
    random.Random(seed).shuffle(records)
    put_records(con, records)
    link(con, home, 1, "run-1")
    export_links(con, tmp_path / "other.csv")
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "other.csv").read_bytes()
    assert pairs == con.execute("FROM linkage.pairs ORDER BY ALL").fetchall()


def test_months_that_arrive_in_any_order_give_the_same_partition(con, home):
    parts = [boy(), brother(), twins()]
    for order in ((0, 1, 2), (2, 1, 0), (1, 0, 2)):
        con.execute("DELETE FROM linkage.child_records; DELETE FROM linkage.identity_events")
        arrived = []
        for night, part in enumerate(order, start=1):
            arrived += parts[part]
            put_records(con, arrived)
            link(con, home, night, f"run-{night}")
        assert groups(con) == EXPECTED


def test_a_new_month_changes_no_unrelated_id_and_a_second_run_adds_no_event(con, home):
    put_records(con, [*boy(), *twins()])
    link(con, home, 1, "run-1")
    before = ids(con)
    put_records(con, [*boy(), *twins(), *brother()])
    summary = link(con, home, 2, "run-2")
    assert {number: ids(con)[number] for number in before} == before
    assert summary.events == {"joined": 2, "minted": 1}
    assert link(con, home, 2, "run-2").events == {}


def test_a_record_that_is_withdrawn_leaves_no_trace_but_its_history(con, home):
    put_records(con, [*boy(), *twins()])
    link(con, home, 1, "run-1")
    before = ids(con)
    withdrawn = next(r for r in boy() if r["record_no"] == "B1")
    put_records(con, [r for r in [*boy(), *twins()] if r["record_no"] != "B1"])
    summary = link(con, home, 2, "run-2")
    assert (summary.records_gone, summary.records_new, summary.events) == (1, 0, {"left": 1})
    assert ids(con) == {number: child_id for number, child_id in before.items() if number != "B1"}
    key = withdrawn["record_key"]
    assert con.execute(
        "SELECT count(*) FROM linkage.pairs WHERE ? IN (record_key_l, record_key_r)", [key]
    ).fetchall() == [(0,)]
    events = con.execute("SELECT night_no, event, child_id FROM linkage.identity_events WHERE record_key = ? "
                         "AND event IN ('joined', 'left') ORDER BY night_no", [key]).fetchall()  # fmt: skip
    assert events == [(1, "joined", before["B1"]), (2, "left", before["B1"])]


def test_a_changed_record_is_counted_and_keeps_its_child(con, home):
    put_records(con, boy())
    link(con, home, 1, "run-1")
    before = ids(con)
    changed = boy()
    changed[0]["birth_weight_g"] = 3250
    put_records(con, changed)
    summary = link(con, home, 2, "run-2")
    assert (summary.records_changed, summary.events) == (1, {})
    assert ids(con) == before


def test_a_child_that_comes_apart_and_together_again(con, home):
    """The link between two records of one child is a third: it goes, and comes back."""
    first = record("delivery", "D1", **child(birth_weight_g=3010, birth_minute=71, **FATHERLESS))
    bridge = record("birth_certificate", "T000000009", **child(birth_weight_g=3010, birth_minute=71),
                    certificate_no="T000000009", child_name_std="李雨晨")  # fmt: skip
    nobody = {"mother_name_std": None, "mother_id_no": None, "father_name_std": None}
    last = record("household_registration", "H1", "2024-06", **child(**nobody, birth_date=None),
                  certificate_no="T000000009")  # fmt: skip
    put_records(con, [first, bridge, last])
    link(con, home, 1, "run-1")
    whole = ids(con)
    assert len(set(whole.values())) == 1
    put_records(con, [first, last])
    apart = link(con, home, 2, "run-2")
    assert len(set(ids(con).values())) == 2
    assert apart.events["split"] == 1
    put_records(con, [first, bridge, last])
    together = link(con, home, 3, "run-3")
    assert ids(con) == whole
    assert together.events["merged"] == 1


def test_two_valid_child_ids_are_never_one_child(con, home):
    one = child(child_name_std="李雨晨", child_id_no_is_valid=True)
    put_records(con, [
        record("household_registration", "H1", **one, child_id_no="99997720240305001X"),
        record("school_enrolment", "S1", "2030", **one, child_id_no="999977202403050036"),
        record("immunization", "J1", **child(child_name_std="李雨晨")),
    ])  # fmt: skip
    link(con, home, 1, "run-1")
    assert ids(con)["H1"] != ids(con)["S1"]
    assert {rule.name for rule in conflicts(400)} >= {"two_valid_child_ids", "births_too_far_apart"}


def test_a_reissued_certificate_is_one_child_and_a_record_sent_twice_is_one_child_twice(con, home):
    said = child(birth_weight_g=3200, birth_minute=333, child_name_std="李子涵")
    put_records(con, [
        *boy(),
        record("birth_certificate", "T000000077", "2024-04", **said, certificate_no="T000000077"),
        record("immunization", "B7", **child(child_name_std="李子涵")),
        record("immunization", "B8", **child(child_name_std="李子涵")),
    ])  # fmt: skip
    link(con, home, 1, "run-1")
    assert groups(con) == [sorted(["B1", "B2", "B3", "B7", "B8", "T000000003", "T000000077"])]


@pytest.mark.parametrize(("one", "other", "rule"), [
    ({"birth_rank": 1}, {"birth_rank": 2}, "two_ranks_of_one_delivery"),
    ({"birth_minute": 600, "birth_weight_g": 2400}, {"birth_minute": 607, "birth_weight_g": 2900},
     "two_minutes_and_weights_of_one_delivery"),
    ({"birth_date": "2024-03-05"}, {"birth_date": "2025-06-11"}, "births_too_far_apart"),
])  # fmt: skip
def test_no_two_records_in_hard_conflict_are_one_child(con, home, one, other, rule):
    """However much else agrees: here all of it."""
    same = {"child_name_std": "李子涵", "phone": "13812345678"}
    put_records(con, [record("delivery", "K1", **child(**same | one)),
                      record("immunization", "K2", **child(**same | other))])  # fmt: skip
    link(con, home, 1, "run-1")
    assert len(set(ids(con).values())) == 2
    assert rule in {conflict.name for conflict in conflicts(400)}


def test_a_delivery_of_two_has_no_third_child(con, home):
    """A vaccination that resembles neither twin much is still one of theirs."""
    odd = child(mother_name_std="张静", mother_id_no="999977199202020026", birth_date="2024-03-09", child_sex=None,
                child_name_std="李小辰")  # fmt: skip
    put_records(con, [*twins(), record("immunization", "J3", **odd)])
    link(con, home, 1, "run-1")
    assert len(groups(con)) == 2


def test_quality_has_the_strata_and_plausible_shares(con, home):
    put_records(con, [*boy(), *brother(), *twins()])
    link(con, home, 1, "run-1")
    rows = {row[1]: row for row in con.execute("FROM linkage.quality").fetchall()}
    assert {"overall", "multiple_births", "register_pair:delivery:immunization"} <= set(rows)
    assert rows["overall"][2:4] == (12, 4)
    assert rows["multiple_births"][2:4] == (6, 2)
    assert 0.8 < rows["overall"][4] <= 1
    # half the records are of twins, whose pairs look alike
    assert 0.5 < rows["overall"][5] <= 1


def test_the_export_is_sorted_and_has_exactly_the_contracted_columns(con, home, tmp_path):
    put_records(con, [*twins(), *boy()])
    link(con, home, 1, "run-1")
    assert export_links(con, tmp_path / "links.csv") == 10
    lines = (tmp_path / "links.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "feed,record_no,unit_code,period,child_id"
    assert lines[1:] == sorted(lines[1:])
