"""Nights of a home under a key: they publish what they would in clear, and all that keeps a home works under it."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from pathlib import Path

import duckdb
import pytest

from pipeline.encryption import is_encrypted, stored_files
from pipeline.errors import RollcallError
from pipeline.home import Home
from pipeline.keys import make_key, read_key, sealed_under
from pipeline.orchestration.dbt import BEFORE_LINKAGE, DBT_PROJECT, build
from pipeline.orchestration.runs.night import run_night
from pipeline.orchestration.runs.rebuild import rebuild
from pipeline.orchestration.runs.rollback import roll_back
from pipeline.orchestration.runs.rotation import rotate
from pipeline.publish.nights.archive_proof import heads, verify_whole
from pipeline.synthetic import load_plan, make_county
from pipeline.warehouse import open_warehouse
from tests.crashes import bare_copy, night
from tests.sameness import table_differences

NIGHTS = (dt.date(2024, 4, 30), dt.date(2024, 5, 31), dt.date(2024, 6, 30))
# an id number, as a unit sends it
_NUMBER = re.compile(rb"(?<!\d)\d{17}[\dX](?!\d)")


@pytest.fixture(scope="module")
def clear(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A small county in clear after its first night."""
    home = Home(tmp_path_factory.mktemp("clear") / "county")
    make_county(home.root, load_plan("demo", births=60, months=5, seed=5))
    assert run_night(home, NIGHTS[0]).is_new
    return home


@pytest.fixture(scope="module")
def key_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("keys")
    for name in ("a.key", "b.key"):
        make_key(folder / name)
    return folder / "a.key", folder / "b.key"


def sealed(clear: Home, key_file: Path, root: Path, as_of: dt.date) -> Path:
    """The same county under a key after its first night, which a process of its own ran."""
    with pytest.MonkeyPatch.context() as patched:
        home = bare_copy(clear, root)
        patched.setenv("ROLLCALL_KEY_FILE", str(key_file))
        ended = night(Home(home.root), as_of)
        assert ended.status == 0, ended.said
    return home.root


def tables(home: Home, folder: Path) -> Path:
    """The warehouse in clear, for a test to compare."""
    path = folder / f"{home.root.parent.name}.duckdb"
    path.unlink(missing_ok=True)
    with open_warehouse(home, read_only=True) as con:
        con.execute(f"ATTACH '{path}' AS plain")
        con.execute("COPY FROM DATABASE warehouse TO plain (SCHEMA)")
        for schema, table in con.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'warehouse'"
        ).fetchall():
            con.execute(f'INSERT INTO plain."{schema}"."{table}" FROM warehouse."{schema}"."{table}"')
        con.execute("DETACH plain")
    return path


@pytest.mark.long
def test_a_night_under_a_key_publishes_the_same_and_leaves_nothing_in_clear(
    night_home: Path, key_files: tuple[Path, Path], tmp_path: Path
) -> None:
    clear = Home(night_home)
    as_of = dt.date.fromisoformat((night_home / "truth" / "as_of.txt").read_text(encoding="utf-8").strip())
    home = Home(sealed(clear, key_files[0], tmp_path / "county", as_of))
    assert table_differences(clear.current_marts, home.current_marts) == []
    assert heads(home)["ledger"] == heads(clear)["ledger"]
    key = read_key(key_files[0])
    assert {sealed_under(path) for path in stored_files(home)} == {key.identifier}
    assert is_encrypted(home.warehouse_file)
    sent = {number for path in home.landing.rglob("*.csv") for number in _NUMBER.findall(path.read_bytes())}
    assert len(sent) > 50
    # nor where dbt fails: a wrong key has it write a trace
    with pytest.raises(RollcallError, match="dbt ended"):
        build(home.under(key_files[1]), [BEFORE_LINKAGE])
    assert "encryption key" in (home.dbt_target / "dbt.log").read_text(encoding="utf-8")
    hidden = [
        part.encode() for file in key_files for key in [read_key(file)] for part in (key.secret.hex(), key.of_warehouse)
    ]
    for path in (path for folder in (home.root, DBT_PROJECT) for path in folder.rglob("*") if path.is_file()):
        data = path.read_bytes()
        assert not any(secret in data for secret in hidden), path
        if path.is_relative_to(home.archive) or path.is_relative_to(home.warehouse) or path.is_relative_to(home.state):
            assert not sent.intersection(_NUMBER.findall(data)), path
    # what analysts query opens without any key
    with duckdb.connect(str(home.current_marts), read_only=True) as con:
        assert con.execute("SELECT count(*) > 0 FROM marts.children").fetchall() == [(True,)]


@pytest.mark.long
@pytest.mark.timeout(900)
def test_nights_go_on_under_another_key_and_come_back_from_the_archive(
    clear: Home,
    key_files: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = sealed(clear, key_files[0], tmp_path / "sealed" / "county", NIGHTS[0])
    assert run_night(clear, NIGHTS[1]).is_new
    monkeypatch.setenv("ROLLCALL_KEY_FILE", str(key_files[0]))
    rotate(Home(root), key_files[1])
    monkeypatch.setenv("ROLLCALL_KEY_FILE", str(key_files[1]))
    home = Home(root)
    assert run_night(home, NIGHTS[1]).is_new
    assert table_differences(clear.current_marts, home.current_marts) == []
    assert verify_whole(home).problems == ()
    # a night that is taken back comes from the copy that it kept
    before = tables(home, tmp_path)
    shutil.copy(before, tmp_path / "kept.duckdb")
    (copy,) = home.warehouse.glob("previous-night-*.duckdb")
    assert is_encrypted(copy)
    assert roll_back(home).back_to is not None
    assert run_night(home, NIGHTS[1]).is_new
    assert table_differences(clear.current_marts, home.current_marts) == []
    # and a lost warehouse from the archive
    home.warehouse_file.unlink()
    assert rebuild(home).differences == []
    assert is_encrypted(home.warehouse_file)
    assert {sealed_under(path) for path in stored_files(home)} == {read_key(key_files[1]).identifier}
    assert table_differences(tmp_path / "kept.duckdb", tables(home, tmp_path)) == []
