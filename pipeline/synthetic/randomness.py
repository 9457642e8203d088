"""Seeded randomness: one generator for each named purpose, so that one part's draws never move another's."""

from __future__ import annotations

import zlib

import numpy as np


def stream(seed: int, *purpose: str | int) -> np.random.Generator:
    """The generator of a purpose, the same in every process and on every machine."""
    return np.random.default_rng([seed, *(zlib.crc32(str(part).encode()) for part in purpose)])


def chosen(rng: np.random.Generator, shares: np.ndarray | float, size: int) -> np.ndarray:
    """A mask of `size` that is true with the given share (one number, or one for each)."""
    return rng.random(size) < shares


def spread(rng: np.random.Generator, size: int) -> np.ndarray:
    """Numbers from 0 to 1 spread evenly, in random order: few units still show every habit in its share."""
    return (rng.permutation(size) + 0.5) / max(size, 1)


def days_after(rng: np.random.Generator, size: int, median: float, sigma: float, longest: float = 3650) -> np.ndarray:
    """Lags in whole days, log-normal with this median and sigma, at most `longest` (drawn again within it)."""
    lags = rng.lognormal(np.log(median), sigma, size)
    beyond = lags > longest
    lags[beyond] = longest * rng.random(int(beyond.sum()))
    return lags.astype(np.int32)
