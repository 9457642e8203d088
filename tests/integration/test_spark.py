"""Both engines on one county: the same pairs, weights and children; and a night on Spark, through Dagster Pipes.

Skips where Java or Spark's environment is absent (`make spark`).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from benchmarks.counties import standardised_county
from benchmarks.spark_agreement import agreement
from pipeline.errors import UsageError
from pipeline.home import Home
from pipeline.orchestration.spark.launch import require
from tests.sameness import table_differences

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]
# 2,000 births of two years
RECORDS = 10_000


@pytest.fixture(autouse=True)
def _spark(home: Home) -> None:
    text = home.county_yaml.read_text(encoding="utf-8")
    home.county_yaml.write_text(f"{text}linkage:\n  engine: spark\n", encoding="utf-8")
    try:
        require(Home(home.root))
    except UsageError as error:
        pytest.skip(str(error))


def test_both_engines_agree(tmp_path):
    found = agreement(standardised_county(RECORDS, tmp_path / "county"), tmp_path / "homes")
    assert found.records > 0.9 * RECORDS
    assert found.pairs > found.records
    assert (found.only_duckdb, found.only_spark) == (0, 0)
    # no level depends on a similarity of reals, so there are no edges to count
    assert found.apart == 0
    assert found.same_child >= 0.999 * found.records


def test_a_night_on_spark_leaves_the_same_children(night_home, tmp_path):
    root = tmp_path / "county"
    shutil.copytree(night_home, root)
    county = root / "reference" / "county.yaml"
    county.write_text(county.read_text(encoding="utf-8") + "linkage:\n  engine: spark\n", encoding="utf-8")
    as_of = (root / "truth" / "as_of.txt").read_text(encoding="utf-8").strip()
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", "run", "--home", str(root), "--as-of", as_of],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    home, before = Home(root), Home(night_home)
    assert home.warehouse_file.is_file()
    assert (home.warehouse / "spark.log").stat().st_mode & 0o077 == 0
    assert not list(home.temporary.glob("spark-*"))
    differing = table_differences(before.warehouse_file, home.warehouse_file)
    assert not [line for line in differing if line.startswith(("linkage.child_records", "linkage.blocking_keys"))]
    assert rules_of(before) != rules_of(home)


def rules_of(home: Home) -> str:
    """The digest of the rules under which the last night linked; it differs by engine."""
    with duckdb.connect(str(Path(home.warehouse_file)), read_only=True) as con:
        return con.execute("SELECT digest FROM linkage.state").fetchall()[0][0]
