"""What was said of every series at every period, and the looks at rules that are plain shares of failures.

Belongs here: which rows are peers, which policy a rule has, the cap on false discoveries. Does not: the statistics
(`limits/control_limits.py`), the rules with expectations of their own (`limits/corroboration.py`,
`limits/date_heaping.py`), or the tables that are written (`scorecards.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pipeline.accountability.limits.control_limits import (
    Look,
    after_mending,
    effective,
    false_discovery,
    is_enough,
    look,
)
from pipeline.accountability.limits.intervals import design_effect, ratio_variance
from pipeline.accountability.limits.targets import Policy
from pipeline.accountability.measures.counts import Counts
from pipeline.accountability.measures.trailing_windows import (
    TrailingPeriods,
    Window,
    trailing_periods,
    window_of,
)
from pipeline.accountability.vocabulary import EVENT_RULES, Verdict
from pipeline.settings.accountability import AccountabilitySettings

# from the one that asks for nothing to the one that asks for most
_LEVELS = [Verdict.TOO_FEW, Verdict.IN_CONTROL, Verdict.WARNING, Verdict.ALARM]
_WORDS = np.array([verdict.value for verdict in _LEVELS], dtype=object)


@dataclass(frozen=True)
class Judged:
    """Series with what every look said of them; arrays are (series, periods).

    Attributes:
        series: unit, feed, rule, item.
        failed, evaluated: of the period itself.
        window: sums of the trailing window.
        trailing: which periods each window holds.
        effect: design effect of the window.
        target, p_value, q_value: as `limits.Look` has them; NaN where there is nothing to judge.
        limits: the funnel's lines by name.
        verdict: `Verdict` values.
    """

    periods: list[str]
    series: pd.DataFrame
    failed: np.ndarray
    evaluated: np.ndarray
    window: Window
    trailing: TrailingPeriods
    effect: np.ndarray
    target: np.ndarray
    p_value: np.ndarray
    q_value: np.ndarray
    limits: dict[str, np.ndarray]
    verdict: np.ndarray


def policy_of(rule: str, periods: list[str], settings: AccountabilitySettings) -> Policy:
    """How a rule is judged in this county, at feeds with these periods."""
    is_event = rule in EVENT_RULES
    return Policy(
        highest_target=min(settings.acceptable_share[rule] + settings.most_above_acceptable[rule], 1.0),
        acceptable=settings.standard.get(rule, settings.acceptable_share[rule]),
        spread=settings.assumed_spread[rule],
        minimum_excess=settings.minimum_excess[rule],
        minimum_evaluated=settings.minimum_submissions if is_event else settings.minimum_rows,
        minimum_failed=settings.minimum_failed,
        # a year's file is a year's work; of months, more are needed
        minimum_batches=settings.minimum_batches if all("-" in period for period in periods) else 1,
        is_standard=rule in settings.standard,
    )


def judge_rules(counts: Counts, came: np.ndarray, length: int, settings: AccountabilitySettings) -> Judged:
    """Judge every rule that is a plain share of failures: peers are all units with the same feed and item.

    Timeliness is of units, not of what they report: there the peers are all feeds of the cadence.

    Args:
        came: (series, periods), where a submission of the series' unit and feed came.
        length: periods of a trailing window.
    """
    trailing = trailing_periods(came, counts.evaluated, length)
    window = window_of(counts.failed, counts.evaluated, trailing)
    in_time = window_of(counts.failed_in_time, counts.evaluated, trailing)
    variance = ratio_variance(in_time.clusters, in_time.xx, in_time.xn, in_time.nn, in_time.x, in_time.n)
    is_event = counts.series["rule"].isin(EVENT_RULES).to_numpy()
    # one case a submission: nothing to come in clusters
    effect = np.where(is_event[:, None], 1.0, design_effect(variance, in_time.x, in_time.n))
    failed, cases = effective(in_time.x, in_time.n, effect)
    mended, _ = effective(window.x, window.n, effect)
    units = counts.series["unit_code"].to_numpy()
    parts = Parts(counts.failed.shape)
    # an item that nobody ever fails is no chance of a false alarm
    fails = counts.series[counts.failed_in_time.any(axis=1)]
    items = fails.groupby(["rule", "feed"])["item"].nunique()
    peers = counts.series["feed"].where(~is_event, "") + "\n" + counts.series["rule"] + "\n" + counts.series["item"]
    for _, rows in sorted(peers.groupby(peers).groups.items()):
        at = np.asarray(rows)
        rule, feed = counts.series.loc[at[0], ["rule", "feed"]]
        policy = policy_of(rule, counts.periods, settings)
        if not is_event[at[0]]:
            policy = replace(policy, looks=int(items.get((rule, feed), 1)))
        enough = is_enough(window.n[at], window.clusters[at], policy)
        said = look(failed[at], cases[at], enough, units[at], policy, settings)
        parts.put(at, after_mending(said, mended[at], policy, settings))
    return parts.judged(
        counts.periods, counts.series, counts.failed, counts.evaluated, window, trailing, effect, settings
    )


class Parts:
    """Looks at groups of rows, put together."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self.target = np.full(shape, np.nan)
        self.correlation = np.zeros(shape)
        self.cases = np.zeros(shape)
        self.p_value = np.full(shape, np.nan)
        self.alarm = np.zeros(shape, bool)
        self.warning = np.zeros(shape, bool)
        self.enough = np.zeros(shape, bool)

    def put(self, at: np.ndarray, said: Look) -> None:
        self.target[at], self.correlation[at], self.cases[at] = said.target, said.correlation, said.cases
        self.p_value[at], self.enough[at] = said.p_value, said.is_enough
        self.alarm[at], self.warning[at] = said.is_alarming, said.is_warning

    def judged(
        self,
        periods: list[str],
        series: pd.DataFrame,
        failed: np.ndarray,
        evaluated: np.ndarray,
        window: Window,
        trailing: TrailingPeriods,
        effect: np.ndarray,
        settings: AccountabilitySettings,
    ) -> Judged:
        """Cap by false discoveries, rule by rule and look by look; what they take from the alarms is a warning.

        Where nothing came for a period, what was said before it stands.
        """
        q_value = np.full(self.shape, np.nan)
        for rule in sorted(series["rule"].unique()):
            at = np.flatnonzero(series["rule"] == rule)
            q_value[at] = false_discovery(self.p_value[at], self.enough[at])
        is_alarm = self.alarm & (np.nan_to_num(q_value, nan=1.0) <= settings.false_discovery)
        level = np.full(self.shape, _LEVELS.index(Verdict.IN_CONTROL))
        level[self.warning | self.alarm] = _LEVELS.index(Verdict.WARNING)
        level[is_alarm] = _LEVELS.index(Verdict.ALARM)
        level[~self.enough] = _LEVELS.index(Verdict.TOO_FEW)
        verdict = _WORDS[trailing.no_better_by_silence(trailing.carried(level))]
        said = Look(self.target, self.correlation, self.cases, self.p_value, self.alarm, self.warning, self.enough)
        blank = ~self.enough
        target, p_value = np.where(blank, np.nan, self.target), np.where(blank, np.nan, self.p_value)
        lines = {name: trailing.carried(line) for name, line in said.limits().items()}
        target, p_value, q_value = (trailing.carried(each) for each in (target, p_value, q_value))
        return Judged(
            periods, series, failed, evaluated, window, trailing, effect, target, p_value, q_value, lines, verdict
        )
