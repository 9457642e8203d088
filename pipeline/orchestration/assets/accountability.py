"""The stage accountability as assets: what the counts of the measures mean, for every unit, feed and period.

Not here: how it is judged (`pipeline.accountability`), or what analysts see of it (dbt's marts).
"""

import dagster as dg

from pipeline.accountability.grades.division_results import write_rollups
from pipeline.accountability.grades.grades import write_grades
from pipeline.accountability.rectification.tables import write_tickets
from pipeline.accountability.scorecards import write_scorecards
from pipeline.accountability.vocabulary import Rule, Severity
from pipeline.orchestration.assets.check_results import AMBER, RED, counted, listed, result
from pipeline.orchestration.assets.stage import Metadata, Outcome, asset, check, row_count, small_table, stage, table
from pipeline.orchestration.resources import Run

GROUP = "accountability"
FLAGS, COMMON_CAUSES = "accountability.flags", "accountability.common_causes"
_COUNTS = ("measures.rule_counts", "measures.corroboration_cells", "measures.event_days", "accountability.obligations")

TICKETS, GRADES = "accountability.tickets", "accountability.grades"

JUDGED = {
    "accountability.measure_results": "One row per obligation, measure and window: counts, value, interval, verdict.",
    "accountability.rule_results": "One row per obligation, rule and item: the trailing rate against its limits.",
    FLAGS: "One row per unit, feed, period and rule that is worth a word: event, warning or alarm.",
    COMMON_CAUSES: "One row per feed, rule, item and period at which all units fall short together.",
}
RECTIFIED = {
    TICKETS: "One row per ticket: what a unit has to put right, and how that stands.",
    "accountability.ticket_events": "One row per change of a ticket: opened, re-tested, overdue, closed, reopened.",
    GRADES: "One row per obligation: the weighted mean of its verdicts as a grade, and the critical rule.",
    "accountability.division_results": "One row per township or department, period and measure: the units added up.",
}
# what the release's views read
RESULTS = (*JUDGED, *RECTIFIED)
ALARMS = {
    rule.value: check(
        f"no_{rule.value}_alarm",
        FLAGS,
        "No unit's rate is out of limits over the window that ends with its last period.",
    )
    for rule in Rule
}
TOGETHER = check(
    "no_county_alarm",
    COMMON_CAUSES,
    "At no feed do all units together fall short of what any target may allow, at the period that fell due last.",
)
_COLUMNS = ("unit", "feed", "period", "severity", "evidence", "of")


@stage(
    "Judging rates by their control limits",
    assets=[asset(name, GROUP, words, deps=_COUNTS) for name, words in JUDGED.items()],
    checks=[*ALARMS.values(), TOGETHER],
)
def scorecards(run: Run) -> Outcome:
    """Intervals, control limits, verdicts and flags of every period, anew: what came late tells of earlier ones too."""
    summary = write_scorecards(run.con, run.home)
    by_rule = small_table(
        run.con, "SELECT rule, severity, count(*) AS flags FROM accountability.flags GROUP BY ALL ORDER BY ALL"
    )
    said = ", ".join(f"{count:,} {severity}s" for severity, count in summary.flags.items())
    return Outcome(said, {FLAGS: {"flags by rule": by_rule}}, [*_alarms(run), _county_alarm(run)])


def _county_alarm(run: Run) -> dg.AssetCheckResult:
    """What falls short at all units of a feed together, at the period of the feed that fell due last."""
    rows = run.con.execute(
        """
        SELECT feed, rule, item, since, units_above, units, failed, evaluated, highest
        FROM accountability.common_causes JOIN accountability.registers USING (feed)
        WHERE period = due_through ORDER BY ALL
        """
    ).fetchall()
    columns = ("feed", "rule", "item", "since", "units above", "units", "failed", "evaluated", "level")
    told = [
        f"{feed.replace('_', ' ')}: {rule.replace('_', ' ')}{f' ({item})' if item else ''} at {above} of {units} units "
        f"since {since}"
        for feed, rule, item, since, above, units, *_ in rows
    ]
    return result(
        TOGETHER,
        "The county as a whole falls short, no single unit: " + "; ".join(told) if told else "",
        severity=RED,
        counts={"county alarms": len(rows)},
        tables={"what": table([dict(zip(columns, row, strict=True)) for row in rows], columns)},
        see="marts.county_alarms",
    )


def _alarms(run: Run) -> list[dg.AssetCheckResult]:
    """By rule, the units whose last period that is due has a warning or an alarm."""
    found: dict[str, list[tuple]] = {rule: [] for rule in ALARMS}
    for rule, *row in run.con.execute(
        """
        SELECT rule, unit_code, feed, period, severity, evidence_count, denominator
        FROM accountability.flags
        JOIN (
            SELECT unit_code, feed, max(period) AS period FROM accountability.obligations
            WHERE status <> 'not_due' GROUP BY ALL
        ) USING (unit_code, feed, period)
        WHERE severity <> $event ORDER BY rule, severity, unit_code, feed
        """,
        {"event": Severity.EVENT.value},
    ).fetchall():
        found[rule].append(tuple(row))
    return [_alarm(rule, rows) for rule, rows in found.items()]


def _alarm(rule: str, rows: list[tuple]) -> dg.AssetCheckResult:
    """Of one rule: unit, feed, period, severity, evidence, of how many."""
    alarms = [row for row in rows if row[3] == Severity.ALARM.value]
    warnings = len(rows) - len(alarms)
    words = f"{rule.replace('_', ' ')}: " if rows else ""
    if alarms:
        units = {row[0] for row in alarms}
        words += f"{counted(len(alarms), 'alarm')} at {counted(len(units), 'unit')} ({listed(units)})"
    if warnings:
        words += f"{' and ' if alarms else ''}{counted(warnings, 'warning')}"
    return result(
        ALARMS[rule],
        words,
        severity=RED if alarms else AMBER,
        counts={"alarms": len(alarms), "warnings": warnings},
        tables={"units": table([dict(zip(_COLUMNS, row, strict=True)) for row in rows], _COLUMNS)},
        see="casework/outgoing",
    )


@stage(
    "Following up what has to be put right",
    assets=[
        asset(name, GROUP, words, deps=[*JUDGED, "accountability.obligations", "publish.nights"])
        for name, words in RECTIFIED.items()
    ],
)
def rectification(run: Run) -> Outcome:
    """Tickets opened, tested on what came since, closed, reopened, overdue; grades; sums by township and department."""
    changes = write_tickets(run.con, run.home, run.reference, run.night.night_no, run.as_of)
    grades = write_grades(run.con, run.home, run.as_of)
    write_rollups(run.con)
    critical = run.con.execute("SELECT count(*) FROM accountability.grades WHERE is_critical").fetchall()[0][0]
    said = ", ".join(f"{count:,} {change.replace('_', ' ')}" for change, count in changes.items())
    metadata: dict[str, Metadata] = {GRADES: {**grades, "critical": critical}}
    # a table without rows has no columns to show
    if row_count(run.con, TICKETS):
        standing = "SELECT rule, kind, status, count(*) AS tickets FROM " + TICKETS + " GROUP BY ALL ORDER BY ALL"
        metadata[TICKETS] = {"tickets by rule": small_table(run.con, standing)}
    return Outcome(said or "no ticket changed", metadata)
