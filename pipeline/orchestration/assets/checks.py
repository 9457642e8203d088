"""The stage checks as assets: what the expectations found, submission states, obligations; asset checks per agency."""

import datetime as dt

import dagster as dg

from pipeline.accountability import write_obligations
from pipeline.accountability.obligations.arrivals import Arrival, other_months, sudden_changes
from pipeline.checks import decide_states, run_checks
from pipeline.contracts import load_feeds
from pipeline.orchestration.assets.check_results import AMBER, RED, counted, listed, result
from pipeline.orchestration.assets.intake import RAW_TABLES
from pipeline.orchestration.assets.stage import Metadata, Outcome, asset, check, small_table, stage, table
from pipeline.orchestration.resources import Run
from pipeline.publish import last_night
from pipeline.statements import Statements

_STATEMENTS = Statements(__file__)
GROUP = "checks"
AGENCIES = tuple(sorted({feed.agency for feed in load_feeds().values()}))
# a file-level failure rejects a revision; a row-level one is a defect that the unit is told of
SEVERITIES = {"row": AMBER, "file": RED}
RESULTS = "checks.results"
# days before the first night whose files are looked at as if they came tonight
FIRST_LOOK_DAYS = 62
FEEDS = tuple(load_feeds())
EXPECTED = {
    (agency, severity): check(
        f"{agency}_{severity}s",
        RESULTS,
        f"The expectations of severity '{severity}' over the last file of each submission of {agency}.",
    )
    for agency in AGENCIES
    for severity in SEVERITIES
}
_ODD = ("unit", "feed", "period", "rows", "rows usually", "share outside")


@stage(
    "Checking new submissions",
    assets=[
        asset(
            RESULTS,
            GROUP,
            "One row per expectation and revision: rows evaluated, rows failed.",
            deps=RAW_TABLES,
            kinds=("duckdb", "table", "greatexpectations"),
        ),
        asset("checks.row_findings", GROUP, "One row per row and expectation that failed.", deps=RAW_TABLES),
        asset(
            "checks.set_aside_rows",
            GROUP,
            "One row per row that is set aside, with its reason: a required cell is blank or unreadable.",
            deps=[*RAW_TABLES, "intake.misfit_rows"],
        ),
    ],
    checks=list(EXPECTED.values()),
)
def check_results(run: Run) -> Outcome:
    """Great Expectations over the revisions that have no results yet."""
    summary = run_checks(run.con, run.home, run.reference, run.as_of)
    failing = small_table(
        run.con,
        "SELECT feed, code, severity, sum(evaluated_count)::BIGINT AS evaluated, sum(failed_count)::BIGINT AS failed "
        "FROM checks.results GROUP BY ALL HAVING failed > 0 ORDER BY feed, failed DESC, code",
    )
    said = f"{summary.rows:,} rows of {summary.revisions:,} files, {summary.set_aside:,} rows set aside"
    return Outcome(said, {RESULTS: {"expectations with failures": failing}}, _agency_checks(run))


_COLUMNS = ("feed", "code", "evaluated", "failed", "units")


def _agency_checks(run: Run) -> list[dg.AssetCheckResult]:
    """One result per agency and severity: what is wrong with the last file of each of its submissions."""
    of_feed = {feed.feed: feed.agency for feed in load_feeds().values()}
    found: dict[tuple[str, str], list[dict[str, object]]] = {(a, s): [] for a in AGENCIES for s in SEVERITIES}
    for feed, severity, *counts in run.con.execute(_STATEMENTS["still_wrong"]).fetchall():
        found[of_feed[feed], severity].append(dict(zip(_COLUMNS, (feed, *counts), strict=True)))
    return [_expected(agency, severity, records) for (agency, severity), records in found.items()]


def _expected(agency: str, severity: str, records: list[dict]) -> dg.AssetCheckResult:
    failed = sum(record["failed"] for record in records)
    words = ""
    if records:
        rules = counted(len(records), "expectation")
        name = agency.replace("_", " ")
        words = (
            f"{name}: {rules} of whole files failed ({listed(record['code'] for record in records)})"
            if severity == "file"
            else f"{name}: {counted(failed, 'cell')} in the last files failed {rules}"
        )
    return result(
        EXPECTED[agency, severity],
        words,
        severity=SEVERITIES[severity],
        counts={"expectations that fail": len(records), "failures": failed},
        tables={"which": table(records, _COLUMNS)},
        see=f"reports/checks/{agency}.html",
    )


DECIDED = check("no_submission_waits", "checks.submission_states", "No revision is held until a person confirms it.")


