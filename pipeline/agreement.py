"""How far two people who judged the same things agree, beyond what chance would bring.

Belongs here: pure functions of two lists of answers. Does not: whose answers they are, or what follows from them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Agreement:
    """Agreement of two raters.

    Attributes:
        items: things that both judged.
        share: of them, the share on which they said the same; None where there are none.
        kappa: Cohen's kappa; None where it is not defined (nothing judged, or both said one and the same of all).
        ac1: Gwet's AC1; None where nothing was judged.
    """

    items: int
    share: float | None
    kappa: float | None
    ac1: float | None


def agreement(first: Sequence[Hashable], second: Sequence[Hashable], categories: int = 2) -> Agreement:
    """Both coefficients over two raters' answers, in the same order of things.

    Kappa takes chance from each rater's own margins (Cohen 1960, Educational and Psychological Measurement 20,
    37-46), and falls near zero where nearly all answers are of one kind, however well the two agree (Feinstein and
    Cicchetti 1990, Journal of Clinical Epidemiology 43, 543-549). AC1 does not (Gwet 2008, British Journal of
    Mathematical and Statistical Psychology 61, 29-48): clerical review, where most pairs are plain, needs it.

    Args:
        categories: how many answers could be given; raised to those met. AC1 depends on it.

    Raises:
        ValueError: the lists differ in length, or there are fewer than two categories.
    """
    if len(first) != len(second):
        raise ValueError("the two lists of answers differ in length")
    if categories < 2:
        raise ValueError("agreement needs two categories or more")
    items = len(first)
    if not items:
        return Agreement(0, None, None, None)
    share = sum(one == other for one, other in zip(first, second, strict=True)) / items
    by_first, by_second = Counter(first), Counter(second)
    met = by_first.keys() | by_second.keys()
    by_chance = sum(by_first[answer] * by_second[answer] for answer in met) / items**2
    kappa = None if len(met) == 1 else (share - by_chance) / (1 - by_chance)
    means = [(by_first[answer] + by_second[answer]) / (2 * items) for answer in met]
    by_guess = sum(mean * (1 - mean) for mean in means) / (max(categories, len(met)) - 1)
    return Agreement(items, share, kappa, (share - by_guess) / (1 - by_guess))
