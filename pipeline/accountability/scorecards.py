"""The night's scorecards: every obligation's measures with intervals and verdicts, every rule's limits, every flag.

Belongs here: putting together what was counted and judged, and writing it in one transaction. Does not: counting (dbt's
measures), the statistics (`limits/intervals.py`, `limits/control_limits.py`), grades and tickets.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd

from pipeline.accountability.limits.common_causes import common_causes
from pipeline.accountability.limits.corroboration import judge_corroboration
from pipeline.accountability.limits.date_heaping import Heaped, judge_heaping
from pipeline.accountability.limits.flags import make_flags
from pipeline.accountability.limits.intervals import cluster_robust, design_effect, ratio_variance, wilson
from pipeline.accountability.limits.rule_results import Judged, judge_rules
from pipeline.accountability.measures import counts
from pipeline.accountability.measures.trailing_windows import trailing_periods, window_of
from pipeline.accountability.obligations.statuses import CAME, Status
from pipeline.accountability.vocabulary import RULES_OF, Measure, Rule, Severity, Verdict
from pipeline.checks.tables import insert_frame
from pipeline.home import Home
from pipeline.settings.accountability import AccountabilitySettings
from pipeline.warehouse import transaction

PERIOD, TRAILING = "period", "trailing"
# of a measure with several rules, the verdict that asks for most
_ORDER = [Verdict.NOT_APPLICABLE, Verdict.TOO_FEW, Verdict.IN_CONTROL, Verdict.WARNING, Verdict.ALARM]
_WORDS = np.array([verdict.value for verdict in _ORDER], dtype=object)


@dataclass(frozen=True)
class ScorecardSummary:
    """What was found: obligations, and flags by severity."""

    obligations: int
    flags: dict[str, int]


def write_scorecards(con: duckdb.DuckDBPyConnection, home: Home) -> ScorecardSummary:
    """Write the results, flags and common causes of schema `accountability` anew, in one transaction."""
    owed = counts.obligations_of(con)
    settings = home.settings.accountability
    rules, measures, causes = [], [], []
    for due_every, length in (("month", settings.trailing_months), ("year", settings.trailing_years)):
        part = owed[owed["due_every"] == due_every]
        if len(part):
            board = _Board(con, part, due_every, length, home)
            rules.append(board.rule_rows())
            measures += board.measure_rows()
            causes += board.common_causes(settings)
    found = pd.concat(rules, ignore_index=True) if rules else pd.DataFrame()
    flags = make_flags(found) if len(found) else pd.DataFrame()
    together = pd.concat(causes, ignore_index=True) if causes else pd.DataFrame()
    with transaction(con):
        for table in ("measure_results", "rule_results", "flags", "common_causes"):
            con.execute(f"DELETE FROM accountability.{table}")
        if len(found):
            insert_frame(con, "accountability.rule_results", found.drop(columns=["first", "is_due"]))
            insert_frame(con, "accountability.measure_results", pd.concat(measures, ignore_index=True))
            insert_frame(con, "accountability.flags", flags)
        if len(together):
            insert_frame(con, "accountability.common_causes", together)
    severities = list(flags["severity"]) if len(flags) else []
    return ScorecardSummary(len(owed), {each.value: severities.count(each.value) for each in Severity})


class _Board:
    """Everything judged of the feeds of one cadence, laid out by unit and feed and by period."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, owed: pd.DataFrame, due_every: str, length: int, home: Home
    ) -> None:
        settings = home.settings.accountability
        counted = counts.rule_counts(con, due_every)
        self.periods, self.length = counted.periods, length
        self.unit_feeds = owed[["unit_code", "feed"]].drop_duplicates().reset_index(drop=True)
        row, column = counts.rows_of(owed, self.unit_feeds), counts.columns_of(owed["period"], self.periods)
        self.owed = np.zeros((len(self.unit_feeds), len(self.periods)), bool)
        self.owed[row, column] = True
        self.is_due = np.zeros(self.owed.shape, bool)
        self.is_due[row, column] = (owed["status"] != Status.NOT_DUE).to_numpy()
        self.came = np.zeros(self.owed.shape, bool)
        self.came[row, column] = owed["status"].isin(CAME).to_numpy()
        cells = counts.corroboration_cells(con, due_every)
        known = counts.unit_feeds(owed, Rule.UNCORROBORATED)
        heaped = counts.unit_feeds(owed, Rule.DATE_HEAPING)
        self.judged = [judge_rules(counted, self._came(counted.series), length, settings)]
        if len(known):
            came = self._came(known)
            self.judged.append(judge_corroboration(cells, known, self.periods, came, length, settings))
        self.heaped: Heaped | None = None
        if len(heaped):
            events = counts.event_days(con, heaped, self.periods)
            judged, self.heaped = judge_heaping(heaped, events, self.periods, self._came(heaped), length, settings)
            self.judged.append(judged)

    def _came(self, series: pd.DataFrame) -> np.ndarray:
        """(series, periods) where a submission of each series' unit and feed came."""
        return self.came[counts.rows_of(series, self.unit_feeds)]

    def rule_rows(self) -> pd.DataFrame:
        """One row per obligation, rule and item."""
        return pd.concat([self._rule_rows(judged) for judged in self.judged], ignore_index=True)

    def _rule_rows(self, judged: Judged) -> pd.DataFrame:
        of = counts.rows_of(judged.series, self.unit_feeds)
        series, period = np.nonzero(self.owed[of])
        names = np.array(self.periods, dtype=object)
        frame = {name: judged.series[name].to_numpy(object)[series] for name in counts.KEYS}
        frame |= {
            "period": names[period],
            "failed": judged.window.x[series, period].astype(np.int64),
            "evaluated": judged.window.n[series, period].astype(np.int64),
            "expected": judged.target[series, period],
            **{name: line[series, period] for name, line in judged.limits.items()},
            "p_value": judged.p_value[series, period],
            "q_value": judged.q_value[series, period],
            "verdict": judged.verdict[series, period],
            "first": names[judged.trailing.first()[series, period]],
            "failed_of_period": judged.failed[series, period].astype(np.int64),
            "evaluated_of_period": judged.evaluated[series, period].astype(np.int64),
            "is_due": self.is_due[of][series, period],
        }
        return _null(pd.DataFrame(frame))

    def common_causes(self, settings: AccountabilitySettings) -> list[pd.DataFrame]:
        """What falls short at all units of a feed together, by kind of rule."""
        of = [self.is_due[counts.rows_of(judged.series, self.unit_feeds)] for judged in self.judged]
        return [common_causes(judged, is_due, settings) for judged, is_due in zip(self.judged, of, strict=True)]

    def measure_rows(self) -> list[pd.DataFrame]:
        """One row per obligation, measure and window, measure by measure."""
        return [self._measure(measure) for measure in Measure]

    def _measure(self, measure: Measure) -> pd.DataFrame:
        shape = self.owed.shape
        failed, evaluated, short, judged_cases = (np.zeros(shape) for _ in range(4))
        # of timeliness every submission owed is a case once, whatever became of it; the other rules look at fewer
        cases = (Rule.MISSING_SUBMISSION.value,) if measure is Measure.TIMELINESS else None
        verdict = np.zeros(shape, int)
        names = [rule.value for rule in RULES_OF[measure]]
        for judged in self.judged:
            at = np.flatnonzero(judged.series["rule"].isin(names))
            of = counts.rows_of(judged.series.iloc[at], self.unit_feeds)
            np.add.at(failed, of, judged.failed[at])
            counted = np.ones(len(at), bool) if cases is None else judged.series["rule"].iloc[at].isin(cases).to_numpy()
            np.add.at(evaluated, of[counted], judged.evaluated[at][counted])
            told = np.isfinite(judged.target[at])
            np.add.at(short, of, np.where(told, judged.target[at] * judged.window.n[at], 0.0))
            np.add.at(judged_cases, of[counted], np.where(told, judged.window.n[at], 0.0)[counted])
            codes = np.argmax(judged.verdict[at][:, :, None] == _WORDS, axis=2)
            np.maximum.at(verdict, of, codes)
        window = window_of(evaluated - failed, evaluated, trailing_periods(self.came, evaluated, self.length))
        variance = ratio_variance(window.clusters, window.xx, window.xn, window.nn, window.x, window.n)
        low, high = cluster_robust(window.x, window.n, window.clusters, variance)
        with np.errstate(invalid="ignore", divide="ignore"):
            value, of_period = window.x / window.n, (evaluated - failed) / evaluated
            expected = 1 - short / np.where(judged_cases > 0, judged_cases, np.nan)
        now_low, now_high = wilson(evaluated - failed, evaluated, design_effect(variance, window.x, window.n))
        good, trailing_good = evaluated - failed, window.x
        if measure is Measure.TIMELINESS:
            # one submission is no rate
            of_period = now_low = now_high = np.full(shape, np.nan)
        if measure is Measure.DATE_HEAPING and self.heaped is not None:
            chance, chance_now = self._chance()
            value, low, high = (_moved(1 - each, chance) for each in (value, high, low))
            of_period, now_low, now_high = (_moved(1 - each, chance_now) for each in (of_period, now_high, now_low))
            good, trailing_good, expected = failed, window.n - window.x, chance
        words = _WORDS[verdict]
        none = np.full(shape, None, dtype=object)
        none_expected = np.full(shape, np.nan)
        return pd.concat(
            [
                self._rows(measure, PERIOD, good, evaluated, of_period, now_low, now_high, none_expected, none),
                self._rows(measure, TRAILING, trailing_good, window.n, value, low, high, expected, words),
            ]
        )

    def _chance(self) -> tuple[np.ndarray, np.ndarray]:
        """Shares of events that belong by chance on the days used most: of the window, and of the period."""
        at = next(judged for judged in self.judged if judged.series["rule"].eq(Rule.DATE_HEAPING.value).all())
        of = counts.rows_of(at.series, self.unit_feeds)
        out = np.full((2, *self.owed.shape), np.nan)
        assert self.heaped is not None
        with np.errstate(invalid="ignore", divide="ignore"):
            out[0, of] = at.trailing.sums(self.heaped.expected) / at.window.n
            out[1, of] = self.heaped.expected / self.heaped.evaluated
        return out[0], out[1]

    def _rows(self, measure: Measure, window: str, *cells: np.ndarray) -> pd.DataFrame:
        at, period = np.nonzero(self.owed)
        numerator, denominator, value, low, high, expected, verdict = (each[at, period] for each in cells)
        some = denominator > 0
        return _null(
            pd.DataFrame(
                {
                    "unit_code": self.unit_feeds["unit_code"].to_numpy(object)[at],
                    "feed": self.unit_feeds["feed"].to_numpy(object)[at],
                    "period": np.array(self.periods, dtype=object)[period],
                    "measure": measure.value,
                    "time_window": window,
                    "numerator": pd.array(np.round(numerator).astype(np.int64)),
                    "denominator": pd.array(np.round(denominator).astype(np.int64)),
                    "value": np.where(some, value, np.nan),
                    "low": np.where(some, low, np.nan),
                    "high": np.where(some, high, np.nan),
                    "expected": expected,
                    "verdict": verdict,
                }
            )
        )


def _moved(share: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Of events that do not belong there by chance, the share on the days used most."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.clip((share - chance) / (1 - chance), 0, 1)


def _null(frame: pd.DataFrame) -> pd.DataFrame:
    """Numbers that are not there as nulls: to the engine NaN is a number, and the greatest."""
    for name in frame.select_dtypes("float64").columns:
        frame[name] = frame[name].astype("Float64")
    return frame
