"""The warehouse and all releases made again from `archive/` alone: every night replayed, in order, as it was noted.

Belongs here: the copy of the archive that grows night by night as the original did, and putting what came of it in
its place. Does not: what a night does (the assets), or what it is that a night saw (`publish.inputs`, the ledger).

A night is replayed on the ledger as it saw it, on the reference files and the model that it read, as of its day and
under its name. Child ids, tickets and decisions follow from the sequence of nights, so they come out as they were.
The secret of the pseudonyms lies outside the archive: without it children get other keys.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import RollcallError, UsageError
from pipeline.home import Home
from pipeline.intake.archive.chain import Chain, canonical
from pipeline.intake.archive.ledger import Receipts
from pipeline.linkage.model.frozen_model import model_version
from pipeline.orchestration.dbt import ManifestPreparation
from pipeline.orchestration.nights.gate import code_digest
from pipeline.orchestration.nights.lock import holding
from pipeline.orchestration.nights.progress import QUIET, Listener, listening
from pipeline.orchestration.nights.replay import replaying
from pipeline.orchestration.nights.stopping import hearing_signals
from pipeline.orchestration.runs.rebuilt_home import (
    copy_own_reference,
    lay_out,
    put_in_place,
    same_approvals,
    stand_in,
)
from pipeline.publish import Night, completed_nights
from pipeline.publish.nights.archive_proof import verify_whole
from pipeline.publish.nights.inputs import MODEL, put_back
from pipeline.publish.nights.ledger import COMPLETED, night_of
from pipeline.reference import load_reference
from pipeline.whole_files import OFFICE_FOLDER, make_folder, written_whole

# parts of a night that must come out as they were noted
_NOTED = ("records_new", "records_changed", "model_version", "release")


@dataclass
class Rebuilt:
    """What a rebuild did.

    Attributes:
        root: the home that holds what was rebuilt.
        nights: how many were replayed.
        differences: a sentence for each night that could not be replayed as it was, and why.
    """

    root: Path
    nights: int = 0
    differences: list[str] = field(default_factory=list)


def rebuild(
    home: Home, into: Path | None = None, *, until: Night | None = None, listener: Listener | None = None,
    told: Callable[[Night, int], None] = lambda night, of: None, from_what_remains: bool = False,
) -> Rebuilt:  # fmt: skip
    """Replay every completed night of a home's archive that was not taken back.

    Args:
        home: the home; of it, `archive/` is read, and the secret of the pseudonyms where it is there.
        into: a new home beside, which must be absent or empty; None puts the new warehouse and releases in the place
            of the home's own.
        until: the last night to replay; None replays all that stand. Nights after it are the caller's to take back.
        told: called before each night, with it and how many there are.
        from_what_remains: replay the nights even where contents that they read were removed by order.

    Raises:
        UsageError: `into` holds something, or the archive holds no night.
        RollcallError: the archive is not what was received, contents were removed by order and nobody said to go on
            without them, or a night failed. Nothing of the home was changed then.
    """
    if not home.archive.is_dir():
        raise UsageError(f"{home.root} has no archive/.", "Give the county's folder with --home.")
    if into is not None and into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise UsageError(f"{into} is not empty.", "Name a folder that is not there yet.")
    make_folder(home.lock_file.parent)
    with _locked(home), listening(listener) if listener else _nothing():
        if problems := verify_whole(home).problems:
            raise RollcallError(f"The archive is not what was received: {problems[0]}", "See: rollcall archive verify")
        nights = completed_nights(home)
        if until is not None:
            nights = [night for night in nights if night.night_no <= until.night_no]
        if not nights:
            raise UsageError(f"The archive of {home.root} holds no completed night.", "Run one: rollcall run")
        without = _removed(home, is_accepted=from_what_remains)
        made = Home(into or home.state / "rebuild")
        if into is None:
            shutil.rmtree(made.root, ignore_errors=True)
        done = Rebuilt(made.root if into else home.root, differences=without)
        lay_out(home, made)
        stand_ins = stand_in(home, made) if without else []
        with holding(made):
            _replay_all(home, made, nights, done, told)
        for path in stand_ins:
            path.unlink(missing_ok=True)
        if into is None:
            put_in_place(made, home)
            shutil.rmtree(made.root, ignore_errors=True)
        return done


def _removed(home: Home, *, is_accepted: bool) -> list[str]:
    """A sentence about contents that orders removed, where there are any; the nights that read them come out otherwise.

    Raises:
        RollcallError: it was not said that they are to be gone on without.
    """
    receipts = Receipts.read(home)
    days = sorted(receipts.receipts[number]["as_of"] for number in receipts.removed)
    if not days:
        return []
    said = (
        f"The contents of {len(days):,} submissions, received from {days[0]} to {days[-1]}, were removed by order "
        "(retention_months)"
    )
    if not is_accepted:
        raise RollcallError(
            f"{said}: the nights that read them cannot be replayed as they were.",
            "Restore warehouse and releases from a backup (rollcall restore). Where there is none, make them from what "
            f"remains: rollcall rebuild --from-what-remains --home {home.root}",
        )
    return [
        f"{said}: their records, and children known from them alone, did not come back, and other children may have "
        "other ids and keys than they had."
    ]


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@contextmanager
def _locked(home: Home) -> Iterator[None]:
    """The home's lock; a home of which only the archive is left gets its folders first."""
    if not home.reference.is_dir():
        make_folder(home.reference, OFFICE_FOLDER)
    with holding(home):
        yield


