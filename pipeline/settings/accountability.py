"""Arrivals, coverage, control limits and what units are judged by."""

from __future__ import annotations

from pydantic import Field, ValidationInfo, field_validator

from pipeline.settings.part import Part


class ArrivalSettings(Part):
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


class CoverageSettings(Part):
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


class AccountabilitySettings(Part):
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
    most_above_acceptable: dict[str, float] = Field(
        default={
            "late": 0.10,
            "missing_submission": 0.04,
            "rejected_file": 0.08,
            "item_missing": 0.25,
            "invalid_id_number": 0.12,
            "invalid_value": 0.08,
            "duplicates": 0.08,
            "inconsistent": 0.15,
            "uncorroborated": 1.0,
            "low_coverage": 0.25,
            "date_heaping": 0.30,
        },
        description="how far above `acceptable_share` a target taken from peers may be; beyond it the county as a "
        "whole falls short, which is told of the county, and its units are judged by this level. What other registers "
        "hold is not a unit's doing: uncorroborated has no such level",
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

    @field_validator("standard", "acceptable_share", "most_above_acceptable", "assumed_spread", "minimum_excess")
    @classmethod
    def _over_the_defaults(cls, value: dict[str, float], info: ValidationInfo) -> dict[str, float]:
        """A county names the rules that it changes; the others keep their defaults."""
        defaults = cls.model_fields["acceptable_share"].default
        if unknown := sorted(value.keys() - defaults.keys()):
            raise ValueError(f"{unknown[0]} is no rule; rules are {', '.join(defaults)}")
        return {**cls.model_fields[str(info.field_name)].default, **value}
