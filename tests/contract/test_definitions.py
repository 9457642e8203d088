"""Dagster's definitions: they load without a home; every asset says whose and what it is, and where it belongs."""

import datetime as dt
import os
import subprocess
import sys
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from pipeline.contracts import load_feeds
from pipeline.definitions import defs
from pipeline.home import PROJECT
from pipeline.orchestration.assembly import STAGES
from pipeline.orchestration.dbt import dbt_vars

# the data's way; each group is a stage
GROUPS = (
    "intake", "checks", "standardise", "staging", "intermediate", "linkage", "measures", "accountability",
    "completeness", "marts", "release", "reports",
)  # fmt: skip


@pytest.fixture(scope="module")
def graph():
    return defs.resolve_asset_graph()


def nodes(graph):
    return [graph.get(key) for key in graph.get_all_asset_keys()]


def name(key):
    return ".".join(key.path)


def test_definitions_load_without_a_home(tmp_path):
    code = "from pipeline.definitions import defs; print(len(list(defs.resolve_asset_graph().get_all_asset_keys())))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "ROLLCALL_HOME": str(tmp_path / "none")},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert not (tmp_path / "none").exists()


def test_every_asset_has_group_owner_description_and_kinds(graph):
    bare = [
        (name(node.key), missing)
        for node in nodes(graph)
        for missing, there in {
            "group": node.group_name in GROUPS,
            "owner": bool(node.owners),
            "description": bool((node.description or "").strip()),
            "kinds": bool(node.kinds),
        }.items()
        if not there
    ]
    assert not bare


def test_every_source_of_a_model_is_an_asset_that_a_stage_makes(graph):
    stubs = [name(node.key) for node in nodes(graph) if not node.is_materializable]
    assert sorted(stubs) == ["landing.files", "reference.files"]


def test_groups_follow_the_data_s_way(graph):
    """No asset depends on one of a later stage; the loop of linkage between the two dbt calls excepted."""
    order = {group: number for number, group in enumerate(GROUPS)}
    # what linkage found is joined back in the intermediate models, and reports tell of checks
    free = {"intermediate", "reports"}
    backwards = [
        (name(node.key), name(parent))
        for node in nodes(graph)
        if node.group_name not in free
        for parent in node.parent_keys
        if graph.get(parent).group_name not in free and order[graph.get(parent).group_name] > order[node.group_name]
    ]
    assert not backwards


def test_every_feed_has_its_raw_table_and_its_staging_model(graph):
    keys = {name(key) for key in graph.get_all_asset_keys()}
    for feed, register in zip(load_feeds().values(), dbt_vars()["registers"], strict=True):
        assert {feed.raw_table, f"staging.{register['model']}"} <= keys


def test_checks_of_every_agency_and_of_the_release_are_there(graph):
    checks = {(name(key.asset_key), key.name) for key in graph.asset_check_keys}
    for agency in {feed.agency for feed in load_feeds().values()}:
        assert {("checks.results", f"{agency}_rows"), ("checks.results", f"{agency}_files")} <= checks
    assert ("linkage.child_records", "every_record_has_a_child") in checks
    assert ("published.current", "release_holds_what_it_must") in checks
    assert any(asset.startswith("intermediate.") for asset, _ in checks)


def test_every_check_says_what_it_asks():
    specs = [spec for step in STAGES for spec in step.check_specs]
    assert len(specs) > 20
    assert [(name(spec.asset_key), spec.name) for spec in specs if not (spec.description or "").strip()] == []
    told = {spec.name: spec.description for spec in specs}
    assert told["unique_int_capture_histories_child_id"] == "No two rows have the same child_id."


def test_jobs_schedule_and_sensors():
    repository = defs.get_repository_def()
    night = repository.get_job("night")
    assert repository.has_job("reread")
    assert night.executor_def.name == "in_process"
    schedule = repository.get_schedule_def("nightly")
    assert schedule.cron_schedule == "0 2 * * *"
    assert schedule.execution_timezone == "Asia/Shanghai"
    assert {sensor.name for sensor in repository.sensor_defs} == {"landing", "failure_alert"}


def test_the_bulletin_is_monthly_and_no_part_of_a_night():
    repository = defs.get_repository_def()
    schedule = repository.get_schedule_def("monthly")
    assert (schedule.cron_schedule, schedule.job_name) == ("0 5 20 * *", "bulletin")
    made = {job: repository.get_job(job).asset_layer.selected_asset_keys for job in ("night", "reread", "bulletin")}
    key = dg.AssetKey(["reports", "bulletin"])
    assert made["bulletin"] == {key}
    assert key not in made["night"] | made["reread"]
    # a partition a month: Dagster's page shows which were made, and the schedule makes the one before its own
    months = repository.get_job("bulletin").partitions_def
    now = dt.datetime(2026, 5, 20, 5, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert months.get_partition_keys(current_time=now)[-1] == "2026-04"
    (asked,) = schedule.evaluate_tick(
        dg.build_schedule_context(scheduled_execution_time=now, repository_def=repository)
    ).run_requests
    assert asked.partition_key == "2026-04"


def test_reading_again_asks_for_feed_and_period():
    reread = defs.resolve_job_def("reread")
    assert dg.validate_run_config(reread, {"feed": "delivery", "period": "2024-03"})
    with pytest.raises(dg.DagsterInvalidConfigError):
        dg.validate_run_config(reread, {"feed": "delivery"})


def test_every_step_queues_for_the_warehouse():
    assert {step.op.pool for step in STAGES} == {"duckdb_writer"}
