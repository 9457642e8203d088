"""The gate before a night: is there anything that the last one has not seen? No Dagster, nothing heavy, seconds.

A night's outcome follows from the archive, the reference files, the model, the code and what units owe by its day.
Where all of these are what they were, the night would write what is there; it is noted and nothing else is touched.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.accountability import read_obligations
from pipeline.accountability.rectification.tables import is_anything_due
from pipeline.errors import UsageError
from pipeline.home import PROJECT, SHIPPED, Home
from pipeline.intake import archive_head, prune_originals, unseen_files
from pipeline.linkage import model_version
from pipeline.orchestration.nights import unfinished
from pipeline.publish import check_warehouse, last_night, log_nothing_new
from pipeline.publish.nights.ledger import last_day
from pipeline.reference import Reference, load_reference
from pipeline.warehouse import open_warehouse

# what the code of a night is: everything under these that is not left behind by a run
# each below the folder in which it lies: a wheel has the digest of the checkout that it was built from
CODE_FOLDERS = {"pipeline": PROJECT, "dbt_project": SHIPPED, "expectations": SHIPPED}
CODE_SUFFIXES = {".py", ".sql", ".yml", ".yaml", ".json", ".csv", ".html", ".j2", ".txt"}
LEFT_BEHIND = {"__pycache__", "target", "logs", "dbt_packages", "shipped"}
# the parts of a fingerprint that cost nothing to compute, each with what it means that one differs
CHEAP_PARTS = {
    "archive": "the archive has receipts or decisions that no night has read",
    "reference": "county.yaml or another reference file changed",
    "model": "the linkage model changed",
    "code": "the program changed",
}
OBLIGATIONS = "obligations"


@dataclass(frozen=True)
class Gate:
    """What the gate saw.

    Attributes:
        is_new: whether a night has something to do.
        reasons: why, a phrase each; empty where there is nothing new.
        fingerprint: by part; of the home as it is now. Where files wait, it is of the home before they are read.
        landing: stands for the set of files that wait; empty where none does.
    """

    is_new: bool
    reasons: tuple[str, ...]
    fingerprint: dict[str, str]
    landing: str = ""


def look(home: Home, as_of: dt.date, *, files_only: bool = False) -> Gate:
    """Whether a night as of this day would change anything. Changes nothing itself.

    Args:
        home: the county's home.
        as_of: the last day whose arrivals count.
        files_only: look at the landing folders alone (the landing sensor).

    Raises:
        UsageError: `as_of` lies before the last night's.
        ReferenceFileError: a reference file is wrong.
    """
    check_day(home, as_of)
    home.make_folders()
    reference = load_reference(home)
    waiting = [(file.key, file.stamp) for file in unseen_files(home, reference, as_of)]
    landing = hashlib.sha256(repr(waiting).encode()).hexdigest() if waiting else ""
    reasons = [f"{len(waiting):,} landed files that no night has seen"] if waiting else []
    if files_only:
        return Gate(bool(reasons), tuple(reasons), {}, landing)
    last = last_night(home)
    now = fingerprint(home, reference)
    if last is None:
        return Gate(True, (*reasons, "no night has run yet"), now, landing)
    reasons += [words for part, words in CHEAP_PARTS.items() if now[part] != last.fingerprint.get(part)]
    if unfinished.is_there(home):
        reasons.append("the last night did not come to its end")
    if not home.warehouse_file.exists():
        # the night itself says what to do about it
        reasons.append("the warehouse is not there")
    if not reasons:
        with open_warehouse(home, read_only=True) as con:
            check_warehouse(con, home)
            now[OBLIGATIONS] = read_obligations(con, home, reference, as_of).digest
            is_overdue = is_anything_due(con, as_of, last.as_of)
        if now[OBLIGATIONS] != last.fingerprint.get(OBLIGATIONS):
            reasons.append("submissions have fallen due")
        if is_overdue:
            reasons.append("dates of rectification have passed")
    return Gate(bool(reasons), tuple(reasons), now, landing)


def note_nothing_new(home: Home, gate: Gate, as_of: dt.date, started_at: dt.datetime) -> None:
    """Note in the ledger of nights that this one found nothing new; originals whose time is up go all the same."""
    prune_originals(home, as_of)
    log_nothing_new(home, as_of, gate.fingerprint, started_at)


def fingerprint(home: Home, reference: Reference) -> dict[str, str]:
    """The parts that cost nothing: all but what units owe."""
    return {
        "archive": archive_head(home),
        "reference": reference.sha256,
        "model": model_version(home),
        "code": code_digest(),
    }


def check_day(home: Home, as_of: dt.date) -> None:
    """Refuse a day before the last night's, and one that has not come.

    A night of a day to come would have every unit owe what is not due yet, and no night could run until then.

    Raises:
        UsageError: nights go forward only, and no further than today.
    """
    last, today = last_day(home), home.today()
    if last and as_of < last:
        raise UsageError(
            f"The last night of {home.root} was as of {last}, which is after {as_of}.",
            "Nights go forward only: give a later --as-of. Where that night was a mistake, take it back: "
            f"rollcall release rollback --home {home.root}",
        )
    if as_of > today:
        raise UsageError(
            f"{as_of} has not come yet: today is {today} ({home.settings.timezone}).",
            "Give a day up to today with --as-of, or none. If the day is right, set this machine's clock.",
        )


def clock_day(home: Home) -> dt.date:
    """Today by the machine's clock, where it can be right.

    A clock that jumped ahead would have every unit owe what is not due for years, and no night could run until then.

    Raises:
        UsageError: it is further ahead of the last night than nights are ever apart.
    """
    today, last, limit = home.today(), last_day(home), home.settings.clock.most_days_between_nights
    if last and (today - last).days > limit:
        raise UsageError(
            f"This machine's clock says {today}; the last night was as of {last}, more than {limit} days before.",
            f"Set the clock; if it is right, say so once: rollcall run --as-of {today}",
        )
    return today


def code_digest() -> str:
    """SHA-256 over the names and contents of everything that a night runs."""
    digest = hashlib.sha256()
    for name, path in _code():
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _code() -> Iterator[tuple[str, Path]]:
    for name, base in CODE_FOLDERS.items():
        for folder, folders, files in os.walk(base / name):
            # changed in place: the walk goes where it is told, in a fixed order
            folders[:] = sorted(set(folders) - LEFT_BEHIND)
            paths = [Path(folder, file) for file in sorted(files) if Path(file).suffix in CODE_SUFFIXES]
            yield from ((str(path.relative_to(base)), path) for path in paths)
