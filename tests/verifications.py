"""Verification rounds and teams who fill in workbooks, for tests of verification."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import openpyxl

from pipeline.casework.verification.canvass_workbook import (
    CHILD_VILLAGE,
    CHILDREN,
    SEXES,
    VILLAGES,
    WALKED,
    WALKED_THROUGH,
)
from pipeline.casework.verification.rounds import Case, Round, Village
from pipeline.casework.verification.state import Seen
from pipeline.casework.verification.workbook import (
    BIRTH_DATE,
    CASE,
    CASES,
    CHOICES,
    DOCUMENT,
    IS_HELD,
    LIVES_HERE,
    NUMBER_THERE,
    SEX,
)

FOUND = Seen("found", "1", "2024-03-05", "yes", "not_stated")
ABSENT = Seen("absent")
FIELDS = {
    DOCUMENT: "document",
    SEX: "sex",
    BIRTH_DATE: "birth_date",
    LIVES_HERE: "lives_here",
    IS_HELD: "is_held",
    NUMBER_THERE: "number_there",
}


def make_round(name: str = "T1", cases: int = 4) -> Round:
    """A small round: records of a clinic and of a station, the last case a likely omission; one village of two."""
    strata = ("uncorroborated", "known_good", "control")
    listed = [
        Case(
            f"{name}-{number:04d}", "likely_omission" if number == cases else strata[number % 3], 0.5, "999977100",
            "clinic-100" if number % 2 else "police-100", "delivery" if number % 2 else "household_registration",
            "2024-03", number, f"N-{number}", f"c{number}", "immunization",
        )
        for number in range(1, cases + 1)
    ]  # fmt: skip
    counts = {case.stratum: [one.stratum for one in listed].count(case.stratum) for case in listed}
    return Round(
        name, "N0001-0123abcd", "2024-04-30", "2024-06-14", 1, cases, tuple(listed),
        tuple((stratum, "999977100", 2 * count, count) for stratum, count in sorted(counts.items())),
        (Village("999977100200", "999977100"),), 2,
    )  # fmt: skip


def fill(path: Path, says: Callable[[str], Seen | None] | Mapping[str, Seen], out: Path) -> Path:
    """Fill a workbook in as a team would, with Excel's own means, and save it elsewhere."""
    book = openpyxl.load_workbook(path)
    sheet = book[CASES]
    for row in range(2, sheet.max_row + 1):
        case_no = sheet.cell(row, CASE + 1).value
        seen = (says.get(case_no) if isinstance(says, Mapping) else says(case_no)) if case_no else None
        for column, name in FIELDS.items() if seen else ():
            value = getattr(seen, name)
            sheet.cell(row, column + 1, CHOICES[column][value] if value and column in CHOICES else value)
    out.parent.mkdir(parents=True, exist_ok=True)
    book.save(out)
    return out


def fill_canvass(path: Path, children: list[tuple[str, str, str, str | None]], out: Path) -> Path:
    """Walk through every village and note children: village code, sex, month, token."""
    book = openpyxl.load_workbook(path)
    villages = book[VILLAGES]
    for row in range(2, villages.max_row + 1):
        villages.cell(row, WALKED + 1, WALKED_THROUGH["yes"])
    for row, (village, sex, month, token) in enumerate(children, start=2):
        for column, value in enumerate((village, SEXES[sex], month, token), start=CHILD_VILLAGE + 1):
            book[CHILDREN].cell(row, column, value)
    book.save(out)
    return out
