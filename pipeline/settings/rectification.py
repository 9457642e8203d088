"""Terms of rectification, and how grades are weighed."""

from __future__ import annotations

from pydantic import Field, ValidationInfo, field_validator

from pipeline.settings.part import Part, over_defaults


class RectificationSettings(Part):
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
        return over_defaults(cls, info, value, "rule")


class GradeSettings(Part):
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
        return over_defaults(cls, info, value, "key")
