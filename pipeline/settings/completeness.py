"""Estimates of births that nobody reported, and what explains a gap."""

from __future__ import annotations

from pydantic import Field

from pipeline.settings.part import Part


class CompletenessSettings(Part):
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


class GapSettings(Part):
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
