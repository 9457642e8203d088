"""Rebuild: nights replayed from the archive alone give every table, child id, ticket and decision as they were."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from pathlib import Path

import pytest

from pipeline.casework import export_batch, import_workbook
from pipeline.errors import RollcallError, UsageError
from pipeline.home import Home
from pipeline.intake import decide
from pipeline.intake.archive.chain import Chain
from pipeline.orchestration.runs.night import run_night
from pipeline.orchestration.runs.rebuild import rebuild
from pipeline.publish import find_release, list_releases
from pipeline.publish.nights.archive_proof import heads, verify_whole
from pipeline.publish.release.manifest import laid_out
from pipeline.synthetic import load_plan, make_county
from pipeline.warehouse import open_warehouse
from tests.reviews import fill
from tests.sameness import PSEUDONYMS, WALL_CLOCK, differences, night_differences, table_differences

NIGHTS = (dt.date(2024, 4, 30), dt.date(2024, 5, 31), dt.date(2024, 6, 30))


def revise(home: Home, on: dt.date) -> tuple[str, str, str]:
    """A unit sends a delivery file of the first night again, with a row less; unit, feed and period."""
    path = min(home.landing.glob("*/delivery_202402.csv"))
    lines = path.read_bytes().splitlines(keepends=True)
    again = path.with_name("delivery_202402_again.csv")
    again.write_bytes(b"".join(lines[:-1]))
    moment = dt.datetime.combine(on, dt.time(9), home.settings.zone).timestamp()
    os.utime(again, (moment, moment))
    return path.parent.name, "delivery", "2024-02"


def review(home: Home, folder: Path) -> int:
    """One reviewer answers a batch: what the program linked is the same, but for one pair."""
    with open_warehouse(home, read_only=True) as con:
        done = export_batch(con, home, ["li"])
    (path,) = done.paths
    undone = next(name for name, asked in done.batch.by_name().items() if asked.is_linked)

    def says(pair: str, asked) -> str | None:
        return {undone: "different"}.get(pair)

    filled = fill(path, done.batch, "li", says, folder / path.name)
    return import_workbook(home, filled, "office").answers


def what_is_left(home: Home, root: Path) -> Home:
    """A new home of a home's archive and secret."""
    shutil.copytree(home.archive, root / "archive")
    (root / "state").mkdir(mode=0o700)
    shutil.copyfile(home.secret_file, root / "state" / "pseudonym.secret")
    return Home(root)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home of three nights: a revision, a withdrawal, a changed setting, a review decision, a night with nothing new,
    and a decision that no night has read yet.
    """
    folder = tmp_path_factory.mktemp("lived")
    home = Home(folder / "county")
    make_county(home.root, load_plan("demo", births=60, months=5, seed=5))
    assert run_night(home, NIGHTS[0]).is_new
    unit, feed, period = revise(home, NIGHTS[1])
    with home.county_yaml.open("a", encoding="utf-8") as file:
        file.write("suppression_limit: 6\nreview: {batch_pairs: 10}\n")
    home = Home(home.root)
    assert run_night(home, NIGHTS[1]).is_new
    assert not run_night(home, NIGHTS[1]).is_new
    decide(home, unit, feed, period, "withdraw", "office")
    assert review(home, folder) == 1
    assert run_night(home, NIGHTS[2]).is_new
    other = min(path for path in home.landing.glob("*/delivery_202403.csv"))
    decide(home, other.parent.name, "delivery", "2024-03", "withdraw", "office")
    return home


@pytest.fixture(scope="module")
def bare(lived: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """What is left after a fire: the archive, and the secret from its safe."""
    return what_is_left(lived, tmp_path_factory.mktemp("bare") / "county")


@pytest.fixture
def archive_alone(night_home: Path, tmp_path: Path) -> Home:
    """Of a home of one night, the archive and the secret."""
    return what_is_left(Home(night_home), tmp_path / "archive_alone")


def without_making(lines: list[tuple[str, str, bool]]) -> dict[str, str]:
    """A manifest's lines but for those that say when it was made."""
    return {name: value for name, value, is_of_making in lines if not is_of_making}


@pytest.mark.long
def test_a_lost_warehouse_is_not_begun_anew(night_home: Path, tmp_path: Path):
    """Nor is one that was put back from before the last night, though there is nothing else to do."""
    home = Home(tmp_path / "county")
    lost = shutil.ignore_patterns("warehouse.duckdb", "dagster", "dbt")
    shutil.copytree(night_home, home.root, symlinks=True, ignore=lost)
    as_of = dt.date.fromisoformat((night_home / "truth" / "as_of.txt").read_text(encoding="utf-8").strip())
    for _ in ("lost", "put back"):
        with pytest.raises(RollcallError, match="rollcall rebuild"):
            run_night(home, as_of)
        with open_warehouse(home):
            pass
    assert home.nights_file.read_bytes() == Home(night_home).nights_file.read_bytes()


