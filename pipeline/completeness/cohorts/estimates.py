"""The night's estimates of births: put together from the histories, and written in one transaction.

Belongs here: which cohorts and divisions are estimated, and the tables. Does not: queries (`cohorts/histories.py`), the
rows of a cohort (`cohorts/cohort_year.py`), an estimator.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass

import duckdb
import numpy as np
import pandas as pd

from pipeline.checks.tables import insert_frame
from pipeline.completeness.cohorts import histories
from pipeline.completeness.cohorts.cohort_year import Cohort, Row, estimate_cohort
from pipeline.completeness.cohorts.delays import Delays, delay_distribution
from pipeline.completeness.cohorts.vintages import Published, reason_of_revision, vintage
from pipeline.completeness.estimators.inventions import Genuine, by_mixture, by_verification
from pipeline.completeness.estimators.linkage_error import missed_by_recall
from pipeline.completeness.vocabulary import ANY, Vintage
from pipeline.home import Home
from pipeline.settings.completeness import CompletenessSettings
from pipeline.warehouse import transaction

_MONTHS = 12


@dataclass(frozen=True)
class EstimateSummary:
    """What was estimated: cohort years, and published estimates that changed."""

    cohorts: int
    revised: int


def write_estimates(con: duckdb.DuckDBPyConnection, home: Home, night_no: int, as_of: dt.date) -> EstimateSummary:
    """Write schema `completeness` anew, its revisions excepted, which are only added to."""
    settings = home.settings.completeness
    registers = histories.read_registers(con)
    frame = histories.read_histories(con, registers)
    delays, rows_of_delays, ages = _delays(con, registers, frame, settings.longest_delay_months)
    missed = (settings.missed_link_share, settings.missed_link_spread)
    if reviewed := histories.read_reviewed_recall(con):
        missed = (missed_by_recall(reviewed[0]), reviewed[1] / 2)
    rows, models, odds = [], [], None
    for cohort, part in frame.groupby("cohort"):
        code = str(cohort)
        found = estimate_cohort(
            Cohort(
                code, home.settings.county_code, part, _genuine(con, code, registers, settings),
                vintage(code, as_of, bool(part["is_due"].all()), settings.revised_months, settings.final_months),
                ages, delays, odds, histories.read_met(con, code),
            ),
            registers, settings, missed,
        )  # fmt: skip
        odds = found.unseen_odds or odds
        rows += found.rows
        models += found.models
    with transaction(con):
        for name in ("estimates", "models", "delays"):
            con.execute(f"DELETE FROM completeness.{name}")
        insert_frame(con, "completeness.estimates", _frame(rows))
        insert_frame(con, "completeness.models", _frame(models))
        insert_frame(con, "completeness.delays", _null(pd.DataFrame(rows_of_delays)))
        histories.write_set_apart(con)
        revised = _revise(con, rows, night_no, as_of)
    return EstimateSummary(frame["cohort"].nunique(), revised)


def _frame(rows: list) -> pd.DataFrame:
    return _null(pd.DataFrame([asdict(row) for row in rows]))


def _null(frame: pd.DataFrame) -> pd.DataFrame:
    """Numbers that are not there as nulls, and figures to the hundredth: no machine's last bit is published."""
    for name in frame.select_dtypes("float64").columns:
        digits = 6 if name == "weight" or "reported" in frame else 2
        frame[name] = frame[name].replace([np.inf, -np.inf], np.nan).round(digits).astype("Float64")
    return frame


def _delays(
    con: duckdb.DuckDBPyConnection, registers: histories.Registers, frame: pd.DataFrame, longest: int
) -> tuple[Delays, list[dict], dict[str, int]]:
    """The delays of any register, the rows of all of them, and by month of birth its age in months."""
    months = sorted(frame["birth_month"].unique())
    due = [period for period in registers.due_through if period]
    through = min(due) if due else ""
    names: list[str | None] = [None, *registers.names]
    last = [through, *(period or "" for period in registers.due_through)]
    found: list[dict] = []
    any_register = Delays(np.ones(1), np.zeros(1), np.zeros(1))
    for name, until in zip(names, last, strict=True):
        ages = np.array([_between(month, until) for month in months], int)
        counts = np.zeros((len(months), longest + 1))
        told = histories.read_delays(con, name, longest)
        at = {month: number for number, month in enumerate(months)}
        for month, delay, children in told.itertuples(index=False):
            counts[at[month], delay] = children
        delays = delay_distribution(counts, ages)
        if name is None:
            any_register = delays
        spread = 1.96 * np.sqrt(delays.log_variance)
        found += [
            {
                "register": name or ANY, "delay_months": delay, "births": int(births),
                "reported": share, "low": share * np.exp(-wide), "high": min(share * np.exp(wide), 1.0),
            }
            for delay, (share, births, wide) in enumerate(
                zip(delays.reported.tolist(), delays.births.tolist(), spread.tolist(), strict=True)
            )
            if births > 0
        ]  # fmt: skip
    return any_register, found, {month: max(_between(month, through), 0) for month in months}


def _between(month: str, until: str) -> int:
    """Months from one to another; -1 where the other is not known or earlier."""
    if not until:
        return -1
    return max((int(until[:4]) - int(month[:4])) * _MONTHS + int(until[5:7]) - int(month[5:7]), -1)


def _genuine(
    con: duckdb.DuckDBPyConnection, cohort: str, registers: histories.Registers, settings: CompletenessSettings
) -> dict[str, Genuine]:
    """By unit under an alarm, what of the children whom it alone knows is genuine: verified, else by the mixture."""
    found = {}
    for unit, doubtful in histories.read_doubtful(con, cohort, registers, settings.minimum_peers).items():
        verified = histories.read_verified(con, unit, cohort)
        if len(verified) >= settings.minimum_verified:
            found[unit] = by_verification(doubtful.alone, [each for each, _ in verified], [p for _, p in verified])
        else:
            found[unit] = by_mixture(doubtful, settings.usual_alone)
    return found


def _revise(con: duckdb.DuckDBPyConnection, rows: list[Row], night_no: int, as_of: dt.date) -> int:
    """Add what differs from the last revision before this night, with the reason; the night's own are written anew."""
    con.execute("DELETE FROM completeness.revisions WHERE night_no >= ?", [night_no])
    before = {
        key: Published(Vintage(level), observed, estimate, low, high)
        for *key_parts, level, observed, estimate, low, high in con.execute(
            """
            SELECT cohort, division_code, register, vintage, observed, estimate, low, high
            FROM completeness.revisions
            QUALIFY row_number() OVER (PARTITION BY cohort, division_code, register ORDER BY night_no DESC) = 1
            """
        ).fetchall()
        for key in [tuple(key_parts)]
    }
    written = con.execute("SELECT * EXCLUDE (method) FROM completeness.estimates ORDER BY ALL").df()
    changes = []
    for row in written.to_dict("records"):
        now = Published(
            Vintage(row["vintage"]), int(row["observed"]), *(_number(row[name]) for name in ("estimate", "low", "high"))
        )
        key = (row["cohort"], row["division_code"], row["register"])
        if reason := reason_of_revision(before.get(key), now):
            changes.append(
                {
                    "night_no": night_no, "on_date": as_of, "cohort": key[0], "division_code": key[1],
                    "register": key[2], "vintage": now.vintage.value, "observed": now.observed,
                    "estimate": now.estimate, "low": now.low, "high": now.high, "reason": reason.value,
                }
            )  # fmt: skip
    insert_frame(con, "completeness.revisions", _null(pd.DataFrame(changes)))
    return len(changes)


def _number(value: float) -> float | None:
    return None if pd.isna(value) else float(value)
