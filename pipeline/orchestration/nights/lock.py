"""The home's lock, taken once in a process: by the command line before the gate, by a run that Dagster launched.

Not here: the lock itself (`pipeline.warehouse.night_lock`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.home import Home
from pipeline.warehouse import night_lock

_held: set[Path] = set()


@contextmanager
def holding(home: Home) -> Iterator[None]:
    """Hold the home's lock; where this process holds it already, go on under it.

    Raises:
        LockedError: another process holds it.
        UsageError: the home lies under another key than was given, or none.
    """
    if home.root in _held:
        yield
        return
    with night_lock(home):
        _held.add(home.root)
        try:
            yield
        finally:
            _held.discard(home.root)
