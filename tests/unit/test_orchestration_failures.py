"""A failure tells its step, its type and its place; never what the exception said."""

import json

from pipeline.errors import RollcallError
from pipeline.orchestration.nights import failures

SECRET = "王芳 110101199003078515"


def fail():
    raise ValueError(f"cannot read {SECRET}")


def caught(action):
    try:
        action()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def test_an_unexpected_error_tells_type_and_place_only():
    said = failures.sentence(caught(fail), "Reading")
    assert said.startswith("Reading: ValueError at ")
    assert "test_orchestration_failures.py:" in said
    assert SECRET not in said


def test_a_sentence_meant_for_people_passes():
    error = RollcallError("units.csv, line 3: feed is blank.", "Name one.")
    assert failures.sentence(error, "Reading") == "units.csv, line 3: feed is blank. Name one."


def test_places_are_of_code():
    found = failures.places(caught(fail))
    assert found[-1].endswith(" fail")
    assert not any(SECRET in place for place in found)


def test_the_log_of_failures_holds_no_value(home):
    failures.note(home, caught(fail), "Reading")
    line = json.loads(home.failures_file.read_text(encoding="utf-8"))
    assert line["type"] == "ValueError"
    assert SECRET not in home.failures_file.read_text(encoding="utf-8")
    assert home.failures_file.stat().st_mode & 0o077 == 0
