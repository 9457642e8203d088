"""Uploads by SFTP: an account for each unit, which sees its own folder, its receipts and nothing else.

Belongs here: which units have an account, by what name, where its folder is, and laying its receipts there. Does not:
the files' text (`rollcall-sftp.*.j2`).

sshd asks that everything above a chroot is root's own, and the home is not. So a unit's folder lies below
`service.sftp_folder` and is mounted into `landing/`: what is uploaded is where the night looks for it. Receipts lie in
`casework/`, which is the night's account's alone, so that copies of them go to the unit: they name no person.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import RollcallError, UsageError
from pipeline.home import Home
from pipeline.orchestration.services.files import write_files
from pipeline.reference import load_reference
from pipeline.whole_files import OFFICE_MODE, write_whole

FILES = ("sshd.conf", "sysusers.conf", "tmpfiles.conf", "fstab")
UNITS = ("rollcall-receipts.service", "rollcall-receipts.timer")
GROUP = "rollcall-units"
# what useradd and sshd take for a name
_ACCOUNT = re.compile(r"[a-z_][a-z0-9_-]{0,31}")


@dataclass(frozen=True)
class Account:
    """A unit's account.

    Attributes:
        name: of the account.
        jail: the folder that it is shut into.
        upload: the folder that it writes; the night looks for it at `landing`.
        receipts: the folder that it reads; what lies there is copied from `outgoing`.
    """

    name: str
    jail: Path
    upload: Path
    landing: Path
    receipts: Path
    outgoing: Path


def accounts(home: Home) -> list[Account]:
    """An account for each unit that reports today or later, in the order of units.csv.

    Raises:
        UsageError: a unit's code cannot be the name of an account, or two units would share one.
        ReferenceFileError: a reference file is wrong.
    """
    settings, today = home.settings.service, home.today()
    found: dict[str, Account] = {}
    for code, unit in load_reference(home).units.items():
        if unit.active_to and unit.active_to < today:
            continue
        name = f"{settings.sftp_prefix}{code}".lower()
        if not _ACCOUNT.fullmatch(name):
            raise UsageError(
                f"units.csv: {code} cannot be the name of an account ({name}).",
                f"Account names have at most 32 lower-case letters, digits, '-' and '_', with {settings.sftp_prefix!r} "
                "before the code: shorten service.sftp_prefix, or the code if no file was sent under it yet.",
            )
        if name in found:
            raise UsageError(f"units.csv: two units would share the account {name}.", "Change one of their codes.")
        jail = Path(settings.sftp_folder) / name
        found[name] = Account(
            name, jail, jail / "upload", home.landing / code, jail / "receipts", home.outgoing / code / "receipts"
        )
    return list(found.values())


def write_sftp(home: Home, out: Path) -> tuple[int, list[Path]]:
    """Write what sshd, systemd-sysusers, systemd-tmpfiles and fstab need for the units' accounts.

    Returns:
        How many accounts, and the files.

    Raises:
        UsageError: the folder may not be used, or a unit can have no account.
        ReferenceFileError: a reference file is wrong.
        RollcallError: the folder cannot be written.
    """
    home.check()
    found = accounts(home)
    templates = {name: f"{name}.j2" for name in (*(f"rollcall-sftp.{each}" for each in FILES), *UNITS)}
    service, programs = home.settings.service, Path(sys.executable).parent
    words = {"accounts": found, "service": service, "group": GROUP, "programs": programs}
    return len(found), write_files(home, out, templates, **words)


def lay_receipts(home: Home) -> tuple[int, list[Path]]:
    """Copy what is new or was written anew of each unit's receipts to where the unit sees it.

    Returns:
        How many pages were copied, and the folders that are not there: `systemd-tmpfiles` makes them.

    Raises:
        UsageError: a unit can have no account.
        ReferenceFileError: a reference file is wrong.
        RollcallError: a folder cannot be written.
    """
    home.check()
    copied, absent = 0, []
    for account in accounts(home):
        pages = sorted(account.outgoing.glob("*")) if account.outgoing.is_dir() else []
        if not account.receipts.is_dir():
            absent += [account.receipts] if pages else []
            continue
        for page in pages:
            target, content = account.receipts / page.name, page.read_bytes()
            try:
                if not target.is_file() or target.read_bytes() != content:
                    # the folder hands its own group on, which is the unit's
                    write_whole(target, content, OFFICE_MODE, is_synced=False)
                    copied += 1
            except OSError as error:
                raise RollcallError(
                    f"{account.receipts} cannot be written ({error.strerror or type(error).__name__}).",
                    "Run as the nights' account, with the folders made by systemd-tmpfiles (docs/runbooks/service.md).",
                ) from None
    return copied, absent
