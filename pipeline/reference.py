"""What the county says of itself: units, divisions, holidays, read and validated from `reference/`.

Belongs here: reading these files and saying what is wrong with them. Does not: working days and due dates
(`accountability`), matching a written place to a division (`standardise`).
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from pipeline.contracts import load_feeds
from pipeline.errors import ReferenceFileError
from pipeline.home import Home
from pipeline.warehouse import transaction

LEVELS = {"county": 6, "township": 9, "village": 12}
FILES = ("county.yaml", "units.csv", "divisions.csv", "holidays.csv")


@dataclass(frozen=True)
class Unit:
    """A reporting unit, as `units.csv` has it."""

    unit_code: str
    agency: str
    unit_name: str
    division_code: str
    feeds: tuple[str, ...]
    active_from: dt.date
    active_to: dt.date | None = None
    department: str | None = None
    responsible_post: str | None = None
    reports_to: str | None = None


@dataclass(frozen=True)
class Division:
    """A county, township or village by its statistical code (GB/T 10114: 6, 9 or 12 digits).

    Attributes:
        former_names: names that units still write for it: its own before it was renamed, and those of divisions that
            were merged into it.
    """

    division_code: str
    name: str
    level: str
    parent_code: str | None
    former_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reference:
    """The county's reference files, read."""

    units: dict[str, Unit]
    divisions: dict[str, Division]
    holidays: dict[dt.date, bool] = field(default_factory=dict)
    sha256: str = ""


