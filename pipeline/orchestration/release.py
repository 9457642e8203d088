"""The stages release and reports as assets: the night's name, what units and agencies are told, and the release.

Not here: what a release is and what must hold of it (`publish`).
"""

import dagster as dg

from pipeline.casework import write_feedback, write_receipts
from pipeline.checks import write_check_reports
from pipeline.errors import RollcallError
from pipeline.orchestration import accountability
from pipeline.orchestration.resources import Run
from pipeline.orchestration.stage import TRANSIENT, Metadata, Outcome, PartlyDoneError, asset, check, stage
from pipeline.publish import complete_night, make_release, write_settings
from pipeline.publish.spec import load_marts

GROUP, REPORTS = "release", "reports"
CURRENT = "published.current"
MARTS = tuple(f"marts.{name}" for name in load_marts())


@stage(
    "Beginning the night",
    assets=[
        asset(
            "publish.nights",
            "linkage",
            "One row per night that changed something, this one without its end.",
            deps=["archive.ledger", "accountability.obligations", "reference.units"],
        ),
        asset(
            "publish.settings",
            "linkage",
            "Settings of the county that SQL after linkage reads.",
            deps=["reference.files"],
        ),
    ],
)
def begun_night(run: Run) -> Outcome:
    """The night's number and name: they follow from the sequence of nights and from what this one saw."""
    write_settings(run.con, run.home)
    return Outcome(run.night.run_id)


@stage(
    "Writing check reports",
    assets=[
        asset(
            "reports.checks",
            REPORTS,
            "One self-contained page per agency: what was checked, what failed, what to do about it.",
            deps=["checks.results", "checks.submission_states", "accountability.obligations"],
            kinds=("html",),
        )
    ],
    retry=TRANSIENT,
)
def check_reports(run: Run) -> Outcome:
    """The check report of every agency, for the county's own use."""
    written = write_check_reports(run.con, run.home, run.reference)
    return Outcome(f"{len(written)} reports", {"reports.checks": {"reports": len(written)}})


@stage(
    "Writing receipts to the units",
    assets=[
        asset(
            "casework.receipts",
            REPORTS,
            "A receipt per landed file, for the unit that sent it: when, how many rows, what is set aside and why.",
            deps=["checks.submission_states", "checks.set_aside_rows", "intake.receipts"],
            kinds=("html",),
        )
    ],
    retry=TRANSIENT,
)
def unit_receipts(run: Run) -> Outcome:
    """Receipts in Chinese and English into `casework/outgoing/<unit_code>/`."""
    written = write_receipts(run.con, run.home)
    return Outcome(f"{len(written)} receipts", {"casework.receipts": {"receipts": len(written)}})


@stage(
    "Writing feedback to the units",
    assets=[
        asset(
            "casework.feedback",
            REPORTS,
            "A workbook per unit that has something to put right: its tickets, and its own rows with what is wrong.",
            deps=[
                accountability.TICKETS, accountability.FLAGS, "checks.row_findings", "measures.surplus_records",
                "measures.contradicted_records", "measures.corroboration_records",
            ],
            kinds=("xlsx",),
        )
    ],
    retry=TRANSIENT,
)  # fmt: skip
def unit_feedback(run: Run) -> Outcome:
    """Feedback in Chinese and English into `casework/outgoing/<unit_code>/`, where it is not what was told before."""
    written = write_feedback(run.con, run.home, run.as_of)
    return Outcome(f"{len(written)} workbooks", {"casework.feedback": {"workbooks": len(written)}})


@stage(
    "Publishing the release",
    assets=[
        asset(
            CURRENT,
            GROUP,
            "The marts of this night as one DuckDB file, swapped in at once: what analysts read.",
            # marts of accountability are views: what they read must be there before it is copied
            deps=[*MARTS, *accountability.RESULTS, "reports.checks", "casework.receipts", "casework.feedback"],
            kinds=("duckdb", "file"),
        ),
        asset(
            "archive.nights",
            GROUP,
            "The ledger of nights: what each saw and what it released.",
            deps=[*MARTS, "publish.nights"],
            kinds=("json", "file"),
        ),
    ],
    checks=[
        check(
            "release_holds_what_it_must",
            CURRENT,
            "Tables, columns, keys and codes are as specified, nothing was lost, no text tells a person. "
            "Where it fails, yesterday's release stays current.",
        )
    ],
    retry=TRANSIENT,
)
def current_release(run: Run) -> Outcome:
    """The marts copied, checked and swapped in; then the night is noted as completed."""
    try:
        release = make_release(run.con, run.home, run.night)
    except RollcallError as error:
        told = _check(False, {"what is wrong": error.message})
        raise PartlyDoneError(error.message, error.remedy, [told]) from None
    complete_night(run.con, run.home, release.night)
    passed = _check(True, {"release": release.name, "tables": len(release.rows)})
    rows = dg.MetadataValue.table(
        [dg.TableRecord({"mart": mart, "rows": count}) for mart, count in sorted(release.rows.items())]
    )
    metadata: dict[str, Metadata] = {CURRENT: {"release": release.name, "rows by mart": rows}}
    return Outcome(f"release {release.name}", metadata, [passed])


def _check(is_passed: bool, metadata: Metadata) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=dg.AssetKey(CURRENT.split(".")),
        check_name="release_holds_what_it_must",
        passed=is_passed,
        metadata=metadata,
    )
