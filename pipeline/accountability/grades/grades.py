"""Grades: the weighted mean of a unit's verdicts, and the critical rule on top of it, whatever the mean.

Belongs here: points to grades, and when an obligation is critical; pure over frames, and the one write. Does not:
verdicts (`limits/control_limits.py`), tickets, or the right of reply before a unit is named outside the office
(`publish/replies.py`).

An obligation is *critical* where, at any time from the day it was due until the next one was due,

- a ticket for an alarm of `missing_submission` stood past its date of rectification; or
- its records stood in an alarm of `uncorroborated`, and a verification had confirmed records without a child behind
  them, or the unit had let the verification's date pass.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd

from pipeline.accountability.obligations.statuses import Status
from pipeline.accountability.rectification.tables import read_events
from pipeline.accountability.rectification.tickets import Change, Kind, TicketEvent
from pipeline.accountability.vocabulary import Rule, Severity
from pipeline.checks.tables import insert_frame
from pipeline.home import Home
from pipeline.settings.rectification import GradeSettings
from pipeline.statements import Statements
from pipeline.warehouse import transaction

_STATEMENTS = Statements(__file__)
LOWEST = "D"
# every measure is too few or not applicable: neither good nor bad
NOTHING_TO_JUDGE = "-"
_KEY = ["unit_code", "feed", "period"]


@dataclass(frozen=True)
class Span:
    """Days on which something held: from `start` until before `end`, for ever where that is None."""

    start: dt.date
    end: dt.date | None = None


def grade(verdicts: pd.DataFrame, settings: GradeSettings) -> pd.DataFrame:
    """The mean points and the grade of each row.

    Args:
        verdicts: a column a measure, with `Verdict` values; other columns are not looked at.

    Returns:
        `score` (0 to 100; NaN where no measure could be judged) and `grade` (A to D; `-` there), in the same order.
    """
    total, weights = np.zeros(len(verdicts)), np.zeros(len(verdicts))
    for measure, weight in settings.weights.items():
        points = verdicts[measure].map(settings.points).to_numpy(float)
        judged = np.isfinite(points)
        total += np.where(judged, weight * points, 0.0)
        weights += np.where(judged, weight, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        score = total / np.where(weights > 0, weights, np.nan)
    letters = np.full(len(verdicts), LOWEST, dtype=object)
    for letter, least in sorted(settings.cut_offs.items(), key=lambda one: one[1]):
        letters[score >= least] = letter
    letters[np.isnan(score)] = NOTHING_TO_JUDGE
    return pd.DataFrame({"score": score, "grade": letters}, index=verdicts.index)


def overdue_alarms(events: Iterable[TicketEvent]) -> dict[tuple[str, str], list[Span]]:
    """When a ticket for an alarm of missing submissions was past its date, by unit and feed."""
    found: dict[tuple[str, str], list[Span]] = {}
    for event in events:
        if event.kind is not Kind.ALARM or event.rule != Rule.MISSING_SUBMISSION:
            continue
        spans = found.setdefault((event.unit_code, event.feed), [])
        if event.event is Change.OVERDUE:
            spans.append(Span(event.on_date))
        elif event.event is Change.CLOSED and spans and spans[-1].end is None:
            spans[-1] = Span(spans[-1].start, event.on_date)
    return found


def failed_verifications(
    findings: Iterable[tuple[str, str, int, dt.date, dt.date | None]], as_of: dt.date
) -> dict[tuple[str, str], list[Span]]:
    """When a verification spoke, or its date had passed without an answer, by unit and feed.

    Args:
        findings: unit, feed, records confirmed to be without a child, the last day for an answer, the answer's day.
    """
    found: dict[tuple[str, str], list[Span]] = {}
    for unit_code, feed, confirmed, due_on, answered_on in findings:
        spans = found.setdefault((unit_code, feed), [])
        passed_on = due_on + dt.timedelta(days=1)
        if confirmed:
            spans.append(Span(min(answered_on or passed_on, passed_on)))
        elif passed_on <= as_of and (answered_on is None or answered_on > due_on):
            spans.append(Span(passed_on, answered_on))
    return found


def critical_since(
    owed: pd.DataFrame,
    overdue: Mapping[tuple[str, str], Sequence[Span]],
    verified: Mapping[tuple[str, str], Sequence[Span]],
) -> pd.Series:
    """The first day on which each obligation was critical; None where it was not.

    Args:
        owed: `unit_code, feed, period, due_on, status, is_uncorroborated`, in order of period within unit and feed.
    """
    until = owed.groupby(["unit_code", "feed"], sort=False)["due_on"].shift(-1)
    found = []
    for (unit, feed, start, status, alarmed), end in zip(
        owed[["unit_code", "feed", "due_on", "status", "is_uncorroborated"]].itertuples(index=False, name=None),
        until,
        strict=True,
    ):
        spans = [*overdue.get((unit, feed), ()), *(verified.get((unit, feed), ()) if alarmed else ())]
        last = None if pd.isna(end) else end
        days = [
            span.start
            for span in spans
            if (last is None or span.start < last) and (span.end is None or span.end > start)
        ]
        found.append(min(days) if days and status != Status.NOT_DUE else None)
    return pd.Series(found, index=owed.index, dtype=object)


def write_grades(con: duckdb.DuckDBPyConnection, home: Home, as_of: dt.date) -> dict[str, int]:
    """Write `accountability.grades` anew, in one transaction; returns how many obligations have which grade."""
    owed = con.execute(
        _STATEMENTS["trailing_verdicts"], {"rule": Rule.UNCORROBORATED.value, "severity": Severity.ALARM.value}
    ).df()
    verdicts = pd.DataFrame(
        {name: [by_measure.get(name) for by_measure in owed["verdicts"]] for name in home.settings.grades.weights},
        index=owed.index,
    )
    owed["due_on"] = owed["due_on"].dt.date
    said = grade(verdicts, home.settings.grades)
    is_due = owed["status"] != Status.NOT_DUE
    findings = con.execute(
        "SELECT unit_code, feed, confirmed_without_child, due_on, answered_on FROM casework.verification_findings "
        "ORDER BY ALL"
    ).fetchall()
    since = critical_since(owed, overdue_alarms(read_events(con)), failed_verifications(findings, as_of))
    is_critical = since.notna()
    letters = said["grade"].where(~is_critical, LOWEST).where(is_due, None)
    frame = owed[_KEY].assign(
        grade=letters,
        is_critical=is_critical,
        score=said["score"].where(is_due).astype("Float64"),
        critical_since=pd.Series(since, dtype="object"),
    )
    with transaction(con):
        con.execute("DELETE FROM accountability.grades")
        insert_frame(con, "accountability.grades", frame)
    return {str(letter): int(count) for letter, count in letters.value_counts().sort_index().items()}
