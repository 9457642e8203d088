"""Counts of the measures, as matrices: one row per unit, feed, rule and item, one column per period.

Belongs here: reading schema `measures` and laying it out. Does not: sums over windows, expectations, verdicts.
Monthly and yearly feeds have calendars of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd

from pipeline.accountability.measures.trailing_windows import all_periods
from pipeline.accountability.vocabulary import Rule

DAYS = 31
KEYS = ["unit_code", "feed", "rule", "item"]
STRATA = ["feed", "township_code", "birth_quarter", "is_resident", "has_mother_id", "has_child_number", "has_name",
          "has_phone", "due_elsewhere"]  # fmt: skip


@dataclass(frozen=True)
class Counts:
    """Counts of one cadence.

    Attributes:
        periods: every period from the first to the last, in order.
        series: one row per unit, feed, rule and item, in that order.
        failed, evaluated: (series, periods).
        failed_in_time: failures before anything was found late, at least `failed`: what others are measured by.
    """

    periods: list[str]
    series: pd.DataFrame
    failed: np.ndarray
    evaluated: np.ndarray
    failed_in_time: np.ndarray


def obligations_of(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Every obligation with what its feed is, in order."""
    return con.execute(
        """
        SELECT unit_code, feed, period, status, kind, catchment, due_every
        FROM accountability.obligations JOIN accountability.registers USING (feed) ORDER BY unit_code, feed, period
        """
    ).df()


def is_applicable(owed: pd.DataFrame, rule: str) -> pd.Series:
    """Whether a rule says anything of a feed: by what its contract says of it, never by its name."""
    if rule == Rule.LOW_COVERAGE:
        return owed["catchment"] == "residence"
    if rule in (Rule.INCONSISTENT, Rule.UNCORROBORATED):
        return owed["kind"] != "reference"
    if rule == Rule.DATE_HEAPING:
        # a year's date says nothing of days of the month
        return owed["due_every"] == "month"
    return pd.Series(True, index=owed.index)


def unit_feeds(owed: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Units and feeds of which a rule says anything, in order."""
    return owed.loc[is_applicable(owed, rule), ["unit_code", "feed"]].drop_duplicates().reset_index(drop=True)


def rule_counts(con: duckdb.DuckDBPyConnection, due_every: str) -> Counts:
    """The counts of all feeds of one cadence, without the rules that say nothing of a feed."""
    rows = con.execute(
        """
        SELECT unit_code, feed, rule, item, period, failed, evaluated, failed_in_time, kind, catchment, due_every
        FROM measures.rule_counts JOIN accountability.registers USING (feed) WHERE due_every = ?
        """,
        [due_every],
    ).df()
    for rule in Rule:
        rows = rows[(rows["rule"] != rule.value) | is_applicable(rows, rule)]
    periods = _calendar(rows["period"])
    series, row = _series(rows, KEYS)
    column = columns_of(rows["period"], periods)
    return Counts(
        periods,
        series,
        _matrix(row, column, rows["failed"], len(series), len(periods)),
        _matrix(row, column, rows["evaluated"], len(series), len(periods)),
        _matrix(row, column, rows["failed_in_time"], len(series), len(periods)),
    )


def event_days(con: duckdb.DuckDBPyConnection, series: pd.DataFrame, periods: list[str]) -> np.ndarray:
    """Events by day of the month, (series, periods, 31).

    A date outside its submission's month tells nothing of a habit and is left aside.
    """
    rows = con.execute(
        """
        SELECT unit_code, feed, period, day(event_date) - 1 AS day, sum(events) AS events
        FROM measures.event_days JOIN accountability.registers USING (feed)
        WHERE due_every = 'month' AND strftime(event_date, '%Y-%m') = period GROUP BY ALL
        """
    ).df()
    column = columns_of(rows["period"], periods) * DAYS + rows["day"].to_numpy(int)
    flat = _matrix(rows_of(rows, series), column, rows["events"], len(series), len(periods) * DAYS)
    return flat.reshape(len(series), len(periods), DAYS)


def corroboration_cells(con: duckdb.DuckDBPyConnection, due_every: str) -> pd.DataFrame:
    """Records of the feeds of one cadence by unit, period and strata, in a fixed order."""
    return con.execute(
        f"""
        SELECT unit_code, {", ".join(STRATA)}, period, sum(records) AS records, sum(uncorroborated) AS uncorroborated,
               sum(uncorroborated_in_time) AS uncorroborated_in_time
        FROM measures.corroboration_cells JOIN accountability.registers USING (feed)
        WHERE due_every = ? GROUP BY ALL ORDER BY ALL
        """,
        [due_every],
    ).df()


def rows_of(rows: pd.DataFrame, series: pd.DataFrame) -> np.ndarray:
    """For each row, which series (unit and feed) it is of."""
    names = pd.MultiIndex.from_frame(series[["unit_code", "feed"]].astype(object))
    return names.get_indexer(pd.MultiIndex.from_frame(rows[["unit_code", "feed"]].astype(object)))


def _calendar(periods: pd.Series) -> list[str]:
    return all_periods(periods.min(), periods.max()) if len(periods) else []


def columns_of(values: pd.Series, periods: list[str]) -> np.ndarray:
    return pd.Index(periods).get_indexer(pd.Index(values.to_numpy(object)))


def _series(rows: pd.DataFrame, keys: list[str]) -> tuple[pd.DataFrame, np.ndarray]:
    """The distinct keys in order, and the row of each in them."""
    grouped = rows.groupby(keys, sort=True, observed=True)
    number = grouped.ngroup().to_numpy()
    return grouped.size().reset_index()[keys], number


def _matrix(row: np.ndarray, column: np.ndarray, values: pd.Series, rows: int, columns: int) -> np.ndarray:
    if not len(row):
        # a feed of which everybody had nothing to report
        return np.zeros((rows, columns))
    return np.bincount(row * columns + column, values.to_numpy(float), rows * columns).reshape(rows, columns)
