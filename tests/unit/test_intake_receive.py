"""From landing to archive: what is new, what settles it, and a night that is cut off."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from pipeline.home import Home
from pipeline.intake import Chain, archive_head, messages, prune_originals, receive, scan, verify_archive
from pipeline.intake.archive.archive import Store
from pipeline.reference import Reference, load_reference
from tests.landing import ARRIVED, AS_OF, arrive, csv_bytes, headers, land, record, records

DATA = csv_bytes([headers("delivery"), *records("delivery", 3)])


@pytest.fixture
def reference(home: Home) -> Reference:
    return load_reference(home)


def receipts(home: Home) -> list[dict[str, Any]]:
    return Chain(home.ledger_file).read()


def test_a_file_is_received_once(home: Home, reference: Reference) -> None:
    land(home, "clinic-100", "delivery_202401.csv", DATA)
    assert scan(home, reference, AS_OF) == 1
    received = receive(home, reference, AS_OF)
    assert (received.receipt_nos, received.outcomes, received.row_count) == ((1,), {"parsed": 1}, 3)
    head = archive_head(home)
    assert scan(home, reference, AS_OF) == 0
    assert receive(home, reference, AS_OF).receipt_nos == ()
    assert archive_head(home) == head
    assert verify_archive(home).is_sound
    (entry,) = receipts(home)
    assert entry["original_sha256"]
    assert {p.stat().st_mode & 0o777 for p in home.archive.rglob("*") if p.is_file()} == {0o600}


def test_a_file_that_replaces_another_under_its_name_is_new(home: Home, reference: Reference) -> None:
    land(home, "clinic-100", "delivery_202401.csv", DATA)
    receive(home, reference, AS_OF)
    land(home, "clinic-100", "delivery_202401.csv", DATA, "2024-02-04 08:00")
    receive(home, reference, AS_OF)
    first, second = receipts(home)
    assert first["original_sha256"] == second["original_sha256"]
    assert first["copy_sha256"] == second["copy_sha256"]


def test_the_same_bytes_under_another_name_are_another_receipt(home: Home, reference: Reference) -> None:
    for name in ("delivery_202401.csv", "delivery_202401_r2.csv", "delivery_202312.csv"):
        land(home, "clinic-100", name, DATA)
    assert receive(home, reference, AS_OF).receipt_nos == (1, 2, 3)
    assert len({entry["original_sha256"] for entry in receipts(home)}) == 1
    assert verify_archive(home).copies == 1


def test_receipts_are_in_order_of_arrival(home: Home, reference: Reference) -> None:
    land(home, "clinic-100", "delivery_202401.csv", DATA, "2024-02-05 08:00")
    land(home, "clinic-100", "delivery_202312.csv", DATA, "2024-02-03 08:00")
    land(home, "clinic-100", "delivery_202311.csv", DATA, "2024-02-05 08:00")
    receive(home, reference, AS_OF)
    assert [entry["period"] for entry in receipts(home)] == ["2023-12", "2023-11", "2024-01"]


def test_as_of_sees_what_had_arrived_by_the_end_of_that_day_in_the_county(home: Home, reference: Reference) -> None:
    land(home, "clinic-100", "delivery_202401.csv", DATA, "2024-02-05 23:59:59")
    land(home, "clinic-100", "delivery_202312.csv", DATA, "2024-02-06 00:00:00")
    assert receive(home, reference, dt.date(2024, 2, 4)).receipt_nos == ()
    assert receive(home, reference, dt.date(2024, 2, 5)).receipt_nos == (1,)
    assert receive(home, reference, dt.date(2024, 2, 6)).receipt_nos == (2,)


def test_a_young_file_settles_at_the_second_look(home: Home, reference: Reference) -> None:
    path = land(home, "clinic-100", "delivery_202401.csv", DATA)
    today, now = home.today(), time.time()
    os.utime(path, (now - 5, now - 5))
    assert receive(home, reference, today, now=now).receipt_nos == ()
    assert receive(home, reference, today, now=now + 0.2).receipt_nos == ()
    path.write_bytes(DATA + b"F0009,")
    os.utime(path, (now - 4, now - 4))
    assert receive(home, reference, today, now=now + 10).receipt_nos == ()
    assert receive(home, reference, today, now=now + 20).receipt_nos == (1,)


def test_an_old_file_is_settled_at_the_first_look(home: Home, reference: Reference) -> None:
    path = land(home, "clinic-100", "delivery_202401.csv", DATA)
    now = time.time()
    os.utime(path, (now - 61, now - 61))
    assert receive(home, reference, home.today(), now=now).receipt_nos == (1,)


def test_what_is_no_file_is_not_opened(home: Home, reference: Reference, tmp_path: Path) -> None:
    folder = land(home, "clinic-100", "delivery_202401.csv", DATA).parent
    (tmp_path / "elsewhere.csv").write_bytes(DATA)
    (folder / "delivery_202312.csv").symlink_to(tmp_path / "elsewhere.csv")
    (folder / "delivery_202311.csv").symlink_to("/nowhere")
    os.mkfifo(folder / "delivery_202310.csv")
    (folder / "old").mkdir()
    (folder / "old" / "delivery_202309.csv").write_bytes(DATA)
    (folder / ".delivery_202308.csv.part").write_bytes(DATA)
    (home.landing / "delivery_202307.csv").write_bytes(DATA)
    (home.landing / "other-unit").symlink_to(folder)
    for path in [*folder.iterdir(), *home.landing.iterdir()]:
        arrive(home, path, ARRIVED)
    receive(home, reference, AS_OF)
    found = {(entry["unit_code"], entry["file_name"]): entry["reason_code"] for entry in receipts(home)}
    assert found == {
        ("clinic-100", "delivery_202401.csv"): None,
        ("clinic-100", "delivery_202312.csv"): "link",
        ("clinic-100", "delivery_202311.csv"): "link",
        ("clinic-100", "delivery_202310.csv"): "special_file",
        ("clinic-100", "old"): "subfolder",
        (".", "delivery_202307.csv"): "outside_unit_folder",
        (".", "other-unit"): "link",
    }
    (folder / "old" / "more.csv").write_bytes(b"x")
    arrive(home, folder / "old", "2024-02-04 10:00")
    assert scan(home, reference, AS_OF) == 0


def test_a_name_that_is_no_utf8(home: Home, reference: Reference) -> None:
    folder = os.fsencode(home.landing / "clinic-100")
    os.makedirs(folder)
    path = os.path.join(folder, "分娩.csv".encode("gb18030"))
    with open(path, "wb") as file:
        file.write(b"x")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    receive(home, reference, AS_OF)
    (entry,) = receipts(home)
    assert entry["reason_code"] == "name_not_pattern"
    assert entry["file_name"].isascii()


@pytest.mark.parametrize(
    "name", ["上报材料.csv", "分娩登记.csv", "一月上报 (2).csv", "delivery_2024.csv", "新表_202401.csv"]
)
def test_a_name_that_says_too_little_is_answered_with_what_the_file_may_be(
    home: Home, reference: Reference, name: str
) -> None:
    land(home, "clinic-100", name, csv_bytes([headers("delivery"), *records("delivery", 5)]))
    receive(home, reference, AS_OF)
    (entry,) = receipts(home)
    assert entry["outcome"] == "not_parsed", "nothing is guessed into the data"
    assert entry["row_count"] == 0
    assert entry["feed"] is None
    assert entry["notes"] == ["name_proposed"]
    assert entry["reason_detail"]["proposed_name"] == "delivery_202401.csv"
    assert entry["reason_detail"]["proposed_name_zh"] == "分娩登记_202401.csv"
    said = messages("name_proposed", entry["reason_detail"])
    assert said is not None
    assert "…" not in "".join(said.values())
    # sent again under the name, it comes in; and the next night says nothing again of the old one
    os.rename(home.landing / "clinic-100" / name, home.landing / "clinic-100" / entry["reason_detail"]["proposed_name"])
    assert receive(home, reference, AS_OF).outcomes == {"parsed": 1}
    assert receive(home, reference, AS_OF).receipt_nos == ()


def test_nothing_is_proposed_where_the_content_does_not_say(home: Home, reference: Reference) -> None:
    rows = [record("delivery", delivered_at=f"2024-{month:02d}-07 10:30") for month in range(1, 7)]
    land(home, "clinic-100", "spread.csv", csv_bytes([headers("delivery"), *rows]))
    land(home, "clinic-100", "empty.csv", csv_bytes([headers("delivery")]))
    land(home, "clinic-100", "strange.csv", b"\x00\xff")
    land(home, "clinic-100", "other.csv", csv_bytes([headers("marriage"), *records("marriage", 3)]))
    land(home, "clinic-100", "letter.csv", "关于一月份报送的说明\r\n".encode())
    receive(home, reference, AS_OF)
    assert [(entry["file_name"], entry["notes"]) for entry in receipts(home) if entry["notes"]] == []


def test_too_large_and_then_not_too_large(home: Home, reference: Reference) -> None:
    land(home, "clinic-100", "delivery_202401.csv", csv_bytes([headers("delivery"), *records("delivery", 20_000)]))
    small = Home(home.root)
    home.county_yaml.write_text(home.county_yaml.read_text(encoding="utf-8") + "max_file_mb: 1\n", encoding="utf-8")
    receive(small, reference, AS_OF)
    assert [(e["reason_code"], e["original_sha256"]) for e in receipts(home)] == [("too_large", None)]
    assert scan(small, reference, AS_OF) == 0
    # the limit is raised: the file that was not let in comes in
    assert receive(home, reference, AS_OF).outcomes == {"parsed": 1}


def test_a_unit_that_was_unknown_and_then_entered(home: Home, reference: Reference) -> None:
    land(home, "clinic-101", "delivery_202401.csv", DATA)
    receive(home, reference, AS_OF)
    assert scan(home, reference, AS_OF) == 0
    units = home.reference / "units.csv"
    row = "clinic-101,health,西山乡卫生院,999977101,delivery,2015-01-01,2023-12-31\n"
    units.write_text(units.read_text(encoding="utf-8") + row, encoding="utf-8")
    receive(home, load_reference(home), AS_OF)
    assert [(e["reason_code"], e["outcome"], e["notes"]) for e in receipts(home)] == [
        ("unknown_unit", "not_parsed", []),
        (None, "parsed", ["unit_not_active"]),
    ]


def test_a_file_that_vanishes(home: Home, reference: Reference, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.intake import receiving as module

    path = land(home, "clinic-100", "delivery_202401.csv", DATA)
    genuine = module.admit

    def admit_and_remove(*arguments: Any) -> Any:
        name = genuine(*arguments)
        path.unlink(missing_ok=True)
        return name

    monkeypatch.setattr(module, "admit", admit_and_remove)
    receive(home, reference, AS_OF)
    monkeypatch.undo()
    land(home, "clinic-100", "delivery_202401.csv", DATA)
    receive(home, reference, AS_OF)
    assert [entry["reason_code"] for entry in receipts(home)] == ["vanished", None]


def test_a_file_that_grows_while_it_is_read_waits(
    home: Home, reference: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.intake import receiving as module

    path = land(home, "clinic-100", "delivery_202401.csv", DATA)
    genuine = module.admit

    def admit_and_append(*arguments: Any) -> Any:
        with open(path, "ab") as file:
            file.write(b"x")
        return genuine(*arguments)

    monkeypatch.setattr(module, "admit", admit_and_append)
    assert receive(home, reference, AS_OF).receipt_nos == ()


def test_an_attribute_that_changes_makes_no_new_file_by_the_change_clock(home: Home, reference: Reference) -> None:
    text = home.county_yaml.read_text(encoding="utf-8").replace("arrival_clock: mtime", "arrival_clock: ctime")
    home.county_yaml.write_text(text, encoding="utf-8")
    home = Home(home.root)
    path = land(home, "clinic-100", "delivery_202401.csv", DATA)
    later = time.time() + 100
    day = home.today() + dt.timedelta(days=1)
    assert receive(home, reference, day, now=later).receipt_nos == (1,)
    arrived = receipts(home)[0]["arrived_ns"]
    path.chmod(0o640)
    assert scan(home, reference, day) == 0
    assert receive(home, reference, day, now=later).receipt_nos == ()
    # other bytes behind the same size and modification time are seen by it
    info = path.stat()
    time.sleep(0.02)
    path.write_bytes(DATA.replace(b"F0001", b"F0007"))
    os.utime(path, ns=(info.st_mtime_ns, info.st_mtime_ns))
    assert receive(home, reference, day, now=later).receipt_nos == (2,)
    assert receipts(home)[0]["arrived_ns"] == arrived


@pytest.mark.parametrize("where", ["copies", "receipts", "after"])
def test_a_night_that_is_cut_off_and_run_again(
    home: Home, reference: Reference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    from pipeline.intake import receiving as module

    monkeypatch.setattr(module, "BATCH_FILES", 2)
    for month in range(1, 8):
        data = csv_bytes([headers("delivery"), *records("delivery", month)])
        land(home, "clinic-100", f"delivery_20230{month}.csv", data, f"2023-0{month + 1}-03 08:00")
    whole = Home(tmp_path / "whole")
    shutil.copytree(home.root, whole.root, symlinks=True)
    receive(whole, reference, AS_OF)

    calls = 0
    target, name = {"copies": (Store, "write"), "receipts": (Chain, "append"), "after": (Store, "done")}[where]
    genuine = getattr(target, name)

    def cut_off(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            if where == "copies":
                (home.archive / "objects" / "aa").mkdir(parents=True, exist_ok=True)
                (home.archive / "objects" / "aa" / ".half.parquet.part").write_bytes(b"PAR1")
                (home.archive / ".receiving").touch()
            raise KeyboardInterrupt
        return genuine(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(target, name, cut_off)
        with pytest.raises(KeyboardInterrupt):
            receive(home, reference, AS_OF)
    receive(home, reference, AS_OF)
    assert archive_head(home) == archive_head(whole)
    assert verify_archive(home).is_sound
    files = [sorted(p.relative_to(h.root) for p in h.archive.rglob("*") if p.is_file()) for h in (home, whole)]
    assert files[0] == files[1]


def test_what_a_cut_off_night_left_of_a_file_that_is_gone_is_swept(
    home: Home, reference: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = land(home, "clinic-100", "delivery_202401.csv", DATA)
    with monkeypatch.context() as patch:
        patch.setattr(Chain, "append", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            receive(home, reference, AS_OF)
    path.unlink()
    assert verify_archive(home).problems
    receive(home, reference, AS_OF)
    assert verify_archive(home).is_sound
    assert not [p for p in (home.archive / "objects").rglob("*") if p.is_file()]


def test_verify_finds_what_is_wrong(home: Home, reference: Reference) -> None:
    land(home, "clinic-100", "delivery_202401.csv", DATA)
    land(home, "clinic-100", "delivery_202312.csv", csv_bytes([headers("delivery"), *records("delivery", 2)]))
    receive(home, reference, AS_OF)
    first, second = sorted((home.archive / "objects").glob("*/*"))
    (original, _) = sorted((home.archive / "originals").glob("*/*"))
    first.write_bytes(first.read_bytes()[:-1] + b"x")
    second.rename(second.with_name("f" * 64 + ".parquet"))
    original.write_bytes(b"other")
    problems = verify_archive(home).problems
    assert len(problems) == 4
    assert sum("is not what its name says" in problem for problem in problems) == 2
    assert sum("is not in the ledger" in problem for problem in problems) == 1
    assert sum("is absent" in problem for problem in problems) == 1


def test_originals_go_after_their_days_and_copies_stay(home: Home, reference: Reference) -> None:
    land(home, "clinic-100", "delivery_202401.csv", DATA)
    receive(home, reference, dt.date(2024, 2, 5))
    originals = home.archive / "originals"
    assert prune_originals(home, dt.date(2024, 3, 6)) == 0
    assert [p.read_bytes() for p in originals.glob("*/*")] == [DATA]
    assert prune_originals(home, dt.date(2024, 3, 7)) == 1
    assert not list(originals.glob("*/*"))
    assert verify_archive(home).is_sound
    assert receive(home, reference, dt.date(2024, 3, 8)).receipt_nos == ()