@stage(
    "Deciding the state of each submission",
    assets=[
        asset(
            "checks.submission_states",
            GROUP,
            "One row per revision: accepted, nil, appended, held, rejected, superseded or duplicate.",
            deps=["intake.receipts", RESULTS, "checks.set_aside_rows"],
        ),
        asset(
            "checks.current_revisions",
            GROUP,
            "One row per revision whose rows are read from here on.",
            deps=["intake.receipts", RESULTS, "checks.set_aside_rows"],
            kinds=("duckdb", "view"),
        ),
    ],
    checks=[DECIDED],
)
def submission_states(run: Run) -> Outcome:
    """The state of every revision of the submissions that something happened to."""
    summary = decide_states(run.con, run.home)
    states = small_table(
        run.con,
        "SELECT feed, state, count(*) AS revisions FROM checks.submission_states GROUP BY ALL ORDER BY ALL",
    )
    said = ", ".join(f"{count:,} {state}" for state, count in sorted(summary.counts.items()))
    held = run.con.execute(
        "SELECT unit_code, feed, period FROM checks.submission_states WHERE state = 'held' ORDER BY ALL"
    ).fetchall()
    waiting = result(
        DECIDED,
        f"{counted(len(held), 'submission')} held until somebody decides: "
        + listed(f"{unit} {feed} {period}" for unit, feed, period in held)
        if held
        else "",
        counts={"held": len(held)},
        see="rollcall submissions confirm UNIT FEED PERIOD",
    )
    return Outcome(said, {"checks.submission_states": {"revisions by feed and state": states}}, [waiting])


OBLIGATIONS = "accountability.obligations"
STEADY = check(
    "rows_follow_the_units_history",
    OBLIGATIONS,
    "No submission that came since the last night has far more or fewer rows than its unit's earlier ones.",
)
OF_ITS_MONTH = check(
    "files_are_of_their_period",
    OBLIGATIONS,
    "No submission that came since the last night holds mostly events of another period.",
)
FRESH = {
    feed: check(
        f"{feed}_is_fresh",
        OBLIGATIONS,
        f"Every unit has sent the period of {feed.replace('_', ' ')} that fell due last.",
    )
    for feed in FEEDS
}


@stage(
    "Working out what each unit owes",
    assets=[
        asset(
            OBLIGATIONS,
            GROUP,
            "One row per unit, feed and period that is owed: on time, late, rejected, missing or not due.",
            deps=["checks.current_revisions", "checks.submission_states", "reference.units", "reference.files"],
        ),
        asset(
            "accountability.registers",
            GROUP,
            "One row per contract: its kind, its catchment, and the latest period that has fallen due.",
            deps=["reference.files"],
        ),
    ],
    checks=[STEADY, OF_ITS_MONTH, *FRESH.values()],
)
def obligations(run: Run) -> Outcome:
    """Obligations by the working-day calendar, and what became of each."""
    summary = write_obligations(run.con, run.home, run.reference, run.as_of)
    statuses = small_table(
        run.con,
        "SELECT feed, status, count(*) AS periods FROM accountability.obligations GROUP BY ALL ORDER BY ALL",
    )
    said = ", ".join(f"{count:,} {status}" for status, count in summary.counts.items())
    metadata: Metadata = {"periods by feed and status": statuses, "calendar": list(summary.warnings)}
    return Outcome(said, {OBLIGATIONS: metadata}, [*_arrival_checks(run), *_freshness(run)])


def _freshness(run: Run) -> list[dg.AssetCheckResult]:
    """A feed is as fresh as the period of it that fell due last is whole."""
    found = {
        feed: (period, owed, absent)
        for feed, period, owed, absent in run.con.execute(_STATEMENTS["freshness"]).fetchall()
    }
    results = []
    for feed, spec in FRESH.items():
        period, owed, absent = found.get(feed, ("", 0, 0))
        results.append(
            result(
                spec,
                f"{feed.replace('_', ' ')} {period}: {absent} of {counted(owed, 'unit')} sent nothing that can be read"
                if absent
                else "",
                counts={"units that owe it": owed, "missing or rejected": absent},
                tables={"period": dg.MetadataValue.text(period)},
                see="rollcall submissions list",
            )
        )
    return results


def _arrival_checks(run: Run) -> list[dg.AssetCheckResult]:
    """Warnings on the night that a submission comes; on the first night, on each unit's last one."""
    before = last_night(run.home)
    since = run.home.end_of_day(before.as_of) if before else None
    settings = run.home.settings.arrivals
    return [
        _odd(STEADY, "far more or fewer rows than usual", sudden_changes(run.con, settings, since)),
        _odd(
            OF_ITS_MONTH, "mostly events of another period", other_months(run.con, settings, since or _first_look(run))
        ),
    ]


def _first_look(run: Run) -> dt.datetime:
    """Where no night has run, files of the last two months are looked at: the rest is history."""
    return run.home.end_of_day(run.as_of - dt.timedelta(days=FIRST_LOOK_DAYS))


def _odd(spec: dg.AssetCheckSpec, what: str, arrivals: list[Arrival]) -> dg.AssetCheckResult:
    records = [
        {
            "unit": arrival.unit_code,
            "feed": arrival.feed,
            "period": arrival.period,
            "rows": arrival.rows,
            "rows usually": None if arrival.usual is None else round(arrival.usual, 1),
            "share outside": None if arrival.share_outside is None else round(arrival.share_outside, 2),
        }
        for arrival in arrivals
    ]
    submissions = counted(len(arrivals), "submission")
    return result(
        spec,
        f"{submissions} with {what} ({listed(arrival.unit_code for arrival in arrivals)})" if arrivals else "",
        counts={"submissions": len(arrivals)},
        tables={"which": table(records, _ODD)},
        see="rollcall submissions list",
    )
