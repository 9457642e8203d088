"""What is read from the warehouse for the estimates: histories by cohort, alarmed units, delays, counts set apart.

Belongs here: the queries. Does not: the dbt model of histories (int_capture_histories), or any estimate.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import yaml

from pipeline.completeness.estimators.canvass import Met
from pipeline.completeness.estimators.cells import Floats, cell_number
from pipeline.completeness.estimators.inventions import Doubtful
from pipeline.completeness.vocabulary import SetApart
from pipeline.statements import Statements

_STATEMENTS = Statements(__file__)
DEPENDENCES = Path(__file__).with_name("dependences.yaml")


@dataclass(frozen=True)
class Registers:
    """The birth registers.

    Attributes:
        names: in alphabetical order; a history's bits follow it.
        provider: numbers of those of facilities of the county.
        causes: pairs (register, register that is its cause), by number.
        due_through: by register, the last period that has fallen due, or None.
    """

    names: tuple[str, ...]
    provider: tuple[int, ...]
    causes: tuple[tuple[int, int], ...]
    due_through: tuple[str | None, ...]


@cache
def _dependences() -> list[dict[str, str]]:
    return yaml.safe_load(DEPENDENCES.read_text(encoding="utf-8"))


def read_registers(con: duckdb.DuckDBPyConnection) -> Registers:
    """The birth registers and how they depend on each other."""
    rows = con.execute(
        "SELECT feed, catchment, due_through FROM accountability.registers WHERE kind = 'birth' ORDER BY feed"
    ).fetchall()
    names = tuple(row[0] for row in rows)
    causes = tuple(
        (names.index(each["register"]), names.index(each["cause"]))
        for each in _dependences()
        if each["register"] in names and each["cause"] in names
    )
    provider = tuple(number for number, row in enumerate(rows) if row[1] == "provider")
    return Registers(names, provider, causes, tuple(row[2] for row in rows))


def read_histories(con: duckdb.DuckDBPyConnection, registers: Registers) -> pd.DataFrame:
    """Children counted by cohort, birth_month, township_code, only_unit_code, is_due and cell."""
    frame = con.execute(_STATEMENTS["histories"]).df()
    frame["cell"] = [cell_number(held, registers.names) for held in frame["registers"]]
    return frame.drop(columns="registers")


def table(frame: pd.DataFrame, lists: int) -> Floats:
    """The cells of some of these counts."""
    return np.bincount(frame["cell"].to_numpy(int), weights=frame["children"].to_numpy(float), minlength=1 << lists)


def read_doubtful(con: duckdb.DuckDBPyConnection, cohort: str, lists: Registers, fewest: int) -> dict[str, Doubtful]:
    """Units under an alarm of uncorroborated records in a window of the cohort's records, with their peers.

    Peers keep one of the same lists, for a division of the same level where these have at least `fewest` children whom
    others know too.
    """
    alarmed = con.execute(
        _STATEMENTS["alarmed_units"],
        {"cohort": cohort, "next": str(int(cohort) + 1)},
    ).fetchall()
    if not alarmed:
        return {}
    known = con.execute(
        _STATEMENTS["children_of_units"],
        {"cohort": cohort},
    ).df()
    # a cohort of which no child is known yet
    if known.empty:
        return {}
    known["cell"] = [cell_number(held, lists.names) for held in known["registers"]]
    level = dict(con.execute("SELECT unit_code, length(division_code) FROM reference.units").fetchall())
    under_alarm, found = {unit for unit, _ in alarmed}, {}
    for unit, feeds in alarmed:
        mine = known[[not set(held).isdisjoint(feeds) for held in known["feeds"]]]
        here = mine[mine["unit_code"] == unit]
        others = {str(code): group for code, group in mine.groupby("unit_code") if code not in under_alarm}
        # a county's hospital is like another one, a township's clinic like another one: whom they alone know differs
        alike = {code: group for code, group in others.items() if level.get(code) == level.get(unit)}
        if sum((~group["is_alone"]).sum() for group in alike.values()) >= fewest:
            others = alike
        found[unit] = Doubtful(
            _alone(here, lists),
            float((~here["is_alone"]).sum()),
            [_alone(group, lists) for group in others.values()],
            [float((~group["is_alone"]).sum()) for group in others.values()],
        )
    return {unit: each for unit, each in found.items() if each.alone.sum() > 0}


def _alone(known: pd.DataFrame, lists: Registers) -> Floats:
    of = known.loc[known["is_alone"], "cell"].to_numpy(int)
    return np.bincount(of, minlength=1 << len(lists.names)).astype(float)


def read_verified(con: duckdb.DuckDBPyConnection, unit_code: str, cohort: str) -> list[tuple[bool, float]]:
    """Verified records of children of the cohort whom the unit alone knows: whether genuine, chance to be drawn."""
    return con.execute(
        _STATEMENTS["verified"],
        {"unit": unit_code, "cohort": cohort},
    ).fetchall()


def read_met(con: duckdb.DuckDBPyConnection, cohort: str) -> list[Met]:
    """Children of the cohort that an area canvass met; one that no register holds has no link."""
    rows = con.execute(
        _STATEMENTS["met"],
        {"cohort": cohort},
    ).fetchall()
    return [Met(*row) for row in rows]


def read_reviewed_recall(con: duckdb.DuckDBPyConnection) -> tuple[float, float] | None:
    """The share of pairs that linkage found by the last review, and its standard deviation; None where none tells."""
    rows = con.execute(_STATEMENTS["reviewed_recall"]).fetchall()
    return rows[0] if rows else None


def read_delays(con: duckdb.DuckDBPyConnection, register: str | None, longest: int) -> pd.DataFrame:
    """Children by birth_month and months until the register (None: any) first held them: birth_month, delay, children.

    Reports before the month of birth, which cannot be, count in it; those after the longest delay are left out.
    """
    return con.execute(
        _STATEMENTS["delays"],
        {"register": register, "longest": longest},
    ).df()


def write_set_apart(con: duckdb.DuckDBPyConnection) -> None:
    """Count the children who are in no cohort's estimate, by the first reason that holds."""
    con.execute("DELETE FROM completeness.set_apart")
    con.execute(
        _STATEMENTS["set_apart"],
        {
            "unknown": SetApart.BIRTH_MONTH_UNKNOWN.value,
            "elsewhere": SetApart.NON_RESIDENT.value,
            "before": SetApart.BEFORE_THE_ROLL.value,
        },
    )
