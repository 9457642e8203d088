"""What has left the office: the ledger of approvals, and every count behind it.

Belongs here: `archive/approvals.jsonl`, a hash chain, and `archive/approved/`, where the counts of each approval lie
under the SHA-256 of their file. Both are restricted and outlive a rebuild, so that the next control knows what is out.
Does not: deciding what may go out (`approval/controlled.py`), or the files that did (`approval/approve.py`).

An entry is one of: `approved` (a period's tables and bulletins went out), `told` (a unit was told that it is critical)
and `replied` (what it had to say).
"""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import RollcallError, UsageError
from pipeline.home import Home
from pipeline.intake.archive.chain import Chain
from pipeline.publish.disclosure.cells import Cells, Controlled, Equation, Key
from pipeline.whole_files import write_whole

APPROVED, TOLD, REPLIED = "approved", "told", "replied"
# what a cell was, as one letter each in the file
_PUBLISHED, _SUPPRESSED, _HIDDEN = "p", "s", "h"


@dataclass(frozen=True)
class Approval:
    """One approval.

    Attributes:
        revision: counts the approvals of the period, from 1.
        digest: of the public tables (`ControlledTables.digest`).
        files: SHA-256 of each file that went into `public/<period>/`.
        controlled: all counts behind it.
    """

    period: str
    revision: int
    digest: str
    files: dict[str, str]
    approved_by: str
    approved_at: str
    controlled: Controlled


def ledger(home: Home) -> Chain:
    """The chain of approvals."""
    return Chain(home.approvals_file)


def approvals(home: Home) -> list[Approval]:
    """Every approval with its counts, oldest first.

    Raises:
        RollcallError: the ledger or a file of counts is not what was written; nothing may then be approved.
    """
    if problems := verify_approvals(home):
        raise RollcallError(
            f"{problems[0]} What was published before is not known for certain.",
            "Restore archive/ from a backup; nothing can be approved until then.",
        )
    return [
        Approval(
            entry["period"],
            entry["revision"],
            entry["digest"],
            entry["files"],
            entry["by"],
            entry["at"],
            _read_cells(cells_file(home, entry["cells_sha256"])),
        )
        for entry in ledger(home).read()
        if entry["kind"] == APPROVED
    ]


def cells_file(home: Home, sha256: str) -> Path:
    """Where the counts of an approval lie."""
    return home.archive / "approved" / f"{sha256}.json.gz"


def check_name(by: str) -> None:
    """Refuse a blank name: every entry of this ledger is somebody's.

    Raises:
        UsageError: there is no name.
    """
    if not by.strip():
        raise UsageError("Nobody is named.", "Say who answers for it: --by NAME")


def note_approval(home: Home, controlled: Controlled, body: dict[str, Any]) -> dict[str, Any]:
    """Keep the counts and append the entry, in this order; both are on the disk when this returns."""
    data = _cells_as_bytes(controlled)
    sha256 = hashlib.sha256(data).hexdigest()
    path = cells_file(home, sha256)
    if not path.exists():
        write_whole(path, data)
    return ledger(home).append([{"kind": APPROVED, "cells_sha256": sha256, **body}])[0]


def verify_approvals(home: Home) -> list[str]:
    """What is wrong with the ledger of approvals or the counts behind it: a sentence each, none if all is well."""
    problems = ledger(home).verify()
    if problems:
        return problems
    for entry in ledger(home).read():
        if entry["kind"] != APPROVED:
            continue
        path = cells_file(home, entry["cells_sha256"])
        if not path.is_file():
            problems.append(f"approved/{path.name} is absent.")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != entry["cells_sha256"]:
            problems.append(f"approved/{path.name} is not what its name says.")
    return problems


def _cells_as_bytes(controlled: Controlled) -> bytes:
    cells = controlled.cells
    keys = sorted(cells.values)
    number = {key: place for place, key in enumerate(keys)}
    states = (
        _PUBLISHED if key in controlled.published else _SUPPRESSED if key in cells.shown else _HIDDEN for key in keys
    )
    content = {
        "cells": [
            [list(key), cells.values[key], state, key in controlled.sensitive, key in cells.given]
            for key, state in zip(keys, states, strict=True)
        ],
        "equations": sorted(
            [number[one.whole], [number[part] for part in one.parts], one.tells] for one in cells.equations
        ),
    }
    # no time of writing in it: equal counts are equal bytes
    return gzip.compress(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(), mtime=0)


def _read_cells(path: Path) -> Controlled:
    content = json.loads(gzip.decompress(path.read_bytes()))
    rows = [(tuple(key), *rest) for key, *rest in content["cells"]]
    keys: list[Key] = [row[0] for row in rows]
    cells = Cells(
        {key: value for key, value, *_ in rows},
        frozenset(key for key, _, state, *_ in rows if state != _HIDDEN),
        tuple(
            Equation(keys[w], tuple(keys[part] for part in parts), tells) for w, parts, tells in content["equations"]
        ),
        frozenset(key for key, *_, is_given in rows if is_given),
    )
    return Controlled(
        cells,
        frozenset(key for key, _, state, *_ in rows if state == _PUBLISHED),
        frozenset(key for key, _, _, is_sensitive, _ in rows if is_sensitive),
    )