def test_a_night_comes_back_from_the_archive_alone(night_home: Path, archive_alone: Home):
    done = rebuild(archive_alone)
    assert (done.nights, done.differences) == (1, [])
    home = Home(archive_alone.root)
    assert differences(Home(night_home), home) == []
    assert verify_whole(home).problems == ()
    # two runs of the same input, one of them from the archive: what they were made from is the same, line by line
    again, first = (list(laid_out(find_release(each, ""))) for each in (home, Home(night_home)))
    assert without_making(again) == without_making(first)


@pytest.mark.long
def test_rebuilt_in_place_everything_is_as_it_was(lived: Home, bare: Home):
    before = heads(bare)
    done = rebuild(bare)
    assert done.differences == []
    assert done.nights == len(NIGHTS)
    home = Home(bare.root)
    assert differences(lived, home) == []
    assert night_differences(lived.nights_file, home.nights_file) == []
    assert heads(home) == before
    # the clock on the wall too: a replayed night began and ended when it did
    assert table_differences(lived.current_marts, home.current_marts, without=()) == []
    assert table_differences(lived.warehouse_file, home.warehouse_file, without=()) == []
    with open_warehouse(home, read_only=True) as con:
        counts = con.execute(
            "SELECT (SELECT count(*) FROM casework.link_constraints), "
            "(SELECT count(*) FROM accountability.ticket_events), (SELECT count(*) FROM linkage.identity_events), "
            "(SELECT count(*) FROM checks.submission_states WHERE state = 'superseded')"
        ).fetchall()[0]
    assert counts[0] == 1
    assert all(counts)
    made = [(each["release"], each["tables"], each["is_current"]) for each in list_releases(home)]
    assert made == [(each["release"], each["tables"], each["is_current"]) for each in list_releases(lived)]
    assert verify_whole(home).problems == ()
    assert not (home.state / "rebuild").exists()


@pytest.mark.long
def test_rebuilt_beside_without_the_secret_only_pseudonyms_differ(lived: Home, tmp_path: Path):
    archive_only = Home(tmp_path / "archive_only")
    shutil.copytree(lived.archive, archive_only.archive)
    done = rebuild(archive_only, tmp_path / "beside")
    assert done.differences == []
    made = Home(tmp_path / "beside")
    assert differences(lived, made, without=WALL_CLOCK + PSEUDONYMS) == []
    assert any("publish.child_keys" in line for line in differences(lived, made))


def test_a_rebuild_says_what_it_cannot_do(night_home: Path, archive_alone: Home, tmp_path: Path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").touch()
    with pytest.raises(UsageError, match="is not empty"):
        rebuild(Home(night_home), tmp_path / "full")
    with pytest.raises(UsageError, match=r"has no archive/"):
        rebuild(Home(tmp_path / "nowhere"))
    assert not (tmp_path / "nowhere").exists()
    damaged = archive_alone
    lines = damaged.ledger_file.read_bytes().splitlines(keepends=True)
    damaged.ledger_file.write_bytes(b"".join(lines[:-1]))
    first = json.loads(lines[-1])["hash"]
    # a head that was written down tells of what was cut off
    assert f"{first}" in " ".join(verify_whole(damaged, [first]).problems)
    Path(min(damaged.archive.glob("inputs/*/*.yaml"))).write_text("name: 别的县\n", encoding="utf-8")
    with pytest.raises(RollcallError, match="The archive is not what was received"):
        rebuild(damaged, tmp_path / "never")
    assert not (tmp_path / "never").exists()


@pytest.mark.long
def test_nights_without_kept_inputs_stay_valid(lived: Home, tmp_path: Path):
    """An archive of a program that kept no inputs verifies; what its nights read is not guessed in silence."""
    from pipeline.orchestration.runs.rebuild import _inputs
    from pipeline.publish.nights.ledger import completed_nights

    old = Home(tmp_path / "old")
    shutil.copytree(lived.archive, old.archive, ignore=shutil.ignore_patterns("inputs"))
    old.nights_file.unlink()
    bodies = [
        {key: value for key, value in entry.items() if key not in ("seq", "prev", "hash", "inputs")}
        for entry in Chain(lived.nights_file).read()
    ]
    Chain(old.nights_file).append(bodies)
    shutil.copytree(lived.reference, old.reference)
    assert verify_whole(old).problems == ()
    nights, made = completed_nights(old), Home(tmp_path / "made")
    made.reference.mkdir(parents=True)
    said = [_inputs(old, made, night, nights) for night in nights]
    assert [len(each) for each in said] == [1, 0, 0]
    assert "another reference" in said[0][0]


@pytest.mark.long
def test_the_home_lives_on_after_a_rebuild(lived: Home, bare: Home):
    """The decision that no night had read comes into effect, as it does in the home that was not lost.

    The last test of this file: it adds a night to the home that the others read.
    """
    day = dt.date(2024, 7, 15)
    shutil.copytree(lived.landing, bare.landing, dirs_exist_ok=True)
    assert run_night(lived, day).reasons == run_night(Home(bare.root), day).reasons
    assert differences(lived, Home(bare.root)) == []
