"""A night in a process of its own, that is killed: at a named step's end, or some time after it."""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from pipeline.home import Home

DONE = "✓ "
# a night that does not end by itself is a failure of its own
PATIENCE = 600


@dataclass(frozen=True)
class Kill:
    """When a night is killed: `seconds` after the end of `step`; after the night's beginning where it is blank."""

    step: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Ended:
    """How a night ended. `status`: the exit status; minus the signal's number where it was killed."""

    status: int
    steps: tuple[tuple[str, float], ...]
    said: str


def start(home: Home, as_of: dt.date, *words: str, prefix: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """A night on a home, in a session of its own, its progress in a pipe."""
    return subprocess.Popen(
        [*prefix, sys.executable, "-m", "pipeline.cli", "run", "--home", str(home.root), "--as-of", str(as_of), *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def night(home: Home, as_of: dt.date, kill: Kill | None = None, *, whole_group: bool = False) -> Ended:
    """Run a night to its end or to its death.

    Args:
        kill: when to send SIGKILL; a night that ends before is left alone.
        whole_group: kill what the night started (dbt) with it, as a machine that loses its power does; otherwise the
            night's process alone, as the kernel does when memory runs out.
    """
    began, process = time.monotonic(), start(home, as_of)
    steps: list[tuple[str, float]] = []
    lines: list[str] = []
    due = threading.Event()

    def shoot() -> None:
        if process.poll() is None:
            (os.killpg if whole_group else os.kill)(process.pid, signal.SIGKILL)

    timers = [threading.Timer(PATIENCE, shoot)]
    if kill and not kill.step:
        timers.append(threading.Timer(kill.seconds, shoot))
    for timer in timers:
        timer.start()
    assert process.stderr is not None
    for line in process.stderr:
        lines.append(line)
        if not line.startswith(DONE):
            continue
        step = line.removeprefix(DONE).split("  ")[0].strip()
        steps.append((step, time.monotonic() - began))
        if kill and step == kill.step and not due.is_set():
            due.set()
            timers.append(threading.Timer(kill.seconds, shoot))
            timers[-1].start() if kill.seconds else shoot()
    status = process.wait()
    for timer in timers:
        timer.cancel()
    return Ended(status, tuple(steps), "".join(lines))


def moments(ended: Ended, count: int, seed: int) -> list[Kill]:
    """Kills for a night that went like this one: after each of its steps in turn, and at random moments between."""
    draw = random.Random(seed)
    names = [step for step, _ in ended.steps]
    whole = ended.steps[-1][1]
    by_step = [Kill(name) for name in draw.sample(names, min(len(names), (count + 1) // 2))]
    by_clock = [Kill(seconds=draw.uniform(0, whole)) for _ in range(count - len(by_step))]
    kills = by_step + by_clock
    draw.shuffle(kills)
    return kills


def bare_copy(home: Home, root: Path) -> Home:
    """What a county has before its first night, and the secret, so that pseudonyms can be compared."""
    import shutil

    for folder in (home.landing, home.reference):
        shutil.copytree(folder, root / folder.name, symlinks=True)
    made = Home(root)
    made.make_folders()
    shutil.copy2(home.secret_file, made.secret_file)
    return made
