"""The random sample of a review batch: what links and non-links people judge, so that quality is measured.

Belongs here: the frame, its strata, how many are drawn from each, and the draw. Does not: what follows from the
answers (`review/measured_quality.py`), or pairs chosen for another reason (`review/queue.py`).

The frame is every pair that linkage weighed and kept and that nobody has answered: links and the non-links that were
found. Its strata are links and non-links, confident and doubtful ones each. From each a simple random sample is
drawn, by a hash of seed and pair: the same links and seed give the same sample, on any machine.
"""

from __future__ import annotations

import math
from dataclasses import replace

import duckdb

from pipeline.linkage.review.expected_quality import TRAITS
from pipeline.linkage.review.queue import SAMPLED, Chosen, Pair
from pipeline.settings.linkage import LinkageSettings
from pipeline.statements import Statements

_STATEMENTS = Statements(__file__)
# strata of the frame; the first two are links
LINKED = ("linked_confident", "linked_doubtful")
APART = ("apart_doubtful", "apart_confident")
STRATA = (*LINKED, *APART)
# no stratum is left without pairs, however sure the model is of it
FEWEST = 5
# the model's own doubt is no proof: it counts as at least this much when pairs are shared out
LEAST_VARIANCE = 0.01

# by part of the links and stratum, the number of pairs in the frame
Frame = dict[str, dict[str, int]]


def shares(size: int, strata: dict[str, tuple[int, float]]) -> dict[str, int]:
    """How many pairs to draw from each stratum: in proportion to its size and spread (Neyman 1934, Journal of the
    Royal Statistical Society 97, 558-625), at least `FEWEST`, at most all.

    Args:
        size: pairs to draw in all; fewer where the frame has no more, or where it is under `FEWEST` a stratum.
        strata: by name, pairs and the mean of p(1 - p) that the model expects.
    """
    drawn = {name: min(count, FEWEST, size // len(STRATA)) for name, (count, _) in strata.items()}
    while True:
        left = size - sum(drawn.values())
        open_strata = {name for name, (count, _) in strata.items() if drawn[name] < count}
        if left <= 0 or not open_strata:
            return drawn
        pull = {name: strata[name][0] * math.sqrt(max(strata[name][1], LEAST_VARIANCE)) for name in open_strata}
        whole = sum(pull.values())
        for name in sorted(open_strata, key=lambda name: (-pull[name], name)):
            more = min(
                max(1, int(left * pull[name] / whole)), strata[name][0] - drawn[name], size - sum(drawn.values())
            )
            drawn[name] += max(more, 0)


def sample(
    con: duckdb.DuckDBPyConnection, settings: LinkageSettings, size: int, seed: int
) -> tuple[list[Chosen], dict[Pair, list[str]], Frame]:
    """Draw the sample. `review.prepare` comes first.

    Returns:
        the pairs drawn; of each, the parts that it belongs to; the frame's counts by part and stratum.
    """
    con.execute(_STATEMENTS["review_frame"], {"low": settings.review_low, "high": settings.review_high})
    found = con.execute(_STATEMENTS["strata"]).fetchall()
    drawn = shares(size, {name: (count, variance) for name, count, variance in found})
    counts = {name: count for name, count, _ in found}
    chosen: list[Chosen] = []
    for name in sorted(drawn):
        draw = {"stratum": name, "reason": SAMPLED, "seed": seed, "number": drawn[name]}
        rows = con.execute(_STATEMENTS["drawn"], draw).fetchall()
        chosen += [replace(Chosen(*row), sample=name, inclusion_probability=drawn[name] / counts[name]) for row in rows]
    con.execute(_STATEMENTS["review_parts"], {"traits": list(TRAITS), "bits": list(TRAITS.values())})
    frame: Frame = {}
    for part, of_stratum, count in con.execute(
        "SELECT part, stratum, count(*) FROM review_parts GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        frame.setdefault(part, {})[of_stratum] = count
    parts: dict[Pair, list[str]] = {}
    for each in chosen:
        parts[each.left, each.right] = [
            part
            for (part,) in con.execute(
                "SELECT part FROM review_parts WHERE record_key_l = ? AND record_key_r = ? ORDER BY part",
                [each.left, each.right],
            ).fetchall()
        ]
    con.execute("DROP TABLE review_parts")
    con.execute("DROP TABLE review_frame")
    return chosen, parts, frame
