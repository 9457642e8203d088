"""Who ran which command that shows people or decides about them, and when: `casework/audit.jsonl`, a line a use.

Belongs here: writing and reading the lines. Does not: which commands those are (`commands/`). A line is written before
the command does anything; it may name a record, so that it lies in a restricted folder and is never published.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import pwd
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from pipeline.errors import RollcallError
from pipeline.home import Home

# of a command's argument, what is kept
_LONGEST = 200


@dataclass(frozen=True)
class Use:
    """One use of a restricted command.

    Attributes:
        at: the clock's time, UTC, ISO 8601.
        account: of the machine, that ran it.
        behind: the account that became `account` by sudo; blank where there is none.
        command: in full, such as `rollcall review export`.
        words: its arguments by name, as given.
    """

    at: str
    account: str
    behind: str
    command: str
    words: dict[str, str]


def note_use(home: Home, command: str, words: Mapping[str, object]) -> None:
    """Write a line, durably, before the command goes on.

    Raises:
        RollcallError: it cannot be written; then nothing is shown or decided.
    """
    given = {name: str(value)[:_LONGEST] for name, value in words.items() if value not in (None, False, "", [], ())}
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    use = Use(now, _account(), os.environ.get("SUDO_USER", ""), command, given)
    line = json.dumps(asdict(use), ensure_ascii=False, sort_keys=True) + "\n"
    try:
        handle = os.open(home.audit_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(handle, line.encode())
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise RollcallError(
            f"{home.audit_file} cannot be written ({error.strerror or type(error).__name__}), and this command is "
            "only run where it is noted who ran it.",
            "Give the account that runs rollcall the right to write there, or free the disk.",
        ) from None


def uses(home: Home, since: dt.date | None = None) -> Iterator[Use]:
    """Uses in the order in which they were noted, from a day on. A line that was cut off is passed over."""
    if not home.audit_file.exists():
        return
    with open(home.audit_file, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                use = Use(**json.loads(line))
            except (ValueError, TypeError):
                continue
            if since is None or use.at[:10] >= since.isoformat():
                yield use


def _account() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
