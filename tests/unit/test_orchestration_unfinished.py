"""A night that was cut off leaves no trace in the warehouse of the next."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import replace

import pytest

from pipeline.errors import RollcallError
from pipeline.orchestration.nights import unfinished
from pipeline.publish import begin_night, complete_night
from pipeline.warehouse import open_warehouse

DAY = dt.date(2026, 1, 31)
ENDED = dt.datetime(2026, 2, 1, 2, 30, tzinfo=dt.UTC)


def count(home) -> int:
    with open_warehouse(home) as con:
        return con.execute("SELECT count(*) FROM publish.child_keys").fetchall()[0][0]


def put(home, key: str) -> None:
    with open_warehouse(home) as con:
        con.execute("INSERT INTO publish.child_keys VALUES (?, ?)", [key, key])


def complete(home, archive: str = "x") -> None:
    with open_warehouse(home) as con:
        night = begin_night(con, home, DAY, {"archive": archive})
        complete_night(con, home, replace(night, ended_at=ENDED, release=night.run_id))


def test_a_first_night_that_was_cut_off_leaves_nothing(home):
    assert not unfinished.begin(home)
    put(home, "a")
    assert unfinished.is_there(home)
    assert unfinished.begin(home)
    assert count(home) == 0


def test_a_later_night_begins_where_the_last_completed_one_ended(home):
    unfinished.begin(home)
    put(home, "a")
    complete(home)
    unfinished.end(home)
    assert not unfinished.is_there(home)
    for _ in range(3):
        unfinished.begin(home)
        assert count(home) == 1
        put(home, "b")
    assert {path.name for path in home.warehouse.glob("before*")} == {
        path.name for path in home.warehouse.glob("before-night-after-N0001-*.duckdb")
    }


def test_a_night_cut_off_after_it_was_noted_stands(home):
    """Killed between the ledger's entry and the copy's removal: the copy is of the night before that."""
    unfinished.begin(home)
    put(home, "a")
    complete(home)
    assert not unfinished.begin(home)
    assert count(home) == 1


def test_a_copy_that_was_itself_cut_off_is_not_taken_for_one(home):
    put(home, "a")
    (home.warehouse / ".before-night-after-none.duckdb.part").write_bytes(b"half")
    assert not unfinished.begin(home)
    assert unfinished.is_there(home)
    put(home, "b")
    unfinished.begin(home)
    assert count(home) == 1


def test_no_room_is_a_sentence(home, monkeypatch):
    put(home, "a")

    def full(_handle):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RollcallError, match="No space left on device"):
        unfinished.begin(home)
    monkeypatch.undo()
    assert [path.name for path in home.warehouse.glob("*before*")] == []
    assert count(home) == 1


def test_a_completed_night_leaves_the_way_back_and_the_next_one_replaces_it(home):
    with open_warehouse(home) as con:
        con.execute("CREATE TABLE before (x INTEGER)")
    unfinished.begin(home)
    with open_warehouse(home) as con:
        con.execute("CREATE TABLE mistaken (x INTEGER)")
    unfinished.end(home)
    assert not unfinished.is_there(home)
    assert unfinished.put_back_previous(home, None)
    with open_warehouse(home, read_only=True) as con:
        there = {name for (name,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    assert "before" in there
    assert "mistaken" not in there
    # once used, it is gone: the next way back is by the archive
    assert not unfinished.put_back_previous(home, None)
