"""When a night is asked for: schedule and sensor answer in sentences, whatever state the home is in."""

import os

import dagster as dg
import pytest

from pipeline.errors import ReferenceFileError
from pipeline.orchestration import jobs
from pipeline.orchestration.assets.bulletin import BULLETIN, note_bulletin
from pipeline.orchestration.instance import open_instance
from pipeline.orchestration.nights import alerts, gate
from pipeline.orchestration.nights.lock import holding
from pipeline.publish.bulletin.files import Written
from pipeline.warehouse import night_lock


@pytest.fixture
def here(home, monkeypatch):
    monkeypatch.setenv("ROLLCALL_HOME", str(home.root))
    monkeypatch.setattr(gate, "model_version", lambda home: "a model")
    return home


def tick():
    return jobs.nightly(dg.build_schedule_context())


def sense():
    return jobs.landing(dg.build_sensor_context())


def test_a_home_without_a_night_gets_one(here):
    assert isinstance(tick(), dg.RunRequest)


def test_while_another_run_holds_the_home_the_next_one_queues(here):
    with night_lock(here):
        assert isinstance(tick(), dg.RunRequest)


def test_a_home_that_is_held_by_this_process_is_not_locked_out(here):
    with holding(here), holding(here):
        assert isinstance(tick(), dg.RunRequest)


def test_the_sensor_waits_for_files(here):
    found = sense()
    assert isinstance(found, dg.SkipReason)
    assert "not been seen" in found.skip_message


def test_the_same_files_ask_once(here):
    folder = here.landing / "clinic-100"
    folder.mkdir()
    path = folder / "delivery_202402.csv"
    path.write_text("x\n", encoding="utf-8")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    assert sense().run_key == sense().run_key


def test_no_home_is_a_reason_to_skip(tmp_path, monkeypatch):
    monkeypatch.setenv("ROLLCALL_HOME", str(tmp_path / "nowhere"))
    for asked in (tick(), sense()):
        assert isinstance(asked, dg.SkipReason)
        assert "county.yaml is absent" in asked.skip_message


def test_a_broken_reference_file_is_told_to_the_county(here, monkeypatch):
    told = []
    monkeypatch.setattr(alerts, "post_failure", lambda home, run_id, said: told.append(said))

    def broken(*_args, **_kwargs):
        raise ReferenceFileError("units.csv, line 2: feeds is blank.", "Name at least one feed.")

    monkeypatch.setattr(jobs, "look", broken)
    assert isinstance(tick(), dg.SkipReason)
    assert told == [["units.csv, line 2: feeds is blank. Name at least one feed."]]


def test_a_webhook_that_is_away_fails_nothing(here):
    with here.county_yaml.open("a", encoding="utf-8") as file:
        file.write("alert_webhook: http://127.0.0.1:9/\n")
    assert not alerts.post_failure(type(here)(here.root), "", ["It failed."])


def test_a_bulletin_of_the_command_line_shows_its_month_in_dagster(home, tmp_path):
    note_bulletin(home, "2024-03", Written(tmp_path, bulletins=3, files=12, absent=("grades",)))
    with open_instance(home) as instance:
        key = dg.AssetKey(BULLETIN.split("."))
        assert instance.get_materialized_partitions(key) == {"2024-03"}
        told = instance.get_latest_materialization_event(key).asset_materialization.metadata
    assert (told["bulletins"].value, told["left out"].value) == (3, "grades")
