"""The nights: what is noted of each in `archive/nights.jsonl`, and those that changed something in `publish.nights`.

Belongs here: naming a night, noting its end, and bringing the table in line with the ledger, which is the truth of
the two. Does not: what makes one night equal another (`orchestration` compares fingerprints), or what a night does.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import duckdb

from pipeline.errors import RollcallError
from pipeline.home import Home
from pipeline.intake.archive.chain import Chain
from pipeline.warehouse import transaction

COMPLETED, NOTHING_NEW, ROLLED_BACK = "completed", "nothing_new", "rolled_back"
_RUN_DIGITS = 8


@dataclass(frozen=True)
class Night:
    """A night that changes something.

    Attributes:
        night_no: counts the nights that changed something, from 1.
        run_id: `N0003-` and the first digits of the fingerprint's hash: the same for the same sequence of nights.
        fingerprint: what the night saw, by name, each as a hash.
        records_new, records_changed: against the night before; changed ones include those that are gone.
        release: name of the release that it made; null until it is made.
        inputs: reference files and model that it read, by name, each as the hash of its archived copy
            (`nights/inputs.py`); none of nights before these were kept.
    """

    night_no: int
    run_id: str
    as_of: dt.date
    started_at: dt.datetime
    fingerprint: Mapping[str, str]
    ended_at: dt.datetime | None = None
    records_new: int | None = None
    records_changed: int | None = None
    model_version: str | None = None
    release: str | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)


def digest(fingerprint: Mapping[str, str]) -> str:
    """SHA-256 over a fingerprint's parts, in the order of their names."""
    return hashlib.sha256(json.dumps(dict(fingerprint), sort_keys=True).encode()).hexdigest()


def standing(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries of completed nights that no later entry takes back, oldest first."""
    found: list[dict[str, Any]] = []
    for entry in entries:
        if entry["outcome"] == COMPLETED:
            found.append(entry)
        elif entry["outcome"] == ROLLED_BACK:
            found = [night for night in found if night["run_id"] not in entry["withdrawn"]]
    return found


def completed_nights(home: Home) -> list[Night]:
    """The nights that changed something and were not taken back, oldest first."""
    return [night_of(entry) for entry in standing(Chain(home.nights_file).read())]


def last_day(home: Home) -> dt.date | None:
    """The day as of which the last night ran, whether it changed anything or not; None where none ran or stands."""
    day: str | None = None
    for entry in Chain(home.nights_file).read():
        # after a rollback, the day of the night that was gone back to
        day = entry.get("as_of") if entry["outcome"] == ROLLED_BACK else entry.get("as_of") or day
    return dt.date.fromisoformat(day) if day else None


def last_night(home: Home) -> Night | None:
    """The last night that changed something; None where there was none."""
    nights = completed_nights(home)
    return nights[-1] if nights else None


def last_success(home: Home) -> dt.datetime | None:
    """When the last night ended well, whether it changed anything or not; nights that were taken back do not count."""
    entries = Chain(home.nights_file).read()
    quiet = [entry for entry in entries if entry["outcome"] == NOTHING_NEW]
    ends = [dt.datetime.fromisoformat(entry["ended_at"]) for entry in [*standing(entries), *quiet]]
    return max(ends, default=None)


def begin_night(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    as_of: dt.date,
    fingerprint: Mapping[str, str],
    started_at: dt.datetime | None = None,
    inputs: Mapping[str, str] | None = None,
) -> Night:
    """Name the night that follows the last completed one, and note that it has begun.

    `publish.nights` is filled from the ledger first: what a killed night left in it is dropped.

    Raises:
        RollcallError: the warehouse is not the one of the last completed night.
    """
    check_warehouse(con, home)
    before = completed_nights(home)
    night_no = before[-1].night_no + 1 if before else 1
    night = Night(
        night_no=night_no,
        run_id=f"N{night_no:04d}-{digest(fingerprint)[:_RUN_DIGITS]}",
        as_of=as_of,
        started_at=started_at or dt.datetime.now(dt.UTC),
        fingerprint=fingerprint,
        inputs=dict(inputs or {}),
    )
    with transaction(con):
        con.execute("DELETE FROM publish.nights")
        con.executemany(
            "INSERT INTO publish.nights VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [_row(each) for each in [*before, night]],
        )
    return night


def check_warehouse(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Refuse a warehouse that lacks the last completed night: children would be given other ids than they had.

    Raises:
        RollcallError: it is new, or an older copy was put back.
    """
    last = last_night(home)
    if last is None:
        return
    there = con.execute("SELECT count(*) FROM publish.nights WHERE run_id = ?", [last.run_id]).fetchall()[0][0]
    if not there:
        raise RollcallError(
            f"The warehouse does not hold the night {last.run_id}, which the archive says was the last.",
            "Make it again from the archive: rollcall rebuild",
        )


def complete_night(con: duckdb.DuckDBPyConnection, home: Home, night: Night) -> None:
    """Note in the table, then in the ledger, that a night has ended and what it released; once, if called twice.

    The ledger's entry is the last thing that a night writes: cut off before it, the night is run again.
    """
    with transaction(con):
        con.execute("DELETE FROM publish.nights WHERE night_no = ?", [night.night_no])
        con.execute("INSERT INTO publish.nights VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _row(night))
    last = last_night(home)
    if last is None or last.night_no < night.night_no:
        Chain(home.nights_file).append([{"outcome": COMPLETED, **_entry(night)}])


def log_nothing_new(home: Home, as_of: dt.date, fingerprint: Mapping[str, str], started_at: dt.datetime) -> None:
    """Note a night that found nothing new; the ledger is all that it writes."""
    body = {"outcome": NOTHING_NEW, "as_of": as_of, "fingerprint": dict(fingerprint), "started_at": started_at}
    Chain(home.nights_file).append([_as_text({**body, "ended_at": dt.datetime.now(dt.UTC)})])


def log_rollback(home: Home, back_to: Night | None, withdrawn: list[Night]) -> None:
    """Note that nights were taken back: what they did stays in the ledger and counts for nothing from here on.

    Args:
        back_to: the night that is the last one again; None where none is left.
        withdrawn: the nights after it.
    """
    body = {
        "outcome": ROLLED_BACK,
        "release": back_to.release if back_to else None,
        "as_of": back_to.as_of if back_to else None,
        "withdrawn": [night.run_id for night in withdrawn],
    }
    Chain(home.nights_file).append([_as_text({**body, "ended_at": dt.datetime.now(dt.UTC)})])


def _as_text(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value.isoformat() if isinstance(value, dt.date) else value for key, value in body.items()}


def _entry(night: Night) -> dict[str, Any]:
    return _as_text({**asdict(night), "fingerprint": dict(night.fingerprint), "inputs": dict(night.inputs)})


def night_of(entry: dict[str, Any]) -> Night:
    """A completed night out of its entry in the ledger."""
    known: dict[str, Any] = {each.name: entry.get(each.name) for each in fields(Night)}
    # entries of programs that kept no inputs have none
    known["inputs"] = entry.get("inputs") or {}
    known["as_of"] = dt.date.fromisoformat(entry["as_of"])
    for name in ("started_at", "ended_at"):
        known[name] = dt.datetime.fromisoformat(entry[name])
    return Night(**known)


def _row(night: Night) -> tuple:
    return (
        night.night_no, night.run_id, night.as_of, night.started_at, night.ended_at, night.records_new,
        night.records_changed, night.model_version, night.release, digest(night.fingerprint),
    )  # fmt: skip
