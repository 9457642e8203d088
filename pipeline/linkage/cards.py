"""The model's card: what it was learned on, what every rung is worth, what was fixed and why.

Belongs here: the card as JSON and as Markdown. It carries no name and no number of anybody: term frequencies stay in
the model's own file.
"""

from __future__ import annotations

import json
from typing import Any

from pipeline.linkage.comparisons import LADDERS
from pipeline.linkage.model import ALTERNATIVES, Model

FIXED_WHEN_UNLABELLED = (
    "The weights against twins and siblings are those of the model that ships, which was learned where the truth is "
    "known. On blocks of one mother, expectation-maximisation takes two brothers with different names for one boy "
    "with a typing error, and makes a different date, rank, sex or name look harmless. Families with more than one "
    "child are left out of its training for the same reason."
)


def card(model: Model) -> dict[str, Any]:
    """The card's content."""
    weights = {
        ladder.name: {
            label: {
                "share_among_one_child": round(model.worth[ladder.name][label]["m"], 6),
                **{f"bits_against_{name}": round(model.weight(ladder.name, label, against), 2)
                   for name, against in (("strangers", "u"), *((name, name) for name in ALTERNATIVES))},
            }
            for label in ladder.labels
        }
        for ladder in LADDERS
    }  # fmt: skip
    return {
        "version": model.version,
        "trained_on": model.trained_on,
        "prior": model.prior,
        "odds_bits": {name: round(bits, 2) for name, bits in model.odds.items()},
        "fixed": FIXED_WHEN_UNLABELLED if model.trained_on.get("fixed_from") else "nothing: all pairs were labelled",
        "term_frequencies": {
            column: {"values": len(terms.frequencies), "floor": terms.floor} for column, terms in model.terms.items()
        },
        "weights": weights,
    }


def card_json(model: Model) -> str:
    """The card as JSON."""
    return json.dumps(card(model), ensure_ascii=False, indent=1) + "\n"


def card_markdown(model: Model) -> str:
    """The card as Markdown."""
    content = card(model)
    lines = [
        f"# Linkage model {model.version}",
        "",
        f"Learned from: {json.dumps(model.trained_on, ensure_ascii=False)}",
        "",
        f"Two random records are one child's with probability {model.prior:.3g}. For one pair of twins' records "
        f"there are 2^{content['odds_bits']['twins']} of one child's, for one of siblings' "
        f"2^{content['odds_bits']['siblings']}.",
        "",
        f"Fixed: {content['fixed']}",
        "",
        "| comparison | rung | share among one child's records | bits against strangers | twins | siblings |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for ladder, rungs in content["weights"].items():
        lines += [
            f"| {ladder} | {label} | {w['share_among_one_child']:.4f} | {w['bits_against_strangers']:+.1f} "
            f"| {w['bits_against_twins']:+.1f} | {w['bits_against_siblings']:+.1f} |"
            for label, w in rungs.items()
        ]
    return "\n".join(lines) + "\n"
