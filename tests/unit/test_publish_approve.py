"""From marts to public/: prepared, looked at, approved once, revised, and never more than that."""

import csv
import datetime as dt
import itertools
import json
import random

import duckdb
import pytest

from pipeline.errors import RollcallError, UsageError
from pipeline.publish.approval.approvals import approvals, ledger, verify_approvals
from pipeline.publish.approval.approve import approve
from pipeline.publish.approval.controlled import controlled, decide, revision_cost
from pipeline.publish.approval.prepared import prepare, prepared_folder, put_in_place
from pipeline.publish.disclosure.declared import load_public_tables
from pipeline.publish.disclosure.facts import fact_table
from pipeline.publish.disclosure.output import MARK
from tests import public_marts
from tests.public_attack import ALL, NOT_DUE, Attacker, World
from tests.public_marts import COUNTY, REASONS, REGISTERS, TOWNSHIPS, make_marts

PERIOD = "2024-12"
TODAY = dt.date(2025, 2, 3)
QUARTERS = tuple(f"2024-Q{number}" for number in range(1, 5))
ROLES = {"children_known": "known", "children_due": "due", "children_held": "held"}
COUNTS = public_marts.draw(random.Random(1))


@pytest.fixture
def marts():
    with duckdb.connect(":memory:") as con:
        make_marts(con, COUNTS)
        yield con


def let_out(con, home, period=PERIOD):
    prepare(con, home, period)
    return approve(con, home, period, "李主任", TODAY)


def prepare_with(con, home, files, office=None):
    return put_in_place(home, PERIOD, controlled(con, home, PERIOD), files, office)


def read(home, period=PERIOD):
    """Every number of a period's public folder, by what it counts; read from the files alone."""
    found = {}
    for path in sorted((home.public / period / "tables").glob("*.json")):
        for row in json.loads(path.read_text(encoding="utf-8")).get("rows", []):
            for count, number in row.items():
                if number is not None and count in (*ROLES, *REASONS):
                    place = ALL if row["place"] == COUNTY else row["place"]
                    cohort = row["cohort"] if "Q" in row["cohort"] else ALL
                    register = "" if count == "children_known" else row["register"]
                    found[ROLES.get(count, count), cohort, place, register] = number
    return found


def test_nobody_works_out_a_suppressed_number_from_the_files_of_two_months(marts, home):
    rnd = random.Random(4)
    counts = [public_marts.draw(rnd, few=0.4)]
    counts.append(public_marts.later(rnd, counts[0]))
    published = {}
    for number, these in enumerate(counts):
        make_marts(marts, these)
        let_out(marts, home)
        published |= {(number, *at): value for at, value in read(home).items()}
    world = World(TOWNSHIPS, QUARTERS, REGISTERS, 2, REASONS)
    published |= known_without_a_table(counts)
    attacker = Attacker(world, published)
    month = dict(zip(QUARTERS, public_marts.MONTHS, strict=True))
    fate_of = {NOT_DUE: public_marts.NOT_DUE}
    truth = [
        counts[release][town, month[quarter], register, fate_of.get(fate, fate)]
        for release, town, quarter, register, fate in world.atoms
    ]
    sums = [
        *itertools.product(("held", "not_held", "not_due"), QUARTERS, TOWNSHIPS, REGISTERS),
        *itertools.product(("not_held", *REASONS), (ALL,), (*TOWNSHIPS, ALL), REGISTERS),
    ]
    rows = [world.row(number, *at) for number in (0, 1) for at in sums]
    rows += [world.row(1, *at) - world.row(0, *at) for at in sums]
    small = [row for row in rows if 0 < abs(row @ truth) < home.settings.suppression_limit]
    assert len(small) > 40
    for row in small:
        low, high = attacker.interval(row)
        assert high - low >= home.settings.disclosure.protection_width - 1e-4


def known_without_a_table(counts):
    """Where nobody in the county is not due yet, or missing for some reasons, the calendar or the rules may tell so."""
    found = {}
    for number, these in enumerate(counts):
        for quarter, month, register in [
            (*pair, register) for pair in zip(QUARTERS, public_marts.MONTHS, strict=True) for register in REGISTERS
        ]:
            if not any(these[town, month, register, public_marts.NOT_DUE] for town in TOWNSHIPS):
                found[number, "not_due", quarter, ALL, register] = 0
        for reason, register in itertools.product(REASONS[:3], REGISTERS):
            if not any(these[town, month, register, reason] for town in TOWNSHIPS for month in public_marts.MONTHS):
                found[number, reason, ALL, ALL, register] = 0
    return found


