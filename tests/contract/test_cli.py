"""The command line keeps its promises: an example in every help, exit status 0, 1 or 2, an error in a sentence."""

import subprocess
import sys
import time

import click
import pytest
import typer
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import RollcallError

PROMISED = {
    "demo", "run", "ui", "links", "train", "reread", "doctor", "archive verify", "release list", "release rollback",
    "explain", "bench", "backup", "restore", "rebuild",
    "release prepare", "release approve", "release tell", "release reply",
    "review export", "review import", "review list", "review withdraw",
    "templates", "submissions list", "submissions show", "submissions confirm", "submissions withdraw",
}  # fmt: skip
HEAVY = ("dagster", "dbt", "pandas", "numpy", "pyarrow", "scipy", "splink", "great_expectations", "duckdb", "pydantic")
SECRET = "王芳 110101199003078515"
runner = CliRunner()


def walk(command, path=()):
    """Every command that does something, by the words that call it."""
    if children := getattr(command, "commands", None):
        for name, child in children.items():
            yield from walk(child, (*path, name))
    else:
        yield " ".join(path), command


COMMANDS = dict(walk(typer.main.get_command(app)))


def call(*words):
    return runner.invoke(app, list(words))


def test_the_promised_commands_are_there():
    assert not PROMISED - COMMANDS.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_has_an_example_of_itself(name):
    done = call(*name.split(), "--help")
    assert done.exit_code == 0
    assert "Example:" in done.output
    assert f"rollcall {name}" in done.output.split("Example:")[1]
    assert "--home" in done.output


def test_help_is_quick_and_imports_nothing_heavy():
    code = f"import pipeline.cli, sys; print(*(m for m in {HEAVY!r} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", "pipeline.cli", "--help"], capture_output=True, check=True)
    # half a second on a machine of its own; other tests run beside this one
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "words",
    [
        ("run",),
        ("links", "--out", "links.csv"),
        ("submissions", "list"),
        ("reread", "delivery", "2024-03"),
        ("train",),
        ("train", "--promote", "m000000000000"),
        ("explain", "delivery:F100-001"),
        ("submissions", "confirm", "clinic-100", "delivery", "2024-03"),
    ],
)
def test_a_folder_that_is_no_home_is_a_usage_error(words, tmp_path):
    done = call(*words, "--home", str(tmp_path / "nowhere"))
    assert done.exit_code == 2
    assert_sentence(done)
    assert "nowhere" in done.output
    assert not (tmp_path / "nowhere" / "warehouse" / "warehouse.duckdb").exists()


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("no-such-command",), 2),
        (("run", "--as-of", "yesterday"), 2),
        (("run", "--no-such-option"), 2),
        (("links",), 2),
        (("release", "rollback", "N9999-00000000"), 2),
        (("release", "prepare", "2024-12"), 2),
        (("release", "approve", "2024-12"), 2),
        (("release", "tell", "nobody", "2024-12"), 2),
        (("release", "reply", "clinic-100", "December", "--note", "seen"), 2),
        (("submissions", "show", "clinic-100", "delivery", "2024-03"), 2),
        (("links", "--out", "links.csv"), 2),
        (("train", "--shadow", "--keep"), 2),
        (("explain", "delivery:F100-001"), 2),
        (("submissions", "confirm", "clinic-100", "delivery", "2024-03"), 2),
    ],
)
def test_usage_errors_end_with_2(words, status, home):
    known = words[0] in {name.split()[0] for name in COMMANDS}
    done = call(*words, *(["--home", str(home.root)] if known else []))
    assert done.exit_code == status
    assert_sentence(done)


def assert_sentence(done):
    assert "Traceback" not in done.output
    assert done.output.strip()
    assert done.exception is None or isinstance(done.exception, SystemExit | click.exceptions.Exit)


def test_release_list_of_a_new_home_says_so(home):
    done = call("release", "list", "--home", str(home.root))
    assert done.exit_code == 0
    assert "Nothing was published yet" in done.output


def test_a_failure_for_people_ends_with_1(home, monkeypatch):
    def fail(*_args, **_kwargs):
        raise RollcallError("The disk is full.", "Make room.")

    monkeypatch.setattr("pipeline.publish.list_releases", fail)
    done = call("release", "list", "--home", str(home.root))
    assert done.exit_code == 1
    assert done.output.strip() == "The disk is full. Make room."


@pytest.mark.parametrize("debug", [(), ("--debug",)])
def test_an_unexpected_failure_tells_type_and_place_but_no_value(home, monkeypatch, debug):
    def fail(*_args, **_kwargs):
        raise ValueError(f"cannot read {SECRET}")

    monkeypatch.setattr("pipeline.publish.list_releases", fail)
    done = call(*debug, "release", "list", "--home", str(home.root))
    assert done.exit_code == 1
    assert "ValueError at" in done.output
    assert SECRET not in done.output
    assert SECRET not in home.failures_file.read_text(encoding="utf-8")
    assert ("test_cli.py" in done.output.replace("\n", "")) or not debug


def test_doctor_names_what_is_wrong_and_its_remedy(home):
    home.archive.chmod(0o755)
    done = call("doctor", "--home", str(home.root))
    assert done.exit_code == 1
    assert "chmod 700" in done.output
    home.archive.chmod(0o700)
    done = call("doctor", "--home", str(home.root))
    assert "chmod 700" not in done.output
    assert "reference files" in done.output


def test_doctor_on_a_broken_reference_names_file_and_line(home):
    (home.reference / "units.csv").write_text("unit_code\n", encoding="utf-8")
    done = call("doctor", "--home", str(home.root))
    assert done.exit_code == 1
    assert "line 1" in done.output
