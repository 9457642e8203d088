"""A hash chain: an append-only file of JSON lines, each sealed with the hash of the one before it.

Belongs here: appending, reading and verifying such a file. Does not: what a line says (`archive/ledger.py` for
receipts; the ledger of nights is kept by orchestration).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.errors import RollcallError
from pipeline.whole_files import RESTRICTED_MODE, sync_folders

GENESIS = "0" * 64
SEALS = ("seq", "prev", "hash")
# bytes read from the end to find the last line; doubled until one is found
_TAIL_BYTES = 65_536


def canonical(entry: dict[str, Any]) -> bytes:
    """The one way to write an entry: sorted keys, no blanks, UTF-8."""
    return json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def seal(body: dict[str, Any], seq: int, prev: str) -> dict[str, Any]:
    """The entry of a body: with its number, the hash before it, and its own over all of that."""
    entry = {**body, "seq": seq, "prev": prev}
    return {**entry, "hash": hashlib.sha256(canonical(entry)).hexdigest()}


def is_sealed(entry: dict[str, Any]) -> bool:
    """Whether an entry's hash is that of its content."""
    unsealed = {key: value for key, value in entry.items() if key != "hash"}
    return entry.get("hash") == hashlib.sha256(canonical(unsealed)).hexdigest()


class Chain:
    """An append-only chain of JSON lines in one file, mode 0600.

    Every entry has `seq` (1, 2, …), `prev` (the hash before it, 64 zeros at first) and `hash`, beside the body's
    own keys. A line that a crash left unfinished is no entry: reading passes over it, the next append cuts it off.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, bodies: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Append a batch and wait once until it is on the disk.

        Returns:
            The entries as written.

        Raises:
            RollcallError: the chain's last entry was altered.
        """
        if not bodies:
            return []
        is_new = not self.path.exists()
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, RESTRICTED_MODE)
        with open(handle, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            last, end = self._last_sound(file)
            file.truncate(end)
            file.seek(end)
            seq, prev = (last["seq"], last["hash"]) if last else (0, GENESIS)
            entries = []
            for body in bodies:
                if taken := [key for key in SEALS if key in body]:
                    raise ValueError(f"{taken[0]} is the chain's own key")
                seq += 1
                entries.append(seal(body, seq, prev))
                prev = entries[-1]["hash"]
            file.write(b"".join(canonical(entry) + b"\n" for entry in entries))
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            sync_folders([self.path.parent])
        return entries

    @contextmanager
    def still(self) -> Iterator[None]:
        """Nothing is appended while the block runs: who wants to waits. A chain that is not there yet may begin."""
        if not self.path.exists():
            yield
            return
        with open(self.path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            yield

    def read(self) -> list[dict[str, Any]]:
        """Every entry in order. The hashes are not looked at: `verify` does that.

        Raises:
            RollcallError: a line before the last one is no JSON.
        """
        return [entry for _, _, entry in self._lines()]

    def last(self) -> dict[str, Any] | None:
        """The last entry; None where there is none yet."""
        if not self.path.exists():
            return None
        with open(self.path, "rb") as file:
            return self._last_sound(file)[0]

    def head(self) -> str:
        """The hash of the last entry: it stands for everything before it. 64 zeros where there is none."""
        last = self.last()
        return last["hash"] if last else GENESIS

    def verify(self) -> list[str]:
        """What is wrong with the chain, a sentence each; empty where every entry is what it was."""
        problems, seq, prev = [], 0, GENESIS
        if not self.path.exists():
            return []
        try:
            for number, line, entry in self._lines():
                where = f"{self.path.name}, line {number}: "
                seq += 1
                if entry.get("seq") != seq:
                    problems.append(f"{where}entry {entry.get('seq')} stands where {seq} is expected.")
                    seq = entry["seq"] if isinstance(entry.get("seq"), int) else seq
                if entry.get("prev") != prev:
                    problems.append(f"{where}it does not follow the entry before it.")
                if not is_sealed(entry) or canonical(entry) != line:
                    problems.append(f"{where}its content is not what was sealed.")
                prev = str(entry.get("hash"))
        except RollcallError as error:
            problems.append(error.message)
        return problems

    def _lines(self) -> Iterator[tuple[int, bytes, dict[str, Any]]]:
        if not self.path.exists():
            return
        with open(self.path, "rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n") or line.startswith(b"\0"):
                    return
                try:
                    entry = json.loads(line)
                except ValueError:
                    entry = None
                if not isinstance(entry, dict):
                    raise self._damage(f"line {number}")
                yield number, line[:-1], entry

    def _last_sound(self, file: BinaryIO) -> tuple[dict[str, Any] | None, int]:
        """The last entry and the offset of its end; what lies behind it was left by a crash."""
        size = file.seek(0, os.SEEK_END)
        reach = _TAIL_BYTES
        while True:
            start = max(0, size - reach)
            file.seek(start)
            tail = file.read(size - start)
            # the tail's first line is whole only where the file begins; its end is that of a line in any case
            begin = 0 if start == 0 else tail.find(b"\n") + 1
            end = tail.rfind(b"\n") + 1
            while end > begin:
                line_start = max(tail.rfind(b"\n", 0, end - 1) + 1, begin)
                line = tail[line_start : end - 1]
                # blocks that were allotted but never written read as zeros
                if b"\0" not in line:
                    return self._checked(line), start + end
                end = line_start
            if start == 0:
                return None, 0
            reach *= 2

    def _checked(self, line: bytes) -> dict[str, Any]:
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        if not isinstance(entry, dict) or not is_sealed(entry):
            raise self._damage("the last line")
        return entry

    def _damage(self, where: str) -> RollcallError:
        return RollcallError(
            f"{self.path}: {where} is not as it was written.",
            "Restore this file from a backup; see: rollcall archive verify",
        )