def _replay_all(home: Home, made: Home, nights: list[Night], done: Rebuilt, told: Callable[[Night, int], None]) -> None:
    ledger = Chain(home.ledger_file).read()
    noted: list[dict[str, Any]] = []
    entries = Chain(home.nights_file).read()
    replayed = _places(entries, nights)
    for place, entry in enumerate(entries):
        if place in replayed:
            night = night_of(entry)
            told(night, len(nights))
            seen = _beginning(ledger, night)
            _write_chain(made.ledger_file, seen)
            at = Home(made.root)
            done.differences += _inputs(home, at, night, nights)
            # settings are read once per object
            done.differences += _replay(Home(made.root), night)
            done.nights += 1
        noted.append(entry)
        # as it was noted: what came of the replay was compared above
        _write_chain(made.nights_file, noted)
        if done.nights == len(nights):
            break
    # what was noted after the last of them, such as nights that found nothing new or were taken back
    _write_chain(made.nights_file, entries)
    # receipts and decisions that no night has read yet, approvals and models as they stand
    _write_chain(made.ledger_file, ledger)
    same_approvals(home, made)
    shutil.rmtree(made.models, ignore_errors=True)
    if home.models.is_dir():
        shutil.copytree(home.models, made.models)
    for folder in (made.landing,):
        folder.mkdir(exist_ok=True)


def _places(entries: list[dict[str, Any]], nights: list[Night]) -> set[int]:
    """Where in the ledger of nights these stand; of equal names (one taken back, then run again) the last."""
    last = {entry["run_id"]: place for place, entry in enumerate(entries) if entry["outcome"] == COMPLETED}
    return {last[night.run_id] for night in nights}


def _beginning(ledger: list[dict[str, Any]], night: Night) -> list[dict[str, Any]]:
    """The ledger as the night saw it (its head is in the night's fingerprint)."""
    head = night.fingerprint["archive"]
    return ledger[: next((place for place, entry in enumerate(ledger, 1) if entry["hash"] == head), 0)]


def _write_chain(path: Path, entries: list[dict[str, Any]]) -> None:
    """Entries as they were sealed; the same entries give the same bytes."""
    with written_whole(path) as file:
        file.writelines(canonical(entry) + b"\n" for entry in entries)


def _inputs(home: Home, made: Home, night: Night, nights: list[Night]) -> list[str]:
    """Put the night's reference files and model in place.

    A night of a program that kept none gets the county's own files where they are still those that it read, else
    those of the first later night that kept them.
    """
    if night.inputs:
        put_back(home, night.inputs, made)
        return []
    later = [each for each in nights if each.inputs and each.night_no > night.night_no]
    if later:
        put_back(home, {name: sha for name, sha in later[0].inputs.items() if name != MODEL}, made)
    else:
        copy_own_reference(home, made)
    if (home.models).is_dir():
        shutil.rmtree(made.models, ignore_errors=True)
        shutil.copytree(home.models, made.models)
    at = Home(made.root)
    parts = {"reference": load_reference(at).sha256, "model": model_version(at)}
    wrong = [part for part, value in parts.items() if night.fingerprint.get(part) != value]
    if not wrong:
        return []
    return [
        f"{night.run_id} is of a program that did not keep its inputs; it was replayed with another "
        f"{' and another '.join(wrong)}."
    ]


def _replay(made: Home, night: Night) -> list[str]:
    """Run the night's job on the home; sentences of what came out otherwise than it was noted."""
    manifest = ManifestPreparation(made)
    from pipeline.orchestration import instance as storage

    with storage.open_instance(made) as instance, replaying(night) as replay, hearing_signals():
        manifest.wait()
        from pipeline.orchestration.assembly import definitions
        from pipeline.orchestration.jobs import COMMAND_LINE, LAUNCHED_BY, failed_steps, was_stopped

        config = {
            "resources": {
                "home": {"config": {"root": str(made.root), "as_of": night.as_of.isoformat(), "again": True}}
            },
            **QUIET,
        }
        result = (
            definitions()
            .resolve_job_def("night")
            .execute_in_process(
                run_config=config, instance=instance, tags={LAUNCHED_BY: COMMAND_LINE}, raise_on_error=False
            )
        )
        if not result.success:
            failures_told = result.filter_events(lambda event: event.is_step_failure)
            if was_stopped(failures_told):
                raise RollcallError("The rebuild was stopped.", "What was there stands; run it again.")
            said = failed_steps(failures_told) or ["It could not start."]
            raise RollcallError(f"Replaying {night.run_id} failed: {' '.join(said)}", "What was there stands.")
    return _compared(made, night, replay.differs)


def _compared(made: Home, night: Night, differs: list[str]) -> list[str]:
    sentences = []
    if night.fingerprint.get("code") != code_digest():
        sentences.append(f"{night.run_id} was run by another version of the program.")
    others = [part for part in differs if part != "code"]
    if others:
        sentences.append(f"{night.run_id} saw otherwise than was noted: {', '.join(others)}.")
    came_out = night_of(Chain(made.nights_file).read()[-1])
    wrong = [name for name in _NOTED if getattr(came_out, name) != getattr(night, name)]
    if wrong:
        sentences.append(f"{night.run_id} came out otherwise than was noted: {', '.join(wrong)}.")
    return sentences
