"""A night that does not end leaves no trace: the warehouse as the last completed night left it, kept until the next.

Belongs here: keeping the copy when a night begins, putting it back when the one before was cut off, and dropping it.
Does not: when a night is completed (the ledger of nights says so, and nothing else).

Every stage can be run again by itself. Yet a child that a lost night had minted would keep its id, and what was new
would no longer be: only completed nights are in the ledger, so only these may have left something behind.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pipeline.errors import RollcallError
from pipeline.home import Home
from pipeline.publish import last_night
from pipeline.warehouse import open_warehouse
from pipeline.whole_files import written_whole

_COPIES = "before-night-*"


def begin(home: Home) -> bool:
    """Keep the warehouse as it is, or put it back where the last night was cut off. The caller holds the lock.

    Returns:
        Whether it was put back.

    Raises:
        RollcallError: there is no room for the copy, or the folder cannot be written.
    """
    last = last_night(home)
    # a copy is of one place in the sequence of nights; another's is of a night that was completed after all
    copy = home.warehouse / f"before-night-after-{last.run_id if last else 'none'}.duckdb"
    try:
        for path in home.warehouse.glob(_COPIES):
            if path != copy:
                path.unlink()
        if copy.exists():
            _put_back(home, copy)
            return True
        _keep(home, copy)
    except OSError as error:
        raise RollcallError(
            f"The warehouse could not be copied before the night ({error.strerror or type(error).__name__}).",
            f"See whether {home.warehouse} can be written and the disk has room for the warehouse a second time.",
        ) from None
    return False


def is_there(home: Home) -> bool:
    """Whether the last night was cut off after it had begun: what it was to do is still to be done."""
    return any(home.warehouse.glob(f"{_COPIES}.duckdb"))


def end(home: Home) -> None:
    """The night is in the ledger: its copy is of no more use. One that cannot be removed is removed by the next."""
    for path in home.warehouse.glob(_COPIES):
        try:
            path.unlink()
        except OSError:
            continue


def _keep(home: Home, copy: Path) -> None:
    if _wal(home).exists():
        # what a program that was killed had committed goes into the file itself
        with open_warehouse(home):
            pass
    # an empty copy stands for no warehouse
    _copy(home.warehouse_file if home.warehouse_file.exists() else Path(os.devnull), copy)


def _put_back(home: Home, copy: Path) -> None:
    # it belongs to what is replaced; cut off here, the copy is still there
    _wal(home).unlink(missing_ok=True)
    if copy.stat().st_size:
        _copy(copy, home.warehouse_file)
    else:
        home.warehouse_file.unlink(missing_ok=True)


def _wal(home: Home) -> Path:
    return home.warehouse_file.with_name(home.warehouse_file.name + ".wal")


def _copy(source: Path, target: Path) -> None:
    """Copy a file whole or not at all."""
    with written_whole(target) as into, source.open("rb") as data:
        shutil.copyfileobj(data, into, 1 << 22)
