"""The home of a county: every path and every setting. Nothing else reads the environment.

Not here: units, divisions and holidays (`reference.py`), and anything that opens the warehouse.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from functools import cached_property
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipeline.contracts import Due
from pipeline.errors import ReferenceFileError, UsageError

DEFAULT_HOME = Path("data")
PROJECT = Path(__file__).resolve().parent.parent
RESTRICTED_MODE, OFFICE_MODE = 0o600, 0o640


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class IntakeSettings(_Settings):
    """Limits of what intake reads, and when a revision is held."""

    max_rows: int = Field(default=1_000_000, gt=0, description="rows of one file")
    max_columns: int = Field(default=2_000, gt=0, description="columns of one file")
    max_cell_chars: int = Field(default=2_000, gt=0, description="characters of one cell")
    max_unpacked_mb: int = Field(default=1_000, gt=0, description="MB that an XLSX may unpack to")
    max_cells: int = Field(
        default=30_000_000, gt=0, description="cells of an XLSX sheet, the blank ones between included"
    )
    held_share: float = Field(default=0.10, description="share of record numbers dropped, above which a revision waits")
    held_minimum: int = Field(default=3, description="dropped record numbers up to which no revision waits")


class CheckSettings(_Settings):
    """How checks are run."""

    frame_rows: int = Field(
        default=200_000, gt=0, description="rows checked at a time, about 1 kB each; only a backlog has more"
    )
    report_periods: int = Field(default=24, gt=0, description="latest periods that a check report's matrix shows")


class LinkageSettings(_Settings):
    """How linkage decides. Probabilities are of two records being one child."""

    match_probability: float = Field(default=0.5, gt=0, lt=1, description="a pair counts as linked from here on")
    keep_probability: float = Field(
        default=0.01, gt=0, lt=1, description="pairs below this are neither kept nor weighed"
    )
    max_birth_date_gap_days: int = Field(
        default=400, gt=0, description="days between two birth dates that no slip but a wrong year explains"
    )
    max_component_records: int = Field(
        default=200, gt=1, description="records linked into one component beyond which only found pairs are weighed"
    )
    delivery_doubt_share: float = Field(
        default=0.25,
        ge=0,
        le=1,
        description="how much of the doubt that two records are of one delivery counts once others have joined them; "
        "one slip in a date speaks against every pair that its record is in",
    )
    review_low: float = Field(default=0.05, description="pairs between this and review_high are worth a look")
    review_high: float = Field(default=0.95, description="see review_low")
    most_in_register: int = Field(
        default=6, gt=0, description="records of one child in one register, above which links are doubted"
    )


class CoverageSettings(_Settings):
    """When a child is due in a register."""

    grace_months: dict[str, int] = Field(
        default={
            "household_registration": 3,
            "population_register": 3,
            "birth_certificate": 2,
            "immunization": 2,
        },
        description="months after the birth month, by register, whose submissions must have fallen due first",
    )
    grace_months_default: int = Field(default=2, description="the same for registers of birth not named")
    grace_months_later_contact: int = Field(
        default=84, description="the same for registers that meet a child years later"
    )


class DuckDBSettings(_Settings):
    """What DuckDB may use."""

    threads: int = Field(default=2, gt=0, description="threads of a night")
    memory_limit_mb: int = Field(default=4_096, gt=0, description="MB that DuckDB may hold before it spills")


class CountySettings(_Settings):
    """county.yaml. Every key but the county's code and name has a default."""

    county_code: str = Field(pattern=r"^\d{6}$")
    name: str
    timezone: str = Field(default="Asia/Shanghai", description="the county's time zone")
    arrival_clock: Literal["ctime", "mtime"] = Field(
        default="ctime",
        description="`ctime`: the kernel's inode change time, which an uploader cannot set; "
        "`mtime`: the modification time, for files moved in from elsewhere",
    )
    first_period: str | None = Field(
        default=None,
        pattern=r"^\d{4}-(0[1-9]|1[0-2])$",
        description="the first month that is owed; without it, the earliest that anyone landed",
    )
    settle_seconds: int = Field(
        default=60, ge=0, description="how old a file must be, by the arrival clock, unless two looks found it the same"
    )
    max_file_mb: int = Field(default=100, gt=0, description="files over this are not read")
    due: dict[str, Due] = Field(default={}, description="due dates by feed, over the contracts'")
    suppression_limit: int = Field(default=5, ge=1, description="counts under this are suppressed outside the office")
    original_days: int = Field(default=30, ge=0, description="days that an original file is kept")
    alert_webhook: str | None = Field(default=None, description="where a failed run is posted")
    languages: tuple[Literal["zh", "en"], ...] = Field(default=("zh", "en"), description="languages of pages")
    intake: IntakeSettings = IntakeSettings()
    checks: CheckSettings = CheckSettings()
    linkage: LinkageSettings = LinkageSettings()
    coverage: CoverageSettings = CoverageSettings()
    duckdb: DuckDBSettings = DuckDBSettings()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{value} is no time zone") from error
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The county's time zone."""
        return ZoneInfo(self.timezone)


