"""A county whose files nobody here wrote the reader for: statuses, records, links, and a second night."""

from __future__ import annotations

import importlib.util
import os
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import duckdb
import pandas as pd
import pytest

pytestmark = pytest.mark.shared


def rollcall(*words: str) -> tuple[str, float]:
    """Run the command line in a process of its own; its output and its seconds."""
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "pipeline.cli", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout + done.stderr, time.monotonic() - started


@pytest.fixture(scope="module")
def county(shared_county: Path) -> Path:
    as_of = (shared_county / "truth" / "as_of.txt").read_text().strip()
    _, seconds = rollcall("run", "--home", str(shared_county), "--as-of", as_of)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2
    print(f"first night: {seconds:.1f} s, largest process {peak:.2f} GiB")
    rollcall("links", "--home", str(shared_county), "--out", str(shared_county / "links.csv"))
    return shared_county


@pytest.fixture(scope="module")
def marts(county: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(county / "published" / "current.duckdb"), read_only=True)


def test_every_obligation_has_its_status_and_nothing_else_is_owed(county, marts):
    truth = pd.read_csv(county / "truth" / "submissions.csv", dtype=str, keep_default_na=False)
    first = {"on_time": {"on_time", "nil_on_time"}, "late": {"late", "nil_late"}, "missing": {"missing"}}
    have = marts.execute("SELECT unit_code, feed, period, status, due_on::VARCHAR, row_count FROM marts.submissions")
    rows = {(unit, feed, period): (status, due, count) for unit, feed, period, status, due, count in have.fetchall()}
    assert set(rows) == set(zip(truth.unit_code, truth.feed, truth.period, strict=True))
    wrong = []
    for line in truth.itertuples():
        status, due, _count = rows[(line.unit_code, line.feed, line.period)]
        # a line that says rejected tells of a first file; a good one followed it
        wanted = {"on_time", "late"} if line.status == "rejected" else first[line.status]
        is_nil = line.status in ("on_time", "late") and line.rows == "0"
        if status not in wanted or status.startswith("nil") != is_nil or due != line.due:
            wrong.append((line.unit_code, line.feed, line.period, line.status, status))
    assert not wrong
    rejected = truth[truth.status == "rejected"]
    assert len(rejected) > 0


def test_no_record_is_lost_and_none_is_made_up(county):
    truth = pd.read_csv(county / "truth" / "records.csv", dtype=str)
    links = pd.read_csv(county / "links.csv", dtype=str)
    assert list(links.columns) == ["feed", "record_no", "unit_code", "period", "child_id"]
    assert links.child_id.notna().all()
    still = truth.child.str.startswith("still")
    every = set(zip(truth.feed, truth.record_no, strict=True))
    live = set(zip(truth.feed[~still], truth.record_no[~still], strict=True))
    have = set(zip(links.feed, links.record_no, strict=True))
    assert have <= every
    assert live <= have


def test_links_agree_with_the_truth(county, shared_folder):
    spec = importlib.util.spec_from_file_location("score_links", shared_folder / "tools" / "score_links.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    score = tool.score(county / "links.csv", county / "truth")
    print(score)
    assert score["unlinked"] == 0
    assert score["f1"] >= 0.97


def test_a_second_night_with_nothing_new_changes_nothing(county):
    def state() -> dict[str, tuple[int, int]]:
        folders = (county / "published", county / "warehouse", county / "casework", county / "reports")
        files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in files}

    before = state()
    as_of = (county / "truth" / "as_of.txt").read_text().strip()
    said, seconds = rollcall("run", "--home", str(county), "--as-of", as_of)
    assert "nothing new" in said.lower()
    assert state() == before
    assert seconds < 15


def test_children_are_counted_once_and_carry_no_identity(county, marts):
    children = marts.execute("SELECT count(*), count(DISTINCT child_key) FROM marts.children").fetchall()[0]
    assert children[0] == children[1] > 0
    links = pd.read_csv(county / "links.csv", dtype=str)
    assert children[0] == links.child_id.nunique()
    names = Counter(name for (name,) in marts.execute("SELECT column_name FROM duckdb_columns()").fetchall())
    assert not [name for name in names if "mother" in name or "id_no" in name or "phone" in name or "village" in name]


def test_published_files_are_for_the_office_only(county):
    assert os.stat(county / "published" / "current.duckdb").st_mode & 0o777 == 0o640
