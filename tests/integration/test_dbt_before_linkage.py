"""Staging and the shape that linkage reads: dbt's own unit tests, and a few rows from raw to record."""

from __future__ import annotations

import pytest

from pipeline.orchestration.dbt import BEFORE_LINKAGE
from pipeline.reference import load_reference
from pipeline.standardise import fill
from pipeline.warehouse import open_warehouse
from tests.dbt_builds import build_with_unit_tests
from tests.warehouse_rows import add_revision

DELIVERY = {
    "delivery_no": "D1", "mother_name": "王 芳", "mother_id_no": "11010519491231002x", "phone": "+86 13812345678",
    "township_name": "东河", "village_name": "上村三组", "delivered_at": "2024年1月5日 08:12", "child_sex": "女",
    "birth_weight_g": "3.25", "plurality": "1", "outcome": "活产",
}  # fmt: skip
CARD = {
    "card_no": "J1", "child_name": "王芳子", "mother_name": "王芳", "birth_date": "20240105", "child_sex": "不详",
    "township_name": "外县", "certificate_no": "u123456789", "enrolled_on": "2024-01-20",
}  # fmt: skip
MARRIAGE = {"marriage_no": "H1", "husband_name": "李剛", "wife_name": "王芳", "registered_on": "2023/5/1"}


@pytest.fixture
def built(home):
    """A home whose models before linkage are built, dbt's unit tests with them."""
    with open_warehouse(home) as con:
        add_revision(con, 1, "delivery", [DELIVERY, DELIVERY, {**DELIVERY, "birth_weight_g": "3300"}])
        add_revision(con, 2, "immunization", [CARD])
        add_revision(con, 3, "marriage", [MARRIAGE])
        add_revision(con, 4, "delivery", [{**DELIVERY, "delivery_no": "D9"}], is_current=False)
        fill(con, home, load_reference(home))
    return home, build_with_unit_tests(home, BEFORE_LINKAGE)


def test_rows_become_records_of_one_shape_and_unit_tests_pass(built):
    home, statuses = built
    assert statuses == {("model", "success"), ("test", "pass"), ("unit_test", "pass")}
    with open_warehouse(home, read_only=True) as con:
        records = con.execute(
            """
            SELECT record_no, identical_row_count, mother_name_std, mother_id_no_is_valid, phone, township_code,
                village_code, is_in_county, birth_date::VARCHAR, birth_minute, child_sex, birth_weight_g,
                is_placeholder, mother_name_from_placeholder, certificate_no
            FROM intermediate.int_records_standardised ORDER BY feed, identical_row_count DESC
            """
        ).fetchall()
        keys = con.execute(
            "SELECT count(DISTINCT record_key), min(record_key) > 0 FROM intermediate.int_records_standardised"
        )
        assert keys.fetchall() == [(3, True)]
        place = ("999977100", "999977100200", True)
        assert records == [
            ("D1", 2, "王芳", True, "13812345678", *place, "2024-01-05", 492, "2", 3250, False, None, None),
            ("D1", 1, "王芳", True, "13812345678", *place, "2024-01-05", 492, "2", 3300, False, None, None),
            ("J1", 1, "王芳", None, None, None, None, False, "2024-01-05", None, "1", None, True, "王芳", "U123456789"),
        ]
        couples = con.execute("SELECT husband_name_std, wife_name_pinyin FROM intermediate.int_marriages_standardised")
        assert couples.fetchall() == [("李刚", "wang fang")]
