"""Verification as stages: what teams found is read in before linkage, and measured on the links after it.

Not here: what an answer is (`casework`), or what follows from all of them (`completeness`).
"""

from pipeline.casework import read_in_verification
from pipeline.completeness.verification.verified import TABLES, write_verified
from pipeline.orchestration.assets.linkage import CHILD_RECORDS
from pipeline.orchestration.assets.stage import Metadata, Outcome, asset, row_count, small_table, stage
from pipeline.orchestration.resources import Run

RESULTS = "completeness.verification_results"
_READ_IN = {
    "casework.verification_rounds": "One row per verification round that was drawn.",
    "casework.verification_strata": "One row per round, stratum and township: how many were drawn of how many.",
    "casework.verification_cases": "One row per case: a document at a facility. Restricted.",
    "casework.verification_answers": "One row per case and team that handed an answer in. Restricted.",
    "casework.verification_outcomes": "One row per case on which the teams agree or the adjudicator has spoken.",
    "casework.verification_findings": "One row per round, unit and feed: records without a document behind them.",
    "casework.canvass_villages": "One row per village of an area canvass.",
    "casework.canvass_children": "One row per child under two that a canvass met, without a name. Restricted.",
}

_LINKED = ("intermediate.int_child_records_linked", "intermediate.int_children_resolved")


@stage(
    "Reading in what verification teams found",
    assets=[
        asset(name, "linkage", words, deps=["archive.ledger", "publish.nights"]) for name, words in _READ_IN.items()
    ],
)
def verification_answers(run: Run) -> Outcome:
    """Rounds, cases and answers, from the ledger and the archive's files."""
    found = read_in_verification(run.con, run.home)
    return Outcome(f"{found.rounds:,} rounds: {found.settled:,} of {found.cases:,} cases are settled")


@stage(
    "Measuring what verification found",
    assets=[
        asset(
            name,
            "completeness",
            words,
            deps=[*_READ_IN, CHILD_RECORDS, *_LINKED],
        )
        for name, words in TABLES.items()
    ],
)
def verified(run: Run) -> Outcome:
    """Settled cases as estimators read them; agreement of the teams, verification factors, totals."""
    rows = write_verified(run.con)
    metadata: dict[str, Metadata] = {}
    # a table without rows has no columns to show
    if row_count(run.con, RESULTS):
        shown = (
            "SELECT round, sum(cases) AS cases, sum(returned) AS returned, sum(settled) AS settled, "
            f"sum(in_dispute) AS in_dispute FROM {RESULTS} GROUP BY ALL ORDER BY ALL"
        )
        metadata[RESULTS] = {"by round": small_table(run.con, shown)}
    settled = rows["completeness.verified_records"] + rows["completeness.verified_gaps"]
    return Outcome(f"{settled:,} settled cases", metadata)
