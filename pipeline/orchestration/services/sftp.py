"""Uploads by SFTP: an account for each unit, which sees its own folder and nothing else.

Belongs here: which units have an account, by what name, and where its folder is. Does not: the files' text
(`rollcall-sftp.*.j2`).

sshd asks that everything above a chroot is root's own, and the home is not. So a unit's folder lies below
`service.sftp_folder` and is mounted into `landing/`: what is uploaded is where the night looks for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.home import Home
from pipeline.orchestration.services.files import write_files
from pipeline.reference import load_reference

FILES = ("sshd.conf", "sysusers.conf", "tmpfiles.conf", "fstab")
GROUP = "rollcall-units"
# what useradd and sshd take for a name
_ACCOUNT = re.compile(r"[a-z_][a-z0-9_-]{0,31}")


@dataclass(frozen=True)
class Account:
    """A unit's account: its name, the folder that it is shut into, the one that it writes, and the night's for it."""

    name: str
    jail: Path
    upload: Path
    landing: Path


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
        found[name] = Account(name, jail, jail / "upload", home.landing / code)
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
    templates = {f"rollcall-sftp.{name}": f"rollcall-sftp.{name}.j2" for name in FILES}
    service = home.settings.service
    return len(found), write_files(home, out, templates, accounts=found, service=service, group=GROUP)
