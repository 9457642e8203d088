"""The stage intake as assets: reference files, landed files into the archive, the archive's copies into raw tables."""

import datetime as dt
from collections import Counter

import dagster as dg

from pipeline.contracts import load_feeds
from pipeline.intake import load, receive, reread
from pipeline.orchestration.assets.check_results import NAMED, counted, listed, result
from pipeline.orchestration.assets.stage import (
    TRANSIENT,
    Metadata,
    Outcome,
    asset,
    check,
    small_table,
    stage,
    table,
)
from pipeline.orchestration.resources import Run
from pipeline.publish import last_night
from pipeline.reference import write_reference

GROUP = "intake"
RAW_TABLES = tuple(feed.raw_table for feed in load_feeds().values())

LANDING = dg.AssetSpec(
    key=["landing", "files"],
    group_name=GROUP,
    description="What the units dropped, each into its own folder. rollcall never changes it.",
    kinds={"csv", "excel"},
    owners=["team:reporting-units"],
)
REFERENCE_FILES = dg.AssetSpec(
    key=["reference", "files"],
    group_name=GROUP,
    description="county.yaml, units.csv, divisions.csv, holidays.csv: what the county says of itself.",
    kinds={"yaml", "csv"},
    owners=["team:county-office"],
)
EXTERNAL = (LANDING, REFERENCE_FILES)


@stage(
    "Reading the county's reference files",
    assets=[
        asset("reference.units", GROUP, "One row per reporting unit.", deps=["reference.files"]),
        asset("reference.divisions", GROUP, "One row per county, township or village.", deps=["reference.files"]),
    ],
)
def reference_tables(run: Run) -> Outcome:
    """The county's reference files, validated, as tables."""
    write_reference(run.con, run.reference)
    return Outcome(f"{len(run.reference.units)} units, {len(run.reference.divisions)} divisions")


@stage(
    "Receiving what the units landed",
    assets=[
        asset(
            "archive.ledger",
            GROUP,
            "The hash-chained ledger of receipts, and the allow-listed copy of every file by its SHA-256.",
            deps=["landing.files", "reference.files"],
            kinds=("json", "file"),
        )
    ],
    uses_warehouse=False,
    retry=TRANSIENT,
    options={
        name: dg.Field(str, is_required=False, default_value="", description=f"read again: {words}")
        for name, words in {"feed": "its feed", "period": "its period", "unit": "one unit's; blank for all"}.items()
    },
)
def landed_files(run: Run) -> Outcome:
    """Settled files of the landing folders, received: a line of the ledger each, whatever became of them."""
    said: list[str] = []
    metadata: Metadata = {}
    if run.options.get("feed"):
        again = reread(run.home, run.reference, run.options["feed"], run.options["period"], run.options["unit"] or None)
        said.append(f"{len(again.changed)} files read otherwise than before")
        metadata |= {
            "read again": len(again.changed) + len(again.unchanged),
            "no longer kept": len(again.without_original),
        }
    received = receive(run.home, run.reference, run.as_of)
    said.append(str(received))
    metadata |= {"files": len(received.receipt_nos), "rows": received.row_count, "outcomes": received.outcomes}
    return Outcome(", ".join(said), {"archive.ledger": metadata})


TAKEN = check(
    "every_file_was_taken",
    "intake.receipts",
    "Every file that came since the last night could be read by its contract.",
)
# files that Dagster's page lists
LISTED = 50


@stage(
    "Loading new files into raw tables",
    assets=[
        asset("intake.receipts", GROUP, "One row per landed file that intake has seen.", deps=["archive.ledger"]),
        asset(
            "intake.misfit_rows",
            GROUP,
            "One row per row that could not be cut into the header's columns.",
            deps=["archive.ledger"],
        ),
        asset(
            "intake.removals",
            GROUP,
            "One row per file whose content an order removed, as it was past the time for which contents are kept.",
            deps=["archive.ledger"],
        ),
        *(
            asset(
                feed.raw_table,
                GROUP,
                f"{feed.zh} ({feed.feed}): one row per row of a submission, every contracted cell as it was sent.",
                deps=["archive.ledger"],
            )
            for feed in load_feeds().values()
        ),
    ],
    checks=[TAKEN],
)
def raw_tables(run: Run) -> Outcome:
    """The archive's copies that are not loaded yet, as tables of text, one a feed."""
    loaded = load(run.con, run.home)
    outcomes = small_table(
        run.con,
        "SELECT coalesce(feed, '(none)') AS feed, outcome, count(*) AS files, sum(row_count)::BIGINT AS rows "
        "FROM intake.receipts GROUP BY ALL ORDER BY ALL",
    )
    return Outcome(str(loaded), {"intake.receipts": {"files by feed and outcome": outcomes}}, [_not_taken(run)])


def _not_taken(run: Run) -> dg.AssetCheckResult:
    """Files that came since the last night and were not read, by unit and reason."""
    before = last_night(run.home)
    since = run.home.end_of_day(before.as_of) if before else dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    rows = run.con.execute(
        """
        SELECT unit_code, reason_code, count(*) FROM intake.receipts
        WHERE outcome IN ('not_parsed', 'unreadable') AND arrived_at >= ? GROUP BY ALL ORDER BY ALL
        """,
        [since],
    ).fetchall()
    # names of files are units' text, and stay out of Dagster's storage
    columns, files = ("unit", "reason", "files"), sum(row[2] for row in rows)
    by_reason: Counter[str] = Counter()
    for _, reason, count in rows:
        by_reason[str(reason).replace("_", " ")] += count
    reasons = ", ".join(f"{count} {reason}" for reason, count in by_reason.most_common(NAMED))
    return result(
        TAKEN,
        f"{counted(files, 'file')} not taken ({reasons}) of {listed(unit for unit, *_ in rows)}" if rows else "",
        counts={"files not taken": files},
        tables={"which": table([dict(zip(columns, row, strict=True)) for row in rows[:LISTED]], columns)},
        see="casework/outgoing",
    )
