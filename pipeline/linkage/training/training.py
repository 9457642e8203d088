"""Learning a model from labels: every share is counted.

Belongs here: how the shares of each level are estimated where it is known who is who (synthetic counties), and how
names are counted. Does not: the model's form (`model/frozen_model.py`), or learning without labels
(`training/county_model.py`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import duckdb

from pipeline.linkage.inputs import INPUT, TERM_COLUMNS, delivery_kind
from pipeline.linkage.model.comparison_levels import Comparison
from pipeline.linkage.model.comparisons import COMPARISONS
from pipeline.linkage.model.frozen_model import DELIVERIES, DISTRIBUTIONS, Model, Terms
from pipeline.linkage.pairs.scoring import compare
from pipeline.statements import Statements

_STATEMENTS = Statements(__file__)
# pairs of strangers drawn from each county
STRANGER_PAIRS = 400_000
# places between a record and each next partner drawn for it; a prime, so that small counties are walked through too
STRANGER_STEP = 7919
# a level that was never met is as likely as this many pairs would make it
UNSEEN = 0.5
# what synthetic counties cannot show of the field's errors: a part of every share among one child's records, and
# among twins', is spread evenly over the levels
UNKNOWN_PART = 0.005
# bits: a delivery written as single may still be twins', a slip that synthetic counties may not show
MOST_CERTAIN_BITS = 10.0
# a name that fewer records than this bear is only counted among the rare ones
COMMON_NAME_RECORDS = 10
# shares that synthetic counties cannot show: comparison, level, distribution, share, and the reason for the card
FIXED_SHARES: tuple[tuple[str, str, str, float, str], ...] = (
    (
        "certificate_no",
        "a neighbouring number",
        "twins",
        0.2,
        "synthetic certificates bear no running numbers; in life those of one delivery are issued one after the "
        "other, so that a neighbouring number is no slip of the pen among twins",
    ),
)
KINDS = {"m": "match", "u": "stranger", "twins": "twin", "siblings": "sibling"}


@dataclass
class Counts:
    """What was counted, over one county or several.

    Args:
        levels: by distribution, comparison and label, pairs.
        pairs: by distribution, pairs that exist (not only those compared).
        by_delivery: the same by distribution and what is known of the delivery.
        records: records.
        all_pairs: pairs of records that exist within counties.
        names: by name column and value, records.
    """

    levels: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    pairs: Counter[str] = field(default_factory=Counter)
    by_delivery: Counter[tuple[str, str]] = field(default_factory=Counter)
    records: int = 0
    all_pairs: int = 0
    names: dict[str, Counter[str]] = field(default_factory=lambda: {column: Counter() for column in TERM_COLUMNS})

    def add(self, other: Counts) -> None:
        """Add another county's counts."""
        self.levels += other.levels
        self.pairs += other.pairs
        self.by_delivery += other.by_delivery
        self.records += other.records
        self.all_pairs += other.all_pairs
        for column, counter in other.names.items():
            self.names[column] += counter


def untrained() -> Model:
    """A model that knows nothing, to compare pairs with."""
    worth = {
        comparison.name: {
            label: dict.fromkeys(DISTRIBUTIONS, 1 / len(comparison.labels)) for label in comparison.labels
        }
        for comparison in COMPARISONS
    }
    terms = {column: Terms(floor=1.0, frequencies={}) for column in TERM_COLUMNS}
    return Model(0.5, worth, dict.fromkeys(("siblings", *DELIVERIES.values()), 0.0), terms)


