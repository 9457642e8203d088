"""All of the night's parts put together, in the data's way. `pipeline/definitions.py` shows them to Dagster."""

import dagster as dg

from pipeline.orchestration import jobs
from pipeline.orchestration.assets import (
    accountability,
    bulletin,
    casework,
    checks,
    completeness,
    dbt_models,
    intake,
    linkage,
    release,
    standardise,
    verification,
)
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
    casework.review_decisions,
    verification.verification_answers,
    linkage.child_records,
    linkage.child_keys,
    casework.contradicted_decisions,
    dbt_models.models_after_linkage,
    accountability.scorecards,
    accountability.rectification,
    verification.verified,
    completeness.estimates,
    release.check_reports,
    release.unit_receipts,
    release.unit_feedback,
    release.unit_worklists,
    release.unit_pages,
    release.front_page,
    release.current_release,
    bulletin.monthly_bulletin,
)


def definitions() -> dg.Definitions:
    """Assets, jobs, schedule and sensors. The home is bound when a run starts."""
    return dg.Definitions(
        assets=[*intake.EXTERNAL, *STAGES],
        jobs=[jobs.night, jobs.reread, bulletin.bulletin],
        schedules=[jobs.nightly, bulletin.monthly],
        sensors=[jobs.landing, jobs.failure_alert],
        resources={"home": HomeResource()},
        executor=dg.in_process_executor,
    )
