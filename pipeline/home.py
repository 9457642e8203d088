"""The home of a county: every path and every setting. Nothing else reads the environment.

Not here: units, divisions and holidays (`reference.py`), and anything that opens the warehouse.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from pipeline.contracts import Due
from pipeline.errors import ReferenceFileError, UsageError

DEFAULT_HOME = Path("data")
PROJECT = Path(__file__).resolve().parent.parent


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
    delivery_odds_share: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="how much of the odds that a delivery was of twins counts in each pair of its records when "
        "children are made; the pairs are not independent, so all of it counts once more for each further child",
    )
    excess_child_bits: float = Field(
        default=20.0, ge=0, description="bits against a child more than its delivery is said to have had"
    )
    review_low: float = Field(default=0.05, description="pairs between this and review_high are worth a look")
    review_high: float = Field(default=0.95, description="see review_low")
    most_in_register: int = Field(
        default=6, gt=0, description="records of one child in one register, above which links are doubted"
    )


class DriftSettings(_Settings):
    """When a night's new records are told to link otherwise than the model's training did."""

    index: float = Field(
        default=0.25,
        gt=0,
        description="population stability index of a night's match weights against the model's training above which "
        "drift is reported; 0.1 is called a small shift, 0.25 a large one (Siddiqi 2006)",
    )
    volume_factor: float = Field(
        default=3.0,
        gt=1,
        description="a blocking rule that finds so many times more or fewer pairs per record than at training has "
        "drifted; months of one county differ by less than two",
    )
    records: int = Field(
        default=300,
        gt=0,
        description="new records of a night below which nothing is judged; months of so many differ by an index of 0.1",
    )
    pairs: int = Field(
        default=100, gt=0, description="pairs, expected or met, below which a blocking rule is left to chance"
    )


class ReviewSettings(_Settings):
    """How pairs are chosen for clerical review, and when its figures are published."""

    batch_pairs: int = Field(default=100, gt=0, description="pairs of a review batch")
    sample_share: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="of them, the share drawn at random to measure by; the rest are chosen where a look pays most",
    )
    tie_bits: float = Field(
        default=3.0, gt=0, description="a record whose child beats the next best place by less is a tie"
    )
    large_child_records: int = Field(
        default=12, gt=1, description="records of one child above which its weakest link is asked about"
    )
    contradiction_bits: float = Field(
        default=10.0, gt=0, description="a match weight this strong against a decision brings it up again"
    )
    enough_pairs: int = Field(
        default=30, gt=1, description="reviewed pairs of a stratum from which on its measured quality is published"
    )


class ArrivalSettings(_Settings):
    """What stands out on the night that a submission comes."""

    history_periods: int = Field(
        default=12, gt=1, description="earlier periods of a unit that its rows are held against"
    )
    history_minimum: int = Field(default=6, gt=1, description="earlier periods under which no change is called sudden")
    sudden_change_level: float = Field(
        default=0.001, gt=0, lt=1, description="chance of so many or so few rows, by the unit's own history, to warn at"
    )
    other_month_share: float = Field(
        default=0.5, gt=0, lt=1, description="share of a file's events outside its period above which it is questioned"
    )
    other_month_minimum: int = Field(default=5, gt=0, description="events under which that share says nothing")


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


class AccountabilitySettings(_Settings):
    """When a unit's rate is out of limits. Shares are of what is evaluated; keys of the tables are rules."""

    trailing_months: int = Field(
        default=12, gt=0, description="periods of a trailing window of monthly feeds: a year has every season once"
    )
    trailing_years: int = Field(default=3, gt=0, description="the same of yearly feeds: one period is no rate")
    peers: int = Field(
        default=20,
        gt=0,
        description="other units of a feed from which on their own level is the target; assumed spreads count as much "
        "as so many units",
    )
    alarm_level: float = Field(
        default=0.001, gt=0, lt=0.5, description="chance of an alarm at a unit on target: the upper 99.8 % limit"
    )
    warning_level: float = Field(default=0.025, gt=0, lt=0.5, description="the same of a warning: the upper 95 % limit")
    false_discovery: float = Field(
        default=0.10, gt=0, lt=1, description="share of a rule's alarms of one period that may be expected to be false"
    )
    winsorised_share: float = Field(
        default=0.10,
        ge=0,
        lt=0.5,
        description="share of units at either end whose scores are drawn in to measure spread",
    )
    minimum_rows: int = Field(default=10, gt=0, description="evaluated rows under which a rate is `too_few`")
    minimum_batches: int = Field(
        default=3,
        gt=0,
        description="submissions of a monthly feed under which a rate of rows is `too_few`: one bad file is no habit",
    )
    minimum_submissions: int = Field(
        default=6, gt=0, description="submissions under which timeliness is `too_few`: half a year"
    )
    minimum_failed: int = Field(default=2, gt=0, description="failures under which nothing is told: one may be a slip")
    standard: dict[str, float] = Field(
        default={},
        description="levels that the county sets, by rule: limits are drawn around these, whatever its units do",
    )
    acceptable_share: dict[str, float] = Field(
        default={
            "late": 0.05,
            "missing_submission": 0.01,
            "rejected_file": 0.02,
            "item_missing": 0.10,
            "invalid_id_number": 0.03,
            "invalid_value": 0.02,
            "duplicates": 0.02,
            "inconsistent": 0.05,
            "uncorroborated": 0.01,
            "low_coverage": 0.25,
            "date_heaping": 0.0,
        },
        description="share that is still acceptable: the target where a feed has fewer peers, unless all fall short "
        "alike; for uncorroborated and date_heaping the least that is expected",
    )
    assumed_spread: dict[str, float] = Field(
        default={
            "late": 0.5,
            "missing_submission": 0.3,
            "rejected_file": 0.5,
            "item_missing": 0.6,
            "invalid_id_number": 0.6,
            "invalid_value": 0.6,
            "duplicates": 0.6,
            "inconsistent": 0.5,
            "uncorroborated": 0.5,
            "low_coverage": 0.5,
            "date_heaping": 0.3,
        },
        description="standard deviation of the log-odds between units that do nothing wrong (over-dispersion): "
        "at 0.6 one unit in six fails nearly twice as often as the middle one",
    )
    minimum_excess: dict[str, float] = Field(
        default={
            "late": 0.15,
            "missing_submission": 0.10,
            "rejected_file": 0.15,
            "item_missing": 0.10,
            "invalid_id_number": 0.05,
            "invalid_value": 0.05,
            "duplicates": 0.05,
            "inconsistent": 0.05,
            "uncorroborated": 0.08,
            "low_coverage": 0.15,
            "date_heaping": 0.15,
        },
        description="share above the target from which on an alarm matters in practice; half of it for a warning",
    )
    heaping_days: int = Field(
        default=3,
        gt=0,
        description="days of the month that a unit used most before, on which its events are counted: fewer than those "
        "on which anybody may meet by chance",
    )
    heaping_events: int = Field(
        default=10, gt=0, description="earlier events of a unit under which its most used days are not known"
    )

    @field_validator("standard", "acceptable_share", "assumed_spread", "minimum_excess")
    @classmethod
    def _over_the_defaults(cls, value: dict[str, float], info: ValidationInfo) -> dict[str, float]:
        """A county names the rules that it changes; the others keep their defaults."""
        defaults = cls.model_fields["acceptable_share"].default
        if unknown := sorted(value.keys() - defaults.keys()):
            raise ValueError(f"{unknown[0]} is no rule; rules are {', '.join(defaults)}")
        return {**cls.model_fields[str(info.field_name)].default, **value}


