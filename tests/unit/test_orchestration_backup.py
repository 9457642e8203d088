"""Backups: what they hold and leave out, that nobody works on the home meanwhile, and what a restore refuses."""

import json
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import LockedError, RollcallError, UsageError
from pipeline.home import Home
from pipeline.intake.archive.chain import Chain
from pipeline.orchestration.runs.backup import back_up
from pipeline.orchestration.runs.restored import restore
from pipeline.warehouse import open_warehouse
from pipeline.whole_files import write_whole
from tests.sameness import file_differences, table_differences


@pytest.fixture
def county(home):
    """A home with a file in each folder, and a release under two names."""
    with open_warehouse(home):
        pass
    (home.dbt_target / "logs").mkdir(parents=True)
    (home.dbt_target / "logs" / "dbt.log").write_text("a cell")
    release = write_whole(home.published / "marts-N0001.duckdb", b"release", 0o640)
    os.link(release, home.current_marts)
    (home.landing / "clinic-100").mkdir()
    landed = home.landing / "clinic-100" / "delivery_202401.csv"
    landed.write_bytes(b"sent")
    os.utime(landed, ns=(1_700_000_000_123_456_789, 1_700_000_000_123_456_789))
    (home.landing / "clinic-100" / ".delivery_202402.csv").write_bytes(b"under way")
    (home.landing / "elsewhere").symlink_to("/etc")
    write_whole(home.outgoing / "clinic-100" / "index.html", "told")
    Chain(home.ledger_file).append([{"event": "seen"}])
    write_whole(home.secret_file, b"s" * 32)
    return home


def command(*words):
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert "Traceback" not in done.output
    return done


def test_a_backup_stands_up_again(county, tmp_path):
    done = command("backup", "--home", county.root, "--to", tmp_path / "copies" / "one")
    assert done.exit_code == 0
    assert str(county.secret_file) in done.output.replace("\n", "")
    assert (tmp_path / "copies" / "one").stat().st_mode & 0o077 == 0
    again = Home(tmp_path / "again")
    done = command("restore", "--from", tmp_path / "copies" / "one", "--home", again.root)
    assert done.exit_code == 0
    assert str(again.secret_file) in done.output.replace("\n", ""), "what is still missing is said"
    assert table_differences(county.warehouse_file, again.warehouse_file, without=()) == []
    for name in ("reference", "archive", "published", "casework", "public", "reports"):
        assert file_differences(county.root / name, again.root / name) == []
    landed = again.landing / "clinic-100" / "delivery_202401.csv"
    assert landed.stat().st_mtime_ns == 1_700_000_000_123_456_789
    assert again.current_marts.samefile(again.published / "marts-N0001.duckdb")
    for folder in county.own_folders:
        assert (again.root / folder.name).stat().st_mode == folder.stat().st_mode
    assert not list((tmp_path / "copies").glob(".*"))
    assert not [path for path in again.root.iterdir() if path.name.startswith(".")]


def test_what_a_backup_leaves_out(county, tmp_path):
    folder = back_up(county, tmp_path / "copy").folder
    names = {path.relative_to(folder / "home").as_posix() for path in (folder / "home").rglob("*")}
    assert "landing/clinic-100/delivery_202401.csv" in names
    assert not {name for name in names if name.startswith(("state", "warehouse/dbt", "landing/elsewhere"))}
    assert not {name for name in names if "/." in name}
    secret = county.secret_file.read_bytes()
    assert not [path for path in folder.rglob("*") if path.is_file() and secret in path.read_bytes()]


def test_nobody_works_on_the_home_meanwhile(county, tmp_path):
    held = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pipeline.home import Home; from pipeline.warehouse import night_lock\n"
            f"with night_lock(Home({str(county.root)!r})): print('held', flush=True); sys.stdin.read()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert held.stdout.readline() == "held\n"
    with pytest.raises(LockedError, match=str(held.pid)):
        back_up(county, tmp_path / "copy")
    held.communicate("")
    assert not (tmp_path / "copy").exists()
    back_up(county, tmp_path / "copy")


def test_no_decision_is_noted_meanwhile(county):
    code = (
        "import sys; from pathlib import Path; from pipeline.intake.archive.chain import Chain\n"
        f"Chain(Path({str(county.ledger_file)!r})).append([{{'event': 'decided'}}])"
    )
    chain = Chain(county.ledger_file)
    with chain.still():
        before = chain.head()
        waiting = subprocess.Popen([sys.executable, "-c", code])
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(2)
        assert chain.head() == before
    assert waiting.wait(20) == 0
    assert chain.head() != before


