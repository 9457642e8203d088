"""The stage completeness as assets: how many births each register holds, of how many, nobody's among them.

Not here: how it is estimated (`pipeline.completeness`), or what analysts see of it (dbt's marts).
"""

from pipeline.completeness.cohorts.estimates import write_estimates
from pipeline.orchestration.assets.stage import Metadata, Outcome, asset, row_count, small_table, stage
from pipeline.orchestration.resources import Run

GROUP = "completeness"
ESTIMATES, MODELS = "completeness.estimates", "completeness.models"
_READ = (
    "intermediate.int_capture_histories", "intermediate.int_child_records_linked", "intermediate.int_children_resolved",
    "accountability.registers", "accountability.flags", "casework.reviewed_quality", "publish.nights",
    "completeness.verified_records", "completeness.verified_gaps", "completeness.canvass",
)  # fmt: skip
TABLES = {
    ESTIMATES: "One row per cohort year, division and register: the published estimate of births and its interval.",
    MODELS: "One row per estimator and model: every estimate of births that was made.",
    "completeness.revisions": "One row per change of a published estimate, with its reason: the revision triangle.",
    "completeness.delays": "One row per register and month since birth: the share of its births that came by then.",
    "completeness.set_apart": "One row per cohort year and kind of child that is counted beside the cohort.",
}
# what the release's views read
RESULTS = (ESTIMATES, MODELS)


@stage(
    "Estimating how many births nobody reported",
    assets=[asset(name, GROUP, words, deps=_READ) for name, words in TABLES.items()],
)
def estimates(run: Run) -> Outcome:
    """Estimates of every cohort year, anew from all histories; a change of a published one is noted for ever."""
    summary = write_estimates(run.con, run.home, run.night.night_no, run.as_of)
    metadata: dict[str, Metadata] = {}
    # a table without rows has no columns to show
    if row_count(run.con, ESTIMATES):
        published = (
            "SELECT cohort, register, observed, round(estimate) AS estimate, round(low) AS low, round(high) AS high, "
            f"vintage FROM {ESTIMATES} WHERE length(division_code) = 6 ORDER BY ALL"
        )
        metadata[ESTIMATES] = {"of the county": small_table(run.con, published)}
    return Outcome(f"{summary.cohorts} cohort years, {summary.revised:,} estimates revised", metadata)
