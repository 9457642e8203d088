"""The plan of a synthetic county: every size, share and error rate, by name.

Plans are YAML files in `plans/`, where each number has its source or its assumption beside it; a plan extends
another and says only what differs. Not here: how a number is used.
"""

from __future__ import annotations

import calendar
import datetime as dt
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import RollcallError, UsageError

PLANS_FOLDER = Path(__file__).parent / "plans"
Share = float


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Misbehaviour(_Model):
    """How many units misbehave in one way, in which feeds, how strongly (a share of rows or of months)."""

    feeds: tuple[str, ...]
    units: int = Field(ge=0)
    strength: float = Field(ge=0, le=1)
    level: Literal["county", "township"] | None = Field(default=None, description="units of this level only")


class CountyPlan(_Model):
    """All that decides a synthetic county. Shares are of 1, lags in days; `plans/usual.yaml` explains each."""

    name: str
    seed: int = Field(ge=0)
    county_code: str = Field(pattern=r"^9999\d\d$")
    county_name: str
    births: int = Field(ge=1)
    first_period: str = Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")
    months: int = Field(ge=1)
    as_of: dt.date | None = None

    townships: int = Field(ge=1, le=150)
    villages: int = Field(ge=2, le=60)
    hospitals: int = Field(ge=1)
    hard_village_share: Share
    hard_share_in_hard_village: Share
    hard_share_elsewhere: Share

    non_resident_share: Share
    second_child: Share
    third_child: Share
    fourth_child: Share
    birth_spacing_months: float = Field(gt=12)
    twin_deliveries: Share
    triplet_deliveries: Share
    mother_surname_share: Share
    one_character_given_name: Share
    later_name_share: Share
    local_id_share: Share
    couples_unmarried: Share
    marriage_after_birth: Share
    lunar_families: Share
    mother_called_otherwise: Share
    fathers_unknown: Share

    registered_elsewhere: Share

    born_elsewhere_share: Share
    home_birth_share: dict[str, Share]
    clinic_delivery_share: dict[str, Share]
    infant_death_share: Share
    stillbirths_per_birth: Share
    older_registrations_per_birth: Share

    registration: dict[str, dict[str, tuple[Share, Share]]]
    dead_children: dict[str, Share]
    lags: dict[str, dict[str, float]]
    lag_factor_hard: float
    slow_tail: dict[str, float]
    unit_omission_sigma: float
    unit_quality_sigma: float
    reissued_certificates: Share
    certificate_cited: dict[str, Share]
    duplicates: dict[str, Share]
    school: dict[str, Share]
    school_scale: Share
    marriage_scale: Share

    error_factor: float = Field(default=1.0, ge=0, description="multiplies all error rates")
    errors: dict[str, Share]
    blanks: dict[str, dict[str, Share]]

    xlsx_unit_share: Share
    csv_encodings: dict[str, float]
    header_styles: dict[str, float]
    date_styles: dict[str, float]
    title_row_share: Share
    footer_share: Share
    blank_lines_share: Share
    reordered_share: Share
    extra_columns_share: Share

    units_opened_later: int = Field(ge=0)
    reported_next_month: Share
    unfinished_rows: Share
    late_share: Share
    missing_share: Share
    supplement_share: Share
    revision_share: Share
    rejected_share: Share
    misbehaviour: dict[str, Misbehaviour]

    @property
    def first_month(self) -> dt.date:
        """The first day of the span."""
        return dt.date.fromisoformat(self.first_period + "-01")

    @property
    def periods(self) -> list[str]:
        """The monthly periods of the span, `YYYY-MM`."""
        start = self.first_month.year * 12 + self.first_month.month - 1
        return [f"{m // 12:04d}-{m % 12 + 1:02d}" for m in range(start, start + self.months)]

    @property
    def end(self) -> dt.date:
        """The first day after the span."""
        month = self.first_month.year * 12 + self.first_month.month - 1 + self.months
        return dt.date(month // 12, month % 12 + 1, 1)

    @property
    def as_of_day(self) -> dt.date:
        """The day on which the truth is told: by default the last of the month after the last period."""
        last = calendar.monthrange(self.end.year, self.end.month)[1]
        return self.as_of or self.end.replace(day=last)


def named_plans() -> list[str]:
    """Names of the plans that ship."""
    return sorted(path.stem for path in PLANS_FOLDER.glob("*.yaml"))


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if both else value
    return merged


def _raw(path: Path) -> dict[str, Any]:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise RollcallError(f"{path} is no YAML.", "Check quotes and indentation.") from error
    if not isinstance(raw, dict):
        raise RollcallError(f"{path} is no plan.", "Write keys and values; extends: usual is a good start.")
    base = raw.pop("extends", None)
    return _merged(_raw(_path_of(str(base))), raw) if base else raw


def _path_of(name: str) -> Path:
    shipped = PLANS_FOLDER / f"{name}.yaml"
    path = shipped if shipped.is_file() else Path(name)
    if not path.is_file():
        raise UsageError(f"There is no plan {name}.", f"Plans that ship: {', '.join(named_plans())}.")
    return path


def load_plan(name: str | Path = "demo", **changes: object) -> CountyPlan:
    """Read a plan by its shipped name or from a file; `changes` override single keys (`births=500, seed=7`).

    Raises:
        UsageError: there is no such plan.
        RollcallError: it cannot be read, or a key or value is wrong.
    """
    raw = _merged(_raw(_path_of(str(name))), changes)
    unknown = sorted(set(raw.get("errors", {})) - set(_raw(_path_of("usual"))["errors"]))
    if unknown:
        raise RollcallError(f"The plan {name}: {unknown[0]} is no error.", "plans/usual.yaml lists them.")
    try:
        return CountyPlan.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise RollcallError(f"The plan {name}: {key}: {first['msg']}.", "Compare with plans/usual.yaml.") from error
