"""A home under a key: what lies on the disk, sentences for another key or none, and another key for all of it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.encryption import check_key, is_encrypted, stored_files
from pipeline.errors import RollcallError, UsageError
from pipeline.home import Home
from pipeline.intake import load, receive, reread, verify_archive
from pipeline.intake.archive.chain import Chain
from pipeline.keys import make_key, read_key, sealed_under
from pipeline.orchestration.doctor import examine
from pipeline.orchestration.nights import unfinished
from pipeline.orchestration.runs.rotation import rotate
from pipeline.orchestration.services.systemd import write_units
from pipeline.reference import Reference
from pipeline.warehouse import night_lock, open_warehouse
from tests.conftest import write_reference_files
from tests.landing import AS_OF, csv_bytes, headers, land, record, records

NAME = "欧阳静安"
# a kill at each of these of a rotation's replaced files (the first is the marker); the last lies beyond its end
KILLED_AT = (2, 4, 6, 7, 99)
_KILLED = """
import os, sys
from pathlib import Path
from pipeline.home import Home
from pipeline.orchestration.runs import rotation

left, replace = [int(sys.argv[3])], os.replace

def dying(*words):
    left[0] -= 1
    if left[0] == 0:
        os._exit(9)
    replace(*words)

os.replace = dying
rotation.rotate(Home(sys.argv[1]), Path(sys.argv[2]))
"""

_KILLED_IN_THE_WAREHOUSE = f"""
import os, sys
from pipeline.home import Home
from pipeline.warehouse import open_warehouse

with open_warehouse(Home(sys.argv[1])) as con:
    con.execute("INSERT INTO publish.child_keys VALUES ('{NAME}', 'k')")
    os._exit(9)
"""


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    """Two keys' files."""
    for name in ("a.key", "b.key"):
        make_key(tmp_path / name)
    return tmp_path / "a.key", tmp_path / "b.key"


def home_under(root: Path, key_file: Path | None) -> Home:
    return Home(root).under(key_file)


def filled(root: Path, reference: Reference, key_file: Path | None) -> Home:
    """A home that has received three files, loaded two of one content and one that is wider, and kept a copy."""
    if not (root / "reference").is_dir():
        write_reference_files(root)
    home = home_under(root, key_file)
    rows = [headers("delivery"), record("delivery", mother_name=NAME)]
    land(home, "clinic-100", "delivery_202401.csv", csv_bytes(rows))
    land(home, "clinic-100", "delivery_202401_again.csv", csv_bytes(rows))
    land(home, "clinic-100", "delivery_202312.csv", csv_bytes([headers("delivery"), *records("delivery", 3)]))
    with night_lock(home):
        receive(home, reference, AS_OF)
        unfinished.begin(home)
        with open_warehouse(home) as con:
            load(con, home)
        unfinished.end(home)
        unfinished.begin(home)
    return home


def raw(home: Home) -> list[tuple]:
    with open_warehouse(home, read_only=True) as con:
        return con.execute("FROM intake.raw_delivery").fetchall()


def contents(home: Home) -> dict[str, str]:
    return {path.name: sealed_under(path) or "" for path in stored_files(home)}


def on_disk(home: Home, *more: Path) -> bytes:
    folders = (home.archive, home.warehouse, *more)
    return b"".join(path.read_bytes() for root in folders for path in sorted(root.rglob("*")) if path.is_file())


def test_a_home_under_a_key_holds_the_same_and_no_name_lies_on_the_disk(
    tmp_path: Path, reference: Reference, keys: tuple[Path, Path]
) -> None:
    clear = filled(tmp_path / "clear", reference, None)
    sealed = filled(tmp_path / "sealed", reference, keys[0])
    assert len(raw(clear)) >= 5
    assert raw(sealed) == raw(clear)
    assert Chain(sealed.ledger_file).head() == Chain(clear.ledger_file).head()
    assert contents(sealed).keys() == contents(clear).keys()
    assert set(contents(clear).values()) == {""}
    assert set(contents(sealed).values()) == {read_key(keys[0]).identifier}
    assert is_encrypted(sealed.warehouse_file)
    assert not is_encrypted(clear.warehouse_file)
    (original,) = (path for path in (clear.archive / "originals").rglob("*.csv") if NAME.encode() in path.read_bytes())
    assert NAME.encode() in original.read_bytes()
    assert NAME.encode() not in on_disk(sealed, sealed.state)
    assert read_key(keys[0]).of_warehouse.encode() not in on_disk(sealed, sealed.state)
    assert verify_archive(sealed).is_sound
    # read again from the sealed original, the reading is the one that was
    assert reread(sealed, reference, "delivery", "2024-01").changed == ()


