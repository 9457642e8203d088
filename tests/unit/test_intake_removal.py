"""Limits of keeping: what is past its time goes by an order that the ledger keeps, and what remains is proven."""

from __future__ import annotations

import datetime as dt

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import RollcallError, UsageError
from pipeline.home import Home
from pipeline.intake import Chain, expired, load, receive, remove_expired
from pipeline.intake.archive.ledger import Receipts
from pipeline.intake.archive.removal import months_before, wrong_removals
from pipeline.keys import make_key
from pipeline.orchestration.runs.rebuild import rebuild
from pipeline.publish.nights.archive_proof import heads, verify_whole
from pipeline.reference import load_reference
from pipeline.warehouse import open_warehouse
from tests.landing import csv_bytes, headers, land, records

OLD, YOUNG = dt.date(2024, 2, 29), dt.date(2024, 12, 31)
ON = dt.date(2025, 3, 1)


@pytest.fixture(params=["clear", "sealed"])
def kept(home: Home, request: pytest.FixtureRequest, tmp_path, monkeypatch) -> Home:
    """Three receipts: one of early 2024, and at the end of that year another one and the first one's bytes again."""
    if request.param == "sealed":
        make_key(tmp_path / "county.key")
        monkeypatch.setenv("ROLLCALL_KEY_FILE", str(tmp_path / "county.key"))
    with home.county_yaml.open("a", encoding="utf-8") as file:
        file.write("retention_months: 12\noriginal_days: 9999\n")
    home = Home(home.root)
    rows = [headers("delivery"), *records("delivery", 6)]
    land(home, "clinic-100", "delivery_202401.csv", csv_bytes(rows[:4]))
    land(home, "clinic-100", "delivery_202402.csv", csv_bytes(rows[:5]))
    receive(home, load_reference(home), OLD)
    land(home, "clinic-100", "delivery_202411.csv", csv_bytes(rows), arrived="2024-12-05 09:00")
    land(home, "clinic-100", "delivery_202410.csv", csv_bytes(rows[:5]), arrived="2024-12-06 09:00")
    receive(home, load_reference(home), YOUNG)
    assert len(files(home)) == 6
    return home


def files(home: Home) -> set[str]:
    return {
        path.relative_to(home.archive).as_posix()
        for store in ("objects", "originals")
        for path in (home.archive / store).glob("*/*")
    }


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [("2025-03-31", 1, "2025-02-28"), ("2024-03-31", 1, "2024-02-29"), ("2025-01-15", 12, "2024-01-15"),
     ("2025-12-31", 6, "2025-06-30"), ("2025-01-31", 2, "2024-11-30"), ("2032-02-29", 96, "2024-02-29")],
)  # fmt: skip
def test_months_are_counted_back_by_the_calendar(day, months, before):
    assert months_before(dt.date.fromisoformat(day), months) == dt.date.fromisoformat(before)


def test_looking_changes_nothing(kept):
    before, there = heads(kept), files(kept)
    found = expired(kept, ON)
    assert len(found.receipts) == 2
    # the second file's bytes came again in December
    assert len(found.files) == 2
    assert (found.first, found.last, found.size > 0) == (OLD, OLD, True)
    assert (heads(kept), files(kept)) == (before, there)
    # the day itself is not past
    assert expired(kept, dt.date(2025, 2, 28)).receipts == ()
    assert expired(kept, ON).before == dt.date(2024, 3, 1)


def test_contents_go_and_receipts_stay_and_all_is_proven(kept):
    written_down = list(heads(kept).values())
    there, found = files(kept), remove_expired(kept, ON, "李主任")
    assert files(kept) == there - set(found.files)
    last = Chain(kept.ledger_file).read()[-1]
    assert (last["kind"], last["ordered_by"], last["retention_months"]) == ("removal", "李主任", 12)
    proof = verify_whole(kept, written_down)
    assert proof.problems == ()
    assert (proof.copies, proof.removed) == (2, 2)
    assert proof.since == {written_down[0]: 1}
    assert len(Receipts.read(kept).receipts) == 4
    # a second order finds nothing, and is none
    assert remove_expired(kept, ON, "李主任").receipts == ()
    assert heads(kept)["ledger"] == last["hash"]


def test_the_warehouse_forgets_with_the_next_load(kept):
    with open_warehouse(kept) as con:
        load(con, kept)
        count = "SELECT count(*) FROM intake.raw_delivery"
        assert con.execute(count).fetchall() == [(3 + 4 + 6 + 4,)]
        remove_expired(kept, ON, "office")
        assert load(con, kept).removed_revisions == (1, 2)
        assert con.execute(count).fetchall() == [(6 + 4,)]
        assert load(con, kept).removed_revisions == ()
        said = "SELECT row_count, is_loaded FROM intake.receipts ORDER BY receipt_no"
        receipts = con.execute(said).fetchall()
        assert receipts == [(3, False), (4, False), (6, True), (4, True)]
    kept.warehouse_file.unlink()
    # filled again from what is kept, it is the same
    with open_warehouse(kept) as con:
        load(con, kept)
        assert con.execute(count).fetchall() == [(6 + 4,)]
        assert con.execute(said).fetchall() == receipts


