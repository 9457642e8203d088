"""Releases: written beside, checked, swapped in whole; a failed check leaves yesterday's release current."""

import datetime as dt
import json
import os
from dataclasses import replace

import duckdb
import pytest
from typer.testing import CliRunner

from pipeline import __version__
from pipeline.cli import app
from pipeline.completeness.cohorts.cohort_year import bootstrap_seed
from pipeline.errors import RollcallError, UsageError
from pipeline.linkage.model.frozen_model import model_in_use
from pipeline.publish import (
    begin_night,
    check_release,
    complete_night,
    completed_nights,
    find_release,
    list_releases,
    make_release,
    prune_releases,
    withdraw,
)
from pipeline.publish.nights.ledger import last_day, log_rollback
from pipeline.publish.release.manifest import OF_THE_MAKING, laid_out, settings_in_force
from pipeline.publish.release.releases import manifest_file, marts_file
from pipeline.settings.alerts import AlertSettings
from pipeline.settings.machine import DuckDBSettings
from pipeline.warehouse import open_warehouse
from tests.marts import AS_OF, make_night


@pytest.fixture
def warehouse(home):
    with open_warehouse(home) as con:
        yield con


@pytest.fixture
def night(warehouse, home):
    return make_night(warehouse, home)


def current(home, sql="SELECT count(*) FROM marts.children"):
    with duckdb.connect(str(home.current_marts), read_only=True) as con:
        return con.execute(sql).fetchall()


def next_night(con, home, night, **fingerprint):
    complete_night(con, home, night)
    return begin_night(con, home, AS_OF, fingerprint)


def test_a_release_holds_the_marts_and_its_own_night(warehouse, home, night):
    release = make_release(warehouse, home, replace(night, records_new=3, records_changed=0, model_version="m1"))
    assert release.rows["children"] == 3
    assert current(home, "SELECT run_id, release, records_new, ended_at IS NOT NULL FROM marts.runs") == [
        (night.run_id, release.name, 3, True)
    ]
    assert home.current_marts.stat().st_mode & 0o777 == 0o640
    assert manifest_file(home, release.name).stat().st_mode & 0o777 == 0o640
    manifest = json.loads(manifest_file(home, release.name).read_text())
    assert manifest["inputs"] == dict(night.fingerprint)
    assert manifest["tables"]["children"]["rows"] == 3
    left = {path.name for path in home.published.iterdir()}
    assert left == {"current.duckdb", f"marts-{release.name}.duckdb", f"marts-{release.name}.json"}


def test_equal_marts_have_equal_content_hashes(warehouse, home, night):
    first = make_release(warehouse, home, night)
    second = make_release(warehouse, home, next_night(warehouse, home, first.night, archive="other"))
    contents = [
        {name: table["content"] for name, table in manifest["tables"].items() if name != "runs"}
        for manifest in list_releases(home)
    ]
    assert [manifest["release"] for manifest in list_releases(home)] == [first.name, second.name]
    assert contents[0] == contents[1]
    assert [manifest["is_current"] for manifest in list_releases(home)] == [False, True]


def test_a_manifest_says_what_the_release_was_made_from(warehouse, home, night):
    warehouse.execute(
        "INSERT INTO intake.receipts BY NAME SELECT 7 AS receipt_no, 'clinic-100' AS unit_code, 'a.csv' AS file_name, "
        "1 AS file_bytes, now() AS arrived_at, false AS is_supplement, 'parsed' AS outcome, 1 AS row_count, "
        "[] AS ignored_headers, [] AS refused_headers, 0 AS blanked_cells, true AS is_loaded, [] AS notes, "
        "7 AS reading_no"
    )
    warehouse.execute(
        "INSERT INTO casework.verification_rounds VALUES "
        "('2025H2', 'N0001', '2025-12-31', '2026-01-31', 41, 20, 0, 0, 3)"
    )
    estimate = "'999977' AS division_code, 'any' AS register, 'none' AS method, 0 AS observed, 0 AS observed_unweighted"
    warehouse.execute(
        f"INSERT INTO completeness.estimates BY NAME SELECT '2025' AS cohort, {estimate}, 0 AS awaited, "
        "'final' AS vintage, true AS is_suppressed"
    )
    first = make_release(warehouse, home, replace(night, model_version="m1", inputs={"model": "c" * 64}))
    second = make_release(warehouse, home, next_night(warehouse, home, first.night, archive="other"))
    found, after = find_release(home, first.name), find_release(home, "")
    assert (found["parent"], after["parent"], after["release"]) == (None, first.name, second.name)
    assert found["program"] == {"version": __version__, "code": night.fingerprint["code"]}
    assert found["ledger"] == {"head": night.fingerprint["archive"], "receipts": 1, "last_receipt_no": 7}
    assert found["reference"] == {"model": "c" * 64}
    assert found["submissions"] == {"owed": {"missing": 1, "on_time": 1}, "files": {}, "records": 3}
    assert found["seeds"] == {
        "estimates": {"2025": bootstrap_seed("2025")}, "verification": {"2025H2": 41},
        "model": model_in_use(home).trained_on.get("seed"),
    }  # fmt: skip
    values = found["settings"]["values"]
    assert values["suppression_limit"] == home.settings.suppression_limit
    assert values["linkage"] == home.settings.linkage.model_dump(mode="json")
    assert found["settings"] == settings_in_force(home.settings)
    with pytest.raises(UsageError, match="There is no release N9"):
        find_release(home, "N9")


