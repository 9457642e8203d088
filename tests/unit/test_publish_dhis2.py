"""Monthly values for DHIS2: counts and shares of submissions under the names of a mapping of its schema."""

import json
import re

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import UsageError
from pipeline.home import PROJECT
from pipeline.publish import complete_night, make_release
from pipeline.publish.export.dhis2 import export_values
from pipeline.publish.export.mapping import SCHEMA, measures, read_mapping
from pipeline.warehouse import open_warehouse
from tests.exports import check_package
from tests.marts import make_night

# unit, feed, period, status
OWED = (
    ("clinic-100", "delivery", "2025-03", "on_time"),
    ("clinic-100", "immunization", "2025-03", "late"),
    ("clinic-100", "delivery", "2025-04", "nil_on_time"),
    ("police-101", "household_registration", "2025-03", "missing"),
    ("police-101", "household_registration", "2025-04", "rejected"),
    ("police-101", "household_registration", "2025-05", "not_due"),
)
PLACES = {"clinic-100": "999977100", "police-101": "999977101"}
COUNTY, TOWN, CLINIC, POLICE = "OuCounty001", "OuTownshp01", "OuClinic001", "OuPolice001"
EXPECTED, RATE, RATE_DELIVERY, ON_TIME, ALARMS = (
    "DeExpected1",
    "DeRateAll01",
    "DeRateDel01",
    "DeOnTime001",
    "DeAlarms001",
)


@pytest.fixture
def released(home):
    with open_warehouse(home) as con:
        night = make_night(con, home)
        con.execute("DELETE FROM accountability.obligations")
        for table in ("submissions", "unit_scorecards"):
            con.execute(f"DELETE FROM marts.{table}")
        for unit, feed, period, status in OWED:
            con.execute(
                "INSERT INTO accountability.obligations (unit_code, feed, period, status, due_on) "
                "VALUES (?, ?, ?, ?, '2025-06-01')",
                [unit, feed, period, status],
            )
            con.execute(
                "INSERT INTO marts.submissions BY NAME SELECT ? AS unit_code, ? AS division_code, ? AS feed, "
                "? AS period, 'month' AS period_kind, ? AS status, DATE '2025-06-01' AS due_on",
                [unit, PLACES[unit], feed, period, status],
            )
        con.execute(
            "INSERT INTO marts.unit_scorecards BY NAME SELECT unit_code, feed, period, 'month' AS period_kind, "
            + ", ".join(
                f"'too_few' AS {name}"
                for (name,) in con.execute(
                    "SELECT column_name FROM duckdb_columns() WHERE table_name = 'unit_scorecards' "
                    "AND column_name LIKE '%_verdict' AND schema_name = 'marts'"
                ).fetchall()
            )
            + " FROM accountability.obligations"
        )
        for rule, severity in (("late", "alarm"), ("duplicates", "alarm"), ("item_missing", "warning")):
            con.execute(
                "INSERT INTO marts.unit_flags BY NAME SELECT 'clinic-100' AS unit_code, 'delivery' AS feed, "
                "'2025-03' AS period, 'month' AS period_kind, ? AS rule, ? AS severity, 1 AS evidence_count, "
                "2 AS denominator, "
                "'字' AS message_zh, 'word' AS message_en",
                [rule, severity],
            )
        for unit, place in PLACES.items():
            con.execute(
                "INSERT INTO marts.units BY NAME SELECT ? AS unit_code, '单位' AS unit_name, 'health' AS agency, "
                "? AS division_code, 'township' AS level, DATE '2015-01-01' AS active_from",
                [unit, place],
            )
        for code, level in (("999977", "county"), ("999977100", "township"), ("999977101", "township")):
            con.execute(
                "INSERT INTO marts.divisions BY NAME SELECT ? AS division_code, '名' AS division_name, ? AS level",
                [code, level],
            )
        release = make_release(con, home, night)
        complete_night(con, home, release.night)
    return home


MAPPING = {
    "org_units": {"999977": COUNTY, "999977100": TOWN, "clinic-100": CLINIC},
    "data_elements": {
        "expected_reports": {"all": EXPECTED},
        "reporting_rate": {"all": RATE, "delivery": RATE_DELIVERY},
        "reporting_rate_on_time": {"all": ON_TIME},
        "alarms": {"all": ALARMS},
    },
}


def written(tmp_path, content=MAPPING):
    path = tmp_path / "mapping.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
    return path


def values_of(folder):
    content = json.loads((folder / "dataValueSets.json").read_text(encoding="utf-8"))
    assert set(content) == {"dataValues"}
    return content["dataValues"]


