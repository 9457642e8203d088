"""county.yaml as a whole: reading it, and saying in which line and by which key it is wrong.

Not here: the parts that it is made of (one module each).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import Field, ValidationError, field_validator

from pipeline.contracts import Due
from pipeline.errors import ReferenceFileError
from pipeline.settings.accountability import AccountabilitySettings, ArrivalSettings, CoverageSettings
from pipeline.settings.alerts import AlertSettings
from pipeline.settings.completeness import CompletenessSettings, GapSettings
from pipeline.settings.disclosure import DisclosureSettings
from pipeline.settings.intake import CheckSettings, IntakeSettings
from pipeline.settings.linkage import DriftSettings, LinkageSettings, ReviewSettings
from pipeline.settings.machine import ClockSettings, DoctorSettings, DuckDBSettings, ServiceSettings, SparkSettings
from pipeline.settings.part import Part
from pipeline.settings.quality_report import QualityReportSettings
from pipeline.settings.rectification import GradeSettings, RectificationSettings
from pipeline.settings.verification import VerificationSettings


class CountySettings(Part):
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
    retention_months: int = Field(
        default=96,
        gt=0,
        description="months after its receipt from which on `rollcall archive expire` removes a submission's content; "
        "84 until the last child of a month is on a school's register, 12 for late schools and the reviews that follow",
    )
    release_days: int = Field(default=400, gt=0, description="days that a release is kept; the current one always is")
    alert_webhook: str | None = Field(
        default=None, description="where a failed run, and the archive's heads, are posted"
    )
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
    quality_report: QualityReportSettings = QualityReportSettings()
    alerts: AlertSettings = AlertSettings()
    clock: ClockSettings = ClockSettings()
    doctor: DoctorSettings = DoctorSettings()
    service: ServiceSettings = ServiceSettings()
    duckdb: DuckDBSettings = DuckDBSettings()
    spark: SparkSettings = SparkSettings()

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


def _line_of(text: str, location: tuple) -> int:
    """The line of a YAML key, by the path of keys that leads to it; 1 where there is none."""
    line = 1
    for key in location:
        pattern = re.compile(rf"^\s*['\"]?{re.escape(str(key))}['\"]?\s*:")
        numbered = enumerate(text.splitlines(), start=1)
        line = next((number for number, row in numbered if number >= line and pattern.match(row)), line)
    return line


# what a wrong value should have been, by pydantic's name of the fault; a pattern says it by an example
_FAULTS = {
    "extra_forbidden": "there is no such key",
    "missing": "it is absent",
    "greater_than": "it must be more than {gt}",
    "greater_than_equal": "it must be at least {ge}",
    "less_than": "it must be less than {lt}",
    "less_than_equal": "it must be at most {le}",
    "int_parsing": "a whole number is expected",
    "int_type": "a whole number is expected",
    "int_from_float": "a whole number is expected",
    "float_parsing": "a number is expected",
    "float_type": "a number is expected",
    "bool_parsing": "true or false is expected",
    "bool_type": "true or false is expected",
    "string_type": "a text is expected; put it into quotes",
    "literal_error": "it must be {expected}",
    "dict_type": "keys and values are expected under it",
    "tuple_type": "a list is expected",
    "list_type": "a list is expected",
}
_EXAMPLES = {
    "county_code": "six digits, 999911",
    "first_period": "a month, 2024-01",
    "account": "an account's name, rollcall",
    "sftp_folder": "a folder from the root on, /srv/rollcall-sftp",
    "sftp_prefix": "lower-case letters, digits and '-', u-",
    "secret_file": "a path from the root on, /etc/rollcall/robot.secret",
    "smtp_password_file": "a path from the root on, /etc/rollcall/mail.password",
    "mail_from": "an address, rollcall@example.org",
}


def plainly(fault: Mapping[str, Any]) -> str:
    """A validation's fault in plain words, without patterns or the library's own terms."""
    key = str(fault["loc"][-1]) if fault["loc"] else ""
    if fault["type"] == "string_pattern_mismatch":
        return f"it is written like this: {_EXAMPLES[key]}" if key in _EXAMPLES else "it is not of the expected form"
    if fault["type"] in _FAULTS:
        return _FAULTS[fault["type"]].format_map(fault.get("ctx", {}))
    # what our own validators say is plain already
    return str(fault["msg"]).removeprefix("Value error, ")


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
            f"{path}, line {_line_of(text, first['loc'])}: {key}: {plainly(first)}.",
            "Correct or remove that line; docs/settings.md lists the keys.",
        ) from error
