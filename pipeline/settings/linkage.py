"""How linkage decides, when drift is told, and what people are asked about."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.settings.part import Part


class LinkageSettings(Part):
    """How linkage decides. Probabilities are of two records being one child."""

    engine: Literal["duckdb", "spark"] = Field(
        default="duckdb",
        description="what finds and scores pairs when all records are scored; `spark` needs an environment of its own "
        "and Java, see docs/scale.md",
    )
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


class DriftSettings(Part):
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
    pairs_per_record: float = Field(
        default=0.05,
        ge=0,
        description="pairs per record, expected or met, below which a rule is not judged: one for rare faults "
        "follows habits of a few units",
    )


class ReviewSettings(Part):
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
