"""The monthly bulletin as an asset with a partition a month, its job and its schedule; the night does not make it.

Not here: what a bulletin says (`publish`), or letting it out, which a person does.
"""

import dagster as dg
import duckdb

from pipeline.errors import RollcallError, UsageError
from pipeline.home import Home
from pipeline.orchestration import instance as storage
from pipeline.orchestration.assets.release import CURRENT, REPORTS
from pipeline.orchestration.assets.stage import Metadata, Outcome, asset, stage
from pipeline.orchestration.jobs import county_timezone
from pipeline.orchestration.resources import Run
from pipeline.publish.bulletin.facts import WRITTEN_ON_DAY
from pipeline.publish.bulletin.files import Written, write_bulletins

BULLETIN = "reports.bulletin"
# where county.yaml does not say what the first month is
EARLIEST = "2016-01"


def _first_month() -> str:
    """The first month of the home that is there when definitions load: they load without one."""
    try:
        return Home().settings.first_period or EARLIEST
    except RollcallError:
        return EARLIEST


# months that are over: the last of them is what Dagster's page proposes
MONTHS = dg.MonthlyPartitionsDefinition(start_date=_first_month(), fmt="%Y-%m", timezone=county_timezone())


@stage(
    "Writing the bulletin",
    assets=[
        asset(
            BULLETIN,
            REPORTS,
            "A month's bulletins for the county, its agencies and townships, to be looked at before they are approved.",
            deps=[CURRENT],
            kinds=("html", "file"),
        )
    ],
    uses_warehouse=False,
    months=MONTHS,
)
def monthly_bulletin(run: Run) -> Outcome:
    """The bulletins of a month, from the current release."""
    if not run.home.current_marts.exists():
        raise UsageError("Nothing was published yet.", "Run a night: rollcall run")
    if run.context is None or not run.context.has_partition_key:
        raise UsageError("No month was chosen.", "Choose one in Dagster, or: rollcall bulletin --period YYYY-MM")
    with duckdb.connect(str(run.home.current_marts), read_only=True) as con:
        done = write_bulletins(con, run.home, run.context.partition_key)
    return Outcome(f"{done.bulletins} bulletins for {run.context.partition_key}", {BULLETIN: _told(done)})


def note_bulletin(home: Home, period: str, done: Written) -> None:
    """Show in Dagster that the command line wrote a month's bulletins, where that is a month that Dagster lists."""
    key = dg.AssetKey(BULLETIN.split("."))
    with storage.open_instance(home) as instance:
        instance.report_runless_asset_event(dg.AssetMaterialization(key, metadata=_told(done), partition=period))


def _told(done: Written) -> Metadata:
    return {"bulletins": done.bulletins, "files": done.files, "left out": ", ".join(done.absent) or "nothing"}


bulletin = dg.define_asset_job(
    "bulletin",
    selection=dg.AssetSelection.assets(BULLETIN.split(".")),
    description="The bulletins of a month, prepared to be looked at; `rollcall release approve` lets them out.",
    executor_def=dg.in_process_executor,
)

monthly = dg.build_schedule_from_partitioned_job(
    bulletin,
    name="monthly",
    description=f"On day {WRITTEN_ON_DAY} of a month at 05:00 in the county's time zone: the month before.",
    day_of_month=WRITTEN_ON_DAY,
    hour_of_day=5,
    minute_of_hour=0,
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
