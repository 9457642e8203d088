"""Nights taken back: warehouse, tickets, identities and release as an earlier night left them.

Belongs here: which nights are taken back, and putting the home back. Does not: replaying nights (`runs/rebuild.py`), or
the copy of the warehouse that a night keeps (`nights/unfinished.py`).

Nothing that units sent is lost: files stay in the archive with their receipts, and the next night reads them again.
What people decided and who was told what stays too, each in its ledger. The nights themselves stay in theirs, as
taken back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.errors import UsageError
from pipeline.home import Home
from pipeline.orchestration.nights import unfinished
from pipeline.orchestration.nights.lock import holding
from pipeline.orchestration.runs.rebuild import rebuild
from pipeline.publish import Night, check_release, completed_nights, make_current, withdraw
from pipeline.publish.nights.ledger import log_rollback


@dataclass(frozen=True)
class RolledBack:
    """What was done: the night that is the last again (None: none is left), and those that were taken back."""

    back_to: Night | None
    withdrawn: tuple[Night, ...]


def roll_back(
    home: Home, release: str | None = None, *, told: Callable[[Night, int], None] = lambda night, of: None
) -> RolledBack:
    """Take back the nights after a release, the last one where none is named.

    The last night goes back in seconds, by the copy that it kept; earlier ones by replaying the archive.

    Args:
        told: called before each night that is replayed, with it and how many there are.

    Raises:
        UsageError: no night ran, there is no such release, or no night came after it.
        RollcallError: the release is not what was published, or the archive is not what was received. Nothing was
            changed then.
    """
    home.make_folders()
    back_to, withdrawn = _chosen(home, release)
    with holding(home):
        if back_to is not None and back_to.release:
            check_release(home, back_to.release)
        is_back = unfinished.put_back_previous(home, back_to)
        if not is_back and back_to is None:
            is_back = unfinished.put_back_nothing(home)
    if not is_back:
        rebuild(home, until=back_to, told=told)
    with holding(home):
        # until it is noted, no night runs on what is there: it lacks the night that the ledger says was the last
        log_rollback(home, back_to, list(withdrawn))
        if back_to is not None and back_to.release:
            make_current(home, check_release(home, back_to.release))
        else:
            home.current_marts.unlink(missing_ok=True)
        for night in withdrawn:
            if night.release:
                withdraw(home, night.release)
    return RolledBack(back_to, withdrawn)


def _chosen(home: Home, release: str | None) -> tuple[Night | None, tuple[Night, ...]]:
    nights = completed_nights(home)
    if not nights:
        raise UsageError(f"No night has run on {home.root}.", "There is nothing to go back from.")
    if release is None:
        place = len(nights) - 1
    else:
        known = [night.release for night in nights]
        if release not in known:
            named = ", ".join(str(name) for name in known)
            raise UsageError(f"There is no release {release}.", f"There are: {named} (rollcall release list).")
        place = known.index(release) + 1
        if place == len(nights):
            raise UsageError(
                f"{release} is the last night's release: no night came after it.",
                "Name an earlier one; without a name the last night is taken back.",
            )
    return (nights[place - 1] if place else None), tuple(nights[place:])
