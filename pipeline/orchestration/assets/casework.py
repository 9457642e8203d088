"""Clerical review as stages: what people decided is read in before linkage, and looked at again after it.

Not here: what a decision is, or when it no longer fits (`casework`), and how linkage obeys it (`linkage`).
"""

from pipeline.casework import read_in, surface
from pipeline.orchestration.assets.check_results import counted, result
from pipeline.orchestration.assets.linkage import CHILD_RECORDS
from pipeline.orchestration.assets.stage import Metadata, Outcome, asset, check, small_table, stage
from pipeline.orchestration.resources import Run

GROUP = "linkage"
CONSTRAINTS, CONTRADICTED = "casework.link_constraints", "casework.contradicted_decisions"
OBEYED = check("decisions_are_obeyed", CONTRADICTED, "Linkage follows every decision whose records are there.")
UPHELD = check(
    "no_decision_is_contradicted",
    CONTRADICTED,
    "No record of a decided pair changed since, and the model is not strongly of another mind than it was.",
)


@stage(
    "Reading in what reviewers decided",
    assets=[
        asset(
            "casework.review_answers",
            GROUP,
            "One row per answer of a reviewer that stands.",
            deps=["archive.ledger", "publish.nights"],
        ),
        asset(
            CONSTRAINTS,
            GROUP,
            "One row per pair of records that people decided on: one child, or different ones.",
            # what papers show of a record is named by its number there
            deps=["archive.ledger", "publish.nights", "intermediate.int_records_standardised"],
        ),
        asset(
            "casework.reviewed_quality",
            GROUP,
            "One row per night and part of the links: precision and recall from reviewed random samples.",
            deps=["archive.ledger", "publish.nights"],
        ),
    ],
)
def review_decisions(run: Run) -> Outcome:
    """Answers of clerical review, from the ledger and the archive's batches."""
    found = read_in(run.con, run.home, run.night.run_id)
    said = f"{found.answers:,} answers: {found.same:,} pairs are the same, {found.different:,} different"
    metadata: dict[str, Metadata] = {}
    # a table without rows has no columns to show
    if found.answers:
        counts = (
            "SELECT batch, reviewer, answer, count(*) AS pairs FROM casework.review_answers GROUP BY ALL ORDER BY ALL"
        )
        metadata["casework.review_answers"] = {"answers by batch and reviewer": small_table(run.con, counts)}
    return Outcome(said, metadata)


@stage(
    "Looking at decisions again",
    assets=[
        asset(
            CONTRADICTED,
            GROUP,
            "One row per decision that something now speaks against: to be looked at again by a person.",
            deps=[CONSTRAINTS, CHILD_RECORDS, "linkage.pairs", "intermediate.int_records_standardised"],
        )
    ],
    checks=[OBEYED, UPHELD],
)
def contradicted_decisions(run: Run) -> Outcome:
    """Decisions that linkage does not follow, whose records changed, or that the model now weighs otherwise."""
    found = surface(run.con, run.home)
    ignored = found.get("not_obeyed", 0)
    others = sum(found.values()) - ignored
    results = [
        result(spec, f"{counted(count, 'decision')} {words}" if count else "", counts={"decisions": count},
               see="rollcall review list")
        for spec, count, words in (
            (OBEYED, ignored, "of reviewers could not be followed by linkage"),
            (UPHELD, others, "of reviewers should be looked at again: something now speaks against"),
        )
    ]  # fmt: skip
    return Outcome(f"{sum(found.values()):,} to be looked at again", {CONTRADICTED: {**found}}, results)