def test_the_same_bytes_that_come_again_are_kept_anew(kept):
    removed = remove_expired(kept, ON, "office")
    rows = [headers("delivery"), *records("delivery", 3)]
    land(kept, "clinic-100", "delivery_202501.csv", csv_bytes(rows), arrived="2025-02-05 09:00")
    receive(kept, load_reference(kept), ON)
    assert set(removed.files) <= files(kept)
    assert verify_whole(kept).problems == ()
    with open_warehouse(kept) as con:
        load(con, kept)
        rows_of = "SELECT revision_id, count(*) FROM intake.raw_delivery GROUP BY ALL ORDER BY ALL"
        assert con.execute(rows_of).fetchall() == [(3, 6), (4, 4), (6, 3)]


def test_an_order_that_was_cut_off_is_carried_out_by_the_next_night(kept, monkeypatch):
    there = files(kept)

    class CutOffError(Exception):
        pass

    def stop(self, missing_ok=False):
        raise CutOffError

    with monkeypatch.context() as patched:
        patched.setattr("pathlib.PosixPath.unlink", stop)
        with pytest.raises(CutOffError):
            remove_expired(kept, ON, "office")
    assert files(kept) == there
    assert any("was removed by order and is still there" in problem for problem in verify_whole(kept).problems)
    receive(kept, load_reference(kept), ON)
    assert len(files(kept)) == len(there) - 2
    assert verify_whole(kept).problems == ()


def test_a_file_that_goes_without_an_order_and_an_order_beyond_its_limit_are_found(kept):
    entries = Chain(kept.ledger_file).read()
    name = f"objects/{entries[2]['copy_sha256'][:2]}/{entries[2]['copy_sha256']}.parquet"
    whole = (kept.archive / name).read_bytes()
    (kept.archive / name).unlink()
    assert any("is absent" in problem for problem in verify_whole(kept).problems)
    # who may write the archive may write an order, too: one that fits no limit is found, any other by its author's name
    Chain(kept.ledger_file).append(
        [{"kind": "removal", "as_of": "2025-03-01", "before": "2024-03-01", "retention_months": 12, "ordered_by": "x",
          "receipts": [3], "answers": [], "files": [name]}]
    )  # fmt: skip
    assert any("whose time was not up (receipt 3)" in problem for problem in verify_whole(kept).problems)
    (kept.archive / name).write_bytes(whole)


def test_who_orders_it_is_not_blank_and_the_key_is_the_right_one(kept, monkeypatch, tmp_path):
    with pytest.raises(UsageError, match="--by NAME"):
        remove_expired(kept, ON, "  ")
    there = files(kept)
    make_key(tmp_path / "other.key")
    monkeypatch.setenv("ROLLCALL_KEY_FILE", str(tmp_path / "other.key"))
    with pytest.raises(UsageError):
        remove_expired(Home(kept.root), ON, "office")
    assert files(kept) == there


def test_the_command_counts_first_and_removes_when_told_to(kept):
    there, words = files(kept), ["archive", "expire", "--home", str(kept.root), "--as-of", ON.isoformat()]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "2 submissions" in done.output
    assert "Nothing was changed" in done.output
    assert files(kept) == there
    done = CliRunner().invoke(app, [*words, "--apply", "--by", "李主任"])
    assert done.exit_code == 0, done.output
    assert len(files(kept)) == len(there) - 2
    verified = CliRunner().invoke(app, ["archive", "verify", "--home", str(kept.root)])
    assert "2 contents were removed by order" in verified.output
    assert verified.exit_code == 0
    assert "rollcall archive expire" in kept.audit_file.read_text(encoding="utf-8")
    # a day to come would remove what still has its time
    refused = CliRunner().invoke(app, [*words[:-1], "2999-01-01", "--apply"])
    assert refused.exit_code == 2


def test_a_rebuild_says_that_it_cannot_bring_removed_contents_back(kept):
    remove_expired(kept, ON, "office")
    with open_warehouse(kept) as con:
        from dataclasses import replace

        from pipeline.orchestration.nights.gate import fingerprint
        from pipeline.publish import begin_night, complete_night
        from pipeline.publish.nights.inputs import keep_inputs

        reference = load_reference(kept)
        night = begin_night(con, kept, ON, fingerprint(kept, reference), inputs=keep_inputs(kept, reference))
        complete_night(con, kept, replace(night, ended_at=night.started_at, release=night.run_id))
    with pytest.raises(RollcallError, match=r"The contents of 2 submissions.*--from-what-remains"):
        rebuild(kept)
    assert kept.warehouse_file.exists()


def test_a_round_that_was_drawn_was_received_from_nobody():
    receipt = {"seq": 1, "kind": "receipt", "as_of": "2015-01-31"}
    drawn = {"seq": 2, "kind": "verification_round", "drawn_on": "2015-02-01", "round_sha256": "0" * 64}
    order = {
        "seq": 3, "kind": "removal", "as_of": "2026-01-31", "before": "2018-01-31", "retention_months": 96,
        "receipts": [1], "answers": [],
    }  # fmt: skip
    assert wrong_removals([receipt, drawn, order]) == []
    assert wrong_removals([receipt, drawn, order | {"answers": [2]}]) == [
        "Entry 3 orders the removal of contents whose time was not up (receipt 2)."
    ]
