"""Readers take any bytes: they read a file or say why not, never crash, hang or take all memory."""

from __future__ import annotations

import multiprocessing
import os
import time
from pathlib import Path

import pytest

from pipeline.contracts import load_feeds
from pipeline.intake.reading.tables import Parsed, parse
from pipeline.intake.reasons import NotTaken
from pipeline.settings.intake import IntakeSettings
from tests.fuzzing import FEED, inputs, seeds

MOST_SECONDS, MOST_BYTES = 5.0, 1 << 30
LONG = int(os.environ.get("ROLLCALL_FUZZED", "100000"))
EXTENSIONS = ("csv", "xlsx", "xls", "txt")


def read(data: bytes, extension: str) -> Parsed | NotTaken:
    try:
        return parse(data, extension, load_feeds()[FEED], IntakeSettings())
    except NotTaken as finding:
        return finding


def most_memory() -> int:
    """The most bytes that this process had; getrusage would tell of the process that started it, too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1]) * 1024


def read_all(count: int, seed: int, tell) -> None:
    """Read so many inputs and tell what became of them; in a process of its own, whose memory is its own."""
    taken, slowest, wrong = 0, 0.0, []
    for number, data in enumerate(inputs(count, seed)):
        began = time.monotonic()
        try:
            found = read(data, EXTENSIONS[number % len(EXTENSIONS)])
        except Exception as error:
            wrong.append((number, type(error).__name__, str(error)[:200]))
            continue
        slowest = max(slowest, time.monotonic() - began)
        taken += isinstance(found, Parsed)
        if isinstance(found, Parsed):
            assert found.table.column("row_no").null_count == 0
    tell.put((taken, slowest, wrong, most_memory()))


def hold(count: int, seed: int, patience: float) -> None:
    context = multiprocessing.get_context("spawn")
    tell = context.Queue()
    process = context.Process(target=read_all, args=(count, seed, tell))
    process.start()
    try:
        taken, slowest, wrong, memory = tell.get(timeout=patience)
    finally:
        process.kill()
    print(f"{count:,} inputs: {taken:,} taken, slowest {slowest:.2f} s, {memory / 2**20:.0f} MiB")
    assert wrong == []
    assert slowest < MOST_SECONDS
    assert memory < MOST_BYTES
    # the inputs are near enough to files that readers are entered, not turned away at the door
    assert 0.05 * count < taken < 0.95 * count


def test_seeds_are_files_that_are_read():
    assert sum(isinstance(read(data, "csv"), Parsed) for data in seeds()) >= 7


def test_some_odd_inputs_are_read_or_refused():
    hold(400, seed=1, patience=240)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_hundred_thousand_odd_inputs_are_read_or_refused():
    hold(LONG, seed=2, patience=3000)