def test_columns_that_a_contract_has_gained_are_null_under_a_key_too(
    tmp_path: Path, reference: Reference, keys: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.intake import loading

    monkeypatch.setattr(loading, "_OPENED_TOGETHER", 1)
    sealed = filled(tmp_path / "sealed", reference, keys[0])
    with open_warehouse(sealed) as con:
        before = con.execute("SELECT * FROM intake.raw_delivery").fetchall()
        con.execute("DELETE FROM intake.raw_delivery; DELETE FROM intake.receipts")
        # as if a copy were older than the column
        read = loading._insert_copies
        monkeypatch.setattr(
            loading, "_insert_copies", lambda con, feed, names, *rest: read(con, feed, names[:-1], *rest)
        )
        load(con, sealed)
        after = con.execute("SELECT * FROM intake.raw_delivery").fetchall()
    assert [row[:-1] for row in after] == [row[:-1] for row in before]
    assert {row[-1] for row in after} == {None}


def test_spill_files_are_encrypted(tmp_path: Path, reference: Reference, keys: tuple[Path, Path]) -> None:
    home = filled(tmp_path / "sealed", reference, keys[0])
    with open_warehouse(home) as con:
        con.execute("SET memory_limit = '60MB'")
        con.execute(
            "CREATE TEMP TABLE big AS SELECT range AS i, 'SPILLED' || md5(range::VARCHAR) AS s FROM range(1500000)"
        )
        con.execute("SELECT max(s) FROM (SELECT s, row_number() OVER (ORDER BY s) AS n FROM big)").fetchall()
        spilled = [path.read_bytes() for path in home.temporary.rglob("*") if path.is_file()]
        assert sum(map(len, spilled)) > 1_000_000
        assert not any(b"SPILLED" in data for data in spilled)


@pytest.mark.parametrize(
    ("lies_under", "given", "said"),
    [
        ("a", "b", "is not the key that"),
        ("a", None, "is encrypted, and no key was given"),
        (None, "a", "lies in clear"),
        ("a", "absent", "cannot be read"),
    ],
)
def test_another_key_or_none_is_one_sentence_and_exit_status_2(
    tmp_path: Path,
    reference: Reference,
    keys: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    lies_under: str | None,
    given: str | None,
    said: str,
) -> None:
    files = {"a": keys[0], "b": keys[1], "absent": tmp_path / "absent.key", None: None}
    home = filled(tmp_path / "home", reference, files[lies_under])
    before = on_disk(home)
    if given:
        monkeypatch.setenv("ROLLCALL_KEY_FILE", str(files[given]))
    for words in (["run"], ["archive", "verify"], ["submissions", "confirm", "clinic-100", "delivery", "2024-01"]):
        done = CliRunner().invoke(app, [*words, "--home", str(home.root)])
        assert done.exit_code == 2, done.output
        assert said in done.output
        assert said == "cannot be read" or "rollcall key rotate" in done.output
        assert "Traceback" not in done.output
    shown = home_under(home.root, files[given])
    with pytest.raises(UsageError, match=said), open_warehouse(shown, read_only=True):
        pass
    (finding,) = (found for found in examine(shown) if found.subject == "key")
    assert (finding.verdict, said in finding.said) == ("failed", True)
    assert on_disk(home) == before


def test_doctor_warns_of_a_home_without_a_key_and_of_a_key_that_is_not_kept_apart(
    home: Home, keys: tuple[Path, Path]
) -> None:
    def told(shown: Home) -> list[tuple[str, str]]:
        return [(found.verdict, found.said) for found in examine(shown) if found.subject == "key"]

    ((verdict, said),) = told(home)
    assert (verdict, "in clear" in said) == ("warning", True)
    ((verdict, _),) = told(home_under(home.root, keys[0]))
    assert verdict == "ok"
    inside = home.root / "a.key"
    shutil.copyfile(keys[0], inside)
    inside.chmod(0o644)
    assert [verdict for verdict, _ in told(home_under(home.root, inside))] == ["ok", "failed", "failed"]


def test_a_file_put_in_clear_among_sealed_ones_and_a_changed_one_are_found(
    tmp_path: Path, reference: Reference, keys: tuple[Path, Path]
) -> None:
    home = filled(tmp_path / "home", reference, keys[0])
    *_, last = stored_files(home)
    sealed = last.read_bytes()
    last.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    (problem,) = verify_archive(home).problems
    assert "is not what its name says" in problem
    last.write_bytes(b"in clear")
    with pytest.raises(UsageError, match="at least in part"):
        verify_archive(home)


@pytest.mark.parametrize("from_clear", [True, False])
def test_a_key_is_changed_whenever_it_is_killed(
    tmp_path: Path,
    reference: Reference,
    keys: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    from_clear: bool,
) -> None:
    old, (first, second) = None if from_clear else keys[0], keys
    new = first if from_clear else second
    lived = filled(tmp_path / "lived", reference, old)
    with open_warehouse(lived) as con:
        con.execute("CREATE VIEW intake.seen AS SELECT count(*) AS n FROM warehouse.intake.raw_delivery")
    rows, names = raw(lived), contents(lived).keys()
    if old:
        monkeypatch.setenv("ROLLCALL_KEY_FILE", str(old))
    for at in KILLED_AT:
        root = tmp_path / f"killed-{at}"
        shutil.copytree(lived.root, root)
        words = [sys.executable, "-c", _KILLED, str(root), str(new), str(at)]
        status = subprocess.run(words, check=False, capture_output=True).returncode
        assert status == (0 if at == KILLED_AT[-1] else 9)
        if status:
            # nights and commands keep away until it is done
            with pytest.raises(UsageError, match="was cut off"):
                check_key(home_under(root, old))
            rotate(home_under(root, old), new)
        home = home_under(root, new)
        check_key(home)
        assert not rotate(home_under(root, old), new).files
        assert contents(home) == dict.fromkeys(names, read_key(new).identifier)
        assert verify_archive(home).is_sound
        assert raw(home) == rows
        with open_warehouse(home) as con:
            assert con.execute("FROM intake.seen").fetchall() == [(len(rows),)]
        assert NAME.encode() not in on_disk(home, home.state)
        assert all(is_encrypted(path) for path in home.warehouse.glob("*.duckdb") if path.stat().st_size)
        # the copy that a night kept opens under the new key too
        assert any(path.stat().st_size for path in home.warehouse.glob("before-night-*.duckdb"))
        assert unfinished.begin(home)
        assert raw(home) == rows


def test_what_a_killed_program_had_committed_comes_along(
    tmp_path: Path, reference: Reference, keys: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = filled(tmp_path / "home", reference, keys[0])
    monkeypatch.setenv("ROLLCALL_KEY_FILE", str(keys[0]))
    killed = [sys.executable, "-c", _KILLED_IN_THE_WAREHOUSE, str(home.root)]
    assert subprocess.run(killed, check=False).returncode == 9
    wal = home.warehouse_file.with_name("warehouse.duckdb.wal")
    assert wal.stat().st_size
    assert NAME.encode() not in wal.read_bytes()
    rotate(home, keys[1])
    assert not wal.exists()
    with open_warehouse(home.under(keys[1]), read_only=True) as con:
        assert con.execute("FROM publish.child_keys").fetchall() == [(NAME, "k")]


def test_a_home_under_a_third_key_is_left_as_it_is(
    tmp_path: Path, reference: Reference, keys: tuple[Path, Path]
) -> None:
    home = filled(tmp_path / "home", reference, keys[0])
    before = on_disk(home)
    make_key(tmp_path / "c.key")
    for old in (None, keys[1]):
        with pytest.raises(UsageError, match="is not the key"):
            rotate(home_under(home.root, old), tmp_path / "c.key")
    assert on_disk(home) == before


def test_where_the_disk_gives_no_room_a_key_is_not_half_changed_unnoticed(
    tmp_path: Path, reference: Reference, keys: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.orchestration.runs import rotation

    home = filled(tmp_path / "home", reference, keys[0])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(rotation, "_encrypt_anew", full)
        with pytest.raises(RollcallError, match="No space left"):
            rotate(home, keys[1])
    with pytest.raises(UsageError, match="was cut off"):
        check_key(home)
    rotate(home, keys[1])
    assert verify_archive(home_under(home.root, keys[1])).is_sound


def test_the_daemon_gets_the_key_s_file_and_the_pages_do_not(
    home: Home, tmp_path: Path, keys: tuple[Path, Path]
) -> None:
    write_units(home_under(home.root, keys[0]), tmp_path / "units")
    line = f"ROLLCALL_KEY_FILE={keys[0]}"
    assert line in (tmp_path / "units" / "rollcall-daemon.service").read_text(encoding="utf-8")
    assert line not in (tmp_path / "units" / "rollcall-webserver.service").read_text(encoding="utf-8")


def test_spark_s_files_are_not_encrypted_so_a_home_with_a_key_runs_on_duckdb(
    home: Home, keys: tuple[Path, Path]
) -> None:
    from pipeline.orchestration.spark.launch import require

    with home.county_yaml.open("a", encoding="utf-8") as file:
        file.write("linkage: {engine: spark}\n")
    with pytest.raises(UsageError, match="has a key"):
        require(home_under(home.root, keys[0]))


def test_another_duckdb_file_than_the_home_s_is_not_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "text").write_text("x" * 100, encoding="utf-8")
    with duckdb.connect(str(tmp_path / "clear.duckdb")) as con:
        con.execute("CREATE TABLE t AS SELECT 1 AS a")
    assert not any(is_encrypted(tmp_path / name) for name in ("empty", "text", "clear.duckdb"))
