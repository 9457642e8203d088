"""What `rollcall doctor` looks at: the installation, the home, its reference files, disk room, DuckDB's extensions.

Belongs here: questions that can be answered before any night, each with a remedy. Does not: whether the archive is
whole (`rollcall archive verify`), or how a finding is printed.
"""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

from pipeline.encryption import check_key, extension_file
from pipeline.errors import RollcallError, UsageError
from pipeline.home import IS_CHECKOUT, Home
from pipeline.orchestration.dbt import DBT_PROJECT, manifest_path
from pipeline.publish.nights.ledger import last_success
from pipeline.sbom import LOCK, PIN

INSTALL = f"pip install -r {LOCK.name} && pip install --no-deps -e ." if IS_CHECKOUT else f"pip install -r {LOCK}"
# DuckDB's extensions come as wheels, because county networks are closed
EXTENSIONS = ("httpfs", "encodings")
# a night holds the warehouse, a release of it and spill files at once
ROOM_FAILED_GB, ROOM_WARNING_GB = 1, 10
# names listed before the rest is only counted
SHOWN = 5
# an upload that takes longer than a day is none
UPLOAD_SECONDS = 86_400

Verdict = Literal["ok", "warning", "failed"]


@dataclass(frozen=True)
class Finding:
    """What was looked at, what was found, and what to do about it."""

    verdict: Verdict
    subject: str
    said: str
    remedy: str = ""


def examine(home: Home, *, installation_only: bool = False) -> Iterator[Finding]:
    """Every finding, in the order in which they matter. Changes nothing but a temporary folder.

    Args:
        home: the county's home.
        installation_only: ask nothing of the home, which need not be there.
    """
    of_home = () if installation_only else (_home, _reference, _permissions, _key, _uploads, _room, _lock)
    for look in (_installation, *of_home, _extensions, _dbt):
        yield from look(home)


def last_night_ended(home: Home, now: dt.datetime | None = None) -> Finding:
    """When the last night ended well, and whether that is too long ago; reads the ledger of nights and changes nothing.

    Raises:
        RollcallError: the settings or the ledger cannot be read.
    """
    if not home.reference.is_dir():
        return Finding("failed", "night", f"{home.root} has no reference/ folder.", "Give the county's folder: --home")
    ended, now = last_success(home), now or dt.datetime.now(dt.UTC)
    if ended is None:
        return Finding("failed", "night", f"No night has ended well on {home.root} yet.", "Run one: rollcall run")
    hours, limit = (now - ended).total_seconds() / 3600, home.settings.doctor.most_hours_since_night
    said = f"The last night ended well on {ended.astimezone(home.settings.zone):%Y-%m-%d at %H:%M}"
    if hours < 0:
        return Finding("failed", "night", f"{said}, which has not come yet.", "Set this machine's clock.")
    said += f", {hours:.0f} hours ago"
    if hours > limit:
        return Finding("failed", "night", f"{said}: more than {limit:g}.", "See why: rollcall ui, rollcall doctor")
    return Finding("ok", "night", f"{said}.")


def _installation(home: Home) -> Iterator[Finding]:
    """Whether what is installed is what the lock file says."""
    if not LOCK.is_file():
        yield Finding("warning", "installation", f"{LOCK.name} is not there.", "Run from the project's folder.")
        return
    pins = {name: version for name, version, marker in PIN.findall(LOCK.read_text()) if _applies(marker)}
    have = _installed()
    absent = sorted(name for name in pins if name not in have)
    other = sorted(
        f"{name} {have[name]}, locked {pins[name]}" for name in pins if have.get(name, pins[name]) != pins[name]
    )
    if absent:
        yield Finding("failed", "installation", f"not installed: {_some(absent)}.", f"Run: {INSTALL}")
    if other:
        yield Finding("warning", "installation", f"other than locked: {_some(other)}.", f"Run: {INSTALL}")
    if not absent and not other:
        yield Finding("ok", "installation", f"{len(pins)} packages as locked.")


