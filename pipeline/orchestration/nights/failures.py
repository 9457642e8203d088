"""What may be said of a failure: the sentence of a `RollcallError`, or a step, a type and a place in the code.

An exception's own message may quote a cell, so it goes nowhere: not to the terminal, not to Dagster's events, not
to a log. Not here: how a failure is shown (the command line) or alerted (`nights/alerts.py`).
"""

from __future__ import annotations

import datetime as dt
import json
import os
import traceback
from pathlib import Path

from pipeline.errors import RollcallError
from pipeline.home import PROJECT, Home
from pipeline.whole_files import RESTRICTED_MODE


def places(error: BaseException) -> list[str]:
    """Where the error went through the code, outermost first: `file:line function`. No message, no value."""
    return [
        f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
    ]


def _short(filename: str) -> str:
    path = Path(filename)
    for base in (PROJECT, *(folder for folder in path.parents if folder.name == "site-packages")):
        if path.is_relative_to(base):
            return str(path.relative_to(base))
    return path.name


def _own_place(error: BaseException) -> str:
    """The innermost place in this project's own code, else the innermost of all."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "site-packages" not in frame.filename and _in_project(frame.filename)]
    chosen = (own or frames)[-1] if frames else None
    return f"{_short(chosen.filename)}:{chosen.lineno}" if chosen else "an unknown place"


def _in_project(filename: str) -> bool:
    return Path(filename).is_relative_to(PROJECT / "pipeline")


def sentence(error: BaseException, step: str) -> str:
    """One sentence about a failure that is safe to show anywhere.

    Args:
        error: what was raised.
        step: the step's name in plain words.
    """
    if isinstance(error, RollcallError):
        return str(error)
    return f"{step}: {type(error).__name__} at {_own_place(error)}."


def note(home: Home, error: BaseException, step: str) -> None:
    """Append a failure to the home's log of failures: when, which step, which type, which places."""
    if not home.state.is_dir():
        return
    entry = {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "step": step,
        "type": type(error).__name__,
        "sentence": sentence(error, step),
        "places": places(error),
    }
    opened = os.open(home.failures_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, RESTRICTED_MODE)
    with os.fdopen(opened, "a", encoding="utf-8") as file:
        file.write(json.dumps(entry, ensure_ascii=False) + "\n")
