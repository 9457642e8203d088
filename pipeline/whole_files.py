"""Files and folders that are there whole or not at all: written beside, synced to the disk, then renamed.

Belongs here: the one way in which rollcall writes a file that somebody may read, or that must outlast a power cut.
Does not: what is written, or who may read it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

# owner alone; owner and the group of the office
RESTRICTED_MODE, OFFICE_MODE = 0o600, 0o640
_FOLDER_MODES = {RESTRICTED_MODE: 0o700, OFFICE_MODE: 0o750}


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
    path.parent.mkdir(mode=_FOLDER_MODES[mode], parents=True, exist_ok=True)
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
    beside.mkdir(mode=0o750, parents=True)
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
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
