"""Trailing windows: counts by series and period, summed over the submissions that a look covers.

Belongs here: the calendar of a look and sums over it. Does not: what is counted, or what the sums mean.
A series is one unit, feed, rule and item; its counts lie in a row of a matrix, one column a period.

A window holds the last so many periods *for which something came*. A window of calendar periods would forget what a
unit did wrong while the unit sends nothing: silence would end an alarm.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np


def all_periods(first: str, last: str) -> list[str]:
    """Every period from one to another, both included: months (`YYYY-MM`) or years (`YYYY`)."""
    if len(first) == len("2024"):
        return [str(year) for year in range(int(first), int(last) + 1)]
    start, end = (int(text[:4]) * 12 + int(text[5:7]) - 1 for text in (first, last))
    return [f"{month // 12:04d}-{month % 12 + 1:02d}" for month in range(start, end + 1)]


@dataclass(frozen=True)
class TrailingPeriods:
    """Which periods each look covers: the last `length` of its series for which something came.

    Attributes:
        came: (series, periods), where a submission came.
        length: how many periods a window holds.
        counted: (series, periods), where something was counted all the same, such as children whom a silent unit does
            not hold; None where that is nowhere so.
    """

    came: np.ndarray
    length: int
    counted: np.ndarray | None = None

    @cached_property
    def covered(self) -> np.ndarray:
        """(series, periods) the periods that windows are made of."""
        return self.came if self.counted is None else self.came | self.counted

    @cached_property
    def _rank(self) -> np.ndarray:
        """(series, periods) how many periods with something there are up to each."""
        return np.cumsum(self.covered, axis=1)

    def sums(self, matrix: np.ndarray) -> np.ndarray:
        """Sums over the window that ends with each period; shorter at the beginning.

        Args:
            matrix: (series, periods); what stands at a period that is not covered is left out.
        """
        total = np.cumsum(np.where(self.covered, matrix, 0), axis=1, dtype=float)
        series, periods = self.covered.shape
        # the running total by the number of periods with something, 0 before the first
        by_rank = np.zeros((series, periods + 1))
        row, column = np.nonzero(self.covered)
        by_rank[row, self._rank[row, column]] = total[row, column]
        return total - np.take_along_axis(by_rank, np.maximum(self._rank - self.length, 0), axis=1)

    def first(self) -> np.ndarray:
        """(series, periods) the column of the first period of the window that ends with each; its own where empty."""
        series, periods = self.covered.shape
        by_rank = np.zeros((series, periods + 1), dtype=int)
        row, column = np.nonzero(self.covered)
        by_rank[row, self._rank[row, column]] = column
        found = np.take_along_axis(by_rank, np.maximum(self._rank - self.length + 1, 1), axis=1)
        return np.where(self._rank > 0, found, np.arange(periods))

    def no_better_by_silence(self, levels: np.ndarray) -> np.ndarray:
        """Levels, higher ones worse, of which none falls at a period for which nothing came."""
        out = levels.copy()
        for period in range(1, out.shape[1]):
            silent = ~self.came[:, period]
            out[silent, period] = np.maximum(out[silent, period], out[silent, period - 1])
        return out

    def carried(self, values: np.ndarray) -> np.ndarray:
        """What was said at the last period that is covered, at every period from it to the next.

        Where nothing new came there is no new evidence: the verdict that stood stands, with its figures.
        """
        columns = np.arange(self.covered.shape[1])
        last = np.maximum.accumulate(np.where(self.covered, columns, -1), axis=1)
        return np.where(last >= 0, np.take_along_axis(values, np.maximum(last, 0), axis=1), values)


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


def window_of(failed: np.ndarray, evaluated: np.ndarray, trailing: TrailingPeriods) -> Window:
    """The trailing window of counts by period, with what a between-submission variance needs."""
    failed, evaluated = np.asarray(failed, float), np.asarray(evaluated, float)
    parts = (failed, evaluated, evaluated > 0, failed**2, failed * evaluated, evaluated**2)
    return Window(*(trailing.sums(np.asarray(part, float)) for part in parts))


def trailing_periods(came: np.ndarray, evaluated: np.ndarray, length: int) -> TrailingPeriods:
    """Windows of series of which something may be counted without a submission, as what a silent unit does not hold."""
    return TrailingPeriods(came, length, np.asarray(evaluated) > 0)
