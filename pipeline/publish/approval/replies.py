"""The right of reply: before a unit is named critical outside the office, it is told and has ten working days.

Belongs here: who is critical, who was told when, what they replied, and who may still reply. Does not: what makes a
unit critical (accountability), or how it is told (the feedback that the unit gets).

One reply counts as long as the unit stays critical without a break: it need not be asked again every month.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

import duckdb

from pipeline.accountability.obligations.calendar import WorkingDays, first_day, month_after, month_of
from pipeline.errors import UsageError
from pipeline.home import Home
from pipeline.publish.approval.approvals import REPLIED, TOLD, check_name, ledger
from pipeline.reference import Reference

SCORECARDS = "unit_scorecards"


@dataclass(frozen=True)
class Waiting:
    """A critical unit that may still reply. `until`: the last day for it; None where it has not been told yet."""

    unit_code: str
    until: dt.date | None


def critical_units(con: duckdb.DuckDBPyConnection, period: str) -> list[str]:
    """Units that the marts name critical in a period, in order; none where there are no grades."""
    return [unit for unit, months in sorted(_critical_months(con).items()) if period in months]


def check_critical(con: duckdb.DuckDBPyConnection, unit_code: str, period: str) -> None:
    """Refuse to go on with a unit that is not critical: it would be told what is not so.

    Raises:
        UsageError: the marts do not name the unit critical in the period.
    """
    critical = critical_units(con, period)
    if unit_code not in critical:
        raise UsageError(
            f"{unit_code} is not critical in {period}, so there is nothing to tell it.",
            f"Critical in {period}: {', '.join(critical) or 'no unit'}.",
        )


def waiting(
    con: duckdb.DuckDBPyConnection, home: Home, reference: Reference, period: str, today: dt.date
) -> list[Waiting]:
    """Critical units of a period that have neither replied nor let the time for it pass by `today`."""
    months, days = _critical_months(con), WorkingDays(reference.holidays)
    entries = [entry for entry in ledger(home).read() if entry["kind"] in (TOLD, REPLIED)]
    found = []
    for unit in critical_units(con, period):
        since = _since(months[unit], period)
        mine = [one for one in entries if one["unit_code"] == unit and since <= one["period"] <= period]
        if any(one["kind"] == REPLIED for one in mine):
            continue
        told = min((dt.date.fromisoformat(one["told_on"]) for one in mine if one["kind"] == TOLD), default=None)
        until = None if told is None else last_day(told, home.settings.disclosure.reply_working_days, days)
        if until is None or today <= until:
            found.append(Waiting(unit, until))
    return found


def last_day(told_on: dt.date, working_days: int, days: WorkingDays) -> dt.date:
    """The last day of a term of working days that begins the day after somebody was told."""
    return days.after(told_on, working_days)


def reply_terms(
    home: Home, reference: Reference, critical: Mapping[str, Set[str]], today: dt.date
) -> dict[tuple[str, str], dt.date]:
    """Until when each critical unit may reply, by unit and month: from the day it was first told, else from today.

    Args:
        critical: by unit, its critical months.
    """
    days, term = WorkingDays(reference.holidays), home.settings.disclosure.reply_working_days
    # a night that is replayed knows nothing of what came after it
    told = [
        entry
        for entry in ledger(home).read()
        if entry["kind"] == TOLD and dt.date.fromisoformat(entry["told_on"]) <= today
    ]
    found = {}
    for unit, months in sorted(critical.items()):
        for month in sorted(months):
            first = _since(set(months), month)
            mine = [one for one in told if one["unit_code"] == unit and first <= one["period"] <= month]
            on_days = [dt.date.fromisoformat(one["told_on"]) for one in mine]
            found[unit, month] = last_day(min(on_days, default=today), term, days)
    return found


def note_all_told(
    home: Home, reference: Reference, critical: Mapping[str, Set[str]], told_on: dt.date, by: str
) -> list[str]:
    """Note of every critical unit and month that it was told; returns the units newly told, in order.

    A unit that `units.csv` no longer has is left out: nobody is there to reply.
    """
    told = {
        unit
        for unit, months in critical.items()
        if unit in reference.units
        for month in sorted(months)
        if note_told(home, reference, unit, month, told_on, by)
    }
    return sorted(told)


def note_told(home: Home, reference: Reference, unit_code: str, period: str, told_on: dt.date, by: str) -> bool:
    """Note that a unit was told that it is critical; once for a period, the first day counts.

    Returns:
        Whether it was noted; False where it had been.

    Raises:
        UsageError: there is no such unit, or the period is no month.
    """
    _check(reference, unit_code, period)
    check_name(by)
    for entry in ledger(home).read():
        if entry["kind"] == TOLD and (entry["unit_code"], entry["period"]) == (unit_code, period):
            return False
    body = {"kind": TOLD, "unit_code": unit_code, "period": period, "told_on": told_on.isoformat(), "by": by}
    ledger(home).append([body])
    return True


def note_reply(
    home: Home, reference: Reference, unit_code: str, period: str, today: dt.date, by: str, note: str
) -> dict[str, Any]:
    """Note what a unit replied; every reply is kept.

    Raises:
        UsageError: there is no such unit, the period is no month, or the note is blank.
    """
    _check(reference, unit_code, period)
    check_name(by)
    if not note.strip():
        raise UsageError("A reply needs its words.", "Give them with --note.")
    body = {"kind": REPLIED, "unit_code": unit_code, "period": period, "replied_on": today.isoformat(), "by": by}
    return ledger(home).append([{**body, "note": note.strip()}])[0]


def _check(reference: Reference, unit_code: str, period: str) -> None:
    if unit_code not in reference.units:
        raise UsageError(f"There is no unit {unit_code}.", "reference/units.csv lists them.")
    try:
        first_day(period)
    except ValueError:
        raise UsageError(f"{period!r} is no month.", "Write it as 2024-01.") from None


def _critical_months(con: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    """By unit, the months in which one of its feeds makes it critical (of a yearly feed, those of its year)."""
    columns = con.execute(
        "SELECT column_name FROM duckdb_columns() WHERE database_name = current_database() "
        "AND schema_name = 'marts' AND table_name = ?",
        [SCORECARDS],
    ).fetchall()
    found: dict[str, set[str]] = {}
    if ("is_critical",) not in columns:
        return found
    for unit, period in con.execute(
        f"SELECT DISTINCT unit_code, period FROM marts.{SCORECARDS} WHERE is_critical ORDER BY ALL"
    ).fetchall():
        whole = [period] if len(period) > len("2024") else [f"{period}-{month:02d}" for month in range(1, 13)]
        found.setdefault(unit, set()).update(whole)
    return found


def _since(months: set[str], period: str) -> str:
    """The first month of the unbroken run of critical months that ends with a period."""
    first = period
    while (before := month_of(month_after(first_day(first), -1))) in months:
        first = before
    return first
