"""A night's checks: Great Expectations over the rows of revisions that have no results yet.

Belongs here: which revisions, and how what was found becomes rows of `checks.results`, `checks.row_findings` and
`checks.set_aside_rows`. Does not: the states that follow (`states.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import duckdb

from pipeline.checks.expectations import FeedChecks, load_checks
from pipeline.checks.findings import Found, findings_of
from pipeline.checks.frame import build_frame
from pipeline.checks.tables import insert_frame
from pipeline.checks.validate import failing_rows, open_context
from pipeline.checks.vocabulary import SetAside
from pipeline.contracts import Feed, load_feeds
from pipeline.home import Home
from pipeline.reference import Reference
from pipeline.warehouse import transaction

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.data_context import EphemeralDataContext


@dataclass(frozen=True)
class Outcome:
    """What a night found for one expectation of a feed: rows looked at, and rows that failed."""

    feed: str
    code: str
    column: str
    severity: str
    evaluated: int
    failed: int
    failed_files: int


@dataclass
class CheckSummary:
    """What a night's checks found: counts only."""

    revisions: int = 0
    rows: int = 0
    set_aside: int = 0
    failed_files: int = 0
    outcomes: list[Outcome] = field(default_factory=list)


def run_checks(con: duckdb.DuckDBPyConnection, home: Home, reference: Reference, as_of: dt.date) -> CheckSummary:
    """Check every parsed revision that has no results, in one transaction; where there is none, nothing is loaded.

    What is found depends on a revision's rows and its arrival only: `reference` and `as_of` are those of the night
    that all stages take, and change nothing here.

    Raises:
        RollcallError: an expectations file is absent or wrong, or an expectation could not be evaluated.
    """
    summary = CheckSummary()
    feeds = [feed for feed in load_feeds().values() if _pending(con, feed)]
    if not feeds:
        return summary
    checks = {feed.feed: load_checks(feed) for feed in feeds}
    context = open_context()
    with transaction(con):
        for feed in feeds:
            parts = [
                _check_part(con, home, context, feed, checks[feed.feed], part, f"{feed.feed}_{number}")
                for number, part in enumerate(_parts(_pending(con, feed), home.settings.checks.frame_rows))
            ]
            _add(summary, feed, checks[feed.feed], parts)
        summary.set_aside += _set_misfits_aside(con)
    return summary


def _pending(con: duckdb.DuckDBPyConnection, feed: Feed) -> list[tuple[int, int]]:
    """(revision_id, rows) of parsed revisions without results."""
    return con.execute(
        """
        SELECT revision_id, row_count FROM intake.revisions
        WHERE feed = ? AND outcome = 'parsed' AND revision_id NOT IN (SELECT revision_id FROM checks.results)
        ORDER BY revision_id
        """,
        [feed.feed],
    ).fetchall()


def _parts(pending: list[tuple[int, int]], limit: int) -> Iterator[list[int]]:
    """Whole revisions, together at most `limit` rows (a larger revision goes alone)."""
    part: list[int] = []
    rows = 0
    for revision_id, count in pending:
        if part and rows + count > limit:
            yield part
            part, rows = [], 0
        part.append(revision_id)
        rows += count
    if part:
        yield part


def _check_part(
    con: duckdb.DuckDBPyConnection, home: Home, context: EphemeralDataContext,
    feed: Feed, checks: FeedChecks, part: list[int], name: str,
) -> Found:  # fmt: skip
    """Check some revisions of a feed and write what is found."""
    import pandas as pd

    revisions = con.execute(
        """
        SELECT revision_id, unit_code, feed, period, (arrived_at AT TIME ZONE ?)::DATE AS arrived_on
        FROM intake.revisions WHERE revision_id IN (SELECT unnest(?)) ORDER BY revision_id
        """,
        [home.settings.timezone, part],
    ).df()
    raw = _raw_rows(con, feed, revisions)
    frame = build_frame(raw, feed, checks)
    found = findings_of(raw, revisions, feed, checks, frame, failing_rows(context, frame, checks.checks, name))
    results = pd.merge(revisions.drop(columns="arrived_on"), found.results.drop(columns="position"), on="revision_id")
    insert_frame(con, "checks.results", results)
    insert_frame(con, "checks.row_findings", found.row_findings)
    insert_frame(con, "checks.set_aside_rows", found.set_aside)
    return found


def _raw_rows(con: duckdb.DuckDBPyConnection, feed: Feed, revisions: pd.DataFrame) -> pd.DataFrame:
    """Rows that fitted their header, with what their file says of period and arrival."""
    columns = ", ".join(f'raw."{name}"' for name in feed.columns)
    con.register("revisions_to_check", revisions)
    rows = con.execute(
        f"""
        SELECT raw.revision_id, raw.row_no, raw.line, {columns}, revisions.period, revisions.arrived_on
        FROM {feed.raw_table} AS raw
        INNER JOIN revisions_to_check AS revisions USING (revision_id)
        WHERE NOT raw.is_misfit
        ORDER BY raw.revision_id, raw.row_no
        """
    ).df()
    con.unregister("revisions_to_check")
    return rows


def _set_misfits_aside(con: duckdb.DuckDBPyConnection) -> int:
    """Set aside the rows that intake could not cut into the header's columns; returns how many were new."""
    return con.execute(
        """
        INSERT INTO checks.set_aside_rows (revision_id, row_no, line, column_name, code)
        SELECT m.revision_id, m.row_no, m.line, NULL, ?
        FROM intake.misfit_rows AS m
        ANTI JOIN checks.set_aside_rows AS s ON m.revision_id = s.revision_id AND m.row_no = s.row_no
        ORDER BY m.revision_id, m.row_no
        """,
        [SetAside.TOO_MANY_CELLS],
    ).fetchall()[0][0]


def _add(summary: CheckSummary, feed: Feed, checks: FeedChecks, parts: list[Found]) -> None:
    for found in parts:
        summary.revisions += found.results["revision_id"].nunique()
        summary.rows += found.row_count
        summary.set_aside += len(found.set_aside)
    for position, check in enumerate(checks.checks):
        lines = [found.results[found.results["position"] == position] for found in parts]
        failed_files = sum(int((~line["is_passed"]).sum()) for line in lines) if check.severity == "file" else 0
        evaluated, failed = (
            sum(int(line[name].sum()) for line in lines) for name in ("evaluated_count", "failed_count")
        )
        summary.failed_files += failed_files
        summary.outcomes.append(
            Outcome(feed.feed, check.code, check.column, check.severity, evaluated, failed, failed_files)
        )