def _some(names: list[str]) -> str:
    """The first few, and how many more."""
    return "; ".join(names[:SHOWN]) + (f"; and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def _applies(marker: str) -> bool:
    from packaging.markers import Marker

    return not marker.strip() or Marker(marker.strip()).evaluate()


def _installed() -> dict[str, str]:
    """Versions of what is installed, by normalized name, read once: one look for each would take seconds."""
    from packaging.utils import canonicalize_name

    return {canonicalize_name(found.name): found.version for found in importlib.metadata.distributions()}


def _home(home: Home) -> Iterator[Finding]:
    if not home.reference.is_dir():
        yield Finding(
            "failed", "home", f"{home.root} has no reference/ folder.",
            "Give the county's folder with --home, or make a synthetic one with: rollcall demo",
        )  # fmt: skip
        return
    try:
        home.make_folders()
    except OSError as error:
        yield Finding(
            "failed", "home", f"{home.root}: folders cannot be made ({type(error).__name__}).",
            "Run as the user who owns the home.",
        )  # fmt: skip
        return
    yield Finding("ok", "home", str(home.root))


def _reference(home: Home) -> Iterator[Finding]:
    from pipeline.reference import load_reference

    if not home.reference.is_dir():
        return
    try:
        reference = load_reference(home)
    except RollcallError as error:
        yield Finding("failed", "reference files", error.message, error.remedy)
        return
    yield Finding("ok", "reference files", f"{len(reference.units)} units, {len(reference.divisions)} divisions.")
    absent = sorted(code for code in reference.units if not (home.landing / code).is_dir())
    if absent:
        yield Finding(
            "warning", "landing folders", f"{len(absent)} units have none, {absent[0]} for one.",
            "Make one per unit, each the home of its own upload account.",
        )  # fmt: skip
    yield from _alerts(home)


def _alerts(home: Home) -> Iterator[Finding]:
    """Whether somebody is told of a failed night, and whether mail that is half set is set whole."""
    from pipeline.orchestration.nights.channels import channels

    settings = home.settings.alerts
    if settings.smtp_host and not (settings.mail_from and settings.mail_to):
        yield Finding(
            "warning", "alerts", "alerts.smtp_host is set, and mail_from or mail_to is not: no mail is sent.",
            "Set all three in county.yaml.",
        )  # fmt: skip
    if not channels(home):
        yield Finding(
            "warning", "alerts", "nobody is told when a night fails.",
            "Set alert_webhook or alerts.smtp_host in county.yaml (docs/runbooks/metrics.md).",
        )  # fmt: skip


def _permissions(home: Home) -> Iterator[Finding]:
    """Folders with names in them are their owner's alone."""
    open_to_others = [
        folder.name
        for folder in home.restricted
        if folder.is_dir() and stat.S_IMODE(folder.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO)
    ]
    written = [folder for folder in (*home.restricted, home.published, home.reports) if folder.is_dir()]
    locked = [folder.name for folder in written if not os.access(folder, os.W_OK | os.X_OK)]
    for name in open_to_others:
        yield Finding(
            "failed", "permissions", f"{name}/ holds names and is open to others.", f"Run: chmod 700 {home.root / name}"
        )
    for name in locked:
        yield Finding("failed", "permissions", f"{name}/ cannot be written.", "Run as the user who owns the home.")
    if written and not open_to_others and not locked:
        yield Finding("ok", "permissions", "restricted folders are their owner's alone.")


def _key(home: Home) -> Iterator[Finding]:
    """Whether the home lies under a key, whether it is the right one, and whether the key is kept as one should be."""
    try:
        check_key(home)
    except UsageError as error:
        yield Finding("failed", "key", error.message, error.remedy)
        return
    if home.key is None or home.key_file is None:
        yield Finding(
            "warning", "key", "the archive and the warehouse lie in clear.",
            "Encrypt them: rollcall key make FILE, then rollcall key rotate --to FILE (docs/runbooks/key_rotation.md)",
        )  # fmt: skip
        return
    yield Finding("ok", "key", f"the archive and the warehouse lie under key {home.key.identifier}.")
    if home.key_file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Finding("failed", "key", f"{home.key_file} is open to others.", f"Run: chmod 600 {home.key_file}")
    if home.key_file.is_relative_to(home.root):
        yield Finding(
            "failed", "key", f"{home.key_file} lies in the home that it opens.", "Move it out, and out of its backups."
        )


def _uploads(home: Home) -> Iterator[Finding]:
    """Uploads that never came to their end: no night sees a file as long as its name says that it is under way."""
    from pipeline.intake.landing.landed import uploads_under_way

    if not home.landing.is_dir():
        return
    old = [
        str(path.relative_to(home.landing))
        for path in uploads_under_way(home)
        if time.time() - path.lstat().st_mtime > UPLOAD_SECONDS
    ]
    if old:
        yield Finding(
            "warning", "landing", f"Under way for more than a day: {_some(old)}.",
            "Ask the unit to upload again; remove what is left.",
        )  # fmt: skip


def _room(home: Home) -> Iterator[Finding]:
    at = next(folder for folder in (home.root, *home.root.parents) if folder.is_dir())
    free = shutil.disk_usage(at).free / 1e9
    verdict: Verdict = "failed" if free < ROOM_FAILED_GB else "warning" if free < ROOM_WARNING_GB else "ok"
    remedy = "" if verdict == "ok" else "Make room, or move the home to a larger disk."
    yield Finding(verdict, "disk", f"{free:,.0f} GB free.", remedy)


def _lock(home: Home) -> Iterator[Finding]:
    from pipeline.errors import LockedError
    from pipeline.orchestration.nights.lock import holding

    if not home.state.is_dir() or not home.reference.is_dir():
        return
    try:
        with holding(home):
            pass
    except LockedError as error:
        yield Finding("warning", "lock", error.message, error.remedy)
    except UsageError:
        # the key's own finding says it
        return


def _extensions(home: Home) -> Iterator[Finding]:
    """Whether DuckDB can load its extensions from the wheels, without a network."""
    for name in EXTENSIONS:
        problem = _try(partial(_load, name))
        if problem:
            yield Finding("failed", "DuckDB", f"extension {name} cannot be loaded ({problem}).", f"Run: {INSTALL}")
        else:
            yield Finding("ok", "DuckDB", f"extension {name} loads.")


def _load(name: str) -> None:
    import duckdb

    quoted = str(extension_file(name)).replace("'", "''")
    with tempfile.TemporaryDirectory() as folder:
        con = duckdb.connect(config={"extension_directory": folder, "autoinstall_known_extensions": False})
        con.execute(f"INSTALL '{quoted}'")
        con.execute(f"LOAD {name}")
        con.close()


def _dbt(home: Home) -> Iterator[Finding]:
    if not DBT_PROJECT.is_dir():
        yield Finding(
            "failed", "dbt", "dbt_project/ is not beside the program.", f"Install it again. In a checkout: {INSTALL}"
        )
    elif manifest_path().parent == DBT_PROJECT / "target":
        yield Finding("ok", "dbt", "the project's folder can keep its manifest.")
    else:
        yield Finding("ok", "dbt", f"the manifest is kept in {manifest_path().parent}.")


def _try(action: Callable[[], None]) -> str | None:
    try:
        action()
    except Exception as error:
        return type(error).__name__
    return None