def test_what_is_approved_lies_in_public_with_its_hashes_and_who_and_when_in_the_ledger(marts, home):
    done = let_out(marts, home)
    assert (done.revision, done.is_new) == (1, True)
    folder = home.public / PERIOD
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["files"]) == {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    } - {"manifest.json"}
    entry = ledger(home).read()[-1]
    assert (entry["kind"], entry["by"], entry["period"]) == ("approved", "李主任", PERIOD)
    assert entry["files"] == manifest["files"]
    assert "李主任" not in (folder / "manifest.json").read_text(encoding="utf-8")
    assert verify_approvals(home) == []
    kept = approvals(home)[0].controlled
    assert kept.published
    assert kept.sensitive
    assert not unmarked(folder)


def unmarked(folder):
    """Counts under the limit that stand in a public file."""
    found = []
    for path in (folder / "tables").glob("*.csv"):
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
            found += [
                (path.name, name, cell)
                for name, cell in row.items()
                if name in (*ROLES, *REASONS) and cell != MARK and 0 < int(cell) < 5
            ]
    return found


def test_published_numbers_are_the_true_ones_and_suppressed_ones_have_the_mark(marts, home):
    tables = controlled(marts, home, PERIOD).tables
    true = {
        (cohort, place, register): (known, due, held)
        for cohort, place, register, known, due, held in marts.execute(
            "SELECT birth_month[:4] || '-Q' || quarter((birth_month || '-01')::DATE), township_code, register, "
            "children_known, children_due, children_held FROM marts.register_coverage WHERE township_code IS NOT NULL"
        ).fetchall()
    }
    seen = 0
    for cohort, place, register, *numbers in tables["register_coverage"].rows:
        if (cohort, place, register) in true:
            for shown, number in zip(numbers[:3], true[cohort, place, register], strict=True):
                assert shown.value in (None, number)
                assert shown.text == (MARK if shown.is_suppressed else str(number))
                seen += not shown.is_suppressed
            held, share = numbers[2], numbers[3]
            assert share is None or (share.value is None) >= (held.value is None)
    assert seen > 50


def test_both_languages_come_from_one_table(marts, home):
    for table in controlled(marts, home, PERIOD).tables.values():
        assert all(label.zh and label.en for label in (table.title, table.note))
        assert all(column.label.zh and column.label.en for column in table.columns)


def test_approving_twice_changes_nothing_and_a_folder_that_was_lost_is_written_again(marts, home):
    let_out(marts, home)
    before = {path: path.stat().st_mtime_ns for path in (home.public / PERIOD).rglob("*")}
    assert not approve(marts, home, PERIOD, "others", TODAY).is_new
    assert not let_out(marts, home).is_new
    assert {path: path.stat().st_mtime_ns for path in (home.public / PERIOD).rglob("*")} == before
    (home.public / PERIOD / "tables" / "gap_summary.csv").unlink()
    assert not approve(marts, home, PERIOD, "others", TODAY).is_new
    assert (home.public / PERIOD / "tables" / "gap_summary.csv").exists()
    assert len(ledger(home).read()) == 1


def test_changed_numbers_are_prepared_again_and_become_a_revision(marts, home):
    let_out(marts, home)
    make_marts(marts, public_marts.later(random.Random(2), COUNTS))
    with pytest.raises(RollcallError, match=r"has changed since .* rollcall release prepare 2024-12"):
        approve(marts, home, PERIOD, "李主任", TODAY)
    done = let_out(marts, home)
    assert (done.revision, done.is_new) == (2, True)
    table = controlled(marts, home, PERIOD).tables["register_coverage"]
    last = [record for record in table.records() if record["children_held_last"] is not None]
    assert last
    assert all(record["children_held"] is None and record["children_held_last_in"] == PERIOD for record in last)


def test_the_bulletins_files_go_out_with_the_tables_and_nothing_else_does(marts, home):
    prepare_with(marts, home, {"county.html": b"<p>1</p>", "units/police-100.xlsx": b"x"}, {"office/draft.xlsx": b"y"})
    (prepared_folder(home, PERIOD) / "draft.txt").write_text("not for the public", encoding="utf-8")
    approve(marts, home, PERIOD, "李主任", TODAY)
    assert (home.public / PERIOD / "units" / "police-100.xlsx").read_bytes() == b"x"
    assert not (home.public / PERIOD / "draft.txt").exists()
    for path in ("../outside.html", "/tmp/outside.html", "tables/register_coverage.csv", "manifest.json"):
        with pytest.raises(ValueError, match="no place"):
            prepare_with(marts, home, {path: b""})


