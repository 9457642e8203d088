"""The frozen model: what each level is worth, how often each name is met, and which model a home uses.

Belongs here: the model's form, its file, its version, the pointer to the one in use. Does not: how it is learned
(`training/training.py`, `training/county_model.py`), its card (`training/cards.py`), or how it is applied
(`pairs/scoring.py`). Only probabilities are frozen, not SQL: the comparisons are the program's, and a model says by
their digest which ones it was learned on.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.errors import RollcallError, UsageError
from pipeline.home import Home
from pipeline.linkage.model.comparison_levels import Comparison
from pipeline.linkage.model.comparisons import COMPARISONS, definitions_digest, splink_comparison
from pipeline.whole_files import write_whole

FORMAT = 1
DEFAULT_MODEL = Path(__file__).parent / "default.json"
POINTER = "current.json"
# what a pair of records may be, if not one child's
ALTERNATIVES = ("twins", "siblings")
# what is known of a delivery, and the odds of twins by it
DELIVERIES = {"unknown": "twins", "single": "twins_of_single_deliveries", "multiple": "twins_of_multiple_deliveries"}
# bits between the weights of two levels of one comparison, at least
WEIGHTS_APART = 1e-4
DISTRIBUTIONS = ("m", "u", *ALTERNATIVES)


@dataclass(frozen=True)
class Terms:
    """How often each value of a name column is met, as a share of the records that have one.

    Values that are not listed are taken to be as rare as `floor`.
    """

    floor: float
    frequencies: dict[str, float]


@dataclass(frozen=True)
class Model:
    """What was learned.

    Args:
        prior: the probability that two random records are one child's.
        worth: by comparison and label, the share of pairs that meet it among one child's records (`m`), strangers'
            (`u`), twins' (`twins`) and those of children of one mother's different deliveries (`siblings`).
        odds: by alternative, log2 of how many pairs of one child's records there are to one of the alternative;
            for twins also where the delivery is known to be single or multiple.
        terms: by name column.
        trained_on: what the card says of its training.
    """

    prior: float
    worth: dict[str, dict[str, dict[str, float]]]
    odds: dict[str, float]
    terms: dict[str, Terms]
    trained_on: dict[str, Any] = field(default_factory=dict)
    comparisons: str = field(default_factory=definitions_digest)

    def as_dict(self) -> dict[str, Any]:
        """The model's file as a dictionary."""
        return {
            "format": FORMAT,
            # the key by which files of models name the digest of their comparisons
            "ladders": self.comparisons,
            "trained_on": self.trained_on,
            "prior": self.prior,
            "odds": self.odds,
            "worth": self.worth,
            "terms": {
                column: {"floor": terms.floor, "frequencies": dict(sorted(terms.frequencies.items()))}
                for column, terms in sorted(self.terms.items())
            },
        }

    @cached_property
    def text(self) -> str:
        """The model's file: the same model gives the same bytes."""
        return json.dumps(self.as_dict(), ensure_ascii=False, indent=1) + "\n"

    @cached_property
    def version(self) -> str:
        """A name that follows from the content."""
        return f"m{hashlib.sha256(self.text.encode()).hexdigest()[:12]}"

    def weight(self, comparison: str, label: str, against: str) -> float:
        """log2 of how much likelier this level is for one child's records than for the alternative's."""
        shares = self.worth[comparison][label]
        return math.log2(shares["m"] / shares[against])

    @cached_property
    def comparable(self) -> dict[str, dict[str, dict[str, float]]]:
        """`worth` against strangers as Splink is given it: within a comparison no two levels weigh the same, and none
        nothing, so that the level can be told from the weight that Splink reports."""
        apart: dict[str, dict[str, dict[str, float]]] = {}
        for comparison in COMPARISONS:
            taken, levels = [0.0], {}
            for label in comparison.labels:
                m, u = self.worth[comparison.name][label]["m"], self.worth[comparison.name][label]["u"]
                while any(abs(math.log2(m / u) - weight) < WEIGHTS_APART for weight in taken):
                    m *= 1 - WEIGHTS_APART
                taken.append(math.log2(m / u))
                levels[label] = {"m": m, "u": u}
            apart[comparison.name] = levels
        return apart

    def level_sql(self, comparison: Comparison, values: dict[str, str], missing: str) -> str:
        """SQL over the weights that Splink reports: a value by the pair's level of a comparison.

        Args:
            values: by label, SQL.
            missing: SQL where there was nothing to compare.
        """
        column, tolerance = f"mw_{comparison.name}", WEIGHTS_APART / 4
        cases = []
        for label, value in values.items():
            shares = self.comparable[comparison.name][label]
            weight = math.log2(shares["m"] / shares["u"])
            cases.append(f"WHEN abs({column} - ({weight!r})) < {tolerance} THEN {value}")
        return f"CASE WHEN {column} = 0 THEN {missing} {' '.join(cases)} END"

    def splink_settings(self) -> dict[str, Any]:
        """Splink's settings for scoring with this model."""
        return {
            "link_type": "dedupe_only",
            "unique_id_column_name": "record_key",
            "probability_two_random_records_match": self.prior,
            "comparisons": [
                splink_comparison(comparison, self.comparable[comparison.name]) for comparison in COMPARISONS
            ],
            # pairs are found by `pairs/blocking_keys.py`
            "blocking_rules_to_generate_predictions": [],
            "retain_matching_columns": False,
            "retain_intermediate_calculation_columns": True,
        }


