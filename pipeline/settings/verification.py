"""How verification rounds are drawn."""

from __future__ import annotations

from pydantic import Field, ValidationInfo, field_validator

from pipeline.settings.part import Part, over_defaults


class VerificationSettings(Part):
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
        return over_defaults(cls, info, value, "stratum")
