"""Which landed files are new: a cheap look at the landing folder that opens no known file.

Belongs here: what is known already, and settling. Does not: whether a file may come in (`landing/admission.py`), or
what it holds.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import time
from pathlib import Path

from pipeline.home import Home
from pipeline.intake.archive.ledger import Receipts, SeenFile
from pipeline.intake.landing.admission import refusal_code
from pipeline.intake.landing.landed import Landed, landed_files
from pipeline.intake.reasons import reasons
from pipeline.reference import Reference
from pipeline.whole_files import write_whole

# looks closer together than this are one look: an upload over a poor line stands still for seconds
_LOOK_GAP_SECONDS = 10.0


class Looks:
    """What earlier looks saw of files that were not settled yet, and of known files whose arrival was touched.

    Kept in `state/`: to lose it costs a second look, no more.
    """

    def __init__(self, home: Home) -> None:
        self.path = home.state / "looks.json"
        self.unsettled: dict[str, list[float]] = {}
        self.touched: dict[str, list[int]] = {}
        try:
            saved = json.loads(self.path.read_text(encoding="utf-8"))
            self.unsettled, self.touched = saved["unsettled"], saved["touched"]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            pass
        self._before = json.dumps([self.unsettled, self.touched])

    def is_settled(self, file: Landed, now: float, settle_seconds: int) -> bool:
        """Whether size and modification time are what an earlier look saw, or the file is old enough."""
        size, modified, arrived = file.stamp
        name = "/".join(file.key)
        if now - arrived / 1e9 >= settle_seconds:
            self.unsettled.pop(name, None)
            return True
        seen = self.unsettled.get(name)
        if seen and seen[:2] == [size, modified]:
            return now - seen[2] >= _LOOK_GAP_SECONDS
        self.unsettled[name] = [size, modified, now]
        return False

    def keep(self, present: set[str]) -> None:
        """Forget files that are gone."""
        self.unsettled = {name: seen for name, seen in self.unsettled.items() if name in present}
        self.touched = {name: seen for name, seen in self.touched.items() if name in present}

    def save(self) -> None:
        """Write what changed, whole or not at all."""
        content = json.dumps({"unsettled": self.unsettled, "touched": self.touched})
        if json.dumps([self.unsettled, self.touched]) == self._before:
            return
        write_whole(self.path, content)


def unseen(
    home: Home, reference: Reference, as_of: dt.date, receipts: Receipts, now: float | None = None
) -> list[Landed]:
    """Settled files without a receipt that had arrived by the end of `as_of`, in order of arrival, unit and name.

    A file is known when folder, name, size, modification time and arrival are those of its last receipt. Where only
    the arrival differs (an attribute was changed, a backup restored) and the bytes are the same, it is known too.
    A file that was not let in comes anew when the reason is gone (the unit was entered, the limit raised).
    Looks at what is not settled yet are noted in `state/`.
    """
    now = time.time() if now is None else now
    cut_off = int(home.end_of_day(as_of).timestamp()) * 1_000_000_000
    looks, found, present = Looks(home), [], set()
    for file in landed_files(home):
        present.add("/".join(file.key))
        seen = receipts.files.get(file.key)
        if file.arrived_ns >= cut_off or (seen and _is_known(home, reference, file, seen, looks, now)):
            continue
        if file.kind != "file" or looks.is_settled(file, now, home.settings.settle_seconds):
            found.append(file)
    looks.keep(present)
    looks.save()
    return sorted(found, key=lambda file: (file.arrived_ns, file.unit_code, file.file_name))


def _is_known(home: Home, reference: Reference, file: Landed, seen: SeenFile, looks: Looks, now: float) -> bool:
    code = seen.reason_code
    if code in ("vanished", "cannot_open"):
        return code == "cannot_open" and not os.access(file.path, os.R_OK)
    if code and reasons()[code]["outcome"] == "not_parsed":
        # what is put into a subfolder changes the folder's own times
        is_same = file.kind == "folder" or seen.stamp[:2] == file.stamp[:2]
        return is_same and refusal_code(home, reference, file) == code
    if seen.stamp == file.stamp or looks.touched.get("/".join(file.key)) == list(file.stamp):
        return True
    if seen.stamp[:2] == file.stamp[:2] and seen.original_sha256 == _sha256(file.path):
        # a clock's tick is coarse: what changed just now may change once more within it
        if now - file.arrived_ns / 1e9 >= home.settings.settle_seconds:
            looks.touched["/".join(file.key)] = list(file.stamp)
        return True
    return False


def _sha256(path: Path) -> str:
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
