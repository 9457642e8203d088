"""The model's card: what it was learned on, what every level is worth, what was fixed and why.

Belongs here: the card as JSON and as Markdown. It carries no name and no number of anybody: term frequencies stay in
the model's own file. That of the model that ships is `docs/model_card.md` (`training/default_model.py` writes it).
"""

from __future__ import annotations

import json
from typing import Any

from pipeline.linkage.model.comparisons import COMPARISONS
from pipeline.linkage.model.frozen_model import ALTERNATIVES, Model
from pipeline.linkage.training.drift import BINS, REFERENCE
from pipeline.linkage.training.training import FIXED_SHARES, MOST_CERTAIN_BITS, UNKNOWN_PART

FIXED_WHEN_UNLABELLED = (
    "The weights against twins and siblings are those of the model that ships, which was learned where the truth is "
    "known. On blocks of one mother, expectation-maximisation takes two brothers with different names for one boy "
    "with a typing error, and makes a different date, rank, sex or name look harmless. Families with more than one "
    "child are left out of its training for the same reason."
)
# what is not simply counted where all pairs are labelled
FIXED_WHEN_LABELLED = (
    "The columns against twins and siblings are trained apart, each on labelled pairs of its own kind: on blocks of "
    "one mother, expectation-maximisation would take two brothers with different names for one boy with a typing "
    "error, and make a different date, rank, sex or name look harmless.",
    f"Of every share among one child's records, and among twins', {UNKNOWN_PART:g} is spread evenly over the levels: "
    "synthetic counties do not show every slip that the field makes, and what they never show is not impossible.",
    f"That a delivery written as single was of twins is held unlikely by {MOST_CERTAIN_BITS:g} bits at most, for the "
    "same reason.",
    *(f"{comparison}, {label}: the share among {name} is set to {share:g}; {why}."
      for comparison, label, name, share, why in FIXED_SHARES),
)  # fmt: skip


def card(model: Model) -> dict[str, Any]:
    """The card's content."""
    weights = {
        comparison.name: {
            label: {
                "share_among_one_child": round(model.worth[comparison.name][label]["m"], 6),
                **{f"bits_against_{name}": round(model.weight(comparison.name, label, against), 2)
                   for name, against in (("strangers", "u"), *((name, name) for name in ALTERNATIVES))},
            }
            for label in comparison.labels
        }
        for comparison in COMPARISONS
    }  # fmt: skip
    return {
        "version": model.version,
        "trained_on": model.trained_on,
        "prior": model.prior,
        "odds_bits": {name: round(bits, 2) for name, bits in model.odds.items()},
        "fixed": _fixed(model),
        "term_frequencies": {
            column: {"values": len(terms.frequencies), "floor": terms.floor} for column, terms in model.terms.items()
        },
        "weights": weights,
    }


def _fixed(model: Model) -> list[str]:
    """What was fixed or trained apart, with the reasons."""
    return [FIXED_WHEN_UNLABELLED] if model.trained_on.get("fixed_from") else list(FIXED_WHEN_LABELLED)


def card_json(model: Model) -> str:
    """The card as JSON."""
    return json.dumps(card(model), ensure_ascii=False, indent=1) + "\n"


def card_markdown(model: Model) -> str:
    """The card as Markdown."""
    content = card(model)
    learned_from = {name: said for name, said in model.trained_on.items() if name != REFERENCE}
    lines = [
        f"# Linkage model {model.version}",
        "",
        f"Learned from: {json.dumps(learned_from, ensure_ascii=False)}",
        "",
        f"Two random records are one child's with probability {model.prior:.3g}. For one pair of twins' records "
        f"there are 2^{content['odds_bits']['twins']} of one child's, for one of siblings' "
        f"2^{content['odds_bits']['siblings']}.",
        "",
        "Fixed or trained apart, and why:",
        "",
        *(f"- {reason}" for reason in content["fixed"]),
        "",
        "| comparison | level | share among one child's records | bits against strangers | twins | siblings |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for comparison, levels in content["weights"].items():
        lines += [
            f"| {comparison} | {label} | {w['share_among_one_child']:.4f} | {w['bits_against_strangers']:+.1f} "
            f"| {w['bits_against_twins']:+.1f} | {w['bits_against_siblings']:+.1f} |"
            for label, w in levels.items()
        ]
    return "\n".join([*lines, *_reference(model)]) + "\n"


def _reference(model: Model) -> list[str]:
    """What linking its own training looked like: the reference of the drift check."""
    reference = model.trained_on.get(REFERENCE)
    if not reference:
        return []
    names = [name for name, _ in BINS]
    rows = [
        f"| {feed} | {said['records']} | " + " | ".join(f"{said['weights'][name]:.3f}" for name in names) + " |"
        for feed, said in reference.items()
    ]
    return [
        "",
        "Pairs per record that linking its own training kept, by bits of match weight, with partners of the same "
        "period or an earlier one. Nights are measured against these.",
        "",
        f"| register | records | {' | '.join(names)} |",
        f"| --- | --- |{' --- |' * len(names)}",
        *rows,
    ]
