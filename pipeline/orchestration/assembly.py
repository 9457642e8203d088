"""All of the night's parts put together, in the data's way. `pipeline/definitions.py` shows them to Dagster."""

import dagster as dg

from pipeline.orchestration import checks, dbt_models, intake, jobs, linkage, release, standardise
from pipeline.orchestration.resources import HomeResource

STAGES = (
    intake.reference_tables,
    intake.landed_files,
    intake.raw_tables,
    checks.check_results,
    checks.submission_states,
    checks.obligations,
    standardise.look_ups,
    dbt_models.models_before_linkage,
    release.begun_night,
    linkage.child_records,
    linkage.child_keys,
    dbt_models.models_after_linkage,
    release.check_reports,
    release.unit_receipts,
    release.current_release,
)


def definitions() -> dg.Definitions:
    """Assets, jobs, schedule and sensors. The home is bound when a run starts."""
    return dg.Definitions(
        assets=[*intake.EXTERNAL, *STAGES],
        jobs=[jobs.night, jobs.reread],
        schedules=[jobs.nightly],
        sensors=[jobs.landing, jobs.failure_alert],
        resources={"home": HomeResource()},
        executor=dg.in_process_executor,
    )