def test_a_setting_that_numbers_follow_from_changes_the_digest_and_others_do_not(home):
    def digest(**changes):
        return settings_in_force(home.settings.model_copy(update=changes))["digest"]

    told = AlertSettings(smtp_host="mail", mail_from="night@example.org", mail_to=("office@example.org",))
    assert digest() == digest(alert_webhook="https://hook", alerts=told, duckdb=DuckDBSettings(threads=7))
    assert digest() != digest(suppression_limit=9)
    assert "hook" not in json.dumps(settings_in_force(home.settings.model_copy(update={"alert_webhook": "hook"})))
    assert "office@" not in json.dumps(settings_in_force(home.settings.model_copy(update={"alerts": told})))


def test_the_same_input_gives_the_same_manifest_but_for_when_it_was_made(warehouse, home, night):
    made = []
    for ended in (dt.datetime(2026, 2, 1, 2, tzinfo=dt.UTC), dt.datetime(2026, 2, 1, 3, tzinfo=dt.UTC)):
        make_release(warehouse, home, replace(night, ended_at=ended))
        made.append({name: (value, is_of_making) for name, value, is_of_making in laid_out(find_release(home, ""))})
    different = {name for name in made[0] if made[0][name] != made[1][name]}
    assert different <= set(OF_THE_MAKING)
    assert "made_at" in different
    assert made[0].keys() == made[1].keys()
    assert {name for name, (_, is_of_making) in made[0].items() if is_of_making} == set(OF_THE_MAKING)


def test_release_show_tells_all_of_one_and_marks_what_says_when(warehouse, home, night):
    made = make_release(warehouse, home, night)
    runner = CliRunner()
    said = runner.invoke(app, ["release", "show", made.name, "--home", str(home.root)])
    assert said.exit_code == 0
    lines = [line.split() for line in said.output.splitlines()]
    assert ["settings.values.suppression_limit", str(home.settings.suppression_limit)] in lines
    assert ["submissions.owed.missing", "1"] in lines
    assert [line[1] for line in lines if line and line[0] == "*"] == list(OF_THE_MAKING)
    assert runner.invoke(app, ["release", "show", "N9", "--home", str(home.root)]).exit_code == 2
    # a release of a program that kept less is shown as it is
    path = manifest_file(home, made.name)
    kept = json.loads(path.read_text())
    path.write_text(
        json.dumps({key: kept[key] for key in kept if key not in ("parent", "program", "ledger", "settings")})
    )
    assert runner.invoke(app, ["release", "list", "--home", str(home.root)]).exit_code == 0


BREAKS = {
    "DROP TABLE marts.gap_summary": "lacks the mart gap_summary",
    "ALTER TABLE marts.children ADD COLUMN mother_name VARCHAR": "mother_name may not be released",
    "ALTER TABLE marts.children ADD COLUMN note VARCHAR": "children has other columns than it should: note",
    "ALTER TABLE marts.children DROP COLUMN in_delivery": "children has other columns than it should: in_delivery",
    "ALTER TABLE marts.children ALTER COLUMN plurality TYPE BIGINT": "children.plurality is BIGINT",
    "DELETE FROM marts.children": "linkage found 3 children",
    "DELETE FROM marts.submissions": "2 are owed",
    "UPDATE marts.children SET child_key = (SELECT min(child_key) FROM marts.children)": "2 rows share their key",
    "UPDATE marts.children SET child_key = NULL": "child_key: 3 rows are blank",
    "UPDATE marts.children SET child_key = 'C0001'": "child_key: 3 rows are not of its form",
    "UPDATE marts.children SET birth_month = '2025-03-07'": "birth_month: 3 rows are not of its form",
    "UPDATE marts.children SET township_code = '999977100200'": "township_code: 3 rows are not of its form",
    "UPDATE marts.children SET in_delivery = 'yes'": "in_delivery: 3 rows hold no value of its list",
    "UPDATE marts.submissions SET unit_name = '王芳 999977202503070026'": "an id number of 18 digits",
    "UPDATE marts.submissions SET unit_name = '电话13812345678'": "a mobile phone number",
    "UPDATE marts.submissions SET unit_name = '生于2025年3月07日'": "an exact date",
    "UPDATE marts.submissions SET unit_name = '20250307'": "an exact date",
    "UPDATE marts.submissions SET unit_name = '村999977100200'": "a village code",
    "CREATE OR REPLACE VIEW marts.runs AS SELECT * EXCLUDE (fingerprint) FROM publish.nights WHERE false": "the night",
}


