"""Spark without Spark: the statements it is given, what lies in its folder, and the sentences where it is absent."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import RollcallError, UsageError
from pipeline.home import Home
from pipeline.linkage import link
from pipeline.linkage.children.partition import on_duckdb
from pipeline.linkage.identities.changes import LINKAGE, RULES_CODE, SPARK_CODE, rules_digest
from pipeline.linkage.inputs import INPUT, fill_input, workshop
from pipeline.linkage.model.frozen_model import DEFAULT_MODEL, read_model
from pipeline.linkage.pairs.scoring import SCORED
from pipeline.linkage.pairs.spark_dialect import spark_sql
from pipeline.linkage.pairs.spark_engine import ORDER, SparkEngine, write_order
from pipeline.orchestration.spark.job import NO_JAVA, NO_PACKAGES
from pipeline.orchestration.spark.launch import JOB, configuration, prepared, require
from pipeline.settings.linkage import LinkageSettings
from tests.linkage_records import child, put_records, record

FAMILY = [
    record("delivery", "B1", **child(birth_weight_g=3200)),
    record("birth_certificate", "T1", **child(child_name_std="李子涵", certificate_no="T000000003")),
    record("immunization", "B2", **child(child_name_std="李子涵")),
]


def with_spark(home: Home, command: Path | str = "absent/python") -> Home:
    """The home with Spark as its engine, started by a command."""
    said = home.county_yaml.read_text(encoding="utf-8")
    said += f"linkage:\n  engine: spark\nspark:\n  command: ['{command}']\n"
    home.county_yaml.write_text(said, encoding="utf-8")
    return Home(home.root)


def ending_with(folder: Path, status: int) -> Path:
    """A program that ends with a status, whatever it is asked."""
    program = folder / f"ends_with_{status}"
    program.write_text(f"#!/bin/sh\nexit {status}\n", encoding="utf-8")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("duckdb", "spark"),
    [
        ("SELECT hash(a, b)", "SELECT XXHASH64(a, b)"),
        ("SELECT abs(born_l - born_r) <= 31", "SELECT ABS(DATEDIFF(born_l, born_r)) <= 31"),
        ("SELECT abs(grams_l - grams_r) <= 50", "SELECT ABS(grams_l - grams_r) <= 50"),
        ("SELECT (word_0 // 28) % 3", "SELECT (word_0 DIV 28) % 3"),
        ("SELECT 1.5e0", "SELECT 1.5e0"),
        ("SELECT unnest(rule_4) AS key", "SELECT EXPLODE(rule_4) AS key"),
    ],
)
def test_what_spark_names_or_does_differently(duckdb, spark):
    assert spark_sql(duckdb, ["born"]) == spark


def test_edits_are_of_bytes_as_duckdb_counts_them():
    bytes_of = "DECODE(ENCODE({}, 'UTF-8'), 'ISO-8859-1')"
    expected = f"SELECT LEVENSHTEIN({bytes_of.format('a')}, {bytes_of.format('b')})"
    assert spark_sql("SELECT levenshtein(a, b)", []).upper() == expected.upper()


def test_an_edit_distance_that_spark_lacks_is_taken_where_it_has_an_equal_only():
    assert "damerau" not in spark_sql("SELECT damerau_levenshtein(a, b) = 1", []).lower()
    assert "hamming" not in spark_sql("SELECT hamming(a, b) = 1", []).lower()
    for used_otherwise in ("SELECT damerau_levenshtein(a, b) <= 2", "SELECT hamming(a, b)"):
        with pytest.raises(NotImplementedError):
            spark_sql(used_otherwise, [])


def test_only_what_is_compared_leaves_the_warehouse(con, tmp_path):
    put_records(con, FAMILY)
    with workshop(con) as work:
        fill_input(work)
        from pipeline.linkage.pairs.comparison_vectors import put_terms

        model = read_model(DEFAULT_MODEL)
        put_terms(work, model)
        order = write_order(work, model, tmp_path, 0.0)
        columns = {row[0] for row in work.execute(f"DESCRIBE FROM '{order['inputs'][INPUT]}'").fetchall()}
    assert {"record_key", "birth_date", "parent_sounds", "phone"} <= columns
    assert not {"record_no", "unit_code", "period"} & columns
    assert list(order["statements"]) == list(order["outputs"])


def by_duckdb(work, model):
    """A runner that leaves the pairs that DuckDB finds where Spark's are looked for."""

    def run(order_file: Path) -> None:
        output = Path(json.loads(order_file.read_text(encoding="utf-8"))["outputs"][SCORED])
        output.mkdir()
        on_duckdb(work, model, 0.0)
        work.execute(f"COPY {SCORED} TO '{output}/part-0.parquet' (FORMAT parquet)")

    return run


