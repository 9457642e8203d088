"""Worklists: who is on whose, that what units wrote stays text, that every sheet says what it must."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from python_calamine import load_workbook

from pipeline.casework import write_worklists
from pipeline.casework.worklists.rows import LATE_LIST, gather_worklists, words
from pipeline.casework.worklists.workbook import promises, sheet_name, workbook
from pipeline.contracts import load_feeds
from pipeline.reference import write_reference

DAY = dt.date(2026, 1, 31)
LINE = ("1", "预防接种登记", "K1", '=HYPERLINK("http://example.org")', "女", "2025-03-07", "@SUM(1)", "-2+3", "x")
# child, feed, unit, record number, phone, id number is valid, day
RECORDS = (
    ("omitted", "delivery", "clinic-100", "D1", "15400000001", False, "2025-03-07"),
    ("omitted", "population_register", "population-100", "P1", None, False, "2025-06-07"),
    ("unlikely", "delivery", "clinic-100", "D2", None, False, "2025-03-07"),
    ("known_to_cadres", "population_register", "population-100", "P2", None, False, "2025-03-07"),
    ("numbered", "delivery", "clinic-100", "D3", None, True, "2025-03-07"),
    ("pupil", "school_enrolment", "school-100", "S1", None, False, "2031-09-01"),
    ("newcomer", "school_enrolment", "school-100", "S2", None, True, "2031-09-01"),
    ("registered", "school_enrolment", "school-100", "S3", None, False, "2031-09-01"),
    ("registered", "household_registration", "police-100", "H1", None, True, "2025-03-07"),
)
# child, register, reason, probability, whether it shows an id number
GAPS = (
    ("omitted", "household_registration", "likely_omitted", 0.9, False),
    ("omitted", "immunization", "likely_omitted", 0.95, False),
    ("omitted", "birth_certificate", "submission_missing", 0.4, False),
    ("unlikely", "household_registration", "likely_omitted", 0.2, False),
    ("known_to_cadres", "household_registration", "likely_omitted", 0.9, False),
    ("known_to_cadres", "population_register", "likely_omitted", 0.9, False),
    ("omitted", "population_register", "likely_omitted", 0.9, False),
    ("numbered", "household_registration", "likely_omitted", 0.9, True),
    ("numbered", "immunization", "likely_omitted", 0.8, True),
)


@pytest.fixture
def known(con, reference):
    """The tables that worklists read."""
    con.execute("CREATE SCHEMA IF NOT EXISTS intermediate")
    con.execute("DELETE FROM accountability.registers")
    write_reference(con, reference)
    kinds = [(feed.feed, feed.agency, feed.kind, feed.due.every) for feed in load_feeds().values()]
    con.execute("CREATE TEMP TABLE kinds (feed VARCHAR, agency VARCHAR, kind VARCHAR, due_every VARCHAR)")
    con.executemany("INSERT INTO kinds VALUES (?, ?, ?, ?)", kinds)
    con.execute("INSERT INTO accountability.registers BY NAME SELECT *, 3 AS grace_months FROM kinds")
    con.execute(
        "CREATE TABLE intermediate.int_child_records_linked (child_id VARCHAR, feed VARCHAR, unit_code VARCHAR, "
        "record_no VARCHAR, phone VARCHAR, child_id_no_is_valid BOOLEAN, event_date DATE, child_id_no VARCHAR, "
        "is_placeholder BOOLEAN, child_name_std VARCHAR, child_sex VARCHAR, birth_date DATE, village_name_std VARCHAR)"
    )
    con.executemany(
        "INSERT INTO intermediate.int_child_records_linked SELECT $1, $2, $3, $4, $5, $6, $7, "
        "CASE WHEN $6 THEN 'X' END, false, '王小明', '1', DATE '2025-03-07', '上村'",
        RECORDS,
    )
    con.execute(
        "CREATE TABLE intermediate.int_gaps_explained (child_id VARCHAR, register VARCHAR, reason VARCHAR, "
        "omission_probability DOUBLE, has_id_no BOOLEAN)"
    )
    con.executemany("INSERT INTO intermediate.int_gaps_explained VALUES (?, ?, ?, ?, ?)", GAPS)
    con.execute(
        "CREATE TABLE intermediate.int_child_registers AS SELECT child AS child_id, 'immunization' AS register, "
        "'residence' AS catchment, true AS is_due FROM (VALUES ('newcomer'), ('pupil')) AS t (child)"
    )
    return con


def test_only_the_health_unit_that_holds_the_child_is_told_and_only_where_a_right_hangs_on_it(known, home):
    found = gather_worklists(known, home)
    assert set(found) == {"clinic-100", "school-100"}
    assert {sheet: [line[2] for line in lines] for sheet, lines in found["clinic-100"].items()} == {
        "immunization": ["D1", "D3"],
        "household_registration": ["D1"],
    }
    assert found["clinic-100"]["immunization"][0][7] == "15400000001"


def test_a_school_is_told_of_its_pupils_without_a_number_or_a_record_of_birth(known, home):
    lines = gather_worklists(known, home)["school-100"][LATE_LIST]
    said = {line[2]: line[-1] for line in lines}
    assert set(said) == {"S1", "S2"}
    assert words()["late_reasons"]["no_id_number"]["en"] in said["S1"]
    assert words()["late_reasons"]["no_birth_record"]["en"] in said["S2"]


def test_a_list_is_written_once_and_taken_back_when_nobody_is_left(known, home):
    assert write_worklists(known, home, DAY) == ["clinic-100", "school-100"]
    assert write_worklists(known, home, DAY + dt.timedelta(days=1)) == []
    known.execute("UPDATE intermediate.int_gaps_explained SET omission_probability = 0.6 WHERE child_id = 'unlikely'")
    assert write_worklists(known, home, DAY + dt.timedelta(days=1)) == ["clinic-100"]
    assert [path.name for path in (home.outgoing / "clinic-100").iterdir()] == ["worklist_2026-02.xlsx"]
    known.execute("DELETE FROM intermediate.int_gaps_explained")
    assert write_worklists(known, home, DAY) == []
    assert not list((home.outgoing / "clinic-100").iterdir())
    assert (home.outgoing / "school-100" / "worklist_2026-01.xlsx").stat().st_mode & 0o077 == 0


def test_every_sheet_says_that_nothing_is_asked_and_what_a_unit_wrote_stays_text():
    content = workbook({"immunization": [LINE], LATE_LIST: [LINE]}, "=1+1", "试验县", DAY)
    book = load_workbook(io.BytesIO(content))
    assert b"<f>" not in content
    for name in book.sheet_names:
        cells = [cell for row in book.get_sheet_by_name(name).to_python() for cell in row]
        assert promises("")[0] in cells
    pupils = book.get_sheet_by_name(sheet_name(LATE_LIST)).to_python()
    assert promises(LATE_LIST)[1] in pupils[1]
    assert pupils[3] == list(LINE)
    assert content == workbook({"immunization": [LINE], LATE_LIST: [LINE]}, "=1+1", "试验县", DAY)


def test_the_limits_are_those_of_the_purpose():
    assert set(words()["registers"]) == {"birth_certificate", "immunization", "household_registration"}
    assert {*words()["agencies"], *words()["school_agencies"]} == {"health", "education"}
    headings = " ".join(heading["en"] for heading in words()["headings"]).lower()
    assert not any(word in headings for word in ("mother", "father", "guardian", "marri", "rank", "parity"))