def _over_defaults(model: type[BaseModel], info: ValidationInfo, value: Mapping[str, float], what: str) -> dict:
    """A county names the entries that it changes; the others keep their defaults."""
    defaults = model.model_fields[str(info.field_name)].default
    if unknown := sorted(value.keys() - defaults.keys()):
        raise ValueError(f"{unknown[0]} is no {what}; there are {', '.join(defaults)}")
    return {**defaults, **value}


class RectificationSettings(_Settings):
    """How long a unit has to put something right, and what a re-test needs. Keys of the tables are rules."""

    event_working_days: dict[str, int] = Field(
        default={"late": 30, "missing_submission": 5, "rejected_file": 5},
        description="working days for a single submission: to send it; of a late one, to send a later one on time",
    )
    alarm_working_days: dict[str, int] = Field(
        default={
            "late": 70,
            "missing_submission": 20,
            "rejected_file": 20,
            "item_missing": 45,
            "invalid_id_number": 45,
            "invalid_value": 45,
            "duplicates": 45,
            "inconsistent": 45,
            "uncorroborated": 45,
            "low_coverage": 70,
            "date_heaping": 70,
        },
        description="working days for a rate: two monthly submissions; three where only later months can tell",
    )
    minimum_submissions: int = Field(
        default=3, gt=0, description="later submissions under which a re-test of timeliness is `too_few`"
    )
    feedback_rows: int = Field(
        default=5_000, gt=0, description="rows that a unit's feedback lists, those of its tickets first"
    )

    @field_validator("event_working_days", "alarm_working_days")
    @classmethod
    def _over_the_defaults(cls, value: dict[str, int], info: ValidationInfo) -> dict[str, int]:
        return _over_defaults(cls, info, value, "rule")


