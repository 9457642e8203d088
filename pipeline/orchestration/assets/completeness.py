"""The stage completeness as assets: how many births each register holds, of how many, nobody's among them.

Not here: how it is estimated (`pipeline.completeness`), or what analysts see of it (dbt's marts).
"""

from pipeline.checks.vocabulary import Label
from pipeline.completeness.cohorts.estimates import write_estimates
from pipeline.orchestration.assets.stage import Metadata, Outcome, asset, picture, row_count, small_table, stage
from pipeline.orchestration.resources import Run
from pipeline.publish.pictures.delays import delays_chart, read_reported
from pipeline.publish.pictures.intervals import completeness_charts, read_completeness
from pipeline.publish.pictures.overlap import overlap_chart, read_captured

GROUP = "completeness"
ESTIMATES, MODELS, DELAYS = "completeness.estimates", "completeness.models", "completeness.delays"
_READ = (
    "intermediate.int_capture_histories", "intermediate.int_child_records_linked", "intermediate.int_children_resolved",
    "accountability.registers", "accountability.flags", "casework.reviewed_quality", "publish.nights",
    "completeness.verified_records", "completeness.verified_gaps", "completeness.canvass",
)  # fmt: skip
TABLES = {
    ESTIMATES: "One row per cohort year, division and register: the published estimate of births and its interval.",
    MODELS: "One row per estimator and model: every estimate of births that was made.",
    "completeness.revisions": "One row per change of a published estimate, with its reason: the revision triangle.",
    DELAYS: "One row per register and month since birth: the share of its births that came by then.",
    "completeness.set_apart": "One row per cohort year and kind of child that is counted beside the cohort.",
}
# what stands in pictures, which Dagster's pages show in one language
_MONTHS = Label("", "months after that of birth")
_ALL_REGISTERS = Label("", "all registers together")
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
        metadata[ESTIMATES] = {"of the county": small_table(run.con, published), **_pictures(run)}
    if row_count(run.con, DELAYS):
        metadata[DELAYS] = {"delays to registration": picture(delays_chart(read_reported(run.con), _MONTHS)["en"])}
    return Outcome(f"{summary.cohorts} cohort years, {summary.revised:,} estimates revised", metadata)


def _pictures(run: Run) -> Metadata:
    """Of the last cohort year that is over: overlap of registers, completeness by township."""
    year = [str(run.as_of.year - 1)]
    # the mart is a view over what this step has just written: its shares are those that analysts read
    overlaps, shares = read_captured(run.con, year), read_completeness(run.con, year)
    charts = {f"overlap of registers, {one.cohort}": overlap_chart(one) for one in overlaps}
    if shares:
        (chart,) = completeness_charts(shares, _ALL_REGISTERS)
        charts[f"completeness, {shares[0].cohort}"] = chart
    return {name: picture(chart["en"]) for name, chart in charts.items()}
