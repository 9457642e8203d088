"""Trailing windows: counts by series and period, summed over the periods that a look covers.

Belongs here: the calendar of a look and sums over it. Does not: what is counted, or what the sums mean.
A series is one unit, feed, rule and item; its counts lie in a row of a matrix, one column a period.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


def all_periods(first: str, last: str) -> list[str]:
    """Every period from one to another, both included: months (`YYYY-MM`) or years (`YYYY`)."""
    if len(first) == len("2024"):
        return [str(year) for year in range(int(first), int(last) + 1)]
    start, end = (int(text[:4]) * 12 + int(text[5:7]) - 1 for text in (first, last))
    return [f"{month // 12:04d}-{month % 12 + 1:02d}" for month in range(start, end + 1)]


def trailing(matrix: np.ndarray, length: int) -> np.ndarray:
    """Sums over the `length` periods that end with each; shorter at the beginning.

    Args:
        matrix: (series, periods).
    """
    total = np.cumsum(matrix, axis=1, dtype=float)
    before = np.zeros_like(total)
    before[:, length:] = total[:, :-length] if length < total.shape[1] else 0.0
    return total - before


@dataclass(frozen=True)
class Window:
    """Sums of a trailing window, each (series, periods).

    Attributes:
        x, n: failed and evaluated.
        clusters: submissions with anything evaluated.
        xx, xn, nn: sums over submissions of x², x·n and n².
    """

    x: np.ndarray
    n: np.ndarray
    clusters: np.ndarray
    xx: np.ndarray
    xn: np.ndarray
    nn: np.ndarray


def window_of(failed: np.ndarray, evaluated: np.ndarray, length: int) -> Window:
    """The trailing window of counts by period, with what a between-submission variance needs."""
    failed, evaluated = np.asarray(failed, float), np.asarray(evaluated, float)
    parts = (failed, evaluated, evaluated > 0, failed**2, failed * evaluated, evaluated**2)
    return Window(*(trailing(np.asarray(part, float), length) for part in parts))