class GradeSettings(_Settings):
    """How verdicts on measures become a grade from A to D."""

    weights: dict[str, float] = Field(
        default={
            "timeliness": 20,
            "item_completeness": 15,
            "validity": 15,
            "uniqueness": 10,
            "consistency": 10,
            "corroboration": 15,
            "coverage": 10,
            "date_heaping": 5,
        },
        description="weight of each measure; those that are `too_few` or `not_applicable` are left out with theirs",
    )
    points: dict[str, float] = Field(
        default={"in_control": 100, "warning": 60, "alarm": 0}, description="points of a measure by its verdict"
    )
    cut_offs: dict[str, float] = Field(
        default={"A": 90, "B": 75, "C": 60}, description="mean points from which on a grade is given; D below the last"
    )

    @field_validator("weights", "points", "cut_offs")
    @classmethod
    def _over_the_defaults(cls, value: dict[str, float], info: ValidationInfo) -> dict[str, float]:
        return _over_defaults(cls, info, value, "key")


class CompletenessSettings(_Settings):
    """How the number of births that nobody reported is estimated."""

    minimum_children: int = Field(
        default=100, gt=0, description="children of a cohort year in a register, under which no estimate is given"
    )
    minimum_linked: int = Field(
        default=50, gt=0, description="children in two registers or more, under which no estimate is given"
    )
    minimum_township_children: int = Field(
        default=30, gt=0, description="children of a township, under which no estimate of it is given"
    )
    minimum_mature_months: int = Field(
        default=6, gt=0, description="months due in every register, under which the year before tells of the unseen"
    )
    missed_link_share: float = Field(
        default=0.0003,
        ge=0,
        description="share of a child's records that linkage leaves apart, until reviewed pairs tell it "
        "(docs/accuracy.md: two children in a thousand are not exactly right, missed and wrong links together)",
    )
    missed_link_spread: float = Field(default=0.0003, ge=0, description="standard deviation of that share")
    usual_alone: float = Field(
        default=0.02,
        gt=0,
        description="children known to a unit alone, for each whom others know too, where a unit has no peers",
    )
    minimum_peers: int = Field(
        default=50,
        gt=0,
        description="corroborated children of units of its level, under which units of any level are a unit's peers",
    )
    minimum_canvassed: int = Field(
        default=30, gt=0, description="children of a cohort year that an area canvass met, under which it is not used"
    )
    minimum_verified: int = Field(
        default=10, gt=0, description="verified records of a unit under which the mixture tells who is genuine"
    )
    unmodelled_spread: float = Field(
        default=0.43,
        ge=0,
        description="standard deviation of the logarithm of the unseen number that no data can tell: the highest-order "
        "interaction, and what every model leaves out; chosen by simulation (docs/completeness.md)",
    )
    bootstrap_replicates: int = Field(default=40, gt=10, description="replicates of the seeded bootstrap")
    longest_delay_months: int = Field(
        default=24, gt=0, description="months after birth beyond which a report is no longer awaited"
    )
    revised_months: int = Field(default=12, gt=0, description="months after a cohort year from which it is `revised`")
    final_months: int = Field(default=24, gt=0, description="months after a cohort year from which it is `final`")


