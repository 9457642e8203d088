"""Nights: named by what they saw, counted when they changed something, noted in a chain that is the truth."""

import datetime as dt
from dataclasses import replace

from pipeline.intake.archive.chain import Chain
from pipeline.publish import begin_night, complete_night, completed_nights, last_night, log_nothing_new
from pipeline.warehouse import open_warehouse

DAY = dt.date(2026, 1, 31)
ENDED = dt.datetime(2026, 2, 1, 2, 30, tzinfo=dt.UTC)


def finished(night):
    return replace(night, ended_at=ENDED, records_new=7, records_changed=1, model_version="m1", release=night.run_id)


def test_the_first_night_is_number_one_and_bears_its_fingerprint(home):
    with open_warehouse(home) as con:
        night = begin_night(con, home, DAY, {"archive": "x"})
        again = begin_night(con, home, DAY, {"archive": "x"})
        other = begin_night(con, home, DAY, {"archive": "y"})
        assert con.execute("SELECT count(*) FROM publish.nights").fetchall() == [(1,)]
    assert night.run_id.startswith("N0001-")
    assert len(night.run_id) == len("N0001-12345678")
    assert night.run_id == again.run_id != other.run_id
    assert last_night(home) is None


def test_a_night_that_ended_comes_back_from_the_ledger_as_it_was(home):
    with open_warehouse(home) as con:
        night = finished(begin_night(con, home, DAY, {"archive": "x"}))
        complete_night(con, home, night)
        assert con.execute("SELECT run_id, release, records_new FROM publish.nights").fetchall() == [
            (night.run_id, night.run_id, 7)
        ]
    assert last_night(home) == night
    assert Chain(home.nights_file).verify() == []


def test_a_night_that_is_completed_twice_is_noted_once(home):
    with open_warehouse(home) as con:
        night = finished(begin_night(con, home, DAY, {"archive": "x"}))
        complete_night(con, home, night)
        complete_night(con, home, night)
        assert con.execute("SELECT count(*) FROM publish.nights").fetchall() == [(1,)]
    assert completed_nights(home) == [night]


def test_only_nights_that_changed_something_are_counted(home):
    with open_warehouse(home) as con:
        first = finished(begin_night(con, home, DAY, {"archive": "x"}))
        complete_night(con, home, first)
        log_nothing_new(home, DAY, {"archive": "x"}, ENDED)
        second = begin_night(con, home, DAY, {"archive": "y"})
    assert second.night_no == 2
    assert last_night(home) == first
    assert [entry["outcome"] for entry in Chain(home.nights_file).read()] == ["completed", "nothing_new"]


def test_what_a_killed_night_left_in_the_table_is_dropped(home):
    with open_warehouse(home) as con:
        complete_night(con, home, finished(begin_night(con, home, DAY, {"archive": "x"})))
        begin_night(con, home, DAY, {"archive": "killed"})
        con.execute("UPDATE publish.nights SET release = 'wrong'")
        night = begin_night(con, home, DAY, {"archive": "z"})
        rows = con.execute("SELECT night_no, release FROM publish.nights ORDER BY night_no").fetchall()
    assert rows == [(1, completed_nights(home)[0].release), (2, None)]
    assert night.night_no == 2