def read_model(path: Path) -> Model:
    """Read a model's file.

    Raises:
        RollcallError: it cannot be read, or was learned on other comparisons than this program's.
    """
    remedy = "Train one again with: rollcall train"
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        terms = {column: Terms(entry["floor"], entry["frequencies"]) for column, entry in raw["terms"].items()}
        model = Model(raw["prior"], raw["worth"], raw["odds"], terms, raw["trained_on"], raw["ladders"])
        is_known = raw["format"] == FORMAT
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RollcallError(f"The linkage model {path} cannot be read.", remedy) from error
    if not is_known or model.comparisons != definitions_digest():
        raise RollcallError(f"The linkage model {path} was trained for another version of this program.", remedy)
    return model


def _pointed_at(home: Home) -> Path:
    pointer = home.models / POINTER
    if not pointer.is_file():
        return DEFAULT_MODEL
    try:
        version = json.loads(pointer.read_text(encoding="utf-8"))["version"]
    except (ValueError, KeyError, TypeError) as error:
        raise RollcallError(f"{pointer} does not name a model.", "Train one again with: rollcall train") from error
    return home.models / f"{version}.json"


def model_in_use(home: Home) -> Model:
    """The model that the home's nights use: the promoted one, else the one that ships.

    Raises:
        RollcallError: see `read_model`.
    """
    return read_model(_pointed_at(home))


def model_named(home: Home, version: str) -> Model:
    """The model of a version: one that the home keeps, or the one that ships.

    Raises:
        UsageError: the home keeps no such model; names those it keeps.
        RollcallError: see `read_model`.
    """
    path = home.models / f"{version}.json"
    if path.is_file():
        return read_model(path)
    shipped = read_model(DEFAULT_MODEL)
    if shipped.version != version:
        kept = [path.stem for path in sorted(home.models.glob("*.json")) if path.name != POINTER]
        raise UsageError(
            f"The model {version} is not kept in {home.models}.",
            f"There are: {', '.join([*kept, shipped.version])} (the last one ships with rollcall).",
        )
    return shipped


def promote_model(home: Home, version: str) -> Model:
    """Point the next nights at a kept model, or at the one that ships.

    Raises:
        RollcallError: see `model_named`.
    """
    model = model_named(home, version)
    if (home.models / f"{version}.json").is_file():
        write_whole(home.models / POINTER, json.dumps({"version": version}) + "\n")
    else:
        (home.models / POINTER).unlink(missing_ok=True)
    return model


def model_version(home: Home) -> str:
    """The version of the model in use."""
    return model_in_use(home).version


def keep_model(home: Home, model: Model, *, promote: bool) -> Path:
    """Write the model into the archive; `promote` points the next nights at it."""
    path = home.models / f"{model.version}.json"
    write_whole(path, model.text)
    if promote:
        write_whole(home.models / POINTER, json.dumps({"version": model.version}) + "\n")
    return path