class GapSettings(_Settings):
    """What the probability of an omission takes for granted, and how long a worklist may be."""

    sole_spread: float = Field(
        default=0.5,
        ge=0,
        description="standard deviation of the log of the share of their children whom no other unit knows, between "
        "units that invent nobody",
    )
    sole_allowance: float = Field(
        default=1.0, ge=0, description="children known to one unit alone that are believed whatever the others show"
    )
    prior_children: float = Field(
        default=20.0, gt=0, description="children as which what is known of the whole counts in a small part of it"
    )
    usual_omitted_share: float = Field(
        default=0.1,
        gt=0,
        lt=1,
        description="share of children that a register misses for good, until as many of its own tell",
    )
    infant_deaths_per_1000: float = Field(
        default=5.0,
        ge=0,
        description="deaths under one year per 1,000 births, which no register tells of (China 2022: 4.9)",
    )
    worklist_children: int = Field(
        default=500, gt=0, description="children on one register's worklist of a unit, the likeliest first"
    )
    worklist_probability: float = Field(
        default=0.5, ge=0, le=1, description="probability of an omission from which on a child is on a worklist"
    )


class DisclosureSettings(_Settings):
    """What may leave the office, beside `suppression_limit`."""

    protection_width: int = Field(
        default=5,
        ge=1,
        description="people; what is suppressed may not be worked out to an interval narrower than this",
    )
    small_group: int = Field(
        default=10, ge=1, description="in a group of fewer, that none or all of it are something is suppressed too"
    )
    cohort_years: int = Field(
        default=3, ge=1, description="years of birth in public tables, the bulletin's own among them"
    )
    reply_working_days: int = Field(
        default=10, ge=0, description="working days in which a critical unit may reply before it is named outside"
    )


class VerificationSettings(_Settings):
    """How a verification round is drawn. Keys of the shares are strata."""

    shares: dict[str, float] = Field(
        default={
            "likely_omission": 0.35,
            "uncorroborated_in_alarm": 0.25,
            "uncorroborated": 0.10,
            "known_good": 0.15,
            "control": 0.15,
        },
        description="share of a township's cases by stratum; what a stratum has too few for goes to the others",
    )
    registers: tuple[str, ...] = Field(
        default=("birth_certificate", "household_registration", "immunization"),
        description="registers whose likely omissions are verified: those on which a right of the child hangs",
    )
    known_good_units: int = Field(
        default=3, gt=1, description="units that know a child, from which on its records are known-good cases"
    )
    answer_working_days: int = Field(
        default=30, gt=0, description="working days from the draw in which a facility may show its documents"
    )
    canvass_months: int = Field(default=24, gt=0, description="age under which an area canvass notes a child")

    @field_validator("shares")
    @classmethod
    def _over_the_defaults(cls, value: dict[str, float], info: ValidationInfo) -> dict[str, float]:
        return _over_defaults(cls, info, value, "stratum")


class ClockSettings(_Settings):
    """How far the machine's clock is believed."""

    most_days_between_nights: int = Field(
        default=92,
        gt=0,
        description="days after the last night from which on today's date must be confirmed with `--as-of`",
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
    drift: DriftSettings = DriftSettings()
    review: ReviewSettings = ReviewSettings()
    arrivals: ArrivalSettings = ArrivalSettings()
    coverage: CoverageSettings = CoverageSettings()
    accountability: AccountabilitySettings = AccountabilitySettings()
    rectification: RectificationSettings = RectificationSettings()
    grades: GradeSettings = GradeSettings()
    completeness: CompletenessSettings = CompletenessSettings()
    gaps: GapSettings = GapSettings()
    disclosure: DisclosureSettings = DisclosureSettings()
    verification: VerificationSettings = VerificationSettings()
    clock: ClockSettings = ClockSettings()
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
        self.approvals_file = self.archive / "approvals.jsonl"
        self.current_marts = self.published / "current.duckdb"
        self.bulletins = self.reports / "bulletins"
        self.outgoing = self.casework / "outgoing"
        self.returned = self.casework / "returned"
        # apart from outgoing/, which goes to the units: these workbooks stay in the office
        self.review = self.casework / "review"
        self.verification = self.casework / "verification"
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
