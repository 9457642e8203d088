"""Clerical review on a county: workbooks out, answers by what is true in, and a night that obeys them."""

from __future__ import annotations

import csv
import datetime as dt
import shutil
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from pipeline.casework import export_adjudication, export_batch, import_workbook, withdraw
from pipeline.casework.review.answers import agreement_of
from pipeline.casework.review.batches import Asked
from pipeline.casework.review.decisions import Reviews
from pipeline.home import Home
from pipeline.intake import verify_archive
from pipeline.orchestration.instance import open_instance
from pipeline.orchestration.runs.night import run_night
from pipeline.warehouse import open_warehouse
from tests.reviews import fill

# one story in the order of these tests; its parts without nights are tests/unit/test_casework_review*.py
pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def home(night_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A copy of the county after its first night, which asks few pairs and publishes early."""
    root = tmp_path_factory.mktemp("review") / "county"
    shutil.copytree(night_home, root, symlinks=True)
    with (root / "reference" / "county.yaml").open("a", encoding="utf-8") as file:
        file.write("review: {batch_pairs: 60, enough_pairs: 20}\n")
    return Home(root)


@pytest.fixture(scope="module")
def as_of(home: Home) -> dt.date:
    return dt.date.fromisoformat((home.root / "truth" / "as_of.txt").read_text(encoding="utf-8").strip())


def children(home: Home) -> dict[str, str]:
    """By `feed:record_no`, the child that it truly is of."""
    with (home.root / "truth" / "records.csv").open(encoding="utf-8") as file:
        return {f"{row['feed']}:{row['record_no']}": row["child"] for row in csv.DictReader(file)}


def links(home: Home) -> dict[tuple[int, int], tuple[bool, bool]]:
    """Of every decided pair: whether it is decided to be one child, and whether linkage holds it to be."""
    with open_warehouse(home, read_only=True) as con:
        rows = con.execute(
            """
            SELECT record_key_l, record_key_r, is_same, a.child_id = b.child_id
            FROM casework.link_constraints
            JOIN linkage.child_records AS a ON a.record_key = record_key_l
            JOIN linkage.child_records AS b ON b.record_key = record_key_r
            """
        ).fetchall()
    return {(left, right): (is_same, is_linked) for left, right, is_same, is_linked in rows}


def test_two_reviewers_then_a_night_that_obeys(home: Home, as_of: dt.date, tmp_path: Path):
    truth = children(home)
    with open_warehouse(home, read_only=True) as con:
        done = export_batch(con, home, ["li", "zhao"])
    batch = done.batch
    # the second reviewer slips on two pairs; and both say "different" of one that the program links and "same" of
    # none, so that the night has something to undo
    names = batch.pair_names()
    # (a pair that shares no record with another: elsewhere one wrong answer could contradict the right ones)
    slips = set([name for name in names if not _is_bridge(batch.by_name(), name)][:2])
    assert len(slips) == 2
    undone = next(
        name for name, asked in batch.by_name().items() if name not in slips and asked.reason == "random_sample"
        and asked.is_linked and not _is_bridge(batch.by_name(), name)
    )  # fmt: skip

    def right(pair: str, asked: Asked) -> str:
        is_same = truth.get(asked.left_no) == truth.get(asked.right_no) and pair != undone
        return "same" if is_same else "different"

    def with_slips(pair: str, asked: Asked) -> str:
        answer = right(pair, asked)
        return {"same": "different", "different": "same"}[answer] if pair in slips else answer

    files = [
        fill(path, batch, reviewer, says, tmp_path / path.name)
        for path, reviewer, says in zip(done.paths, batch.reviewers, (right, with_slips), strict=True)
    ]
    assert import_workbook(home, files[0], "office").waits_for == ("zhao",)
    assert len(import_workbook(home, files[1], "office").disagreements) == len(slips)
    found = agreement_of(Reviews.read(home), batch)
    assert found is not None
    assert found.share == pytest.approx(1 - len(slips) / len(names))
    assert 0 < (found.kappa or 0) < 1
    assert 0 < (found.ac1 or 0) < 1

    with open_warehouse(home, read_only=True) as con:
        third = export_adjudication(con, home, batch.name)
    assert third is not None
    (path,) = third.paths
    settled = fill(path, third.batch, "adjudicator", right, tmp_path / path.name)
    assert import_workbook(home, settled, "office").answers == len(slips)
    ended = run_night(home, as_of)
    assert "decisions_are_obeyed" not in {found.name for found in ended.found}
    held = links(home)
    assert len(held) == len(names)
    assert all(is_same == is_linked for is_same, is_linked in held.values())
    key = batch.by_name()[undone].key
    assert held[key] == (False, False)
    assert not run_night(home, as_of).is_new
    assert verify_archive(home).is_sound

    # taken back, the program decides by itself again
    withdraw(home, [undone], "office", "an experiment")
    assert run_night(home, as_of).is_new
    assert key not in links(home)
    with open_warehouse(home, read_only=True) as con:
        assert con.execute(
            "SELECT count(DISTINCT child_id) FROM linkage.child_records WHERE record_key IN (?, ?)", key
        ).fetchall() == [(1,)]


def _is_bridge(pairs: dict[str, Asked], name: str) -> bool:
    """Whether another pair of the batch has a record of this one: then "different" could contradict it."""
    mine = set(pairs[name].key)
    return any(mine & set(asked.key) for other, asked in pairs.items() if other != name)


def test_measured_quality_is_published_with_its_interval(home: Home):
    with duckdb.connect(str(home.current_marts), read_only=True) as con:
        rows = con.execute(
            "SELECT reviewed_pairs, reviewed_precision_low, reviewed_precision, reviewed_precision_high, "
            "reviewed_recall_low, reviewed_recall, reviewed_recall_high "
            "FROM marts.linkage_quality WHERE stratum = 'overall' ORDER BY run_id"
        ).fetchall()
    # the first night had nothing to go by
    assert rows[0] == (0, None, None, None, None, None, None)
    reviewed, low, precision, high, recall_low, recall, recall_high = rows[-1]
    assert reviewed >= 20
    assert 0.8 < low <= precision <= high <= 1
    assert 0.8 < recall_low <= recall <= recall_high <= 1


def test_the_stages_are_in_dagster_with_their_checks(home: Home):
    with open_instance(home) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey(["casework", "link_constraints"]))
        assert event is not None
        records = instance.event_log_storage.get_asset_check_summary_records(
            [dg.AssetCheckKey(dg.AssetKey(["casework", "contradicted_decisions"]), "decisions_are_obeyed")]
        )
        assert all(record.last_check_execution_record is not None for record in records.values())
