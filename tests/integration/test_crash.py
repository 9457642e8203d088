"""A night that is killed and started again ends as one that was not: every table, the archive, the release."""

from __future__ import annotations

import datetime as dt
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from pipeline.home import Home
from pipeline.publish.nights.archive_proof import verify_whole
from pipeline.synthetic import load_plan, make_county
from tests.crashes import Kill, bare_copy, moments, night, start
from tests.sameness import differences

# the nights of the long test: a home's first one, and one that finds a home with everything in it
FIRST, SECOND = dt.date(2024, 4, 30), dt.date(2024, 5, 31)
ROUNDS, KILLS = int(os.environ.get("ROLLCALL_CRASH_ROUNDS", "20")), 5


def holder(home: Home) -> int | None:
    """The process that says it holds the home."""
    text = home.lock_file.read_text(encoding="ascii").strip() if home.lock_file.exists() else ""
    return int(text) if text else None


@pytest.mark.timeout(1200)
def test_three_kills_change_nothing_and_two_nights_are_one(night_home: Path, tmp_path: Path):
    """Killed in intake, in dbt, in the release; then two nights at once, of which one says who holds the lock."""
    county = Home(night_home)
    as_of = dt.date.fromisoformat((night_home / "truth" / "as_of.txt").read_text(encoding="utf-8").strip())
    home = bare_copy(county, tmp_path / "county")
    for kill, whole_group in (
        (Kill("Loading new files into raw tables"), False),
        (Kill("Beginning the night", 3.0), False),
        (Kill("Following up what has to be put right", 1.0), True),
    ):
        ended = night(home, as_of, kill, whole_group=whole_group)
        assert ended.status == -signal.SIGKILL, ended.said
        assert not home.current_marts.exists()
    first = start(home, as_of)
    try:
        for _ in range(600):
            if holder(home) == first.pid:
                break
            time.sleep(0.05)
        second = start(home, as_of)
        said = second.communicate()[1]
        assert second.returncode == 1
        assert f"Another rollcall works on {home.root} (process {first.pid})" in said
        assert "Traceback" not in said
        told = first.communicate()[1]
        assert first.returncode == 0, told
    finally:
        first.kill()
    assert differences(county, home) == []
    assert verify_whole(home).problems == ()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, list]:
    """A small county after its first and its second night, and how these went."""
    home = Home(tmp_path_factory.mktemp("uninterrupted") / "county")
    make_county(home.root, load_plan("demo", births=60, months=5, seed=11))
    went = [night(home, FIRST), night(home, SECOND)]
    assert [ended.status for ended in went] == [0, 0], went
    return home, went


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("number", range(ROUNDS))
def test_ten_kills_a_round_change_nothing(uninterrupted: tuple[Home, list], number: int, tmp_path: Path):
    """200 kills in all: half after a named step, half at random moments; half of the process, half of its group."""
    county, went = uninterrupted
    home = bare_copy(county, tmp_path / "county")
    killed = 0
    for as_of, ended in zip((FIRST, SECOND), went, strict=True):
        for place, kill in enumerate(moments(ended, KILLS, seed=1000 * number + as_of.month)):
            again = night(home, as_of, kill, whole_group=bool(place % 2))
            # a night that had done its work before is done: the next one finds nothing new
            assert again.status in (-signal.SIGKILL, 0), again.said
            killed += again.status != 0
        last = night(home, as_of)
        assert last.status == 0, last.said
        if as_of == SECOND:
            break
    print(f"round {number}: {killed} of {2 * KILLS} nights were killed before their end", file=sys.stderr)
    assert differences(county, home) == []
    assert verify_whole(home).problems == ()
