"""The look-up tables: what is added, when they are made again, that nothing branches on a feed's name."""

from __future__ import annotations

import dataclasses

import pytest

from pipeline.reference import Division, load_reference
from pipeline.standardise import fill
from pipeline.standardise.look_ups import BY_VALUE, LOOK_UPS
from pipeline.warehouse import open_warehouse
from tests.warehouse_rows import add_receipt, add_revision

ROWS = {
    "delivery": {
        "delivery_no": "D1",
        "mother_name": "王芳",
        "mother_id_no": "11010519491231002x",
        "phone": "13812345678",
        "township_name": "东河镇",
        "village_name": "上村",
        "delivered_at": "2024-01-05 08:12",
        "child_sex": "女",
        "birth_weight_g": "3.25",
        "outcome": "活产",
    },
    "immunization": {
        "card_no": "J1",
        "child_name": "王芳之女",
        "mother_name": "王芳",
        "child_sex": "女",
        "birth_date": "2024-01-05",
        "township_name": "东河",
        "certificate_no": "u123456789",
    },
}


@pytest.fixture
def con(home):
    with open_warehouse(home) as con:
        for number, (feed, row) in enumerate(ROWS.items(), start=1):
            add_revision(con, number, feed, [row])
        yield con


def rows(con, sql: str) -> list[tuple]:
    return con.execute(sql).fetchall()


def test_a_look_up_has_the_columns_of_its_result(con):
    for look_up in BY_VALUE:
        result = look_up.read(None)
        described = [row[0] for row in con.execute(f"DESCRIBE standardise.{look_up.table}").fetchall()]
        assert described == ["raw", *(field.name for field in dataclasses.fields(result))]


def test_values_of_every_kind_are_read_once(con, home):
    added = fill(con, home, load_reference(home))
    assert set(added) == set(LOOK_UPS)
    assert rows(con, "SELECT raw, name_std, is_placeholder, placeholder_sex FROM standardise.names ORDER BY raw") == [
        ("王芳", "王芳", False, None),
        ("王芳之女", None, True, "2"),
    ]
    assert rows(con, "SELECT id_no_std, is_valid FROM standardise.id_numbers") == [("11010519491231002X", True)]
    assert rows(con, "SELECT phone_std FROM standardise.phones") == [("13812345678",)]
    assert rows(con, "SELECT feed, column_name, number_std FROM standardise.numbers") == [
        ("delivery", "birth_weight_g", 3250)
    ]
    assert rows(con, "SELECT column_name, code_std FROM standardise.codes ORDER BY ALL") == [
        ("certificate_no", "U123456789"),
        ("child_sex", "2"),
        ("child_sex", "2"),
        ("outcome", "live"),
    ]
    assert rows(con, "SELECT township_raw, village_raw, village_code FROM standardise.places ORDER BY ALL") == [
        ("东河", "", None),
        ("东河镇", "上村", "999977100200"),
    ]


def test_a_second_time_adds_nothing(con, home):
    reference = load_reference(home)
    fill(con, home, reference)
    before = {name: rows(con, f"SELECT * FROM standardise.{name} ORDER BY ALL") for name in LOOK_UPS}
    assert set(fill(con, home, reference).values()) == {0}
    assert before == {name: rows(con, f"SELECT * FROM standardise.{name} ORDER BY ALL") for name in LOOK_UPS}


def test_a_new_revision_adds_only_what_is_new(con, home):
    reference = load_reference(home)
    fill(con, home, reference)
    add_revision(con, 3, "delivery", [ROWS["delivery"], {**ROWS["delivery"], "mother_name": "李娜"}])
    assert {name: count for name, count in fill(con, home, reference).items() if count} == {"names": 1}


def test_a_revision_whose_file_was_read_again_is_looked_at_again(con, home):
    reference = load_reference(home)
    fill(con, home, reference)
    con.execute("UPDATE intake.raw_delivery SET mother_name = '李娜'")
    add_receipt(con, 1, "delivery", reading_no=9)
    assert {name: count for name, count in fill(con, home, reference).items() if count} == {"names": 1}


def test_revisions_that_are_not_current_are_not_read(con, home):
    add_revision(con, 3, "delivery", [{**ROWS["delivery"], "mother_name": "李娜"}], is_current=False)
    fill(con, home, load_reference(home))
    assert rows(con, "SELECT count(*) FROM standardise.names WHERE raw = '李娜'") == [(0,)]


def test_places_are_matched_again_when_the_divisions_change(con, home):
    reference = load_reference(home)
    fill(con, home, reference)
    renamed = Division("999977100200", "上河村", "village", "999977100")
    other = dataclasses.replace(reference, divisions={**reference.divisions, renamed.division_code: renamed})
    assert {name: count for name, count in fill(con, home, other).items() if count} == {"places": 2}
    assert rows(con, "SELECT village_name_std FROM standardise.places WHERE village_raw = '上村'") == [("上村",)]
    assert rows(con, "SELECT count(*) FROM standardise.places") == [(2,)]


def test_all_look_ups_are_made_again_when_the_rules_change(con, home, monkeypatch):
    reference = load_reference(home)
    first = fill(con, home, reference)
    monkeypatch.setattr("pipeline.standardise.look_ups.rules_fingerprint", lambda: "other")
    assert fill(con, home, reference) == first


def test_what_fails_leaves_nothing_behind(con, home, monkeypatch):
    monkeypatch.setattr("pipeline.standardise.look_ups._fill_places", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        fill(con, home, load_reference(home))
    assert rows(con, "SELECT count(*) FROM standardise.names") == [(0,)]
    assert rows(con, "SELECT count(*) FROM standardise.revisions") == [(0,)]


def test_a_value_that_stands_in_many_rows_of_one_column_is_read_once(con, home):
    fill(con, home, load_reference(home))
    # a feed that comes alone has one column of phones, and one pair of places
    new = {**ROWS["delivery"], "phone": "13912345678", "village_name": "下村"}
    add_revision(con, 9, "delivery", [{**new, "delivery_no": f"D{number}"} for number in range(5)])
    fill(con, home, load_reference(home))
    for look_up in ("names", "id_numbers", "dates", "phones"):
        assert rows(con, f"SELECT raw FROM standardise.{look_up} GROUP BY raw HAVING count(*) > 1") == [], look_up
    assert rows(con, "SELECT 1 FROM standardise.places GROUP BY township_raw, village_raw HAVING count(*) > 1") == []
