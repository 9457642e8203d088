"""Whoever shows people or decides about them is noted first: account, command, words, in a restricted file."""

from __future__ import annotations

import datetime as dt
import inspect
import itertools
import json

import pytest
from typer.testing import CliRunner

from pipeline.audit import note_use, uses
from pipeline.cli import app
from pipeline.commands import explain, key, linkage, night, release, review, submissions, upkeep, verify
from pipeline.errors import RollcallError
from pipeline.home import Home

# commands that name nobody and decide nothing
NOT_RESTRICTED = {
    "run",
    "demo",
    "ui",
    "templates",
    "list_",
    "show",
    "prepare",
    "doctor",
    "sbom",
    "audit",
    "verify",
    "restore",
    "make",
}


def test_a_use_is_a_line_that_only_its_owner_reads(home: Home) -> None:
    note_use(home, "rollcall explain", {"record": "delivery:F1", "other": None, "size": 0, "yes": False})
    note_use(home, "rollcall links", {"out": "x" * 999})
    first, second = uses(home)
    assert (first.command, first.words["record"]) == ("rollcall explain", "delivery:F1")
    assert "other" not in first.words
    assert len(second.words["out"]) == 200
    assert first.account
    assert dt.datetime.fromisoformat(first.at).utcoffset() == dt.timedelta(0)
    assert home.audit_file.stat().st_mode & 0o777 == 0o600
    assert list(uses(home, dt.date(2999, 1, 1))) == []
    # a machine that stops in the middle of a line takes no other line with it
    with open(home.audit_file, "a", encoding="utf-8") as lines:
        lines.write('{"at": "20')
    assert list(uses(home)) == [first, second]


def test_where_it_cannot_be_noted_nothing_is_done(home: Home) -> None:
    home.audit_file.mkdir()
    with pytest.raises(RollcallError, match="cannot be written"):
        note_use(home, "rollcall links", {})
    done = CliRunner().invoke(app, ["explain", "delivery:F1", "--home", str(home.root)])
    assert done.exit_code == 1


def test_a_restricted_command_is_noted_and_listed_and_others_are_not(home: Home) -> None:
    runner = CliRunner()
    runner.invoke(app, ["explain", "delivery:F1", "--home", str(home.root)])
    runner.invoke(app, ["release", "tell", "police-100", "2025-12", "--by", "李主任", "--home", str(home.root)])
    runner.invoke(app, ["review", "list", "--home", str(home.root)])
    noted = [json.loads(line) for line in home.audit_file.read_text(encoding="utf-8").splitlines()]
    assert [one["command"] for one in noted] == ["rollcall explain", "rollcall release tell"]
    assert noted[1]["words"]["by"] == "李主任"
    said = runner.invoke(app, ["audit", "--home", str(home.root)]).output
    assert "explain  record=delivery:F1" in said


def test_no_command_is_left_undecided() -> None:
    """A new command is restricted, or stands in the list above."""
    left = []
    for module in (explain, key, linkage, night, release, review, submissions, upkeep, verify):
        lines = inspect.getsource(module).splitlines()
        for line, after in itertools.pairwise(lines):
            if line == "@guarded" and after.startswith("def "):
                left.append(after.removeprefix("def ").split("(")[0])
    assert left
    assert set(left) <= NOT_RESTRICTED
