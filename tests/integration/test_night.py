"""A night of a small county, from the command line and in Dagster's storage: what it leaves, and that it ends well."""

from __future__ import annotations

import datetime as dt
import http.server
import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from pipeline.errors import RollcallError
from pipeline.home import Home
from pipeline.orchestration.assets import checks as checks_stage
from pipeline.orchestration.instance import open_instance
from pipeline.orchestration.runs.night import run_night
from pipeline.publish import list_releases
from tests.without_network import guarded_environment, kernel_s_own

PAGES = ("index.html", "index.en.html")
SECRET = "欧阳秘密 999902201501011234"


@pytest.fixture(scope="module")
def home(night_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A copy of the county after its first night, free to be changed; files keep their times: they are arrivals."""
    root = tmp_path_factory.mktemp("nights") / "county"
    shutil.copytree(night_home, root, symlinks=True)
    return Home(root)


@pytest.fixture(scope="module")
def as_of(home: Home) -> str:
    return (home.root / "truth" / "as_of.txt").read_text(encoding="utf-8").strip()


def rollcall(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "pipeline.cli", *words], capture_output=True, text=True, check=False)


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_night_told_each_step_with_its_counts(night_home):
    said = (night_home / "said.txt").read_text(encoding="utf-8")
    for step in ("Receiving what the units landed", "Checking new submissions", "Linking records into children"):
        assert f"✓ {step}" in said
    assert "The night is done." in said
    assert str(night_home / "reports" / "index.html") in said


def test_marts_are_published(night_home):
    with duckdb.connect(str(night_home / "published" / "current.duckdb"), read_only=True) as con:
        for mart in ("children", "register_coverage", "submissions", "gap_summary", "linkage_quality"):
            assert con.execute(f"SELECT count(*) FROM marts.{mart}").fetchall()[0][0] > 0, mart
        assert con.execute("SELECT count(*) FROM marts.runs").fetchall() == [(1,)]


def test_the_front_page_says_what_waits_in_both_languages_and_links_to_what_is_there(night_home):
    chinese, english = ((night_home / "reports" / name).read_text(encoding="utf-8") for name in PAGES)
    assert "今天要办的" in chinese
    assert "To do today" in english
    assert "None" not in english.replace("None:", "")
    for page in (chinese, english):
        # pictures of both trends, in the page itself
        assert page.count("<svg") > 6
        for target in re.findall(r'href="([^"#]+)"', page):
            assert (night_home / "reports" / target).exists(), target
    with duckdb.connect(str(night_home / "published" / "current.duckdb"), read_only=True) as con:
        due = con.execute("SELECT count(*) FROM marts.rectifications WHERE status = 'overdue'").fetchall()[0][0]
    assert ("tickets past their date" in english) == bool(due)


def test_the_night_s_metrics_are_those_of_its_last_lines(night_home):
    text = (night_home / "reports" / "metrics.prom").read_text(encoding="utf-8")
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    said = (night_home / "said.txt").read_text(encoding="utf-8")
    counts = re.search(r"(\d+) red: .* (\d+) amber", said.replace("\n", " "))
    red, amber = counts.groups() if counts else ("0", "0")
    assert values['rollcall_night_checks_not_passed{severity="red"}'] == red
    assert values['rollcall_night_checks_not_passed{severity="amber"}'] == amber
    assert float(values["rollcall_night_seconds"]) > 1
    assert int(values['rollcall_night_rows_received{feed="delivery"}']) > 0
    quick = rollcall("doctor", "--quick", "--home", str(night_home))
    assert quick.returncode == 0, quick.stdout + quick.stderr


def test_the_night_ran_where_no_connection_can_be_made(night_home):
    """The guard holds, in processes that a process starts too; the night of `night_home` ran under it."""
    inner = "import socket; socket.create_connection(('127.0.0.1', 9))"
    outer = f"import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', {inner!r}]).returncode)"
    for code in (inner, outer):
        tried = subprocess.run(
            [*kernel_s_own(), sys.executable, "-c", code],
            env=guarded_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert tried.returncode == 1
        assert "no connection may be made" in tried.stderr
    assert "The night is done" in (night_home / "said.txt").read_text(encoding="utf-8")


def test_restricted_files_are_their_owner_s_alone_and_the_office_reads_what_is_its_own(night_home):
    restricted, office = Home(night_home).restricted, ("published", "reports", "public")
    for folder in (path for root in restricted for path in (root, *root.rglob("*")) if not path.is_symlink()):
        wanted = 0o700 if folder.is_dir() else 0o600
        assert folder.stat().st_mode & 0o777 == wanted, folder.relative_to(night_home)
    for path in (path for name in office for path in (night_home / name, *(night_home / name).rglob("*"))):
        wanted = 0o750 if path.is_dir() else 0o640
        assert path.stat().st_mode & 0o777 == wanted, path.relative_to(night_home)


def test_dagster_s_storage_knows_the_night(home):
    with open_instance(home) as instance:
        (run,) = instance.get_runs()
        assert run.job_name == "night"
        assert run.status == dg.DagsterRunStatus.SUCCESS
        for key, kind in {
            "marts/children": "table",
            "marts/units": "table",
            "checks/results": "table",
            "published/current": "file",
        }.items():
            event = instance.get_latest_materialization_event(dg.AssetKey(key.split("/")))
            assert event is not None, key
            assert event.asset_materialization is not None
            assert ("dagster/row_count" in event.asset_materialization.metadata) == (kind == "table"), key
        records = instance.event_log_storage.get_asset_check_summary_records(
            [dg.AssetCheckKey(dg.AssetKey(["published", "current"]), "release_holds_what_it_must")]
        )
        assert all(record.last_check_execution_record is not None for record in records.values())


def test_a_second_night_with_nothing_new_says_so_and_touches_nothing(home, as_of):
    before = {name: contents(home.root / name) for name in ("published", "warehouse", "casework", "reports")}
    nights = home.nights_file.read_bytes()
    done = rollcall("run", "--home", str(home.root), "--as-of", as_of)
    assert done.returncode == 0, done.stderr
    assert "nothing new" in done.stderr.lower()
    assert {name: contents(home.root / name) for name in before} == before
    added = home.nights_file.read_bytes().removeprefix(nights).splitlines()
    assert [json.loads(line)["outcome"] for line in added] == ["nothing_new"]


def test_an_earlier_day_is_refused_in_a_sentence(home):
    done = rollcall("run", "--home", str(home.root), "--as-of", "2020-01-01")
    assert done.returncode == 2
    assert "Nights go forward only" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_home_that_is_in_use_is_refused_in_a_sentence(home, as_of):
    from pipeline.warehouse import night_lock

    with night_lock(home):
        done = rollcall("run", "--home", str(home.root), "--as-of", as_of)
    assert done.returncode == 1
    assert "Another rollcall works on" in done.stderr


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[dict]]]:
    """An address that keeps what is posted to it."""
    received: list[dict] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_words: object) -> None: ...

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", received
    server.shutdown()
    server.server_close()


def test_a_stage_that_fails_leaks_no_value_alerts_and_publishes_nothing(home, as_of, webhook, monkeypatch, capfd):
    address, received = webhook
    with home.county_yaml.open("a", encoding="utf-8") as file:
        file.write(f"alert_webhook: {address}\n")
    changed = Home(home.root)
    published = contents(home.published)

    def fail(*_args: object) -> None:
        print(SECRET)
        raise ValueError(f"cannot read {SECRET}")

    monkeypatch.setattr(checks_stage, "run_checks", fail)
    with pytest.raises(RollcallError, match="ValueError at") as caught:
        run_night(changed, dt.date.fromisoformat(as_of))
    assert SECRET not in str(caught.value)
    printed = capfd.readouterr()
    assert SECRET not in printed.out + printed.err
    for path in (path for path in home.state.rglob("*") if path.is_file()):
        content = path.read_bytes()
        assert not any(part.encode() in content for part in SECRET.split()), path
    assert contents(home.published) == published
    (alert,) = received
    assert alert["event"] == "night_failed"
    assert "Checking new submissions: ValueError at" in alert["failures"][0]
    assert SECRET not in json.dumps(alert, ensure_ascii=False)


def test_the_night_after_a_failed_one_heals(home, as_of):
    """The reference changed, so there is something to do; the failed night left nothing in the way."""
    ended = run_night(Home(home.root), dt.date.fromisoformat(as_of))
    assert ended.is_new
    assert [release["is_current"] for release in list_releases(home)] == [False, True]
    assert not run_night(Home(home.root), dt.date.fromisoformat(as_of)).is_new


def test_a_run_that_dagster_launches_asks_the_gate_too(home, as_of):
    """The schedule and the sensor may ask for the same night: the second of the two runs finds nothing to do."""
    from pipeline.orchestration.assembly import definitions

    before = contents(home.published)
    config = {"resources": {"home": {"config": {"root": str(home.root), "as_of": as_of}}}}
    with open_instance(home) as instance:
        result = definitions().resolve_job_def("night").execute_in_process(instance=instance, run_config=config)
        assert result.success
        assert not result.filter_events(lambda event: event.is_step_materialization)
    assert contents(home.published) == before
    last = json.loads(home.nights_file.read_text(encoding="utf-8").splitlines()[-1])
    assert last["outcome"] == "nothing_new"
