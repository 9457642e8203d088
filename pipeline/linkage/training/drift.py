"""Whether a night's new records link as the model's training did: match weights, and what the blocking rules find.

Belongs here: counting, the frozen reference, and the comparison. Does not: how a night is scored, or what is done
about it (the asset check in `orchestration/linkage.py` warns).

A register's records find other partners than another's, and a night may bring one register only: the reference is
kept by register and put together as the night's registers are. A record is counted with partners of its own period or
an earlier one: that is what a night finds, and can be counted the same in a training that has all months at once.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import duckdb

from pipeline.linkage.model.frozen_model import Model
from pipeline.settings.linkage import DriftSettings
from pipeline.statements import Fragment, Statements

_STATEMENTS = Statements(__file__)
# the part of a model's `trained_on` that is frozen here
REFERENCE = "reference"
# bins of match weight: name and upper limit in bits; the last has none
BINS: tuple[tuple[str, float], ...] = (
    ("under -3", -3.0),
    ("-3 to 0", 0.0),
    ("0 to 3", 3.0),
    ("3 to 7", 7.0),
    ("7 to 12", 12.0),
    ("12 to 20", 20.0),
    ("20 to 30", 30.0),
    ("30 and over", math.inf),
)
# pairs that stand for none: a bin that is empty on one side only is a small difference, not an infinite one
UNSEEN = 0.5


@dataclass
class Tally:
    """Pairs counted from the side of one record.

    Args:
        records: by feed, records.
        weights: by feed and bin, pairs.
        rules: by feed and blocking rule, pairs.
    """

    records: Counter[str] = field(default_factory=Counter)
    weights: Counter[tuple[str, str]] = field(default_factory=Counter)
    rules: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Add another county's tally."""
        self.records.update(other.records)
        self.weights.update(other.weights)
        self.rules.update(other.rules)


@dataclass(frozen=True)
class Volume:
    """What a blocking rule finds for a record: pairs expected and met."""

    rule: str
    expected: float
    met: float


@dataclass(frozen=True)
class Drift:
    """A night beside its model's training.

    Args:
        records: new records that were counted.
        is_judged: whether the model has a reference and there were enough new records.
        index: population stability index of match weights (Siddiqi 2006); None where not judged.
        shares: by bin, the share of pairs expected and met.
        volumes: by blocking rule, pairs per record that are kept.
        outside: rules that find too many or too few.
        is_drifted: whether anything is beyond its limit.
        why_not: why it was not judged.
    """

    records: int
    is_judged: bool
    index: float | None
    shares: Mapping[str, tuple[float, float]]
    volumes: tuple[Volume, ...]
    outside: tuple[str, ...]
    is_drifted: bool
    why_not: str = ""


def count(con: duckdb.DuckDBPyConnection, *, pairs: str, records: str, of: str) -> Tally:
    """Count kept pairs.

    Args:
        pairs: name of a relation record_key_l, record_key_r, match_weight, blocking_rule.
        records: name of a relation record_key, feed, period of all records.
        of: name of a relation record_key: the records from whose side pairs are counted.
    """
    limits = " ".join(f"WHEN match_weight < {limit} THEN '{name}'" for name, limit in BINS[:-1])
    bins = Fragment(f"CASE {limits} ELSE '{BINS[-1][0]}' END")
    tally = Tally()
    tally.records.update(
        dict(con.execute(_STATEMENTS.filled("records_by_feed", records=records, chosen=of)).fetchall())
    )
    statement = _STATEMENTS.filled("pairs_by_feed", pairs=pairs, records=records, chosen=of, bin=bins)
    for feed, name, rule, met in con.execute(statement).fetchall():
        tally.weights[feed, name] += met
        tally.rules[feed, rule] += met
    return tally


def with_reference(model: Model, tally: Tally) -> Model:
    """The model with what its training looked like, to measure nights by: pairs per record, by feed."""
    reference = {
        feed: {
            "records": records,
            "weights": {name: round(tally.weights[feed, name] / records, 6) for name, _ in BINS},
            "rules": {rule: round(met / records, 6) for (of, rule), met in sorted(tally.rules.items()) if of == feed},
        }
        for feed, records in sorted(tally.records.items())
    }
    return replace(model, trained_on={**model.trained_on, REFERENCE: reference})


def compare_with(reference: Mapping[str, Any] | None, tally: Tally, settings: DriftSettings) -> Drift:
    """A night's tally beside the reference. Registers that the training never saw are left out."""
    known = {feed: records for feed, records in tally.records.items() if feed in (reference or {})}
    records = sum(known.values())
    if not reference:
        return _not_judged(records, "the model in use has no reference")
    if records < settings.records:
        return _not_judged(records, "too few new records to judge")
    weights, rules = Counter[str](), Counter[str]()
    for feed, count_ in known.items():
        for name, per_record in reference[feed]["weights"].items():
            weights[name] += per_record * count_
        for rule, per_record in reference[feed]["rules"].items():
            rules[rule] += per_record * count_
    met_weights, met_rules = _of(tally.weights, known), _of(tally.rules, known)
    shares = _shares(weights, met_weights)
    index = stability_index(shares)
    # a rule that finds little is left to chance, and one that finds a few pairs in a hundred records to local habits
    fewest = max(settings.pairs, settings.pairs_per_record * records)
    judged = sorted(rule for rule in rules | met_rules if max(rules[rule], met_rules[rule]) >= fewest)
    volumes = tuple(Volume(rule, rules[rule] / records, met_rules[rule] / records) for rule in judged)
    factor = settings.volume_factor
    outside = tuple(
        rule for rule in judged if not 1 / factor <= (met_rules[rule] + UNSEEN) / (rules[rule] + UNSEEN) <= factor
    )
    is_drifted = index > settings.index or bool(outside)
    return Drift(records, True, index, shares, volumes, outside, is_drifted)


def _not_judged(records: int, why_not: str) -> Drift:
    return Drift(records, False, None, {}, (), (), False, why_not)


def _of(counts: Counter[tuple[str, str]], feeds: Mapping[str, int]) -> Counter[str]:
    summed: Counter[str] = Counter()
    for (feed, name), met in counts.items():
        if feed in feeds:
            summed[name] += met
    return summed


def _shares(expected: Mapping[str, float], met: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """By bin, the share expected and met; what was never seen counts as half a pair."""
    names = [name for name, _ in BINS]
    totals = [sum(counts.get(name, 0) + UNSEEN for name in names) for counts in (expected, met)]
    return {
        name: ((expected.get(name, 0) + UNSEEN) / totals[0], (met.get(name, 0) + UNSEEN) / totals[1]) for name in names
    }


def stability_index(shares: Mapping[str, tuple[float, float]]) -> float:
    """The population stability index, sum of (met - expected) * ln(met / expected) (Siddiqi 2006).

    Args:
        shares: by bin, the share expected and met, none of them zero.
    """
    return sum((met - expected) * math.log(met / expected) for expected, met in shares.values())


def measure(con: duckdb.DuckDBPyConnection, model: Model, settings: DriftSettings, night_no: int) -> Drift:
    """The new records of a night beside the model's training.

    Args:
        con: the warehouse, in use, after the night linked.
    """
    con.execute(_STATEMENTS["new_records"], {"night_no": night_no})
    tally = count(con, pairs="linkage.pairs", records="linkage.child_records", of="new_records")
    con.execute("DROP TABLE new_records")
    return compare_with(model.trained_on.get(REFERENCE), tally, settings)
