"""When the night runs: the jobs, the schedule at 02:00, the landing sensor, the failure sensor.

Not here: whether there is anything new (`nights/gate.py`), or what a night does.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from pipeline.errors import LockedError, RollcallError, UsageError
from pipeline.home import Home
from pipeline.orchestration.nights import alerts
from pipeline.orchestration.nights.gate import clock_day, look, note_nothing_new
from pipeline.orchestration.nights.lock import holding
from pipeline.orchestration.nights.progress import QUIET
from pipeline.orchestration.resources import NIGHT
from pipeline.settings.county import CountySettings

NIGHTLY = "0 2 * * *"
# who started a run; a run of the command line posts its own alert, so that one needs no daemon
LAUNCHED_BY = "rollcall/launched_by"
COMMAND_LINE = "command line"
LANDING_SECONDS = 60
# the bulletin is made by the month (orchestration/bulletin.py)
EVERY_NIGHT = dg.AssetSelection.all() - dg.AssetSelection.assets(["reports", "bulletin"])

night = dg.define_asset_job(
    NIGHT,
    selection=EVERY_NIGHT,
    description="One night: everything from the landing folders to a published release.",
    executor_def=dg.in_process_executor,
)


def _reread_config(config: Mapping[str, Any]) -> dict[str, Any]:
    again = {key: config[key] for key in ("feed", "period", "unit")}
    home = {key: config[key] for key in ("root", "as_of")}
    return {"ops": {"landed_files": {"config": again}}, "resources": {"home": {"config": home}}, **QUIET}


def _text(description: str, default: str | None = "") -> dg.Field:
    if default is None:
        return dg.Field(str, description=description)
    return dg.Field(str, is_required=False, default_value=default, description=description)


reread = dg.define_asset_job(
    "reread",
    selection=EVERY_NIGHT,
    description=(
        "One feed and period read again from the originals that are still kept, after a parser was mended; "
        "then the night as usual."
    ),
    executor_def=dg.in_process_executor,
    config=dg.ConfigMapping(
        config_fn=_reread_config,
        config_schema={
            "feed": _text("the feed to read again, such as birth_certificate", None),
            "period": _text("the period to read again, YYYY-MM or YYYY", None),
            "unit": _text("one unit's code; blank for all"),
            "root": _text("the county's home; blank for ROLLCALL_HOME"),
            "as_of": _text("the last day whose arrivals are seen; blank for today"),
        },
    ),
)


def county_timezone() -> str:
    """The time zone of the home that is there when definitions load, else the default: they load without one."""
    try:
        return Home().settings.timezone
    except RollcallError:
        return CountySettings.model_fields["timezone"].default


@dg.schedule(
    cron_schedule=NIGHTLY,
    job=night,
    execution_timezone=county_timezone(),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every night at 02:00 in the county's time zone, where there is anything new.",
)
def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Ask the gate; a night with nothing new is noted and skipped. Where a run holds the home, the next one queues."""
    home, started = Home(), dt.datetime.now(dt.UTC)
    try:
        day = clock_day(home)
        with holding(home):
            gate = look(home, day)
            if not gate.is_new:
                note_nothing_new(home, gate, day, started)
    except LockedError:
        return dg.RunRequest()
    except UsageError as error:
        return dg.SkipReason(str(error))
    except RollcallError as error:
        alerts.post_failure(home, "", [str(error)])
        return dg.SkipReason(str(error))
    return dg.RunRequest() if gate.is_new else dg.SkipReason("Nothing new.")


@dg.sensor(
    job=night,
    minimum_interval_seconds=LANDING_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="A run as soon as files that no night has seen have settled in the landing folders.",
)
def landing(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Ask the gate about files alone; each set of new files asks for one run, even where that run fails."""
    try:
        home = Home()
        gate = look(home, clock_day(home), files_only=True)
    except RollcallError as error:
        return dg.SkipReason(str(error))
    if not gate.is_new:
        return dg.SkipReason("No settled file that has not been seen.")
    return dg.RunRequest(run_key=gate.landing)


@dg.run_failure_sensor(
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Posts a failed run to the county's alert_webhook, where one is set.",
)
def failure_alert(context: dg.RunFailureSensorContext) -> None:
    """The failed steps' sentences, which tell no value."""
    if context.dagster_run.tags.get(LAUNCHED_BY) == COMMAND_LINE:
        return
    alerts.post_failure(
        _home_of(context.dagster_run.run_config),
        context.dagster_run.run_id,
        failed_steps(context.get_step_failure_events()),
    )


def _home_of(config: Mapping[str, Any]) -> Home:
    """The home that a run was configured for: the night's resource names it, reading again at the top."""
    of_night = config.get("resources", {}).get("home", {}).get("config", {})
    return Home(of_night.get("root") or config.get("root") or None)


def was_stopped(events: Sequence[dg.DagsterEvent]) -> bool:
    """Whether a step failed because a person or the machine stopped the run (Ctrl-C, SIGTERM)."""
    errors = [event.step_failure_data.error for event in events]
    return any(error and error.cls_name == dg.DagsterExecutionInterruptedError.__name__ for error in errors)


def failed_steps(events: Sequence[dg.DagsterEvent]) -> list[str]:
    """What each failed step said of itself."""
    said = []
    for event in events:
        told = event.step_failure_data.user_failure_data
        # a blocking check fails its step with Dagster's own error, which names it
        said.append((told and told.description) or f"The step {event.step_key} did not pass its checks.")
    return said
