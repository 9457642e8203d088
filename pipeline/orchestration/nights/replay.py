"""A night that is run again from the archive: what was noted of it, for the steps of the run that does so.

Belongs here: which recorded night this process replays, and what turned out otherwise. Does not: the order of the
nights, or the home that they are replayed in (`runs/rebuild.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from pipeline.publish import Night


@dataclass
class Replay:
    """A recorded night, and in which parts of its fingerprint what is seen now differs from what it saw."""

    night: Night
    differs: list[str] = field(default_factory=list)

    def saw(self, fingerprint: Mapping[str, str]) -> None:
        """Compare what is seen now with what the night saw."""
        recorded = self.night.fingerprint
        self.differs = sorted(part for part, value in fingerprint.items() if recorded.get(part) != value)


_current: list[Replay] = []


def replayed() -> Replay | None:
    """The night that is being replayed; None where a night runs for the first time."""
    return _current[-1] if _current else None


@contextmanager
def replaying(night: Night) -> Iterator[Replay]:
    """Let a run be this recorded night until the block ends."""
    _current.append(Replay(night))
    try:
        yield _current[-1]
    finally:
        _current.pop()
