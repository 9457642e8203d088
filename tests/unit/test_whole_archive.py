"""The archive as a whole: whatever is changed, added, removed, reordered or cut off in it is found."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from pipeline.home import Home
from pipeline.intake import decide, receive
from pipeline.intake.archive.chain import Chain
from pipeline.linkage.model.frozen_model import DEFAULT_MODEL, keep_model, read_model
from pipeline.orchestration.nights.gate import fingerprint
from pipeline.publish import begin_night, complete_night
from pipeline.publish.nights.archive_proof import heads, verify_whole
from pipeline.publish.nights.inputs import inputs_folder, keep_inputs, put_back
from pipeline.reference import load_reference
from pipeline.warehouse import open_warehouse
from tests.landing import AS_OF, csv_bytes, headers, land, records

FLIPS = 150


@pytest.fixture
def kept(home: Home) -> Home:
    """An archive with everything in it: two nights, a decision, originals, a kept model, an approval's counts."""
    rows = [headers("delivery"), *records("delivery", 5)]
    with open_warehouse(home) as con:
        for number, month in enumerate(("202401", "202402"), start=1):
            land(home, "clinic-100", f"delivery_{month}.csv", csv_bytes(rows[: 7 - number]))
            reference = load_reference(home)
            receive(home, reference, AS_OF)
            night = begin_night(con, home, AS_OF, fingerprint(home, reference), inputs=keep_inputs(home, reference))
            complete_night(con, home, _ended(night))
            with home.county_yaml.open("a", encoding="utf-8") as file:
                file.write(f"# {number}\n")
    decide(home, "clinic-100", "delivery", "2024-01", "withdraw", "office")
    keep_model(home, read_model(DEFAULT_MODEL), promote=True)
    Chain(home.approvals_file).append([{"kind": "told", "unit_code": "clinic-100"}])
    assert verify_whole(home).problems == ()
    return home


def _ended(night):
    from dataclasses import replace

    return replace(night, ended_at=night.started_at, release=night.run_id)


def files(home: Home) -> list[Path]:
    """Every file of the archive but the pointer to the model in use: another model is another night."""
    return [path for path in sorted(home.archive.rglob("*")) if path.is_file() and path.name != "current.json"]


def test_heads_are_found_again_with_what_came_since(kept):
    written_down = heads(kept)
    assert set(written_down) == {"ledger", "nights", "approvals"}
    decide(kept, "clinic-100", "delivery", "2024-02", "withdraw", "office")
    found = verify_whole(kept, list(written_down.values()))
    assert found.problems == ()
    assert found.since == {written_down["ledger"]: 1, written_down["nights"]: 0, written_down["approvals"]: 0}
    assert found.nights == 2


def test_no_flipped_bit_is_missed(kept):
    """One bit at a time, anywhere: in the ledgers, copies, originals, inputs, models."""
    draw, chosen = random.Random(7), files(kept)
    written_down = list(heads(kept).values())
    for number in range(FLIPS):
        path = chosen[number % len(chosen)]
        whole = path.read_bytes()
        place = draw.randrange(len(whole))
        data = bytearray(whole)
        data[place] ^= 1 << draw.randrange(8)
        path.write_bytes(bytes(data))
        found = verify_whole(kept, written_down)
        assert found.problems, f"{path.name}, byte {place} of {len(whole)}"
        path.write_bytes(whole)
    assert verify_whole(kept, written_down).problems == ()


def test_no_removed_file_is_missed_but_an_original_whose_time_may_be_up(kept):
    written_down = list(heads(kept).values())
    for path in files(kept):
        if path.is_relative_to(kept.archive / "originals") or path.is_relative_to(kept.models):
            continue
        whole = path.read_bytes()
        path.unlink()
        assert verify_whole(kept, written_down).problems, path
        path.write_bytes(whole)


@pytest.mark.parametrize(
    "name",
    ["a.txt", "objects/b.parquet", "objects/aa/" + "a" * 64 + ".parquet", "inputs/bb/" + "b" * 64 + ".yaml",
     "originals/c.csv", "reviews/dd/x.xlsx", "approved/" + "e" * 64 + ".json.gz", "other/deep/f",
     "models/mffffffffffff.json"],
)  # fmt: skip
def test_no_added_file_is_missed(kept, name):
    path = kept.archive / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    assert any(path.name in problem for problem in verify_whole(kept).problems)


@pytest.mark.parametrize("chain", ["ledger", "nights", "approvals"])
def test_a_tail_that_was_cut_off_is_found_by_a_head_that_was_written_down(kept, chain):
    path = {"ledger": kept.ledger_file, "nights": kept.nights_file, "approvals": kept.approvals_file}[chain]
    head = heads(kept)[chain]
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))
    assert any(head in problem for problem in verify_whole(kept, [head]).problems)


def test_a_ledger_that_was_written_anew_does_not_fit_its_nights(kept):
    """Who can write everything can seal a false ledger; the nights and the head outside do not fit it."""
    head = heads(kept)["ledger"]
    bodies = [
        {key: value for key, value in entry.items() if key not in ("seq", "prev", "hash")}
        for entry in Chain(kept.ledger_file).read()
    ]
    bodies[0]["file_name"] = "delivery_202401_false.csv"
    kept.ledger_file.unlink()
    Chain(kept.ledger_file).append(bodies)
    problems = " ".join(verify_whole(kept, [head]).problems)
    assert "saw a ledger that is not this one's beginning" in problems
    assert head in problems


def test_a_night_that_was_cut_off_leaves_inputs_that_the_next_one_removes(kept):
    path = inputs_folder(kept) / "ab" / ("ab" * 32 + ".csv")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x")
    assert any("The next night removes it" in problem for problem in verify_whole(kept).problems)
    keep_inputs(kept, load_reference(kept))
    assert not path.exists()


def test_a_reference_file_that_changes_under_a_night_is_refused(kept):
    reference = load_reference(kept)
    with kept.county_yaml.open("a", encoding="utf-8") as file:
        file.write("# later\n")
    with pytest.raises(Exception, match="was changed while the night ran"):
        keep_inputs(kept, reference)


def test_inputs_come_back_as_they_were(kept, tmp_path):
    night = Chain(kept.nights_file).read()[0]
    made = Home(tmp_path / "made")
    put_back(kept, night["inputs"], made)
    assert load_reference(made).sha256 == night["fingerprint"]["reference"]
    assert fingerprint(made, load_reference(made))["model"] == night["fingerprint"]["model"]
    shutil.rmtree(made.root)
