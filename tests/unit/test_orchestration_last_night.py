"""`rollcall doctor --quick`: one sentence of when the last night ended well, and whether that is too long ago."""

import dataclasses
import datetime as dt

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.home import Home
from pipeline.orchestration.doctor import last_night_ended
from pipeline.publish import begin_night, complete_night, log_nothing_new
from pipeline.publish.nights.ledger import last_success, log_rollback
from pipeline.warehouse import open_warehouse

DAY = dt.date(2026, 1, 31)
ENDED = dt.datetime(2026, 1, 31, 18, 30, tzinfo=dt.UTC)


def complete(home, ended=ENDED, seen="x"):
    with open_warehouse(home) as con:
        night = dataclasses.replace(begin_night(con, home, DAY, {"archive": seen}), ended_at=ended, release="r")
        complete_night(con, home, night)
    return night


def hours(number):
    return ENDED + dt.timedelta(hours=number)


def test_where_none_has_ended_well(home):
    found = last_night_ended(home, ENDED)
    assert (found.verdict, found.said) == ("failed", f"No night has ended well on {home.root} yet.")


@pytest.mark.parametrize(("after", "verdict"), [(0, "ok"), (25.9, "ok"), (26.1, "failed"), (-1, "failed")])
def test_it_is_too_long_ago_after_26_hours(home, after, verdict):
    complete(home)
    found = last_night_ended(home, hours(after))
    assert found.verdict == verdict
    assert "2026-02-01 at 02:30" in found.said
    assert bool(found.remedy) == (verdict == "failed")


def test_the_county_says_how_long(home):
    complete(home)
    home.county_yaml.write_text(
        home.county_yaml.read_text(encoding="utf-8") + "doctor: {most_hours_since_night: 50}\n", encoding="utf-8"
    )
    assert last_night_ended(Home(home.root), hours(49)).verdict == "ok"
    assert "more than 50." in last_night_ended(Home(home.root), hours(51)).said


def test_a_night_with_nothing_new_has_ended_well(home, monkeypatch):
    complete(home)
    log_nothing_new(home, DAY, {"archive": "x"}, ENDED)
    assert last_success(home) > ENDED


def test_a_night_that_was_taken_back_does_not_count(home):
    first = complete(home)
    second = complete(home, hours(24), "y")
    assert last_success(home) == hours(24)
    log_rollback(home, first, [second])
    assert last_success(home) == ENDED


def test_the_command_says_one_sentence_and_0_or_1(home):
    words = ["doctor", "--quick", "--home", str(home.root)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 1
    assert "No night has ended well" in done.output
    complete(home, dt.datetime.now(dt.UTC))
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0
    assert done.output.strip().count("\n") == 0
    assert "0 hours ago." in done.output
    home.nights_file.write_text("no ledger\n{}\n", encoding="utf-8")
    assert CliRunner().invoke(app, words).exit_code == 1


def test_a_folder_that_is_no_home_is_told_and_nothing_is_made(tmp_path):
    done = CliRunner().invoke(app, ["doctor", "--quick", "--home", str(tmp_path / "nowhere")])
    assert done.exit_code == 1
    assert "no reference/ folder" in done.output
    assert not (tmp_path / "nowhere").exists()
