"""Each level on a pair that shows the field's error it is named after, run as SQL in DuckDB."""

import duckdb
import pytest

from pipeline.linkage.inputs import fill_input, sound_sql
from pipeline.linkage.model.comparisons import COMPARISONS
from pipeline.standardise.characters import blurred
from tests.linkage_records import put_records, record

BY_NAME = {comparison.name: comparison for comparison in COMPARISONS}
MOTHER, SLIP = "999977199001010028", "999977199001010018"


def level(comparison_name, left, right):
    """The level that a pair of records meets; None where there is nothing to compare."""
    comparison = BY_NAME[comparison_name]
    con = duckdb.connect()
    put_records(con, [record("delivery", "1") | left, record("immunization", "2") | right])
    fill_input(con, records="intermediate.int_records_standardised")
    columns = [row[0] for row in con.execute("DESCRIBE linkage_input").fetchall()]
    sides = ", ".join(f"l.{column} AS {column}_l, r.{column} AS {column}_r" for column in columns)
    cases = " ".join(f"WHEN {each.condition} THEN '{each.label}'" for each in comparison.levels)
    found = con.execute(f"""
        SELECT CASE WHEN {comparison.missing} THEN NULL {cases} ELSE 'different' END
        FROM (SELECT {sides} FROM linkage_input AS l JOIN linkage_input AS r ON l.record_key <> r.record_key)
    """).fetchall()
    assert len(set(found)) == 1, "a comparison must not depend on which record is the left one"
    return found[0][0]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("王芳", "王芳", "the same"),
        ("张静", "章静", "another character of the same sound"),
        # by bytes these are three apart, as far as two names that share nothing
        ("王芳", "王静", "one character wrong or missing"),
        ("王小芳", "王芳", "one character wrong or missing"),
        # heard as many speakers hear it
        ("王欣", "王杏", "a character of nearly the same sound"),
        ("王兰", "王南", "a character of nearly the same sound"),
        ("王雨晨", "王静涵", "the surname only"),
        ("王芳", "李强", "different"),
        ("王芳", None, None),
    ],
)
def test_a_mothers_name(left, right, expected):
    mothers = [record("x", number, mother_name_std=name) for number, name in (("1", left), ("2", right))]
    assert level("mother_name", *mothers) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("李雨晨", "李雨晨", "the same"),
        ("李雨晨", "李宇辰", "other characters of the same sound"),
        ("李雨晨", "王雨晨", "the given name under another surname"),
        ("李雨晨", "李欣晨", "first character of the given name wrong"),
        ("李雨晨", "李雨欣", "last character of the given name wrong"),
        ("李雨晨", "李晨", "one character missing"),
        ("李雨晨", "李子涵", "the surname only"),
        ("李雨晨", "王子涵", "different"),
    ],
)
def test_a_childs_name(left, right, expected):
    children = [record("x", number, child_name_std=name) for number, name in (("1", left), ("2", right))]
    assert level("child_name", *children) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ({"birth_date": "2024-03-05"}, {"birth_date": "2024-03-05"}, "the same"),
        ({"birth_date": "2024-03-05"}, {"birth_date": "2024-03-06"}, "one day apart"),
        ({"birth_date": "2024-03-05"}, {"birth_date": "2024-05-03"}, "day and month swapped"),
        (
            {"birth_date": "2024-04-13"},
            {"birth_date": "2024-03-05", "birth_date_lunar_as_solar": "2024-04-13"},
            "lunar read as solar",
        ),
        ({"birth_date": "2024-01-05"}, {"birth_date": "2023-01-05"}, "wrong year"),
        ({"birth_date": "2024-03-05"}, {"birth_date": "2024-03-15"}, "tens of days apart"),
        ({"birth_date": "2024-03-05"}, {"birth_date": "2024-08-05"}, "one digit of day or month"),
        ({"birth_date": "2024-03-05"}, {"birth_date": "2024-03-22"}, "within a month"),
        ({"birth_date": "2024-03-05"}, {"birth_date": "2021-03-05"}, "wrong by years"),
        # the leap sixth month of 2025 began on 25 July; nobody writes that it was the leap one
        (
            {"birth_date": "2025-06-10", "birth_date_lunar_as_solar": "2025-07-04"},
            {"birth_date": "2025-08-03"},
            "lunar read as solar",
        ),
        ({"birth_date": "2024-03-05"}, {"birth_date": "2024-07-19"}, "too near for another birth"),
        ({"birth_date": "2024-03-05"}, {"birth_date": "2022-09-19"}, "different"),
        ({"birth_date": None}, {"birth_date": "2022-09-19"}, None),
    ],
)
def test_a_birth_date(left, right, expected):
    assert level("birth_date", left, right) == expected


