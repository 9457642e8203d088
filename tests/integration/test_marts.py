"""From linked records to what an analyst reads: dbt after linkage, a release, and the ten queries of the README."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import yaml

from pipeline.accountability.scorecards import write_scorecards
from pipeline.contracts import load_feeds
from pipeline.home import PROJECT, Home
from pipeline.intake.loading import make_raw_tables
from pipeline.orchestration.dbt import AFTER_LINKAGE
from pipeline.publish import assign_child_keys, begin_night, make_release, write_settings
from pipeline.publish.release.marts_spec import load_marts
from pipeline.reference import load_reference, write_reference
from pipeline.warehouse import open_warehouse
from tests.conftest import write_reference_files
from tests.dbt_builds import build_with_unit_tests

QUERIES = sorted((PROJECT / "docs" / "queries").glob("*.sql"))
MODEL = PROJECT / "dbt_project" / "models" / "intermediate" / "int_records_standardised.yml"
UNITS = {
    "delivery": "clinic-100", "birth_certificate": "clinic-100", "immunization": "clinic-100",
    "household_registration": "police-100", "population_register": "population-100", "school_enrolment": "school-100",
}  # fmt: skip
# child, register, date of birth, date of the event, written in the county, township
RECORDS = [
    ("everywhere", "delivery", "2024-03-07", "2024-03-07", True, "999977100"),
    ("everywhere", "birth_certificate", "2024-03-07", "2024-03-09", True, "999977100"),
    ("everywhere", "immunization", "2024-03-07", "2024-03-10", True, "999977100"),
    ("everywhere", "household_registration", "2024-03-07", "2024-04-06", True, "999977100"),
    ("everywhere", "population_register", "2024-03-07", "2024-05-01", True, "999977100"),
    ("twice", "delivery", "2024-03-08", "2024-03-08", True, "999977100"),
    ("twice", "delivery", "2024-03-08", "2024-03-08", True, "999977100"),
    ("twice", "household_registration", "2024-03-08", "2024-04-08", True, "999977100"),
    ("unregistered", "delivery", "2024-03-09", "2024-03-09", True, "999977100"),
    ("visitor", "delivery", "2024-04-01", "2024-04-01", False, None),
    ("newborn", "delivery", "2025-12-20", "2025-12-20", True, "999977100"),
    ("older", "household_registration", "2019-06-01", "2024-06-01", True, "999977100"),
    ("over_a_year", "household_registration", "2024-02-01", "2025-02-01", True, "999977100"),
    ("a_year", "household_registration", "2024-02-02", "2025-02-01", True, "999977100"),
    ("before_birth", "household_registration", "2024-02-02", "2024-02-01", True, "999977100"),
]


def fill(con: duckdb.DuckDBPyConnection) -> None:
    """Write what the stages before would have written."""
    con.execute("CREATE SCHEMA intermediate")
    (model,) = yaml.safe_load(MODEL.read_text(encoding="utf-8"))["models"]
    columns = ", ".join(f"{column['name']} {column['data_type']}" for column in model["columns"])
    con.execute(f"CREATE TABLE intermediate.int_records_standardised ({columns})")
    for key, (child, feed, born, event, is_in_county, township) in enumerate(RECORDS, start=1):
        con.execute(
            "INSERT INTO intermediate.int_records_standardised BY NAME SELECT ? AS record_key, ? AS feed, "
            "? AS unit_code, ? AS period, ? AS record_no, ?::DATE AS birth_date, ?::DATE AS event_date, "
            "'1' AS child_sex, ? AS is_in_county, ? AS township_code, false AS child_id_no_is_valid",
            [key, feed, UNITS[feed], event[:7], f"R{key}", born, event, is_in_county, township],
        )
        con.execute(
            "INSERT INTO linkage.child_records VALUES (?, ?, ?, ?, ?, ?)",
            [key, feed, f"R{key}", UNITS[feed], event[:7], child],
        )
    for feed in load_feeds().values():
        grace, due_through = (84, "2025") if feed.due.every == "year" else (3, "2025-12")
        con.execute(
            "INSERT INTO accountability.registers BY NAME SELECT ? AS feed, ? AS agency, ? AS kind, ? AS catchment, "
            "? AS due_every, ? AS grace_months, ? AS due_through",
            [feed.feed, feed.agency, feed.kind, feed.catchment, feed.due.every, grace, due_through],
        )
    con.executemany(
        "INSERT INTO accountability.obligations (unit_code, feed, period, status, due_on) VALUES (?, ?, ?, ?, ?)",
        [
            (unit, feed, "2024" if feed == "school_enrolment" else month, status, dt.date(2025, 9, 22))
            for feed, unit in UNITS.items()
            for month, status in [("2024-01", "on_time"), ("2024-05", "on_time")][: 1 + (feed != "school_enrolment")]
        ],
    )
    con.execute("UPDATE accountability.obligations SET status = 'missing' WHERE unit_code = 'population-100'")


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    home = Home(tmp_path_factory.mktemp("marts") / "home")
    write_reference_files(home.root)
    home.make_folders()
    with open_warehouse(home) as con:
        make_raw_tables(con)
        night = begin_night(con, home, dt.date(2026, 1, 31), {"archive": "x"})
        write_reference(con, load_reference(home))
        fill(con)
        write_settings(con, home)
        assign_child_keys(con, home)
    statuses = build_with_unit_tests(home, AFTER_LINKAGE)
    assert statuses == {("model", "success"), ("test", "pass"), ("unit_test", "pass")}
    with open_warehouse(home) as con:
        write_scorecards(con, home)
        make_release(con, home, night)
        # so that tests can name children; a release never can
        con.execute(f"COPY publish.child_keys TO '{home.root}/keys.csv'")
    with duckdb.connect(str(home.current_marts), read_only=True) as con:
        con.execute(f"CREATE TEMP VIEW named AS FROM marts.children JOIN '{home.root}/keys.csv' USING (child_key)")
        yield con


def of(marts: duckdb.DuckDBPyConnection, column: str) -> dict[str, object]:
    return dict(marts.execute(f"SELECT child_id, {column} FROM named").fetchall())


def test_registers_hold_owe_or_do_not_answer_for_a_child(marts):
    registered = of(marts, "in_household_registration")
    assert registered["everywhere"] == registered["twice"] == registered["older"] == "held"
    assert registered["unregistered"] == "not_held"
    assert registered["visitor"] == registered["newborn"] == "not_due"
    # born before anyone owed a submission: nobody can know, but for the year in which school began
    assert of(marts, "in_delivery")["older"] == "not_due"
    assert set(of(marts, "in_school_enrolment").values()) == {"not_due"}


def test_a_duplicate_is_one_child_with_two_records(marts):
    assert of(marts, "record_count")["twice"] == 3
    assert len(of(marts, "child_key")) == len({child for child, *_ in RECORDS})


def test_delays_fall_into_their_bands(marts):
    bands = of(marts, "days_to_registration_band")
    assert bands["everywhere"] == "0-30"
    assert bands["twice"] == "31-60"
    assert bands["a_year"] == "181-365"
    assert bands["over_a_year"] == bands["older"] == "over_365"
    assert bands["before_birth"] is bands["unregistered"] is None


def test_non_residents_have_no_township(marts):
    assert of(marts, "township_code")["visitor"] is None
    assert [child for child, resident in of(marts, "is_resident").items() if not resident] == ["visitor"]


def test_coverage_counts_the_held_among_the_due(marts):
    rows = marts.execute(
        "SELECT children_known, children_due, children_held, children_held_not_due, coverage "
        "FROM marts.register_coverage "
        "WHERE register = 'household_registration' AND birth_month IN ('2024-03', '2019-06') ORDER BY birth_month"
    ).fetchall()
    assert rows == [(1, 0, 0, 1, None), (3, 3, 2, 0, 2 / 3)]


def test_gaps_have_the_reason_that_the_rules_give(marts):
    rows = marts.execute(
        "SELECT register, reason, children FROM marts.gap_summary WHERE birth_month IN ('2024-03', '2024-04') "
        "AND register IN ('household_registration', 'population_register') ORDER BY ALL"
    ).fetchall()
    assert rows == [
        ("household_registration", "likely_omitted", 1),
        ("household_registration", "registered_elsewhere", 1),
        ("population_register", "registered_elsewhere", 1),
        # that office sent nothing for May, within the months in which it should have told of them
        ("population_register", "submission_missing", 2),
    ]


@pytest.mark.parametrize("query", QUERIES, ids=lambda path: path.stem)
def test_every_query_of_the_readme_finds_something_in_every_column(night_home: Path, query: Path):
    text = query.read_text(encoding="utf-8")
    assert text.splitlines()[0].startswith("-- ")
    assert text.splitlines()[0].endswith("?")
    with duckdb.connect(str(night_home / "published" / "current.duckdb"), read_only=True) as con:
        found = con.execute(text)
        names, rows = [column[0] for column in found.description or []], found.fetchall()
    assert rows, "a query that finds nothing on a county with records joins on something that is not there"
    blank = [name for place, name in enumerate(names) if all(row[place] is None for row in rows)]
    assert blank == []


def test_no_published_column_is_null_throughout_but_where_the_dictionary_says_when_it_is_filled(night_home: Path):
    with duckdb.connect(str(night_home / "published" / "current.duckdb"), read_only=True) as con:
        for mart in load_marts().values():
            counts = ", ".join(f'count("{column.name}")' for column in mart.columns)
            rows, *filled = con.execute(f"SELECT count(*), {counts} FROM marts.{mart.name}").fetchall()[0]
            blank = [column.name for column, count in zip(mart.columns, filled, strict=True) if not count]
            told = [column.name for column in mart.columns if column.filled]
            assert not rows or set(blank) <= set(told), mart.name


def test_the_published_file_says_itself_what_tables_and_columns_are(night_home: Path):
    with duckdb.connect(str(night_home / "published" / "current.duckdb"), read_only=True) as con:
        silent = con.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = 'marts' AND comment IS NULL "
            "UNION ALL SELECT table_name, '' FROM duckdb_tables() WHERE schema_name = 'marts' AND comment IS NULL"
        ).fetchall()
        assert silent == []
        # names to join to
        units = con.execute(
            "SELECT count(*) FROM marts.submissions ANTI JOIN marts.units USING (unit_code)"
        ).fetchall()[0][0]
        assert units == 0


def test_there_are_ten_queries():
    assert len(QUERIES) == 10
