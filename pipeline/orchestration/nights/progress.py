"""How a running night tells how far it is: one listener that hears each step begin and end.

The command line listens; a night that Dagster launches itself has no listener, its events say the same. Not here:
how progress is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

# run configuration: Dagster prints every event unless told otherwise; its storage has them all the same
QUIET: dict[str, Any] = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class Listener(Protocol):
    """Hears the steps of a night, by their names in plain words."""

    def began(self, step: str) -> None:
        """A step has begun."""

    def ended(self, step: str, seconds: float, said: str) -> None:
        """A step has ended; `said` is a short sentence of counts."""

    def failed(self, step: str, seconds: float) -> None:
        """A step has failed."""


class _Silent:
    def began(self, step: str) -> None: ...

    def ended(self, step: str, seconds: float, said: str) -> None: ...

    def failed(self, step: str, seconds: float) -> None: ...


_current: list[Listener] = [_Silent()]


def listener() -> Listener:
    """Who listens now."""
    return _current[-1]


@contextmanager
def listening(to: Listener) -> Iterator[None]:
    """Let `to` hear the steps of this process until the block ends."""
    _current.append(to)
    try:
        yield
    finally:
        _current.pop()