def test_pairs_come_back_and_no_table_stays(con, home):
    put_records(con, FAMILY)
    left = home.temporary / "spark-left"
    left.mkdir()
    model = read_model(DEFAULT_MODEL)
    with workshop(con) as work:
        fill_input(work)
        SparkEngine(home.temporary, by_duckdb(work, model))(work, model, 0.0)
        assert work.execute(f"SELECT count(*) FROM {SCORED}").fetchall() == [(3,)]
        with pytest.raises(RollcallError, match="left no pairs"):
            SparkEngine(home.temporary, lambda order_file: None)(work, model, 0.0)
    assert not list(home.temporary.glob("spark-*"))


def test_a_change_of_engine_scores_everything_again(con):
    put_records(con, FAMILY)
    model = read_model(DEFAULT_MODEL)
    with workshop(con) as work:
        digests = {rules_digest(work, model, LinkageSettings(engine=engine)) for engine in ("duckdb", "spark")}
    assert len(digests) == 2
    assert not set(SPARK_CODE) & set(RULES_CODE)
    assert all((LINKAGE / f"{name}.py").exists() for name in SPARK_CODE)


def test_linkage_alone_cannot_start_spark(con, home):
    with pytest.raises(UsageError, match="only a night"):
        link(con, with_spark(home), 1, "N0001")


def test_what_is_absent_is_told_with_its_remedy(home, tmp_path):
    require(home)
    with pytest.raises(UsageError, match=r"is no program\. Make it with: make spark"):
        require(with_spark(home))


@pytest.mark.parametrize(
    ("status", "said"),
    [(NO_JAVA, "no Java 17 or later was found. Install one"), (NO_PACKAGES, "has no pyspark 4"), (9, "with status 9")],
)
def test_what_the_job_lacks_is_told_with_its_remedy(home, tmp_path, status, said):
    with pytest.raises(UsageError, match=said):
        require(with_spark(home, ending_with(tmp_path, status)))


def test_a_night_that_could_not_run_ends_with_status_two(home):
    done = CliRunner().invoke(app, ["run", "--home", str(with_spark(home).root)])
    assert done.exit_code == 2
    assert "make spark" in " ".join((done.output + (done.stderr or "")).split())


def test_a_cluster_is_told_nothing_local(home):
    assert configuration(home, "/scratch")["spark.local.dir"] == "/scratch"
    home.county_yaml.write_text(
        home.county_yaml.read_text(encoding="utf-8") + "spark:\n  master: ''\n", encoding="utf-8"
    )
    said = configuration(Home(home.root), "/scratch")
    assert not {"spark.master", "spark.local.dir", "spark.driver.memory"} & set(said)


def test_an_order_is_completed_and_a_path_is_the_projects(home, tmp_path):
    order_file = tmp_path / ORDER
    order_file.write_text(json.dumps({"scratch": str(tmp_path / "scratch")}), encoding="utf-8")
    command = prepared(with_spark(home), order_file)
    assert command[0].endswith("/absent/python")
    assert command[1:] == [str(JOB), str(order_file)]
    order = json.loads(order_file.read_text(encoding="utf-8"))
    assert Path(order["log"]).parent == home.warehouse
    assert (tmp_path / "scratch").is_dir()


def test_the_job_says_by_its_status_that_its_packages_are_absent():
    """The tests' own environment has no pyspark."""
    done = subprocess.run([sys.executable, str(JOB), "--check"], capture_output=True, check=False)
    assert done.returncode == NO_PACKAGES