def test_values_are_those_of_the_submissions(released, tmp_path):
    done = export_values(released, written(tmp_path), tmp_path / "out")
    found = {(v["orgUnit"], v["period"], v["dataElement"]): v["value"] for v in values_of(tmp_path / "out")}
    assert found == {
        (COUNTY, "202503", EXPECTED): "3", (COUNTY, "202503", RATE): "66.7", (COUNTY, "202503", ON_TIME): "33.3",
        (COUNTY, "202503", RATE_DELIVERY): "100.0", (COUNTY, "202503", ALARMS): "2",
        (COUNTY, "202504", EXPECTED): "2", (COUNTY, "202504", RATE): "50.0", (COUNTY, "202504", ON_TIME): "50.0",
        (COUNTY, "202504", RATE_DELIVERY): "100.0", (COUNTY, "202504", ALARMS): "0",
        **{
            (unit, month, element): value
            for unit in (TOWN, CLINIC)
            for month, element, value in (
                ("202503", EXPECTED, "2"), ("202503", RATE, "100.0"), ("202503", ON_TIME, "50.0"),
                ("202503", RATE_DELIVERY, "100.0"), ("202503", ALARMS, "2"),
                ("202504", EXPECTED, "1"), ("202504", RATE, "100.0"), ("202504", ON_TIME, "100.0"),
                ("202504", RATE_DELIVERY, "100.0"), ("202504", ALARMS, "0"),
            )
        },
    }  # fmt: skip
    assert (done.values, done.months, done.left_out) == (30, 2, 1)
    package = check_package(tmp_path / "out")
    assert package["resources"][0]["path"] == "dataValueSets.json"


def test_every_value_is_as_dhis2_takes_it(released, tmp_path):
    every = {name: {"all": f"De{number:09d}"} for number, name in enumerate(measures())}
    content = {**MAPPING, "data_elements": every, "attribute_option_combo": "HllvX50cXC0", "months": 1}
    export_values(released, written(tmp_path, content), tmp_path / "out")
    found = values_of(tmp_path / "out")
    assert {value["dataElement"] for value in found} == {one["all"] for one in every.values()}
    for value in found:
        assert set(value) == {"dataElement", "period", "orgUnit", "attributeOptionCombo", "value"}
        assert value["period"] == "202504"
        assert re.fullmatch(r"\d+(\.\d)?", value["value"])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("org_units: [", r"第 \d 行不是 YAML.*this is no YAML"),
        ("just a text", "/ is wrong"),
        ({"org_units": MAPPING["org_units"]}, "the first two must be there"),
        ({**MAPPING, "password": "x"}, "At the top stand"),
        ({**MAPPING, "months": 0}, "months is how many"),
        ({**MAPPING, "org_units": {"999977": "short"}}, "org_units.999977 is wrong.*eleven letters and digits"),
        ({**MAPPING, "org_units": {}}, "at least one"),
        ({**MAPPING, "org_units": {"999977": COUNTY, "clinic-100": COUNTY}}, "stands there twice"),
        ({**MAPPING, "org_units": {"clinic-999": CLINIC}}, "clinic-999 is neither a unit"),
        ({**MAPPING, "data_elements": {"births": {"all": RATE}}}, "there is no measure births"),
        ({**MAPPING, "data_elements": {"alarms": {"school_enrolment": RATE}}}, "is no monthly feed"),
        ({**MAPPING, "data_elements": {"alarms": RATE}}, "Under a measure stand lines"),
    ],
)  # fmt: skip
def test_a_mapping_that_is_wrong_is_refused_in_a_sentence(released, tmp_path, content, words):
    with pytest.raises(UsageError, match=words):
        export_values(released, written(tmp_path, content), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_code_may_stand_unquoted(tmp_path):
    text = "org_units: {999977: OuCounty001}\ndata_elements: {alarms: {all: DeAlarms001}}\n"
    assert read_mapping(written(tmp_path, text)).org_units == {"999977": COUNTY}


def test_the_schema_is_one_and_the_example_is_of_it():
    jsonschema.Draft202012Validator.check_schema(json.loads(SCHEMA.read_text(encoding="utf-8")))
    read_mapping(PROJECT / "docs" / "dhis2_mapping.yaml")


def test_no_measure_counts_people():
    text = " ".join(one["value"] for one in measures().values())
    assert set(re.findall(r"[a-z_]+(?![a-z_(])", text)) <= {
        "has_come", "is_on_time", "status", "missing", "rejected", "alarms", "warnings", "count", "avg", "sum", "round",
    }  # fmt: skip


def test_the_command(released, tmp_path):
    words = ["export", "--home", str(released.root), "--out", str(tmp_path / "out"), "--format"]
    done = CliRunner().invoke(app, [*words, "dhis2", "--mapping", str(written(tmp_path))])
    assert done.exit_code == 0, done.output
    assert "30 values of 2 months" in done.output
    assert "1 units have no organisation unit" in done.output
    for wrong in (["dhis2"], ["csv", "--mapping", str(written(tmp_path))],
                  ["dhis2", "--mapping", str(written(tmp_path)), "--public"]):  # fmt: skip
        done = CliRunner().invoke(app, [*words, *wrong])
        assert done.exit_code == 2
        assert "对照文件" in done.output
    done = CliRunner().invoke(app, [*words, "dhis2", "--mapping", str(tmp_path / "absent.yaml")])
    assert done.exit_code == 2
    assert "absent.yaml" in done.output
