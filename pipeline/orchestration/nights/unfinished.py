"""A night that does not end leaves no trace, and one that was a mistake can be taken back: the warehouse before it.

Belongs here: keeping the copy when a night begins, putting it back when the one before was cut off, and keeping it
until the next night as the way back. Does not: when a night is completed (the ledger of nights says so, and nothing
else), or taking nights back (`runs/rollback.py`).

Every stage can be run again by itself. Yet a child that a lost night had minted would keep its id, and what was new
would no longer be: only completed nights are in the ledger, so only these may have left something behind.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pipeline.errors import RollcallError
from pipeline.home import Home
from pipeline.publish import Night, last_night
from pipeline.warehouse import open_warehouse
from pipeline.whole_files import written_whole

_COPIES = "before-night-*"
# the copy of a night that came to its end
_PREVIOUS = "previous-night-*"
_NONE = "none"


def begin(home: Home) -> bool:
    """Keep the warehouse as it is, or put it back where the last night was cut off. The caller holds the lock.

    Returns:
        Whether it was put back.

    Raises:
        RollcallError: there is no room for the copy, the folder cannot be written, or a newer program wrote the
            warehouse: files that wait are left to that one.
    """
    last = last_night(home)
    # a copy is of one place in the sequence of nights; another's is of a night that was completed after all
    copy = home.warehouse / f"before-night-after-{last.run_id if last else _NONE}.duckdb"
    try:
        for path in home.warehouse.glob(_COPIES):
            if path != copy:
                path.unlink()
        if copy.exists():
            _put_back(home, copy)
            refuse_newer(home)
            return True
        refuse_newer(home)
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
    """The night is in the ledger: its copy is the way back from it, instead of the copy of the night before.

    A file that cannot be removed or renamed is left to the next night.
    """
    for path in home.warehouse.glob(_COPIES):
        try:
            if path.suffix == ".duckdb":
                for older in home.warehouse.glob(_PREVIOUS):
                    older.unlink()
                os.replace(path, path.with_name(path.name.replace("before-night", "previous-night", 1)))
            else:
                path.unlink()
        except OSError:
            continue


def put_back_previous(home: Home, back_to: Night | None) -> bool:
    """Put back the warehouse as it was after a night, or before the first one; whether its copy was there.

    The caller holds the lock. What a night that was cut off has left goes too.
    """
    copy = home.warehouse / f"previous-night-after-{back_to.run_id if back_to else _NONE}.duckdb"
    if not copy.exists():
        return False
    _put_back(home, copy)
    for path in [copy, *home.warehouse.glob(_COPIES)]:
        path.unlink(missing_ok=True)
    return True


def put_back_nothing(home: Home) -> bool:
    """Leave no warehouse, as before the first night; says that this was done. The caller holds the lock."""
    for path in [_wal(home), home.warehouse_file, *home.warehouse.glob(_COPIES), *home.warehouse.glob(_PREVIOUS)]:
        path.unlink(missing_ok=True)
    return True


def refuse_newer(home: Home) -> None:
    """Leave a warehouse that a newer program wrote to that one, before a night reads or writes anything.

    Raises:
        RollcallError: a newer program wrote it; names both versions.
    """
    # what a program that was killed had left is looked at when it is put into the file
    if home.warehouse_file.exists() and not _wal(home).exists():
        with open_warehouse(home, read_only=True):
            pass


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
