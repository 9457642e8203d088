"""An attacker who has the public files and the public rules, and nothing else: no code of disclosure control is used.

He knows every number of a month's tables, in whichever file or language it stands; how counts add up (townships to
the county, quarters to years, held and not held to due, reasons to not held); that no count is negative; and the
calendar: who is due in a register follows from the month of birth. He works on the finest counts that all of it is a
sum of, and bounds what he likes by linear programming.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

MARK = "·"
COVERAGE = {"children_known": "known", "children_due": "due", "children_held": "held"}


def rows_of(folder: Path, table: str) -> list[dict[str, str]]:
    """A public table's rows."""
    with (folder / f"{table}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def months_of(quarter: str) -> list[str]:
    year, number = quarter.split("-Q")
    return [f"{year}-{month:02d}" for month in range(3 * int(number) - 2, 3 * int(number) + 1)]


class FileAttacker:
    """What follows from the files of one month.

    Args:
        folder: the month's `tables` folder.
        county: the county's code; every longer place is a township of it.
        due: by register the months of birth that are due in it, as the public rules say.
        unrecorded: reasons that no public table shows, so that they are part of what is not held and no more.
    """

    def __init__(
        self, folder: Path, county: str, due: Mapping[str, set[str]], unrecorded: tuple[str, ...] = ()
    ) -> None:
        coverage, gaps = rows_of(folder, "register_coverage"), rows_of(folder, "gap_summary")
        self.county, self.due = county, due
        self.towns = sorted({row["place"] for row in coverage} - {county})
        self.registers = sorted({row["register"] for row in coverage})
        self.quarters = sorted({row["cohort"] for row in coverage if "Q" in row["cohort"]})
        self.years = sorted({row["cohort"] for row in coverage if "Q" not in row["cohort"]})
        self.shown_reasons = [name for name in (gaps[0] if gaps else {}) if name not in ("cohort", "place", "register")]
        self.shown_reasons = [name for name in self.shown_reasons if "_last" not in name]
        self.reasons = (*self.shown_reasons, *unrecorded)
        atoms = [
            *(
                ("born", month, town)
                for quarter in self.quarters
                for month in months_of(quarter)
                for town in self.towns
            ),
            *(("held", *at) for at in itertools.product(self.quarters, self.towns, self.registers)),
            *(("missing", *at) for at in itertools.product(self.quarters, self.towns, self.registers, self.reasons)),
        ]
        self.place_of = {atom: number for number, atom in enumerate(atoms)}
        equal, numbers = [], []
        for quarter, town, register in itertools.product(self.quarters, self.towns, self.registers):
            missing = self.total("not_held", quarter, town, register)
            equal.append(
                self.total("due", quarter, town, register) - self.total("held", quarter, town, register) - missing
            )
            numbers.append(0.0)
        self.published: dict[tuple[str, str, str, str], int] = {}
        for row in coverage:
            for column, count in COVERAGE.items():
                if row[column] not in ("", MARK):
                    register = "" if count == "known" else row["register"]
                    self.published[count, row["cohort"], row["place"], register] = int(row[column])
        for row in gaps:
            for reason in self.shown_reasons:
                if row[reason] not in ("", MARK):
                    self.published[reason, row["cohort"], row["place"], row["register"]] = int(row[reason])
        for at, number in self.published.items():
            equal.append(self.total(*at))
            numbers.append(float(number))
        self.equal, self.numbers = sparse.csr_matrix(np.array(equal)), np.array(numbers)

    def total(self, count: str, cohort: str, place: str, register: str) -> np.ndarray:
        """What a count is a sum of, as a row over the finest counts."""
        found = np.zeros(len(self.place_of))
        towns = self.towns if place == self.county else [place]
        quarters = [cohort] if "Q" in cohort else [quarter for quarter in self.quarters if quarter.startswith(cohort)]
        for quarter, town in itertools.product(quarters, towns):
            if count in ("known", "due", "not_due"):
                for month in months_of(quarter):
                    is_due = count != "known" and month in self.due[register]
                    if count == "known" or is_due == (count == "due"):
                        found[self.place_of["born", month, town]] += 1
            elif count == "held":
                found[self.place_of["held", quarter, town, register]] += 1
            else:
                for reason in self.reasons if count == "not_held" else [count]:
                    found[self.place_of["missing", quarter, town, register, reason]] += 1
        return found

    def bounds(self, count: str, cohort: str, place: str, register: str) -> tuple[float, float]:
        """The least and the most that a count can be, by all that is published."""
        row, ends = self.total(count, cohort, place, register), []
        for sign in (1.0, -1.0):
            done = linprog(sign * row, A_eq=self.equal, b_eq=self.numbers, bounds=(0, None), method="highs")
            assert done.status == 0, done.message
            ends.append(sign * done.fun)
        return ends[0], ends[1]

    def worked_out(self, truth: Mapping[tuple[str, str, str, str], int], limit: int, width: int) -> list[tuple]:
        """Small counts that the files let him work out to less than the width: each with its bounds."""
        found = []
        for at, value in sorted(truth.items()):
            if 0 < value < limit:
                low, high = self.bounds(*at)
                if high - low < width - 1e-6:
                    found.append((*at, value, round(low, 2), round(high, 2)))
        return found

    def places_counted(self) -> list[tuple[str, str, str, str]]:
        """Every count that the tables speak of, shown or not."""
        return [
            (count, cohort, place, "" if count == "known" else register)
            for count in ("known", "due", "held", "not_held", "not_due")
            for cohort in (*self.quarters, *self.years)
            for place in (*self.towns, self.county)
            for register in (self.registers if count != "known" else self.registers[:1])
        ]
