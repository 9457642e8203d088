"""True births that a register finds late, complete or not, added to a county: no count worsens, no grade falls."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipeline.accountability.grades.grades import write_grades
from pipeline.accountability.scorecards import write_scorecards
from pipeline.checks.expectations import load_checks
from pipeline.contracts import load_feeds
from pipeline.home import Home
from pipeline.orchestration.dbt import AFTER_LINKAGE, build
from pipeline.publish import last_night
from pipeline.warehouse import open_warehouse

UNKNOWN, KNOWN = 12, 6
COUNTS = "unit_code, feed, period, rule, item"


@pytest.fixture(scope="module", params=[7, *(pytest.param(seed, marks=pytest.mark.long) for seed in (8, 9, 10))])
def county(
    night_home: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Home]:
    """The small county after its night, with its results kept as `before`, and late-found births added."""
    root = tmp_path_factory.mktemp("late") / "county"
    shutil.copytree(night_home, root, symlinks=True)
    home = Home(root)
    night = last_night(home)
    assert night is not None
    with open_warehouse(home) as con:
        con.execute("CREATE SCHEMA before")
        for table in ("rule_counts", "corroboration_cells", "event_days"):
            con.execute(f"CREATE TABLE before.{table} AS FROM measures.{table}")
        con.execute("CREATE TABLE before.grades AS FROM accountability.grades")
        assert add_late_births(con, random.Random(request.param)) > UNKNOWN
    assert all(node.is_ok for node in build(home, [AFTER_LINKAGE]))
    with open_warehouse(home) as con:
        write_scorecards(con, home)
        write_grades(con, home, night.as_of)
    yield home
    shutil.rmtree(root)


@pytest.fixture
def con(county: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_warehouse(county, read_only=True) as connection:
        yield connection


def add_late_births(con: duckdb.DuckDBPyConnection, rng: random.Random) -> int:
    """Write what intake, checks and linkage would: births whom nobody knows, and children whom others hold."""
    registers = ("household_registration", "immunization", "population_register", "birth_certificate")
    latest = con.execute(
        """
        SELECT s.record_key, s.feed, s.unit_code, s.period FROM intermediate.int_records_standardised AS s
        JOIN linkage.child_records AS l USING (record_key)
        WHERE s.birth_date IS NOT NULL AND s.feed IN (SELECT unnest($1::VARCHAR[]))
        QUALIFY s.period = max(s.period) OVER (PARTITION BY s.unit_code, s.feed)
        ORDER BY s.record_key
        """,
        [list(registers)],
    ).fetchall()
    for number in range(UNKNOWN):
        key, *_ = rng.choice(latest)
        add(con, key, key, number, f"late-{number}", "told.birth_date - INTERVAL 18 MONTH", rng)
    # in this register due and absent, in another in time; told of as that other one does
    held_elsewhere = con.execute(
        """
        SELECT r.child_id, r.register, r.expected_to, min(s.record_key) FROM intermediate.int_child_registers AS r
        JOIN intermediate.int_gaps_explained AS g USING (child_id, register)
        JOIN intermediate.int_child_records_linked AS s USING (child_id)
        JOIN intermediate.int_children_resolved AS c USING (child_id)
        WHERE r.status = 'not_held' AND g.reason = 'likely_omitted' AND r.register IN (SELECT unnest($1::VARCHAR[]))
            AND strftime(s.birth_date, '%Y-%m') = c.birth_month AND s.township_code = c.township_code
            AND s.is_in_county
        GROUP BY ALL ORDER BY ALL
        """,
        [list(registers)],
    ).fetchall()
    added = 0
    for child, register, expected_to, like in held_elsewhere:
        key = next((key for key, feed, _, period in latest if feed == register and period > expected_to), None)
        if key is not None and added < KNOWN:
            added += 1
            add(con, key, like, UNKNOWN + added, child, "told.birth_date", rng)
    return UNKNOWN + added


def add(
    con: duckdb.DuckDBPyConnection, beside: int, like: int, number: int, child: str, born: str, rng: random.Random
) -> None:
    """A record beside one of a submission, that tells of its child what another does.

    Half of them lack what was no longer known when the child was found, and in some a value is wrong.
    """
    new, row = 10**15 + number, 10**6 + number
    feed, unit, period, revision, old_row = con.execute(
        "SELECT feed, unit_code, period, revision_id, row_no FROM intermediate.int_records_standardised "
        "WHERE record_key = ?",
        [beside],
    ).fetchall()[0]
    contract = load_feeds()[feed]
    con.execute(
        f"""
        INSERT INTO intermediate.int_records_standardised BY NAME
        SELECT told.* REPLACE (
            {new}::BIGINT AS record_key, place.feed AS feed, place.agency AS agency, place.unit_code AS unit_code,
            place.period AS period, place.revision_id AS revision_id, {row} AS row_no, 'LATE-{number}' AS record_no,
            place.received_on AS received_on, place.event_date AS event_date, 1 AS identical_row_count,
            ({born})::DATE AS birth_date, NULL::DATE AS birth_date_lunar_as_solar,
            NULL::VARCHAR AS child_id_no, false AS child_id_no_is_valid
        )
        FROM intermediate.int_records_standardised AS told, intermediate.int_records_standardised AS place
        WHERE told.record_key = ? AND place.record_key = ?
        """,
        [like, beside],
    )
    con.execute(
        "INSERT INTO linkage.child_records BY NAME SELECT * REPLACE "
        f"({new}::BIGINT AS record_key, 'LATE-{number}' AS record_no, ? AS child_id) FROM linkage.child_records "
        "WHERE record_key = ?",
        [child, beside],
    )
    blank = [name for name, column in contract.columns.items() if column.level == "expected" and number % 2]
    cells = "".join(f""", '' AS "{name}" """ for name in blank)
    con.execute(
        f"INSERT INTO {contract.raw_table} SELECT * REPLACE ({row} AS row_no{cells}) FROM {contract.raw_table} "
        "WHERE revision_id = ? AND row_no = ?",
        [revision, old_row],
    )
    filled = con.execute(
        f"SELECT {', '.join(contract.columns)} FROM {contract.raw_table} WHERE revision_id = ? AND row_no = ?",
        [revision, row],
    ).fetchall()[0]
    has = {name: bool((cell or "").strip()) for name, cell in zip(contract.columns, filled, strict=True)}
    for check in load_checks(contract).checks:
        if check.severity != "row" or check.column is None:
            continue
        is_looked_at = check.looks_for_blanks or has[check.column]
        is_wrong = not has[check.column] if check.looks_for_blanks else is_looked_at and rng.random() < 0.3
        con.execute(
            "UPDATE checks.results SET evaluated_count = evaluated_count + ?, failed_count = failed_count + ? "
            "WHERE revision_id = ? AND code = ? AND column_name = ?",
            [int(is_looked_at), int(is_wrong), revision, check.code, check.column],
        )
        if is_wrong:
            con.execute(
                "INSERT INTO checks.row_findings VALUES (?, ?, ?, ?, ?)",
                [revision, row, row, check.code, check.column],
            )
    con.execute(
        "UPDATE accountability.obligations SET row_count = row_count + 1 "
        "WHERE unit_code = ? AND feed = ? AND period = ?",
        [unit, feed, period],
    )


def test_they_are_the_late_found_ones(con):
    found = con.execute("SELECT count(*) FROM intermediate.int_late_found_records WHERE row_no >= 1000000").fetchall()
    assert found[0][0] > UNKNOWN


def test_nothing_more_is_evaluated_and_no_more_fails(con):
    lost = con.execute(
        f"""
        SELECT {COUNTS}, b.evaluated, a.evaluated, b.failed, a.failed, b.failed_in_time, a.failed_in_time
        FROM before.rule_counts AS b FULL JOIN measures.rule_counts AS a USING ({COUNTS})
        WHERE a.evaluated IS DISTINCT FROM b.evaluated OR a.failed_in_time IS DISTINCT FROM b.failed_in_time
            OR a.failed > b.failed OR (a.failed < b.failed AND rule <> 'low_coverage')
        """
    ).fetchall()
    assert not lost


def test_no_pattern_of_corroboration_and_no_day_changes(con):
    keys = "COLUMNS(c -> c NOT IN ('uncorroborated'))"
    for one, other in (("before", "measures"), ("measures", "before")):
        for table, columns in (("corroboration_cells", keys), ("event_days", "*")):
            more = con.execute(
                f"SELECT {columns} FROM {one}.{table} EXCEPT ALL SELECT {columns} FROM {other}.{table}"
            ).fetchall()
            assert not more, table
    total = "SELECT sum(uncorroborated) FROM {}.corroboration_cells"
    assert con.execute(total.format("measures")).fetchall() <= con.execute(total.format("before")).fetchall()


def test_no_grade_falls(con):
    worse = con.execute(
        """
        SELECT unit_code, feed, period, b.grade, a.grade, b.score, a.score
        FROM before.grades AS b FULL JOIN accountability.grades AS a USING (unit_code, feed, period)
        WHERE a.score IS DISTINCT FROM b.score AND NOT coalesce(a.score >= b.score, false) OR a.grade > b.grade
        """
    ).fetchall()
    assert not worse
    assert con.execute("SELECT count(grade) FROM accountability.grades").fetchall()[0][0] > 0
