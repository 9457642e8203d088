"""Date heaping: events on the days of the month that a unit used most before, and how many belong there by chance.

Belongs here: counting, per unit, feed and month, and what the looks compare. Does not: the limits
(`limits/control_limits.py`).

The days are chosen from the months *before* the one that is counted, so that no choice flatters itself: where dates are
true, the excess over the expectation is a sum of martingale differences, whichever days were chosen. What belongs on
them is the larger of two expectations, so that a unit's own way of serving is never heaping:

- by weekday: the month's events of each weekday fall alike on its four or five dates. This allows for any weekly
  service days, whatever they are;
- by weekday and its number in the month, as in the months before: this allows for a session on every first Tuesday.

Which days are heaped is not assumed (the 1st, the 15th, every fifth day): a county's clerks have their own. Events of
one day may be one batch; how much they tell is counted by days, not events (`design_effects`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.accountability.limits.control_limits import effective, is_enough, look
from pipeline.accountability.limits.rule_results import Judged, Parts, policy_of
from pipeline.accountability.measures.counts import DAYS
from pipeline.accountability.measures.trailing_windows import trailing_periods, window_of
from pipeline.accountability.vocabulary import Rule
from pipeline.settings.accountability import AccountabilitySettings

WEEKDAYS, WEEKS = 7, 5
# months of the past that teach, and how much a weekday's usual share counts against one month's
HISTORY = 12


@dataclass(frozen=True)
class Heaped:
    """Counts by (series, months).

    Attributes:
        failed: events on the days used most before. evaluated: all events of months whose past is known.
        expected: how many of them belong there by chance.
        squares: sum over days of events², of the same months.
    """

    failed: np.ndarray
    evaluated: np.ndarray
    expected: np.ndarray
    squares: np.ndarray


def count(events: np.ndarray, months: np.ndarray, days: int, minimum_events: int) -> Heaped:
    """Count heaped events.

    Args:
        events: (series, months, 31) events by day of the month.
        months: (months,) datetime64[M].
        days: how many days of the month are looked at.
        minimum_events: events of the past below which nothing is known of it.
    """
    series, number, _ = events.shape
    out = np.zeros((4, series, number))
    weekday, week, real = _calendar(months)
    total = events.sum(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        # a month counts once, however many events it has: a batch of one month must not choose the days
        share = np.where(total[:, :, None] > 0, events / total[:, :, None], 0.0)
    for month in range(1, number):
        past = slice(max(0, month - HISTORY), month)
        known = (total[:, past].sum(axis=1) >= minimum_events) & (total[:, month] > 0)
        rows = np.flatnonzero(known)
        if len(rows):
            used = _most_used(share[rows, past].sum(axis=1), days) & real[month]
            now = events[rows, month]
            by_weekday = _by_weekday(now, used, weekday[month], real[month])
            by_week = _by_week(share[rows, past], used, weekday, week, real, past, month)
            out[0, rows, month] = (now * used).sum(axis=1)
            out[1, rows, month] = total[rows, month]
            out[2, rows, month] = total[rows, month] * np.maximum(by_weekday, by_week)
            out[3, rows, month] = (now**2).sum(axis=1)
    return Heaped(*out)


def _calendar(months: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """By (months, 31): weekday, number of the weekday in the month, and whether the day exists."""
    first = months.astype("datetime64[M]").astype("datetime64[D]")
    dates = first[:, None] + np.arange(DAYS)
    real = dates.astype("datetime64[M]") == months.astype("datetime64[M]")[:, None]
    # 1970-01-01 was a Thursday; Monday is 0
    weekday = (dates.astype("datetime64[D]").astype(int) + 3) % WEEKDAYS
    return weekday, np.broadcast_to(np.arange(DAYS) // WEEKDAYS, dates.shape), real


def _most_used(share: np.ndarray, days: int) -> np.ndarray:
    """(series, 31) the days used most; of equal ones the earlier. A day never used is not among them."""
    order = np.argsort(-share, axis=1, kind="stable")[:, :days]
    used = np.zeros(share.shape, bool)
    np.put_along_axis(used, order, True, axis=1)
    return used & (share > 0)


def _by_weekday(now: np.ndarray, used: np.ndarray, weekday: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Share that belongs on the used days if each weekday's events fall alike on its dates."""
    belongs = np.zeros(len(now))
    for day in range(WEEKDAYS):
        dates = (weekday == day) & real
        belongs += now[:, dates].sum(axis=1) * used[:, dates].sum(axis=1) / dates.sum()
    return belongs / np.maximum(now.sum(axis=1), 1)