def count_labelled(work: duckdb.DuckDBPyConnection, labels: str, *, table: str = INPUT) -> Counts:
    """Count levels over pairs of known kind.

    Args:
        labels: a table (record_key, child, delivery, mother); delivery and mother null where not known.
        table: the linkage input.
    """
    work.execute(f"""
        CREATE OR REPLACE TABLE labelled AS
        SELECT row_number() OVER (ORDER BY record_key) AS place, record_key, child, delivery, mother
        FROM {table} JOIN {labels} USING (record_key)
    """)
    records = work.execute("SELECT count(*) FROM labelled").fetchall()[0][0]
    # keys are hashes, so a fixed distance between places is as good as a draw, and the same every time
    steps = max(1, min(STRANGER_PAIRS // max(records, 1), records - 1))
    work.execute(_STATEMENTS["labelled_pairs"], {"step": STRANGER_STEP, "records": max(records, 1), "steps": steps})
    blank = untrained()
    vectors = compare(work, blank, table=table, pairs="labelled_pairs")
    counts = Counts(records=records, all_pairs=records * (records - 1) // 2)
    kinds = {kind: name for name, kind in KINDS.items()}
    for comparison in COMPARISONS:
        level = blank.level_sql(comparison, {label: f"'{label}'" for label in comparison.labels}, missing="NULL")
        rows = work.execute(f"""
            SELECT kind, {level} AS level, count(*)
            FROM {vectors} JOIN labelled_pairs USING (record_key_l, record_key_r) GROUP BY ALL
        """).fetchall()
        for kind, label, count in rows:
            if label is not None:
                counts.levels[kinds[kind], comparison.name, label] += count
    for kind, count in work.execute("SELECT kind, count(*) FROM labelled_pairs GROUP BY kind").fetchall():
        counts.pairs[kinds[kind]] += count
    known = work.execute(f"""
        WITH known AS (
            SELECT coalesce(delivery, child) AS delivery, {delivery_kind(table)} AS kind
            FROM labelled JOIN {table} USING (record_key) GROUP BY 1
        )
        SELECT labelled_pairs.kind, known.kind, count(*) FROM labelled_pairs
        JOIN labelled ON record_key = record_key_l JOIN known ON known.delivery = coalesce(labelled.delivery, child)
        WHERE labelled_pairs.kind IN ('match', 'twin') GROUP BY ALL
    """).fetchall()
    for kind, delivery, count in known:
        counts.by_delivery[kinds[kind], delivery] += count
    for column in TERM_COLUMNS:
        counts.names[column].update(count_names(work, column, table))
    return counts


def count_names(work: duckdb.DuckDBPyConnection, column: str, table: str = INPUT) -> dict[str, int]:
    """How many records bear each value of a name column."""
    return dict(
        work.execute(f"SELECT {column}, count(*) FROM {table} WHERE {column} IS NOT NULL GROUP BY 1").fetchall()
    )


def from_counts(counts: Counts, trained_on: dict[str, object]) -> Model:
    """A model from labelled counts."""
    worth: dict[str, dict[str, dict[str, float]]] = {
        comparison.name: {label: {} for label in comparison.labels} for comparison in COMPARISONS
    }
    for name in DISTRIBUTIONS:
        for comparison in COMPARISONS:
            for label, share in _shares(counts, name, comparison).items():
                worth[comparison.name][label][name] = share
    for comparison_name, label, name, share, _ in FIXED_SHARES:
        _fix(worth[comparison_name], label, name, share)
    odds = {"siblings": _log2_ratio(counts.pairs["m"], counts.pairs["siblings"])}
    for delivery, name in DELIVERIES.items():
        found = _log2_ratio(counts.by_delivery["m", delivery], counts.by_delivery["twins", delivery])
        odds[name] = min(found, MOST_CERTAIN_BITS)
    terms = {column: terms_of(names) for column, names in counts.names.items()}
    prior = counts.pairs["m"] / max(counts.all_pairs, 1)
    return Model(prior, worth, odds, terms, dict(trained_on))


def _shares(counts: Counts, name: str, comparison: Comparison) -> dict[str, float]:
    met = {label: counts.levels[name, comparison.name, label] for label in comparison.labels}
    total = sum(met.values()) + UNSEEN * len(met)
    counted = {label: (count + UNSEEN) / total for label, count in met.items()}
    unknown = UNKNOWN_PART if name in ("m", "twins") else 0.0
    return {label: (1 - unknown) * share + unknown / len(met) for label, share in counted.items()}


def _fix(levels: dict[str, dict[str, float]], label: str, name: str, share: float) -> None:
    """Give a level a share that was not counted; the others keep their proportions."""
    rest = 1 - levels[label][name]
    for other, shares in levels.items():
        shares[name] = share if other == label else shares[name] * (1 - share) / rest


def _log2_ratio(one: int, other: int) -> float:
    return math.log2((one + UNSEEN) / (other + UNSEEN))


def terms_of(names: Iterable[tuple[str, int]] | dict[str, int]) -> Terms:
    """Frozen frequencies of the common values; the rare ones share one, which is what a rare name is worth."""
    counted = dict(names)
    total = sum(counted.values())
    if not total:
        return Terms(floor=1.0, frequencies={})
    common = {name: count / total for name, count in counted.items() if count >= COMMON_NAME_RECORDS}
    rare = [count for count in counted.values() if count < COMMON_NAME_RECORDS]
    floor = (sum(rare) / len(rare) if rare else 1) / total
    return Terms(floor, common)
