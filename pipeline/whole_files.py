"""Files and folders that are there whole or not at all: written beside, synced to the disk, then renamed.

Belongs here: the one way in which rollcall writes a file that somebody may read, or that must outlast a power cut.
Does not: what is written, or who may read it.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

# owner alone; owner and the group of the office
RESTRICTED_MODE, OFFICE_MODE = 0o600, 0o640
RESTRICTED_FOLDER, OFFICE_FOLDER = 0o700, 0o750
_FOLDER_MODES = {RESTRICTED_MODE: RESTRICTED_FOLDER, OFFICE_MODE: OFFICE_FOLDER}
_OTHERS = 0o077


@contextmanager
def closed_to_others() -> Iterator[None]:
    """Whatever the process makes meanwhile is its owner's alone, but where a mode is set afterwards.

    Engines and libraries make files of their own accord: logs, spill files, what is to be replayed after a crash.
    """
    before = os.umask(_OTHERS)
    try:
        yield
    finally:
        os.umask(before)


def make_folder(path: Path, mode: int = RESTRICTED_FOLDER) -> None:
    """Make a folder and those above it that are absent, each with this mode, whatever the umask."""
    if path.is_dir():
        return
    make_folder(path.parent, mode)
    try:
        path.mkdir()
    except FileExistsError:
        if not path.is_dir():
            raise
        return
    path.chmod(mode)


def close_to_others(folder: Path) -> int:
    """Take from group and others whatever right they have to a folder and to what is in it; says of how many.

    What cannot be changed, on a disk that cannot be written or of another account, is passed over.
    """
    closed = 0
    for parent, _, files in os.walk(folder):
        for path in (Path(parent), *(Path(parent, name) for name in files)):
            with suppress(OSError):
                mode = path.lstat().st_mode
                if mode & _OTHERS and not stat.S_ISLNK(mode):
                    path.chmod(stat.S_IMODE(mode) & ~_OTHERS)
                    closed += 1
    return closed


def write_whole(path: Path, data: bytes | str, mode: int = RESTRICTED_MODE, *, is_synced: bool = True) -> Path:
    """Write a file whole or not at all; a reader sees the old content or the new.

    Args:
        path: where; folders that are absent are made.
        data: bytes, or text that is written as UTF-8.
        mode: permissions, whatever the umask.
        is_synced: whether to wait for the disk; not needed where the next night would write the file again.

    Raises:
        OSError: the disk is full or the folder cannot be written; what was there before stands.
    """
    with written_whole(path, mode, is_synced=is_synced) as file:
        file.write(data.encode() if isinstance(data, str) else data)
    return path


@contextmanager
def written_whole(path: Path, mode: int = RESTRICTED_MODE, *, is_synced: bool = True) -> Iterator[BinaryIO]:
    """A file to write into, which takes its place under `path` when the block ends without an error."""
    make_folder(path.parent, _FOLDER_MODES[mode])
    beside = path.with_name(f".{path.name}.part")
    try:
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode), "wb") as file:
            os.chmod(beside, mode)
            yield file
            file.flush()
            if is_synced:
                os.fsync(file.fileno())
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    os.replace(beside, path)
    if is_synced:
        sync_folders([path.parent])


def replace_folder(path: Path, files: Mapping[str, tuple[bytes, int]]) -> None:
    """Put a folder of files in the place of what is there, whole.

    Args:
        path: the folder.
        files: content and mode by path below the folder.
    """
    with replaced_folder(path) as beside:
        for name, (data, mode) in files.items():
            write_whole(beside / name, data, mode)


@contextmanager
def replaced_folder(path: Path) -> Iterator[Path]:
    """A folder to write into, which takes the place of `path` when the block ends without an error.

    A stop between the two renames leaves the old folder beside under `.<name>.old` and nothing under its own name; the
    next call puts the new one there.
    """
    beside, before = path.with_name(f".{path.name}.new"), path.with_name(f".{path.name}.old")
    for folder in (beside, before):
        shutil.rmtree(folder, ignore_errors=True)
    make_folder(beside, OFFICE_FOLDER)
    try:
        yield beside
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    if path.exists():
        os.replace(path, before)
    os.replace(beside, path)
    sync_folders([path.parent])
    shutil.rmtree(before, ignore_errors=True)


def sync_folders(folders: Iterable[Path]) -> None:
    """Have the disk keep the names in these folders."""
    for folder in folders:
        _sync(folder, os.O_DIRECTORY)


def sync_file(path: Path) -> None:
    """Have the disk keep a file that an engine wrote, which has closed it."""
    _sync(path)


def _sync(path: Path, flags: int = 0) -> None:
    handle = os.open(path, os.O_RDONLY | flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