def _by_week(
    share: np.ndarray,
    used: np.ndarray,
    weekday: np.ndarray,
    week: np.ndarray,
    real: np.ndarray,
    past: slice,
    month: int,
) -> np.ndarray:
    """Share that belongs on the used days if the month is like those before, by weekday and its number."""
    cell = week * WEEKDAYS + weekday
    cells = WEEKS * WEEKDAYS
    seen = np.zeros((len(share), cells))
    there = np.zeros(cells)
    for index, at in enumerate(range(past.start, past.stop)):
        # every date of a month is a cell of its own
        seen[:, cell[at][real[at]]] += share[:, index][:, real[at]]
        there[cell[at][real[at]]] += 1
    of_weekday = seen.reshape(-1, WEEKS, WEEKDAYS).sum(axis=1) / np.maximum(
        there.reshape(WEEKS, WEEKDAYS).sum(axis=0), 1
    )
    rate = (seen + np.tile(of_weekday, (1, WEEKS))) / (there + 1)
    today = np.where(real[month], rate[:, cell[month]], 0.0)
    return (today * used).sum(axis=1) / np.maximum(today.sum(axis=1), 1e-12)


def design_effects(squares: np.ndarray, evaluated: np.ndarray) -> np.ndarray:
    """By how much events of one day tell less than events of different days: mean size of an event's day."""
    with np.errstate(invalid="ignore", divide="ignore"):
        effect = squares / evaluated
    return np.where(np.isfinite(effect), np.maximum(effect, 1.0), 1.0)


def judge_heaping(
    series: pd.DataFrame,
    events: np.ndarray,
    periods: list[str],
    came: np.ndarray,
    length: int,
    settings: AccountabilitySettings,
) -> tuple[Judged, Heaped]:
    """Judge events on the days of the month that a unit used most before.

    Args:
        series: unit and feed of each row of `events`, (series, periods, 31).
        came: (series, periods), where a submission came.
        length: periods of a trailing window.

    Returns:
        What was said, and the counts by period.
    """
    months = np.array(periods, dtype="datetime64[M]")
    counted = count(events, months, settings.heaping_days, settings.heaping_events)
    trailing = trailing_periods(came, counted.evaluated, length)
    window = window_of(counted.failed, counted.evaluated, trailing)
    effect = design_effects(trailing.sums(counted.squares), window.n)
    expected = trailing.sums(counted.expected)
    failed, cases = effective(window.x, window.n, effect)
    policy = policy_of(Rule.DATE_HEAPING, periods, settings)
    enough = is_enough(window.n, window.clusters, policy)
    with np.errstate(invalid="ignore", divide="ignore"):
        chance = np.nan_to_num(expected / window.n)
        excess = np.clip(np.where(enough, (window.x - expected) / (window.n - expected), np.nan), 0, 1)
    parts = Parts(events.shape[:2])
    for _, rows in sorted(series.groupby("feed").groups.items()):
        at = np.asarray(rows)
        habit = np.clip(_median_of_others(excess[at]), policy.acceptable, policy.highest_target)
        target = chance[at] + habit * (1 - chance[at])
        parts.put(
            at, look(failed[at], cases[at], enough[at], series["unit_code"].to_numpy()[at], policy, settings, target)
        )
    series = series.assign(rule=Rule.DATE_HEAPING.value, item="")
    judged = parts.judged(periods, series, counted.failed, counted.evaluated, window, trailing, effect, settings)
    return judged, counted


def _median_of_others(values: np.ndarray) -> np.ndarray:
    """(rows, periods) the median of the other rows, 0 with fewer than two: what most share is the register's habit."""
    out = np.zeros(values.shape)
    for row in range(len(values)):
        others = np.delete(values, row, axis=0)
        some = np.isfinite(others).sum(axis=0) >= 2
        if some.any():
            out[row, some] = np.nanmedian(others[:, some], axis=0)
    return out