@pytest.mark.parametrize("broken", BREAKS, ids=lambda sql: sql.replace("marts.", "")[:60])
def test_a_failed_check_leaves_yesterdays_release_current(warehouse, home, night, broken):
    yesterday = make_release(warehouse, home, night)
    today = next_night(warehouse, home, yesterday.night, archive="other")
    warehouse.execute(broken)
    before = {path.name: path.stat().st_mtime_ns for path in home.published.iterdir()}
    with pytest.raises(RollcallError, match=BREAKS[broken]) as caught:
        make_release(warehouse, home, today)
    assert "王芳" not in str(caught.value)
    assert not any(digits in str(caught.value) for digits in ("999977202503070026", "13812345678"))
    assert {path.name: path.stat().st_mtime_ns for path in home.published.iterdir()} == before
    assert current(home) == [(3,)]
    # the warehouse can be used on, and the mended night publishes
    assert warehouse.execute("SELECT count(*) FROM publish.nights").fetchall() == [(2,)]


def test_an_analyst_who_holds_a_release_open_keeps_it_whole(warehouse, home, night):
    first = make_release(warehouse, home, night)
    reader = duckdb.connect(str(home.current_marts), read_only=True)
    today = next_night(warehouse, home, first.night, archive="other")
    warehouse.execute("UPDATE marts.children SET sex = '2'")
    make_release(warehouse, home, today)
    assert reader.execute("SELECT DISTINCT sex FROM marts.children").fetchall() == [("1",)]
    assert reader.execute("SELECT count(*) FROM marts.runs").fetchall() == [(1,)]
    reader.close()
    assert current(home, "SELECT DISTINCT sex FROM marts.children") == [("2",)]


def test_a_night_that_is_taken_back_counts_no_more_and_the_next_takes_its_number(warehouse, home, night):
    first = make_release(warehouse, home, night)
    complete_night(warehouse, home, first.night)
    second = make_release(warehouse, home, next_night(warehouse, home, first.night, archive="other"))
    complete_night(warehouse, home, second.night)
    log_rollback(home, first.night, [second.night])
    withdraw(home, second.name)
    assert completed_nights(home) == [first.night]
    assert last_day(home) == first.night.as_of
    assert [manifest["release"] for manifest in list_releases(home)] == [first.name]
    # the same things seen again give the same name, and this one stands
    warehouse.execute("DELETE FROM publish.nights WHERE night_no = 2")
    again = make_release(warehouse, home, next_night(warehouse, home, first.night, archive="other"))
    assert again.name == second.name
    complete_night(warehouse, home, again.night)
    assert [each.run_id for each in completed_nights(home)] == [first.night.run_id, again.night.run_id]


def test_an_altered_release_is_known(warehouse, home, night):
    first = make_release(warehouse, home, night)
    assert check_release(home, first.name) == marts_file(home, first.name)
    with marts_file(home, first.name).open("ab") as file:
        file.write(b"altered")
    with pytest.raises(RollcallError, match="not the file that was published"):
        check_release(home, first.name)


def test_what_a_killed_night_left_is_removed_and_the_night_can_be_run_again(warehouse, home, night):
    (home.published / f".unfinished-{night.run_id}").write_bytes(b"half a file")
    (home.published / f".unfinished-{night.run_id}.wal").write_bytes(b"half a log")
    first = make_release(warehouse, home, night)
    again = make_release(warehouse, home, begin_night(warehouse, home, AS_OF, night.fingerprint))
    assert first.name == again.name
    assert len(list_releases(home)) == 1
    assert not list(home.published.glob(".unfinished-*"))


def test_without_hard_links_current_is_a_copy(warehouse, home, night, monkeypatch):
    def no_links(*_):
        raise OSError("not supported")

    monkeypatch.setattr(os, "link", no_links)
    release = make_release(warehouse, home, night)
    assert not os.path.samefile(home.current_marts, release.path)
    assert list_releases(home)[0]["is_current"]
    assert home.current_marts.stat().st_mode & 0o777 == 0o640


def test_old_releases_go_and_the_current_one_never(warehouse, home, night):
    first = make_release(warehouse, home, night)
    second = make_release(warehouse, home, next_night(warehouse, home, first.night, archive="other"))
    soon = AS_OF + dt.timedelta(days=home.settings.release_days)
    assert prune_releases(home, soon) == 0
    assert prune_releases(home, soon + dt.timedelta(days=1)) == 1
    assert [manifest["release"] for manifest in list_releases(home)] == [second.name]