class Home:
    """A county's folder: its paths and its settings.

    Args:
        root: the folder; None takes ROLLCALL_HOME, or `data/` of the project.
    """

    def __init__(self, root: Path | str | None = None) -> None:
        chosen = root or os.environ.get("ROLLCALL_HOME") or PROJECT / DEFAULT_HOME
        self.root = Path(chosen).expanduser().resolve()
        self.reference = self.root / "reference"
        self.landing = self.root / "landing"
        self.archive = self.root / "archive"
        self.warehouse = self.root / "warehouse"
        self.published = self.root / "published"
        self.public = self.root / "public"
        self.casework = self.root / "casework"
        self.reports = self.root / "reports"
        self.state = self.root / "state"

        self.county_yaml = self.reference / "county.yaml"
        self.warehouse_file = self.warehouse / "warehouse.duckdb"
        self.ledger_file = self.archive / "ledger.jsonl"
        self.nights_file = self.archive / "nights.jsonl"
        self.current_marts = self.published / "current.duckdb"
        self.outgoing = self.casework / "outgoing"
        self.returned = self.casework / "returned"
        self.secret_file = self.state / "pseudonym.secret"
        self.lock_file = self.state / "night.lock"
        self.failures_file = self.state / "failures.jsonl"
        self.extensions = self.state / "extensions"
        self.temporary = self.state / "tmp"
        self.dagster = self.state / "dagster"
        # here and not in state/: what an engine says of an error may quote a cell
        self.dbt_target = self.warehouse / "dbt"
        self.models = self.archive / "models"

    def __repr__(self) -> str:
        return f"Home({str(self.root)!r})"

    @property
    def restricted(self) -> tuple[Path, ...]:
        """Folders that hold names: created 0700."""
        return (self.archive, self.warehouse, self.casework, self.state)

    def make_folders(self) -> None:
        """Create what is missing; `reference/` is the county's to give."""
        if not self.reference.is_dir():
            raise UsageError(
                f"{self.root} is no home of a county: it has no reference/ folder.",
                "Give the county's folder with --home, or make a synthetic one with: rollcall demo",
            )
        for folder in self.restricted:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self.outgoing, self.returned, self.temporary, self.dagster, self.extensions):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self.landing, self.published, self.public, self.reports):
            folder.mkdir(mode=0o750, parents=True, exist_ok=True)

    @cached_property
    def settings(self) -> CountySettings:
        """county.yaml, validated.

        Raises:
            ReferenceFileError: names the file, the line and the remedy.
        """
        return read_county_yaml(self.county_yaml)

    def due(self, feed: str, contracted: Due) -> Due:
        """The feed's due date: the county's override, else the contract's."""
        return self.settings.due.get(feed, contracted)

    def end_of_day(self, day: dt.date) -> dt.datetime:
        """The first instant after `day` in the county's time zone (what arrived before it has arrived by then)."""
        return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), self.settings.zone)

    def today(self) -> dt.date:
        """Today's date in the county's time zone."""
        return dt.datetime.now(self.settings.zone).date()


def _line_of(text: str, location: tuple) -> int:
    """The line of a YAML key, by the path of keys that leads to it; 1 where there is none."""
    line = 1
    for key in location:
        pattern = re.compile(rf"^\s*['\"]?{re.escape(str(key))}['\"]?\s*:")
        numbered = enumerate(text.splitlines(), start=1)
        line = next((number for number, row in numbered if number >= line and pattern.match(row)), line)
    return line


def read_county_yaml(path: Path) -> CountySettings:
    """Read and validate county.yaml.

    Raises:
        ReferenceFileError: the file is absent, no YAML, or holds a key or value that is not known.
    """
    if not path.is_file():
        raise ReferenceFileError(f"{path} is absent.", "Write it with at least county_code and name.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReferenceFileError(f"{path} is not UTF-8.", "Save it as UTF-8.") from error
    try:
        raw = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise ReferenceFileError(f"{path}, line {line}: this is no YAML.", "Check quotes and indentation.") from error
    if not isinstance(raw, dict):
        raise ReferenceFileError(f"{path}, line 1: keys and values are expected.", "Write lines like: name: …")
    # YAML reads an unquoted code as a number; the digits are what was meant
    if isinstance(raw.get("county_code"), int):
        raw["county_code"] = str(raw["county_code"])
    try:
        return CountySettings.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ReferenceFileError(
            f"{path}, line {_line_of(text, first['loc'])}: {key}: {first['msg']}.",
            "Correct or remove that line; docs/architecture.md lists the keys.",
        ) from error
