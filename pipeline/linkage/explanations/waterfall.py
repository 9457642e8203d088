"""How a pair's match weight comes about, part by part.

Belongs here: taking apart what `pairs/scoring.py` and `children/partition.py` put together. Does not: finding pairs, or
deciding. The parts are read from the night's own comparison of the two records (`score.compare`); their sum is the
weight that the night stores, and a test holds it so.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import duckdb

from pipeline.linkage.inputs import INPUT, delivery_kind, put_table
from pipeline.linkage.model.comparisons import COMPARISONS
from pipeline.linkage.model.frozen_model import ALTERNATIVES, DELIVERIES, Model
from pipeline.linkage.pairs.scoring import LIMIT_BITS, compare
from pipeline.settings.linkage import LinkageSettings

STRANGERS = "strangers"
TAKEN_APART = "pairs_taken_apart"


@dataclass(frozen=True)
class Step:
    """What one comparison contributes.

    Args:
        level: its label; None where there was nothing to compare.
        bits: by alternative (strangers, siblings, twins).
        rarity: bits for how common the agreeing value is, against strangers only.
    """

    comparison: str
    level: str | None
    bits: dict[str, float]
    rarity: float = 0.0


@dataclass(frozen=True)
class Waterfall:
    """A pair's weight, all in bits.

    Args:
        start: by alternative, how likely one child is before anything is compared.
        steps: by comparison, in the comparisons' order.
        delivery_kind: what is known of the delivery whose component holds both; None where they share none.
        shift: what that knowledge adds against twins.
        doubt_share: how much of a doubt about the delivery counts, where less than all.
        sums: by alternative, start and steps (and shift) together.
        delivery: of one delivery against strangers and siblings, as it counts.
        total: the match weight.
    """

    start: dict[str, float]
    steps: tuple[Step, ...]
    delivery_kind: str | None
    shift: float
    doubt_share: float | None
    sums: dict[str, float]
    delivery: float
    total: float

    @property
    def probability(self) -> float:
        """The match probability."""
        return 1 / (1 + 2.0 ** -_limited(self.total))


def against_all(*weights: float) -> float:
    """The log2 odds against several alternatives, from the weight against each (as `score.odds_sql`)."""
    return -math.log2(sum(2.0 ** -_limited(weight) for weight in weights))


def _limited(weight: float) -> float:
    return max(min(weight, LIMIT_BITS), -LIMIT_BITS)


def take_apart(
    work: duckdb.DuckDBPyConnection,
    model: Model,
    settings: LinkageSettings,
    pairs: Collection[tuple[int, int]],
    component: Mapping[int, int],
) -> dict[tuple[int, int], Waterfall]:
    """The parts of the weight of some pairs.

    Args:
        work: a workshop whose linkage input holds the records of the pairs, and all of their components.
        pairs: by record keys, the smaller first.
        component: by record key of the linkage input, its component.
    """
    if not pairs:
        return {}
    lefts, rights = zip(*sorted(pairs), strict=True)
    put_table(work, TAKEN_APART, {"record_key_l": ("BIGINT", lefts), "record_key_r": ("BIGINT", rights)})
    kinds = _delivery_kinds(work, component)
    vectors = compare(work, model, pairs=TAKEN_APART)
    columns = [row[0] for row in work.execute(f"DESCRIBE {vectors}").fetchall()]
    levels = [
        model.level_sql(comparison, {label: f"'{label}'" for label in comparison.labels}, missing="NULL")
        + f" AS {comparison.name}"
        for comparison in COMPARISONS
    ]
    weights = [f"mw_{comparison.name}" for comparison in COMPARISONS]
    rarities = [f"mw_tf_adj_{comparison.name}" for comparison in COMPARISONS]
    rarities = [name if name in columns else f"0.0 AS {name}" for name in rarities]
    found = work.execute(
        f"SELECT record_key_l, record_key_r, match_weight, {', '.join((*levels, *weights, *rarities))} FROM {vectors}"
    ).fetchall()
    work.execute(f"DROP TABLE {vectors}")
    taken = {}
    for left, right, strangers, *cells in found:
        count = len(COMPARISONS)
        steps = [
            _step(model, comparison.name, level, weight, rarity)
            for comparison, level, weight, rarity in zip(
                COMPARISONS, cells[:count], cells[count : 2 * count], cells[2 * count :], strict=True
            )
        ]
        shares_one = component.get(left) is not None and component.get(left) == component.get(right)
        kind = kinds.get(component[left], "unknown") if shares_one else None
        taken[left, right] = _put_together(model, settings, strangers, tuple(steps), kind)
    return taken


def _step(model: Model, comparison: str, level: str | None, weight: float, rarity: float) -> Step:
    bits = {STRANGERS: weight}
    for alternative in ALTERNATIVES:
        bits[alternative] = model.weight(comparison, level, alternative) if level is not None else 0.0
    return Step(comparison, level, bits, rarity or 0.0)


def _put_together(
    model: Model, settings: LinkageSettings, strangers: float, steps: tuple[Step, ...], kind: str | None
) -> Waterfall:
    start = {STRANGERS: math.log2(model.prior / (1 - model.prior)), **{name: model.odds[name] for name in ALTERNATIVES}}
    shift = model.odds[DELIVERIES[kind or "unknown"]] - model.odds["twins"]
    sums = {name: start[name] + sum(step.bits[name] for step in steps) for name in ALTERNATIVES}
    sums["twins"] += shift
    delivery = against_all(strangers, sums["siblings"])
    share = settings.delivery_doubt_share if delivery < 0 and kind is not None else None
    delivery = delivery if share is None else share * delivery
    sums[STRANGERS] = strangers
    return Waterfall(start, steps, kind, shift, share, sums, delivery, against_all(delivery, sums["twins"]))


def _delivery_kinds(work: duckdb.DuckDBPyConnection, component: Mapping[int, int]) -> dict[int, str]:
    """By component, what its records say of the delivery."""
    if not component:
        return {}
    keys, components = list(component), list(component.values())
    put_table(work, "known_components", {"record_key": ("BIGINT", keys), "component": ("BIGINT", components)})
    return dict(
        work.execute(f"""
            SELECT component, {delivery_kind(INPUT)} FROM {INPUT} JOIN known_components USING (record_key)
            GROUP BY component
        """).fetchall()
    )
