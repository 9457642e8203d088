"""The stages release and reports as assets: the night's name, what units and agencies are told, and the release.

Not here: what a release is and what must hold of it (`publish`).
"""

import duckdb

from pipeline.casework import critical_months, write_feedback, write_receipts, write_unit_pages, write_worklists
from pipeline.checks import write_check_reports
from pipeline.errors import RollcallError
from pipeline.orchestration.assets import accountability, completeness, verification
from pipeline.orchestration.assets.check_results import RED, result
from pipeline.orchestration.assets.stage import (
    TRANSIENT,
    Metadata,
    Outcome,
    PartlyDoneError,
    asset,
    check,
    stage,
    table,
)
from pipeline.orchestration.nights import alerts, failures, unfinished
from pipeline.orchestration.nights.replay import replayed
from pipeline.orchestration.resources import Run
from pipeline.publish import Night, complete_night, last_night, make_release, prune_releases, write_settings
from pipeline.publish.approval.replies import note_all_told, reply_terms
from pipeline.publish.front_page.page import write_front_page
from pipeline.publish.metrics import write_metrics
from pipeline.publish.release.marts_spec import load_marts

GROUP, REPORTS = "release", "reports"
# in the ledger of approvals, by whom a unit was told: its feedback
TOLD_BY = "feedback"
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
                accountability.TICKETS, accountability.FLAGS, accountability.GRADES, "checks.row_findings",
                "measures.surplus_records", "measures.contradicted_records", "measures.corroboration_records",
            ],
            kinds=("xlsx",),
        )
    ],
    retry=TRANSIENT,
)  # fmt: skip
def unit_feedback(run: Run) -> Outcome:
    """Feedback in Chinese and English into `casework/outgoing/<unit_code>/`, where it is not what was told before.

    A unit that reads there that it is critical may reply from then on: the ledger of approvals notes the day.
    """
    critical = critical_months(run.con, run.home, run.as_of)
    reply_until = reply_terms(run.home, run.reference, critical, run.as_of)
    written = write_feedback(run.con, run.home, run.as_of, reply_until)
    told = note_all_told(run.home, run.reference, critical, run.as_of, TOLD_BY)
    said = f"{len(written)} workbooks" + (f", {len(told)} units told that they are critical" if told else "")
    return Outcome(said, {"casework.feedback": {"workbooks": len(written), "units told that they are critical": told}})


@stage(
    "Writing worklists to health units and schools",
    assets=[
        asset(
            "casework.worklists",
            REPORTS,
            "A workbook per health unit or school that holds children whom a register probably misses: whom to help.",
            deps=[
                "intermediate.int_gaps_explained", "intermediate.int_child_records_linked",
                "intermediate.int_child_registers", "reference.units",
            ],
            kinds=("xlsx",),
        )
    ],
    retry=TRANSIENT,
)  # fmt: skip
def unit_worklists(run: Run) -> Outcome:
    """Worklists in Chinese and English into `casework/outgoing/<unit_code>/`, within the limits of docs/purpose.md."""
    written = write_worklists(run.con, run.home, run.as_of)
    return Outcome(f"{len(written)} workbooks", {"casework.worklists": {"workbooks": len(written)}})


@stage(
    "Writing the units' own pages",
    assets=[
        asset(
            "casework.unit_pages",
            REPORTS,
            "A page per unit that opens its outgoing folder: what it is asked to do, and the receipts of its files.",
            deps=["casework.receipts", "casework.feedback", "casework.worklists", accountability.TICKETS],
            kinds=("html",),
        )
    ],
    retry=TRANSIENT,
)
def unit_pages(run: Run) -> Outcome:
    """`casework/outgoing/<unit_code>/index.html` in Chinese and English, where it is not what it was."""
    written = write_unit_pages(run.con, run.home)
    return Outcome(f"{len(written)} pages", {"casework.unit_pages": {"pages": len(written)}})


@stage(
    "Writing the front page",
    assets=[
        asset(
            "reports.index",
            REPORTS,
            "What came, what is to be done today and by whom, how the registers have done, and where all else is.",
            deps=[
                *MARTS, *accountability.RESULTS, *completeness.TABLES, "casework.receipts", "casework.feedback",
            ],
            kinds=("html",),
        )
    ],
    retry=TRANSIENT,
)  # fmt: skip
def front_page(run: Run) -> Outcome:
    """`reports/index.html`, in the county's languages.

    Before the release, which completes the night: of a night cut off after that, the page would be missing for good.
    """
    before = last_night(run.home)
    written = write_front_page(run.con, run.home, run.night, run.as_of, before.as_of if before else None)
    return Outcome(f"reports/{written[0].name}", {"reports.index": {"pages": len(written)}})


WHOLE = check(
    "release_holds_what_it_must",
    CURRENT,
    "Tables, columns, keys and codes are as specified, nothing was lost, no text tells a person. "
    "Where it fails, yesterday's release stays current.",
)


def _write_metrics(run: Run, night: Night) -> None:
    """The night is completed: metrics that cannot be written are noted, and no reason to fail it."""
    try:
        write_metrics(run.con, run.home, night, run.not_passed)
    except (OSError, duckdb.Error) as error:
        failures.note(run.home, error, "Writing metrics")


@stage(
    "Publishing the release",
    assets=[
        asset(
            CURRENT,
            GROUP,
            "The marts of this night as one DuckDB file, swapped in at once: what analysts read.",
            # marts of accountability and completeness are views: what they read must be there before it is copied
            deps=[
                *MARTS,
                *accountability.RESULTS,
                *completeness.RESULTS,
                verification.RESULTS,
                "reports.checks",
                "reports.index",
                "casework.receipts",
                "casework.feedback",
                "casework.worklists",
            ],
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
    checks=[WHOLE],
    retry=TRANSIENT,
)
def current_release(run: Run) -> Outcome:
    """The marts copied, checked and swapped in; then the night is noted as completed."""
    try:
        release = make_release(run.con, run.home, run.night)
    except RollcallError as error:
        told = result(WHOLE, error.message, severity=RED)
        raise PartlyDoneError(error.message, error.remedy, [told]) from None
    complete_night(run.con, run.home, release.night)
    unfinished.end(run.home)
    prune_releases(run.home, run.as_of)
    if replayed() is None:
        _write_metrics(run, release.night)
        alerts.post_heads(run.home)
    passed = result(WHOLE, "", counts={"tables": len(release.rows)})
    rows = table([{"mart": mart, "rows": count} for mart, count in sorted(release.rows.items())], ("mart", "rows"))
    metadata: dict[str, Metadata] = {CURRENT: {"release": release.name, "rows by mart": rows}}
    return Outcome(f"release {release.name}", metadata, [passed])