@pytest.mark.parametrize("to", ["county", "county/reports/copy", "full"])
def test_a_folder_that_may_not_be_a_backup(county, tmp_path, to):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(UsageError):
        back_up(county, county.root.parent / to.replace("county", county.root.name))


def test_a_backup_that_cannot_be_written_leaves_nothing(county, tmp_path, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipeline.orchestration.runs.backup.copied", full)
    with pytest.raises(RollcallError, match="No space left"):
        back_up(county, tmp_path / "copies" / "one")
    assert list((tmp_path / "copies").iterdir()) == []


def change(folder):
    path = folder / "home" / "archive" / "ledger.jsonl"
    path.write_bytes(path.read_bytes().replace(b"seen", b"sean"))


def lose(folder):
    (folder / "home" / "published" / "current.duckdb").unlink()


def add(folder):
    (folder / "home" / "reference" / "more.csv").touch()


def shorten_manifest(folder):
    path = folder / "manifest.json"
    path.write_bytes(path.read_bytes()[:-20])


def newer(folder):
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema": 9999, "version": "9.0.0"}))


def reach_out(folder):
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["files"]["../../out"] = manifest["files"].pop("archive/ledger.jsonl")
    path.write_text(json.dumps(manifest))


@pytest.mark.parametrize("was_there", [False, True])
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (change, "archive/ledger.jsonl was changed"),
        (lose, "published/current.duckdb is missing"),
        (add, "reference/more.csv is not in its manifest"),
        (shorten_manifest, "no backup"),
        (newer, "9.0.0, which is newer"),
        (reach_out, "outside the home"),
    ],
)
def test_a_backup_that_is_not_as_it_was_is_refused(county, tmp_path, spoil, said, was_there):
    folder = back_up(county, tmp_path / "copy").folder
    spoil(folder)
    if was_there:
        (tmp_path / "again").mkdir()
    done = command("restore", "--from", folder, "--home", tmp_path / "again")
    assert done.exit_code == 2
    assert said in done.output.replace("\n", "")
    assert (tmp_path / "again").exists() is was_there
    assert not was_there or list((tmp_path / "again").iterdir()) == []


def test_a_home_that_is_there_is_not_overwritten(county, tmp_path):
    folder = back_up(county, tmp_path / "copy").folder
    done = command("restore", "--from", folder, "--home", county.root)
    assert done.exit_code == 2
    assert "is not empty" in done.output


def test_the_secret_must_be_the_right_one(county, tmp_path):
    folder = back_up(county, tmp_path / "copy").folder
    (tmp_path / "wrong").write_bytes(b"t" * 32)
    with pytest.raises(UsageError, match="is not the secret"):
        restore(folder, tmp_path / "again", tmp_path / "wrong")
    assert not (tmp_path / "again").exists()
    done = restore(folder, tmp_path / "again", county.secret_file)
    assert not done.is_secret_missing
    assert done.home.secret_file.read_bytes() == county.secret_file.read_bytes()
    assert done.home.secret_file.stat().st_mode & 0o077 == 0


def test_a_home_whose_key_is_being_changed_is_not_backed_up(county, tmp_path):
    county.rotation_file.write_text("{}")
    with pytest.raises(UsageError, match="was cut off"):
        back_up(county, tmp_path / "one")
    assert not (tmp_path / "one").exists()


def test_a_home_under_a_key_is_backed_up_without_it_and_stands_up_under_it(county, tmp_path, monkeypatch):
    key = tmp_path / "key"
    assert command("key", "make", key).exit_code == 0
    assert command("key", "rotate", "--to", key, "--home", county.root).exit_code == 0
    done = command("backup", "--home", county.root, "--to", tmp_path / "one")
    assert done.exit_code == 0
    assert "under the home's key" in done.output
    assert str(key) not in {str(path) for path in (tmp_path / "one").rglob("*")}
    assert command("restore", "--from", tmp_path / "one", "--home", tmp_path / "again").exit_code == 0
    monkeypatch.setenv("ROLLCALL_KEY_FILE", str(key))
    with open_warehouse(Home(tmp_path / "again"), read_only=True) as con:
        assert con.execute("SELECT count(*) > 0 FROM duckdb_tables()").fetchone() == (True,)