def test_a_valid_id_number_dates_a_birth_whatever_is_written_beside_it():
    police = {"birth_date": "2024-01-08", "child_id_no": "999977202402170016", "child_id_no_is_valid": True}
    assert level("birth_date", police, {"birth_date": "2024-02-17"}) == "the same"
    assert level("birth_date", police, {"birth_date": "2024-01-08"}) == "the same"


@pytest.mark.parametrize(
    ("right", "expected"),
    [
        (MOTHER, "the same"),
        (SLIP, "one digit wrong"),
        ("999977199001100028", "two digits transposed"),
        ("99997719900101002", "digits lost"),
        ("99997719900101", "different"),
        ("999977198811230046", "different"),
        (None, None),
    ],
)
def test_an_id_number(right, expected):
    assert level("mother_id_no", {"mother_id_no": MOTHER}, {"mother_id_no": right}) == expected


@pytest.mark.parametrize(
    ("name", "nickname", "expected"),
    [
        ("李雨晨", "晨", "the last character of the given name"),
        ("李雨晨", "雨", "another character of the given name"),
        ("李雨晨", "涵", "different"),
        (None, "晨", None),
    ],
)
def test_a_nickname(name, nickname, expected):
    named, baby = record("x", "1", child_name_std=name), record("x", "2", child_nickname=nickname)
    assert level("child_nickname", named, baby) == expected
    twice = record("x", "1", child_nickname="晨"), record("x", "2", child_nickname="晨")
    assert level("child_nickname", *twice) == "the same nickname"


def test_a_guardian_is_a_parent_of_either_side():
    pupil = record("x", "1", guardian_name_std="李强")
    assert (
        level("guardian", pupil, record("x", "2", mother_name_std="王芳", father_name_std="李强"))
        == "a parent of that name"
    )
    assert level("guardian", pupil, record("x", "2", mother_name_std="王芳")) == "different"
    assert level("guardian", pupil, record("x", "2")) is None


@pytest.mark.parametrize(
    ("comparison", "left", "right", "expected"),
    [
        ("register", {"feed": "delivery"}, {"feed": "delivery"}, "different"),
        ("sex", {"child_sex": "1"}, {"child_sex": "2"}, "different"),
        ("phone", {"phone": "13800000001"}, {"phone": "13800000010"}, "two digits transposed"),
        ("certificate_no", {"certificate_no": "T123456789"}, {"certificate_no": "T123456798"}, "two digits transposed"),
        ("certificate_no", {"certificate_no": "T123456789"}, {"certificate_no": "T123456790"}, "a neighbouring number"),
        ("certificate_no", {"certificate_no": "T123456789"}, {"certificate_no": "T123456789"}, "the same"),
        ("place", {"village_code": None}, {}, "the same township, no village"),
        ("place", {"village_code": "999977100201"}, {}, "the same township"),
        ("birth_minute", {"birth_minute": 600}, {"birth_minute": 607}, "within the hour"),
        ("birth_weight", {"birth_weight_g": 3240}, {"birth_weight_g": 3200}, "rounded or weighed again"),
        ("gestation", {"gestation_weeks": 38}, {"gestation_weeks": 39}, "one week apart"),
        ("birth_rank", {"birth_rank": 1}, {"placeholder_rank": 2}, "different"),
        ("plurality", {"plurality": 2}, {"plurality": 2}, "of one multiple delivery"),
    ],
)
def test_other_columns(comparison, left, right, expected):
    assert level(comparison, left, right) == expected


def test_parents_may_stand_in_each_others_column():
    form = record("x", "1", mother_name_std="王芳", father_name_std="李强")
    turned = record("x", "2", mother_name_std="李强", father_name_std="王芳")
    for comparison in ("mother_name", "father_name"):
        assert level(comparison, form, turned) == "written as the other parent"


def test_a_placeholder_that_its_own_record_does_not_tell():
    named = record("x", "1", child_name_std="李雨晨", mother_name_std="王芳")
    assert level("child_name", named, record("x", "2", child_name_std="王芳子")) == (
        "a placeholder of a parent whom the other record names"
    )


def test_a_placeholder_names_a_mother_whom_the_record_does_not():
    nameless = record("x", "1", mother_name_from_placeholder="王芳")
    assert level("mother_name", nameless, record("x", "2", mother_name_std="王芳")) == "the same"
    # what the record says of its mother stands before what the placeholder says
    both = record("x", "1", mother_name_std="李静", mother_name_from_placeholder="王芳")
    assert level("mother_name", both, record("x", "2", mother_name_std="王芳")) == "different"


@pytest.mark.parametrize("name", ["zhang chen", "nie ying", "sheng nan", "lü eng", "an ang"])
def test_names_are_folded_as_places_are(name):
    folded = duckdb.sql(f"SELECT {sound_sql('name')} FROM (SELECT '{name}' AS name)").fetchall()[0][0]
    assert folded == f" {blurred(name)}"
