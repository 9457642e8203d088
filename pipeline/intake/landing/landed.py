"""What lies in the landing folder: each unit's files with their stamps. Opens nothing, follows no link.

Belongs here: folders, stamps, arrival. Does not: which of the files are new (`landing/discovery.py`).
"""

from __future__ import annotations

import datetime as dt
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.home import Home
from pipeline.intake.archive.ledger import FileKey, Stamp

Kind = Literal["file", "link", "folder", "special"]
# the unit code of what lies in landing/ itself
NO_UNIT = "."
# what uploaders and office programs leave while a file is under way or open: no submission, until it is renamed
_UNDER_WAY = re.compile(
    r"(?:\.|~\$|~).*|.*(?:\.(?:part|partial|filepart|tmp|temp|crdownload|download|swp|lock)|~)", re.I
)


@dataclass(frozen=True, slots=True)
class Landed:
    """Something that lies in a unit's folder. `file_name` is printable: bytes that are no UTF-8 are written \\xNN."""

    unit_code: str
    file_name: str
    path: Path
    kind: Kind
    stamp: Stamp

    @property
    def key(self) -> FileKey:
        """Folder and name."""
        return self.unit_code, self.file_name

    @property
    def file_bytes(self) -> int:
        """Size; 0 of what is no file."""
        return self.stamp[0]

    @property
    def arrived_ns(self) -> int:
        """Arrival by the county's clock, in nanoseconds since 1970."""
        return self.stamp[2]

    @property
    def arrived_at(self) -> dt.datetime:
        """Arrival in UTC, to the microsecond."""
        return instant(self.arrived_ns)


def instant(nanoseconds: int) -> dt.datetime:
    """Nanoseconds since 1970 as an instant in UTC, cut to the microsecond."""
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=nanoseconds // 1_000)


def _printable(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _landed(unit_code: str, entry: os.DirEntry[str], clock: str) -> Landed | None:
    try:
        info = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    kind: Kind = "file"
    if stat.S_ISLNK(info.st_mode):
        kind = "link"
    elif stat.S_ISDIR(info.st_mode):
        kind = "folder"
    elif not stat.S_ISREG(info.st_mode):
        kind = "special"
    arrived = info.st_ctime_ns if clock == "ctime" else info.st_mtime_ns
    stamp: Stamp = (info.st_size if kind == "file" else 0, info.st_mtime_ns, arrived)
    return Landed(unit_code, _printable(entry.name), Path(entry.path), kind, stamp)


def is_under_way(name: str) -> bool:
    """Whether a name says that the file is being uploaded or is open in a program: `.part`, `~$…`, a dot before."""
    return _UNDER_WAY.fullmatch(name) is not None


def uploads_under_way(home: Home) -> Iterator[Path]:
    """Files in the landing folder whose names say so; `rollcall doctor` tells of those that stay."""
    for path in sorted(home.landing.rglob("*")):
        if is_under_way(path.name) and path.is_file():
            yield path


def landed_files(home: Home) -> Iterator[Landed]:
    """Everything in the landing folder but uploads under way."""
    clock = home.settings.arrival_clock
    if not home.landing.is_dir():
        return
    for folder in _entries(home.landing):
        if folder.is_dir(follow_symlinks=False):
            for entry in _entries(folder.path):
                if landed := _landed(_printable(folder.name), entry, clock):
                    yield landed
        elif landed := _landed(NO_UNIT, folder, clock):
            yield landed


def _entries(folder: Path | str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not is_under_way(entry.name)]
    except (FileNotFoundError, PermissionError, NotADirectoryError):
        return []
