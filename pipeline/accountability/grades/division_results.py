"""Roll-ups: the units' measures added up by township and by department.

Belongs here: sums of the trailing windows of units and feeds, and their intervals. Does not: limits. Around a sum of
feeds with different targets none are drawn, and it is the units that can put something right: the verdict of a
division is the one that asks for most among its units' feeds, beside how many stand in alarm. No order among divisions
is made.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd

from pipeline.accountability.limits.intervals import cluster_robust, ratio_variance
from pipeline.accountability.vocabulary import Measure, Verdict
from pipeline.checks.tables import insert_frame
from pipeline.statements import Statements
from pipeline.warehouse import transaction

_STATEMENTS = Statements(__file__)
TOWNSHIP, DEPARTMENT = "township", "department"
_GROUP = ["division_kind", "division_code", "period", "measure"]
# from the verdict that asks for nothing to the one that asks for most
_MOST_ASKED = [verdict.value for verdict in reversed(Verdict)]
_SUMS = ["good", "denominator", "clusters", "xx", "xn", "nn", "chance"]


def roll_up(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per division, period and measure.

    Args:
        rows: a row per division, unit, feed, period and measure of a trailing window: `division_kind, division_code,
            unit_code, period, measure, numerator, denominator, expected, verdict`.

    Returns:
        Columns of `accountability.division_results`. An interval's clusters are units' feeds: they err alike within.
    """
    of_days = (rows["measure"] == Measure.DATE_HEAPING.value).to_numpy()
    cases = rows["denominator"].fillna(0).to_numpy(float)
    good = rows["numerator"].fillna(0).to_numpy(float)
    chance = np.where(of_days, np.nan_to_num(rows["expected"].to_numpy(float, na_value=np.nan)), 0.0) * cases
    verdict = rows["verdict"]
    parts = rows[_GROUP].assign(
        good=good,
        denominator=cases,
        clusters=(cases > 0).astype(float),
        xx=good**2,
        xn=good * cases,
        nn=cases**2,
        chance=chance,
        judged=verdict.isin([Verdict.IN_CONTROL, Verdict.WARNING, Verdict.ALARM]),
        alarms=verdict == Verdict.ALARM,
        level=verdict.map({word: place for place, word in enumerate(_MOST_ASKED)}).astype(int),
    )
    grouped = parts.groupby(_GROUP, sort=True, observed=True)
    total = grouped[[*_SUMS, "judged", "alarms"]].sum()
    worst = grouped["level"].max().to_numpy(int)
    units = rows.groupby(_GROUP, sort=True, observed=True)["unit_code"].nunique()
    x, n = total["good"].to_numpy(float), total["denominator"].to_numpy(float)
    clusters, xx, xn, nn = (total[name].to_numpy(float) for name in ("clusters", "xx", "xn", "nn"))
    variance = ratio_variance(clusters, xx, xn, nn, x, n)
    low, high = cluster_robust(x, n, clusters, variance)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = x / n
        by_chance = total["chance"].to_numpy(float) / n
        moved = [np.clip((each - by_chance) / (1 - by_chance), 0, 1) for each in (value, low, high)]
    heaped = total.index.get_level_values("measure") == Measure.DATE_HEAPING.value
    value, low, high = (np.where(heaped, *pair) for pair in zip(moved, (value, low, high), strict=True))
    some = n > 0
    found = total.reset_index()[_GROUP].assign(
        units=units.to_numpy(int),
        judged=total["judged"].to_numpy(int),
        alarms=total["alarms"].to_numpy(int),
        numerator=x.astype(np.int64),
        denominator=n.astype(np.int64),
        value=np.where(some, value, np.nan),
        low=np.where(some, low, np.nan),
        high=np.where(some, high, np.nan),
        verdict=np.array(_MOST_ASKED, dtype=object)[worst],
    )
    for name in ("value", "low", "high"):
        found[name] = found[name].astype("Float64")
    return found


def write_rollups(con: duckdb.DuckDBPyConnection) -> int:
    """Write `accountability.division_results` anew, in one transaction; returns how many rows."""
    rows = con.execute(
        _STATEMENTS["unit_measures"],
        {"township": TOWNSHIP, "department": DEPARTMENT},
    ).df()
    found = roll_up(rows)
    with transaction(con):
        con.execute("DELETE FROM accountability.division_results")
        insert_frame(con, "accountability.division_results", found)
    return len(found)
