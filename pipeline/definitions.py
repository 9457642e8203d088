"""Dagster's definitions of rollcall: assembled here, made in `orchestration/`. Loading them needs no home."""

import dagster as dg

from pipeline.orchestration import checks, dbt_models, intake, jobs, linkage, release, standardise
from pipeline.orchestration.resources import HomeResource

defs = dg.Definitions(
    assets=[
        *intake.EXTERNAL,
        intake.reference_tables,
        intake.landed_files,
        intake.raw_tables,
        checks.check_results,
        checks.submission_states,
        checks.obligations,
        standardise.look_ups,
        release.begun_night,
        dbt_models.models_before_linkage,
        linkage.child_records,
        linkage.child_keys,
        dbt_models.models_after_linkage,
        release.check_reports,
        release.unit_receipts,
        release.current_release,
    ],
    jobs=[jobs.night, jobs.reread],
    schedules=[jobs.nightly],
    sensors=[jobs.landing, jobs.failure_alert],
    resources={"home": HomeResource()},
    executor=dg.in_process_executor,
)