def test_a_revision_never_publishes_less_without_saying_why(marts, home):
    prepare_with(marts, home, {"county.html": b"<p>1</p>"})
    approve(marts, home, PERIOD, "李主任", TODAY)
    prepare(marts, home, PERIOD)
    with pytest.raises(UsageError, match=r"1 files of 2024-12 that are out would be gone, county.html"):
        approve(marts, home, PERIOD, "李主任", TODAY)
    assert (home.public / PERIOD / "county.html").exists()
    assert approve(marts, home, PERIOD, "李主任", TODAY, note="withdrawn: wrong logo").revision == 2
    assert ledger(home).read()[-1]["left_out"] == ["county.html"]
    assert not (home.public / PERIOD / "county.html").exists()


def test_nothing_goes_out_without_a_name(marts, home):
    prepare(marts, home, PERIOD)
    with pytest.raises(UsageError, match="--by NAME"):
        approve(marts, home, PERIOD, " ", TODAY)
    assert not (home.public / PERIOD).exists()


def test_preparing_that_fails_leaves_what_was_prepared_before(marts, home, monkeypatch):
    prepare_with(marts, home, {"county.html": b"<p>1</p>"})
    before = {path: path.read_bytes() for path in prepared_folder(home, PERIOD).rglob("*") if path.is_file()}

    def full(*_args, **_more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipeline.whole_files.write_whole", full)
    with pytest.raises(OSError, match="No space"):
        prepare_with(marts, home, {"county.html": b"<p>2</p>"})
    monkeypatch.undo()
    after = {path: path.read_bytes() for path in prepared_folder(home, PERIOD).rglob("*") if path.is_file()}
    assert after == before
    assert approve(marts, home, PERIOD, "李主任", TODAY).is_new


def test_what_was_edited_by_hand_does_not_go_out(marts, home):
    prepare(marts, home, PERIOD)
    path = prepared_folder(home, PERIOD) / "tables" / "register_coverage.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(MARK, "3"), encoding="utf-8")
    with pytest.raises(RollcallError, match="not what was prepared"):
        approve(marts, home, PERIOD, "李主任", TODAY)
    assert not (home.public / PERIOD).exists()
    assert ledger(home).read() == []


def test_where_it_is_not_known_what_is_out_nothing_more_goes_out(marts, home):
    let_out(marts, home)
    next((home.archive / "approved").iterdir()).write_bytes(b"")
    with pytest.raises(RollcallError, match="not known for certain"):
        prepare(marts, home, PERIOD)


@pytest.mark.parametrize(("period", "said"), [("2025-03", "not over"), ("March", "no month"), ("2024", "no month")])
def test_a_period_that_cannot_be_is_refused_in_a_sentence(marts, home, period, said):
    with pytest.raises(UsageError, match=said):
        prepare(marts, home, period)


def test_what_is_not_prepared_cannot_be_approved(marts, home):
    with pytest.raises(UsageError, match="Nothing is prepared for 2024-12"):
        approve(marts, home, PERIOD, "李主任", TODAY)


def test_marts_that_contradict_each_other_are_not_published(marts, home):
    marts.execute("UPDATE marts.gap_summary SET children = children + 1 WHERE reason = 'likely_omitted'")
    with pytest.raises(RollcallError, match="differ in"):
        prepare(marts, home, PERIOD)


def test_that_a_unit_had_nobody_to_report_is_not_told(marts, home):
    rows = controlled(marts, home, PERIOD).tables["submissions"].records()
    assert {row["status"] for row in rows} == {"on_time", "late", "missing"}
    assert "row_count" not in rows[0]


def test_a_table_of_facts_holds_no_numbers(marts):
    table = load_public_tables().facts["submissions"]
    rows = table.columns["status"].model_copy(update={"sql": "row_count"})
    sneaking = table.model_copy(update={"columns": {"rows": rows}, "key": ("rows",)})
    with pytest.raises(RollcallError, match="holds no numbers"):
        fact_table(marts, "submissions", sneaking, "2024-01", PERIOD)


def test_a_revision_says_what_it_shows_less_and_keeps_what_is_still_true(marts, home):
    assert let_out(marts, home).cost == ""
    assert revision_cost(home, "2024-11", controlled_cells(marts, home)) is None
    make_marts(marts, public_marts.later(random.Random(3), COUNTS))
    done = let_out(marts, home)
    first, second = (one.controlled for one in approvals(home))
    still = {key for key in first.published if second.cells.values.get(key) == first.cells.values[key]}
    # what was out and is still true is out again, but for what would betray a small change of another
    assert len(still & second.published) > 0.8 * len(still - second.sensitive)
    entry = [one for one in ledger(home).read() if one["kind"] == "approved"][-1]
    lost = len((first.published & second.cells.shown) - second.published)
    assert entry["cost"]["no_longer"] == lost
    assert f"{lost:,} that were shown keep" in done.cost


def controlled_cells(con, home):
    return decide(con, home, PERIOD, TODAY).cells