def _rows(path: Path, required: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows with their line numbers; every cell stripped."""
    if not path.is_file():
        raise ReferenceFileError(f"{path} is absent.", f"Write it with the columns {', '.join(required)}.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReferenceFileError(f"{path} is not UTF-8.", "Save it as UTF-8.") from error
    reader = csv.DictReader(text.splitlines())
    absent = [name for name in required if name not in (reader.fieldnames or [])]
    if absent:
        raise ReferenceFileError(f"{path}, line 1: column {absent[0]} is absent.", "Add it to the header.")
    for row in reader:
        if None in row:
            raise ReferenceFileError(f"{path}, line {reader.line_num}: more cells than the header has.", "Remove them.")
        cells = {key: (value or "").strip() for key, value in row.items()}
        if any(cells.values()):
            yield reader.line_num, cells


def _date(path: Path, line: int, column: str, text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise ReferenceFileError(f"{path}, line {line}: {column} is {text!r}.", "Write it as 2024-01-31.") from error


def read_divisions(path: Path, county_code: str) -> dict[str, Division]:
    """Read divisions.csv. Village names may repeat across townships; codes may not.

    A column `former_names`, several joined by ';', may be there; a former name is nobody's present name in its parent.

    Raises:
        ReferenceFileError: names the line and the remedy.
    """
    found: dict[str, Division] = {}
    lines: dict[str, int] = {}
    for line, row in _rows(path, ("division_code", "name", "level", "parent_code")):
        where = f"{path}, line {line}: "
        code, level = row["division_code"], row["level"]
        if level not in LEVELS:
            raise ReferenceFileError(f"{where}level is {level!r}.", f"Use one of {', '.join(LEVELS)}.")
        if not code.isdigit() or len(code) != LEVELS[level]:
            raise ReferenceFileError(f"{where}division_code {code!r} is no {level}.", f"It has {LEVELS[level]} digits.")
        if code in found:
            raise ReferenceFileError(f"{where}division_code {code} stands on line {lines[code]} too.", "Keep one.")
        if not row["name"]:
            raise ReferenceFileError(f"{where}name is blank.", "Write the division's name.")
        former = (part.strip() for part in row.get("former_names", "").replace("；", ";").split(";"))
        found[code] = Division(code, row["name"], level, row["parent_code"] or None, tuple(filter(None, former)))
        lines[code] = line
    for division in found.values():
        # the county's own parent (a prefecture) is not this county's to list
        if division.level != "county" and division.parent_code not in found:
            raise ReferenceFileError(
                f"{path}, line {lines[division.division_code]}: parent_code {division.parent_code} is absent.",
                "Add that division or correct the code.",
            )
    present = {(division.parent_code, division.name) for division in found.values()}
    for division in found.values():
        if taken := [name for name in division.former_names if (division.parent_code, name) in present]:
            raise ReferenceFileError(
                f"{path}, line {lines[division.division_code]}: former name {taken[0]} is a present name there.",
                "Take it out of former_names, or remove the row of the division that is no more.",
            )
    if county_code not in found:
        raise ReferenceFileError(f"{path}, line 1: the county {county_code} is not in this file.", "Add its row.")
    return found


def read_units(path: Path, divisions: dict[str, Division]) -> dict[str, Unit]:
    """Read units.csv against the contracts and the divisions."""
    found: dict[str, Unit] = {}
    columns = ("unit_code", "agency", "unit_name", "division_code", "feeds", "active_from", "active_to")
    contracts = load_feeds()
    for line, row in _rows(path, columns):
        where = f"{path}, line {line}: "
        code = row["unit_code"]
        if not code or "/" in code or code.startswith("."):
            raise ReferenceFileError(f"{where}unit_code {code!r} cannot name a folder.", "Use letters, digits, '-'.")
        if code in found:
            raise ReferenceFileError(f"{where}unit_code {code} stands there twice.", "Keep one row a unit.")
        if row["division_code"] not in divisions:
            raise ReferenceFileError(
                f"{where}division_code {row['division_code']!r} is not in divisions.csv.",
                "Correct it or add the division.",
            )
        feeds = tuple(part.strip() for part in row["feeds"].split(";") if part.strip())
        if not feeds:
            raise ReferenceFileError(f"{where}feeds is blank.", "Name at least one feed, joined by ';'.")
        for feed in feeds:
            if feed not in contracts:
                raise ReferenceFileError(f"{where}feed {feed!r} has no contract.", f"Known: {', '.join(contracts)}.")
            if contracts[feed].agency != row["agency"]:
                raise ReferenceFileError(
                    f"{where}feed {feed} belongs to {contracts[feed].agency}, not {row['agency'] or 'no agency'}.",
                    "Correct the agency or the feed.",
                )
        since = _date(path, line, "active_from", row["active_from"])
        until = _date(path, line, "active_to", row["active_to"]) if row["active_to"] else None
        if until and until < since:
            raise ReferenceFileError(
                f"{where}active_to {until} is before active_from {since}.",
                "Correct one of them; active_to is the unit's last day, blank while it goes on.",
            )
        found[code] = Unit(
            code, row["agency"], row["unit_name"], row["division_code"], feeds, since, until,
            row.get("department") or None, row.get("responsible_post") or None, row.get("reports_to") or None,
        )  # fmt: skip
    if not found:
        raise ReferenceFileError(f"{path}: no unit.", "Add a row for each reporting unit.")
    return found


def read_holidays(path: Path) -> dict[dt.date, bool]:
    """Read holidays.csv: for a day, whether it is worked. Absent file: no overrides."""
    found: dict[dt.date, bool] = {}
    if not path.exists():
        return found
    for line, row in _rows(path, ("date", "is_working")):
        if row["is_working"] not in ("0", "1"):
            raise ReferenceFileError(f"{path}, line {line}: is_working is {row['is_working']!r}.", "Write 1 or 0.")
        found[_date(path, line, "date", row["date"])] = row["is_working"] == "1"
    return found


def load_reference(home: Home) -> Reference:
    """Read and validate every reference file of a home.

    Raises:
        ReferenceFileError: names file, line and remedy.
    """
    divisions = read_divisions(home.reference / "divisions.csv", home.settings.county_code)
    units = read_units(home.reference / "units.csv", divisions)
    holidays = read_holidays(home.reference / "holidays.csv")
    found = {name: path.read_bytes() for name in FILES if (path := home.reference / name).exists()}
    return Reference(units, divisions, holidays, reference_digest(found))


def reference_digest(files: Mapping[str, bytes]) -> str:
    """SHA-256 over the reference files, by name; an absent one counts as blank."""
    digest = hashlib.sha256()
    for name in FILES:
        digest.update(name.encode() + b"\0" + files.get(name, b"") + b"\0")
    return digest.hexdigest()


def write_reference(con: duckdb.DuckDBPyConnection, reference: Reference) -> None:
    """Write units and divisions to the warehouse's schema `reference`, whole."""
    units = [
        (
            *(u.unit_code, u.agency, u.unit_name, u.division_code, u.active_from, u.active_to),
            *(u.department, u.responsible_post, u.reports_to),
        )
        for u in reference.units.values()
    ]
    divisions = [(d.division_code, d.name, d.level, d.parent_code) for d in reference.divisions.values()]
    with transaction(con):
        con.execute("DELETE FROM reference.units")
        con.execute("DELETE FROM reference.divisions")
        con.executemany("INSERT INTO reference.units VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", units)
        con.executemany("INSERT INTO reference.divisions VALUES (?, ?, ?, ?)", divisions)
