"""A small synthetic county: its files and its truth agree, and the same plan gives the same bytes."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import python_calamine

from pipeline.contracts import load_feeds
from pipeline.contracts.cells import read_cell
from pipeline.contracts.id_numbers import check_character
from pipeline.errors import RollcallError, UsageError
from pipeline.home import Home
from pipeline.reference import load_reference
from pipeline.synthetic import load_plan, make_county, named_plans, write_reference
from pipeline.synthetic.people.ids import PHONE_SEGMENTS

NAME = re.compile(r"(?P<feed>[a-z_]+?)_(?P<period>\d{4,6})(?P<suffix>_\w+)?\.(csv|xlsx)$")
FEEDS = load_feeds()


def _sheet(path: Path) -> list[list[str]]:
    if path.suffix == ".xlsx":
        rows = python_calamine.load_workbook(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=False)
        return [["" if cell is None else _text(cell) for cell in row] for row in rows]
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return list(csv.reader(io.StringIO(raw.decode(encoding))))
        except UnicodeDecodeError:
            continue
    raise AssertionError(path.name)


def _text(cell: object) -> str:
    if isinstance(cell, dt.datetime):
        return cell.strftime("%Y-%m-%d %H:%M")
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _rows(path: Path, feed: str) -> list[dict[str, str]] | None:
    """Contracted cells of a landed file, or None where it is no table of this feed."""
    known = {header: column.name for column in FEEDS[feed].columns.values() for header in column.headers}
    try:
        sheet = _sheet(path)
    except python_calamine.CalamineError:
        return None
    for at, row in enumerate(sheet[:3]):
        names = [known.get(header.strip()) for header in row]
        if set(FEEDS[feed].columns) <= set(names):
            body = [dict(zip(names, line, strict=False)) for line in sheet[at + 1 :] if any(line)]
            return [line for line in body if "填表人:" not in line.values() and "审核人:" not in line.values()]
    return None


class Made:
    """A county and all that landed in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.landed: list[tuple[str, str, str, str, str, dict[str, str]]] = []
        self.unreadable: set[tuple[str, str]] = set()
        for path in sorted((root / "landing").rglob("*.*")):
            found = NAME.match(path.name)
            assert found, path.name
            rows = _rows(path, found["feed"])
            if rows is None:
                self.unreadable.add((path.parent.name, path.name))
                continue
            key = (path.parent.name, found["feed"], found["period"], found["suffix"] or "")
            self.landed.extend((*key, row[FEEDS[found["feed"]].record_no], row) for row in rows)

    def truth(self, name: str) -> list[dict[str, str]]:
        with open(self.root / "truth" / name, encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    root = tmp_path_factory.mktemp("county")
    plan = load_plan(
        "usual", births=500, months=13, townships=4, villages=6, revision_share=0.06, unfinished_rows=0.005
    )
    seen: list[tuple[int, int]] = []
    summary = make_county(root, plan, progress=lambda done, of: seen.append((done, of)))
    assert 500 <= summary.births <= 502
    assert seen[-1] == (13, 13)
    found = Made(root)
    assert summary.records == len(found.truth("records.csv"))
    return found


def _digest(root: Path) -> str:
    files = sorted(path for path in root.rglob("*") if path.is_file())
    parts = [f"{p.relative_to(root)} {p.stat().st_mtime_ns if 'landing' in p.parts else 0} " for p in files]
    return hashlib.sha256(b"".join(a.encode() + p.read_bytes() for a, p in zip(parts, files, strict=True))).hexdigest()


def test_same_plan_same_bytes(tmp_path: Path) -> None:
    plan = load_plan("usual", births=90, months=3, townships=2)
    digests = []
    for name in ("one", "two"):
        make_county(tmp_path / name, plan)
        digests.append(_digest(tmp_path / name))
    assert digests[0] == digests[1]
    make_county(tmp_path / "other", load_plan("usual", births=90, months=3, townships=2, seed=1))
    assert _digest(tmp_path / "other") != digests[0]


def test_every_record_is_in_the_truth_once(made: Made) -> None:
    truth = Counter((row["feed"], row["record_no"]) for row in made.truth("records.csv"))
    assert set(truth.values()) == {1}
    corrected = {(unit, feed, period) for unit, feed, period, suffix, _, _ in made.landed if suffix == "_r2"}
    current = Counter()
    strangers = Counter()
    for unit, feed, period, suffix, number, _ in made.landed:
        if feed == "marriage" or not number:
            continue
        if suffix == "" and (unit, feed, period) in corrected:
            strangers[unit, feed, period] += (feed, number) not in truth
        else:
            current[feed, number] += 1
    assert current == truth
    assert set(strangers.values()) == {1}  # a corrected submission had one row too many


def test_an_invented_birth_is_nobody_else(made: Made) -> None:
    with open(made.root / "truth" / "records.csv", encoding="utf-8", newline="") as file:
        invented = Counter(row["child"] for row in csv.DictReader(file) if row["child"].startswith("fake-"))
    assert len(invented) > 5
    # who invents a delivery writes a certificate for it, and now and then a row twice: no more than that
    assert max(invented.values()) <= 4


def test_records_of_the_truth_are_readable(made: Made) -> None:
    for _, feed, _, _, number, row in made.landed:
        if number:
            for column in FEEDS[feed].columns.values():
                if column.level == "required":
                    assert read_cell(row[column.name], column) is not None, (feed, column.name)


def test_every_obligation_once(made: Made) -> None:
    lines = made.truth("submissions.csv")
    good = [line for line in lines if line["status"] != "rejected"]
    keys = Counter((line["unit_code"], line["feed"], line["period"]) for line in good)
    assert set(keys.values()) == {1}
    reference = load_reference(Home(made.root))
    months = sorted({line["period"] for line in good if len(line["period"]) == 7})
    assert len(months) == 13
    owed = {
        (unit.unit_code, feed, month)
        for unit in reference.units.values()
        for feed in unit.feeds
        for month in months
        if FEEDS[feed].due.every == "month" and month >= unit.active_from.isoformat()[:7]
    }
    assert owed == {key for key in keys if len(key[2]) == 7}
    assert any(unit.active_from.year == 2025 for unit in reference.units.values())


def test_statuses_follow_from_arrivals(made: Made) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    as_of = dt.date.fromisoformat((made.root / "truth" / "as_of.txt").read_text())
    rejected = {
        (line["unit_code"], line["file"]) for line in made.truth("submissions.csv") if line["status"] == "rejected"
    }
    assert rejected == made.unreadable
    for line in made.truth("submissions.csv"):
        due = dt.date.fromisoformat(line["due"])
        assert due <= as_of
        if line["status"] == "missing":
            assert line["file"] == ""
            continue
        path = made.root / "landing" / line["unit_code"] / line["file"]
        arrived = dt.datetime.fromtimestamp(path.stat().st_mtime, zone).date()
        assert arrived <= as_of
        if line["status"] != "rejected":
            assert (arrived <= due) == (line["status"] == "on_time")


def test_births_say_what_records_show(made: Made) -> None:
    held = {(row["feed"], row["child"]) for row in made.truth("records.csv")}
    feeds = [feed.feed for feed in FEEDS.values() if feed.kind == "birth"]
    statuses = Counter()
    for birth in made.truth("births.csv"):
        for feed in feeds:
            statuses[birth[feed]] += 1
            assert (birth[feed] == "held") == ((feed, birth["child"]) in held)
        if birth["resident"] == "0":
            assert birth["household_registration"] == "never"
    assert set(statuses) == {"held", "withheld", "later", "never"}
    labels = {re.sub(r"[\d-].*", "", row["child"]) for row in made.truth("records.csv")}
    assert {"", "older", "fake"} <= labels


def test_nobody_is_real(made: Made) -> None:
    for birth in made.truth("births.csv"):
        assert birth["mother"].startswith("9999")
        assert check_character(birth["mother"][:17]) == birth["mother"][17]
    phones = [re.sub(r"^\+86|[^0-9]", "", row["phone"]) for *_, row in made.landed if row.get("phone")]
    assert sum(phone[:3] in PHONE_SEGMENTS for phone in phones) > 0.98 * len(phones)  # the rest are typing errors


@pytest.mark.long
def test_it_streams(tmp_path: Path) -> None:
    """A mid-size county needs little more memory than a small one: only one month's texts are held."""
    code = (
        "import resource, sys, pathlib; from pipeline.synthetic import load_plan, make_county;"
        "make_county(pathlib.Path(sys.argv[1]), load_plan('large', births=100_000));"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 700  # MB; a million births measure 2.1 GB


def test_the_reference_loads(tmp_path: Path) -> None:
    for name in named_plans():
        write_reference(tmp_path / name, load_plan(name))
        reference = load_reference(Home(tmp_path / name))
        assert all(code.startswith("9999") for code in reference.divisions)


def test_tracked_reference_is_the_default_plans(tmp_path: Path) -> None:
    write_reference(tmp_path, load_plan())
    tracked = Path(__file__).parents[2] / "data" / "reference"
    for path in sorted((tmp_path / "reference").iterdir()):
        assert (tracked / path.name).read_bytes() == path.read_bytes(), path.name


def test_a_folder_in_use_is_refused(made: Made) -> None:
    with pytest.raises(UsageError, match="not empty"):
        make_county(made.root, load_plan("usual", births=50, months=2))


def test_plans_are_checked() -> None:
    with pytest.raises(UsageError, match="no plan"):
        load_plan("nowhere")
    with pytest.raises(RollcallError, match="county_code"):
        load_plan("demo", county_code="110101")
    with pytest.raises(RollcallError, match="is no error"):
        load_plan("demo", errors={"typo_sonud": 0.1})


def test_each_error_has_its_reason() -> None:
    text = (Path(__file__).parents[2] / "pipeline" / "synthetic" / "plans" / "usual.yaml").read_text(encoding="utf-8")
    section = text[text.index("\nerrors:") : text.index("\nblanks:")]
    lines = [line for line in section.splitlines() if re.match(r"  \w+:", line)]
    assert len(lines) >= 35
    assert all("#" in line for line in lines)
