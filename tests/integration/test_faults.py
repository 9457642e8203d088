"""A full disk, folders that cannot be written, a clock that jumps: a sentence, nothing lost, the release stands."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.home import Home
from pipeline.orchestration.jobs import landing, nightly
from pipeline.orchestration.runs.night import run_night
from pipeline.publish.nights.archive_proof import heads, verify_whole
from tests.crashes import Ended, night
from tests.sameness import differences

MARKS = ("✓", "✗", "!")
# the room that a full disk leaves: what a night needs first, and what it needs last
ROOM_KB = (200, 6_000)


def mount(*words: str) -> bool:
    """Whether the machine lets a test mount."""
    return (
        shutil.which(words[0]) is not None and subprocess.run(words, capture_output=True, check=False).returncode == 0
    )


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder that nobody can write: by its mode, or for root, whom modes do not stop, by a mount."""
    if os.geteuid():
        mode = folder.stat().st_mode
        folder.chmod(0o500)
        try:
            yield
        finally:
            folder.chmod(mode)
        return
    if not mount("mount", "--bind", str(folder), str(folder)):
        pytest.skip("this machine lets no test mount")
    try:
        assert mount("mount", "-o", "remount,ro,bind", str(folder))
        yield
    finally:
        mount("umount", str(folder))


@pytest.fixture
def as_of(night_home: Path) -> dt.date:
    return dt.date.fromisoformat((night_home / "truth" / "as_of.txt").read_text(encoding="utf-8").strip())


def with_news(night_home: Path, root: Path) -> Home:
    """The county after its first night, and a file that it has not seen: a delivery file again, less its last row."""
    shutil.copytree(night_home, root, symlinks=True, ignore=shutil.ignore_patterns("compute_logs"), dirs_exist_ok=True)
    path = min((root / "landing").glob("*/delivery_202402.csv"))
    again = path.with_name("delivery_202402_again.csv")
    again.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    moment = path.stat().st_mtime_ns + 86_400_000_000_000
    os.utime(again, ns=(moment, moment))
    return Home(root)


def published(home: Home) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(home.published.iterdir())}


def assert_a_sentence(ended: Ended) -> None:
    """It failed with one sentence that names a remedy, and without a trace or a type alone."""
    assert ended.status == 1, ended.said
    lines = [line for line in ended.said.splitlines() if line and not line.startswith(MARKS)]
    assert len(lines) == 1, ended.said
    assert "Traceback" not in ended.said
    assert not re.search(r"[\u4e00-\u9fff]{2}", lines[0]), "no value of a record"


def assert_nothing_lost(home: Home, before: dict[str, bytes], written_down: dict[str, str]) -> None:
    assert published(home) == before
    left = [
        each for each in verify_whole(home, list(written_down.values())).problems if "next night removes" not in each
    ]
    assert left == []


@pytest.fixture(scope="module")
def undisturbed(night_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The same county and news, after a night that nothing disturbed."""
    home = with_news(night_home, tmp_path_factory.mktemp("undisturbed") / "county")
    as_of = dt.date.fromisoformat((night_home / "truth" / "as_of.txt").read_text(encoding="utf-8").strip())
    assert night(home, as_of).status == 0
    return home


@pytest.mark.long
def test_folders_that_cannot_be_written(undisturbed: Home, night_home: Path, as_of: dt.date, tmp_path: Path):
    home = with_news(night_home, tmp_path / "county")
    before, written_down = published(home), heads(home)
    for folder in (home.archive, home.warehouse, home.state):
        with read_only(folder):
            assert_a_sentence(night(home, as_of))
        assert_nothing_lost(home, before, written_down)
    # units' folders and the county's own files are never written
    with read_only(home.landing), read_only(home.reference):
        ended = night(home, as_of)
    assert ended.status == 0, ended.said
    assert differences(undisturbed, home) == []


@pytest.mark.long
@pytest.mark.parametrize("name", ["published", "casework", "reports"])
def test_folders_that_are_written_late(undisturbed: Home, night_home: Path, as_of: dt.date, tmp_path: Path, name: str):
    home = with_news(night_home, tmp_path / "county")
    before, written_down = published(home), heads(home)
    with read_only(home.root / name):
        assert_a_sentence(night(home, as_of))
    assert_nothing_lost(home, before, written_down)
    assert night(home, as_of).status == 0
    assert differences(undisturbed, home) == []


@pytest.mark.long
def test_a_full_disk(undisturbed: Home, night_home: Path, as_of: dt.date, tmp_path: Path):
    """On a small disk of its own, filled up to a little room, then to a little more; then there is room."""
    root = tmp_path / "county"
    root.mkdir()
    if os.geteuid() or not mount("mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", str(root)):
        pytest.skip("this machine lets no test mount")
    try:
        home = with_news(night_home, root)
        before, written_down = published(home), heads(home)
        filler = root / "filler"
        for room in ROOM_KB:
            free = shutil.disk_usage(root).free
            filler.write_bytes(b"\0" * (free - room * 1_024))
            assert_a_sentence(night(home, as_of))
            assert_nothing_lost(home, before, written_down)
            filler.unlink()
        ended = night(home, as_of)
        assert ended.status == 0, ended.said
        assert differences(undisturbed, home) == []
    finally:
        mount("umount", "-l", str(root))


def test_a_clock_that_jumps(night_home: Path, as_of: dt.date, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Ahead by years or back by a day: no night runs on it, by the command line, the schedule or the sensor."""
    home = with_news(night_home, tmp_path / "county")
    before, nights = published(home), home.nights_file.read_bytes()
    monkeypatch.setenv("ROLLCALL_HOME", str(home.root))
    for today, words in (
        (as_of + dt.timedelta(days=3_650), "clock says"),
        (as_of - dt.timedelta(days=1), "Nights go forward only"),
    ):
        monkeypatch.setattr(Home, "today", lambda _home, today=today: today)
        with pytest.raises(UsageError, match=words):
            run_night(home)
        import dagster as dg

        for asked in (nightly(dg.build_schedule_context()), landing(dg.build_sensor_context())):
            assert isinstance(asked, dg.SkipReason)
            assert words in (asked.skip_message or "")
    assert published(home) == before
    assert home.nights_file.read_bytes() == nights
