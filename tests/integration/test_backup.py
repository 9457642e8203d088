"""The drill of a lost machine: a home that was restored from its backup goes on as the one that was lost."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from pathlib import Path

import pytest

from pipeline.errors import RollcallError
from pipeline.home import Home
from pipeline.orchestration.runs.backup import back_up
from pipeline.orchestration.runs.night import run_night
from pipeline.orchestration.runs.restored import restore
from pipeline.publish.nights.archive_proof import verify_whole
from pipeline.warehouse import open_warehouse
from tests.sameness import differences, file_differences, table_differences


def child_ids(home: Home) -> dict[tuple, str]:
    """The child of each record."""
    with open_warehouse(home, read_only=True) as con:
        rows = con.execute("SELECT feed, unit_code, period, record_no, child_id FROM linkage.child_records").fetchall()
    return {tuple(row[:-1]): row[-1] for row in rows}


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_restored_home_goes_on_as_the_lost_one(night_home: Path, tmp_path: Path):
    shutil.copytree(night_home, tmp_path / "lost", symlinks=True)
    lost = Home(tmp_path / "lost")
    as_of = dt.date.fromisoformat((night_home / "truth" / "as_of.txt").read_text(encoding="ascii").strip())

    again = restore(back_up(lost, tmp_path / "copy").folder, tmp_path / "again").home
    assert differences(lost, again) == []
    assert table_differences(lost.warehouse_file, again.warehouse_file, without=()) == []
    assert file_differences(lost.published, again.published) == []
    assert child_ids(again) == child_ids(lost) != {}
    assert verify_whole(again).problems == ()

    next_day = as_of + dt.timedelta(days=1)
    for home in (lost, again):
        sent = min(home.landing.glob("*/delivery_*.csv"))
        revised = sent.with_name(f"{sent.stem}_again.csv")
        revised.write_bytes(b"".join(sent.read_bytes().splitlines(keepends=True)[:-1]))
        moment = dt.datetime.combine(next_day, dt.time(9), home.settings.zone).timestamp()
        os.utime(revised, (moment, moment))
    with pytest.raises(RollcallError, match=r"pseudonym\.secret"):
        run_night(again, next_day)
    shutil.copyfile(lost.secret_file, again.secret_file)
    for home in (lost, again):
        assert run_night(Home(home.root), next_day).is_new
    assert differences(lost, again) == []
    assert child_ids(again) == child_ids(lost)
