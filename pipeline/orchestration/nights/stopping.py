"""Whether a person or the machine asked a run to stop, whoever handles the signal.

Belongs here: hearing of Ctrl-C and SIGTERM. Does not: what a stopped run says or leaves.

Dagster puts handlers of its own in the place of Python's while it runs, and between two steps forgets what they
heard. The interpreter writes every signal to a descriptor before any handler is called (`signal.set_wakeup_fd`).
"""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_heard: list[socket.socket] = []


@contextmanager
def hearing_signals() -> Iterator[None]:
    """Hear of signals until the block ends. Only the main thread may; Python allows no other to set this up."""
    ours, interpreters = socket.socketpair()
    with ours, interpreters:
        ours.setblocking(False)
        interpreters.setblocking(False)
        before = signal.set_wakeup_fd(interpreters.fileno(), warn_on_full_buffer=False)
        _heard.append(ours)
        try:
            yield
        finally:
            _heard.pop()
            signal.set_wakeup_fd(before)


def is_asked_to_stop() -> bool:
    """Whether a signal to stop has come since this was asked last; never where nobody listens."""
    if not _heard:
        return False
    try:
        numbers = _heard[-1].recv(4096)
    except BlockingIOError:
        return False
    return any(number in _SIGNALS for number in numbers)
