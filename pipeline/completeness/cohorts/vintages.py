"""How settled an estimate is, and why it differs from the one before. Pure functions."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from pipeline.completeness.vocabulary import Reason, Vintage

_MONTHS = 12


@dataclass(frozen=True)
class Published:
    """What a revision compares of an estimate."""

    vintage: Vintage
    observed: int
    estimate: float | None
    low: float | None
    high: float | None


def months_since(cohort: str, as_of: dt.date) -> int:
    """Whole months from the end of the cohort's year to a day."""
    return (as_of.year - int(cohort) - 1) * _MONTHS + as_of.month - 1 + _is_month_end(as_of)


def _is_month_end(day: dt.date) -> bool:
    return (day + dt.timedelta(days=1)).day == 1


def vintage(cohort: str, as_of: dt.date, is_due: bool, revised_months: int, final_months: int) -> Vintage:
    """The vintage of a cohort year; provisional while any register may still report births of it in time."""
    age = months_since(cohort, as_of)
    if not is_due or age < revised_months:
        return Vintage.PROVISIONAL
    return Vintage.FINAL if age >= final_months else Vintage.REVISED


def reason_of_revision(before: Published | None, now: Published) -> Reason | None:
    """Why the estimate is revised, the first reason that holds; None where it is what it was."""
    if before is None:
        return Reason.FIRST_ESTIMATE
    if before == now:
        return None
    if (before.estimate is None) != (now.estimate is None):
        return Reason.SUPPRESSION
    if before.vintage is not now.vintage:
        return Reason.VINTAGE
    if before.observed != now.observed:
        return Reason.MORE_RECORDS if now.observed > before.observed else Reason.FEWER_RECORDS
    return Reason.OTHER_EVIDENCE
