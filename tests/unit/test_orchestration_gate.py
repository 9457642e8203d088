"""The gate: what makes a night worth running, and that nothing else does."""

import dataclasses
import datetime as dt
import os
import time
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.orchestration.nights import gate
from pipeline.publish import begin_night, complete_night, last_night
from pipeline.reference import load_reference, write_reference
from pipeline.warehouse import open_warehouse

DAY = dt.date(2024, 3, 20)


@pytest.fixture(autouse=True)
def model(monkeypatch):
    monkeypatch.setattr(gate, "model_version", lambda home: "a model")


def complete_a_night(home, day=DAY):
    """A night that did nothing but end."""
    reference = load_reference(home)
    seen = gate.fingerprint(home, reference)
    with open_warehouse(home) as con:
        write_reference(con, reference)
        summary = gate.read_obligations(con, home, reference, day)
        complete_night(con, home, begin_night_with_end(con, home, day, {**seen, gate.OBLIGATIONS: summary.digest}))


def begin_night_with_end(con, home, day, seen):
    night = begin_night(con, home, day, seen)
    return dataclasses.replace(night, ended_at=dt.datetime.now(dt.UTC), release=night.run_id)


def test_the_first_night_is_new(home):
    found = gate.look(home, DAY)
    assert found.is_new
    assert found.reasons == ("no night has run yet",)


def test_a_home_as_the_last_night_left_it_is_not_new(home):
    complete_a_night(home)
    found = gate.look(home, DAY)
    assert not found.is_new
    assert found.reasons == ()
    assert found.fingerprint == dict(last_night(home).fingerprint)


def test_a_landed_file_is_new_by_the_end_of_its_day_only(home):
    complete_a_night(home)
    folder = home.landing / "clinic-100"
    folder.mkdir()
    (folder / "delivery_202402.csv").write_text("分娩登记号\n", encoding="utf-8")
    assert not gate.look(home, DAY).is_new
    os.utime(folder / "delivery_202402.csv", (time.time() - 3600, time.time() - 3600))
    found = gate.look(home, home.today(), files_only=True)
    assert found.is_new
    assert found.landing
    assert found.reasons == ("1 landed files that no night has seen",)


def test_a_changed_reference_file_is_new(home):
    complete_a_night(home)
    with home.county_yaml.open("a", encoding="utf-8") as file:
        file.write("suppression_limit: 6\n")
    fresh = type(home)(home.root)
    assert gate.look(fresh, DAY).reasons == (gate.CHEAP_PARTS["reference"],)


@pytest.mark.parametrize(
    ("name", "part"), [("model_version", "model"), ("code_digest", "code"), ("archive_head", "archive")]
)
def test_a_changed_model_program_or_archive_is_new(home, monkeypatch, name, part):
    complete_a_night(home)
    monkeypatch.setattr(gate, name, lambda *_: "another")
    assert gate.look(home, DAY).reasons == (gate.CHEAP_PARTS[part],)


def test_what_has_fallen_due_since_is_new(home):
    complete_a_night(home)
    assert gate.look(home, DAY + dt.timedelta(days=60)).reasons == ("submissions have fallen due",)


def test_nights_go_forward_only(home):
    complete_a_night(home)
    with pytest.raises(UsageError, match="after 2024-03-19"):
        gate.look(home, DAY - dt.timedelta(days=1))


def test_a_night_with_nothing_new_moves_the_day_forward(home):
    complete_a_night(home)
    found = gate.look(home, DAY)
    gate.note_nothing_new(home, found, DAY + dt.timedelta(days=3), dt.datetime.now(dt.UTC))
    with pytest.raises(UsageError):
        gate.check_day(home, DAY + dt.timedelta(days=2))
    gate.check_day(home, DAY + dt.timedelta(days=3))


def test_looking_changes_no_file(home):
    complete_a_night(home)

    def content():
        return {path: path.read_bytes() for path in sorted(home.root.rglob("*")) if path.is_file()}

    before = content()
    gate.look(home, DAY)
    assert content() == before


def test_the_code_digest_is_of_what_a_night_runs():
    names = {Path(name).parts[0] for name, _ in gate._code()}
    assert {"pipeline", "dbt_project"} <= names
    assert not any({"target", "__pycache__"} & set(Path(name).parts) for name, _ in gate._code())


def test_a_day_that_has_not_come_is_refused(home):
    today = home.today()
    gate.check_day(home, today)
    with pytest.raises(UsageError, match="has not come yet"):
        gate.check_day(home, today + dt.timedelta(days=1))
