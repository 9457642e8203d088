"""The monthly bulletin as an asset, its job and its schedule; the night does not make it.

Not here: what a bulletin says (`publish`), or letting it out, which a person does.
"""

import datetime as dt

import dagster as dg
import duckdb

from pipeline.accountability.obligations.calendar import month_of
from pipeline.errors import UsageError
from pipeline.orchestration.assets.release import CURRENT, REPORTS
from pipeline.orchestration.assets.stage import Outcome, asset, stage
from pipeline.orchestration.jobs import county_timezone
from pipeline.orchestration.resources import Run
from pipeline.publish.bulletin.files import write_bulletins

BULLETIN = "reports.bulletin"
# the month before is due by then in every county whose feeds keep the contracts' days, working days allowed for
MONTHLY = "0 5 20 * *"


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
    options={
        "period": dg.Field(
            str, is_required=False, default_value="", description="the month, YYYY-MM; blank for the month before"
        )
    },
)
def monthly_bulletin(run: Run) -> Outcome:
    """The bulletins of the month before, or of the month that is named, from the current release."""
    if not run.home.current_marts.exists():
        raise UsageError("Nothing was published yet.", "Run a night: rollcall run")
    period = run.options.get("period") or month_of(run.as_of.replace(day=1) - dt.timedelta(days=1))
    with duckdb.connect(str(run.home.current_marts), read_only=True) as con:
        done = write_bulletins(con, run.home, period)
    told = {"period": period, "bulletins": done.bulletins, "files": done.files, "left out": ", ".join(done.absent)}
    return Outcome(f"{done.bulletins} bulletins for {period}", {BULLETIN: dict(told)})


bulletin = dg.define_asset_job(
    "bulletin",
    selection=dg.AssetSelection.assets(BULLETIN.split(".")),
    description="The bulletins of a month, prepared to be looked at; `rollcall release approve` lets them out.",
    executor_def=dg.in_process_executor,
)

monthly = dg.ScheduleDefinition(
    name="monthly",
    job=bulletin,
    cron_schedule=MONTHLY,
    execution_timezone=county_timezone(),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="On the 20th at 05:00 in the county's time zone: the bulletin of the month before.",
)
