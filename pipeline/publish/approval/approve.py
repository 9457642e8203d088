"""Approval: what was prepared for a period is controlled once more, noted, and let out into `public/<period>/`.

Belongs here: the order of these steps. Does not: control itself (`approval/controlled.py`), the ledger
(`approval/approvals.py`).

The ledger comes first: what is out is known even if the machine stops before the files are written, and approving again
writes them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import asdict, dataclass

import duckdb

from pipeline.errors import RollcallError, UsageError
from pipeline.home import Home
from pipeline.publish.approval import replies
from pipeline.publish.approval.approvals import approvals, check_name, note_approval
from pipeline.publish.approval.controlled import decide, revision_cost, rule_of
from pipeline.publish.approval.prepared import Prepared, read_files, read_prepared
from pipeline.publish.disclosure import unprotected
from pipeline.reference import load_reference
from pipeline.whole_files import OFFICE_MODE, replace_folder

PUBLIC_MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Approved:
    """What came of approving.

    Attributes:
        revision: of the period, from 1.
        is_new: whether anything went out that was not out before.
        suppressed: numbers of the tables that are not published.
        files: how many files the period's folder has, its manifest not counted.
        cost: of a revision, a sentence of what it shows less than the one before; blank otherwise.
    """

    period: str
    revision: int
    is_new: bool
    suppressed: int
    files: int
    cost: str = ""


def approve(
    con: duckdb.DuckDBPyConnection, home: Home, period: str, by: str, today: dt.date | None = None, note: str = ""
) -> Approved:
    """Let out what is prepared for a period.

    Args:
        con: a connection with the marts of the current release in the schema `marts`.
        by: who approves.
        note: for the record; needed where files that are out would no longer be.

    Raises:
        UsageError: nothing is prepared for the period, nobody is named, or files that are out would go without a note
            that says why.
        RollcallError: what is prepared was changed, is not what would be prepared now, names a unit that may still
            reply, or lets a suppressed number be worked out. Nothing has gone out then.
    """
    check_name(by)
    prepared, today = read_prepared(home, period), today or home.today()
    files = read_files(home, prepared)
    _check_replies(con, home, prepared, today)
    decision = decide(con, home, period, today)
    if decision.tables.digest() != prepared.digest:
        raise RollcallError(
            f"What would be published for {period} has changed since it was prepared.",
            f"Prepare it again and look at it: rollcall release prepare {period}",
        )
    earlier = approvals(home)
    mine = [one for one in earlier if one.period == period]
    suppressed = sum(table.suppressed_count for table in decision.tables.tables.values())
    # the same numbers and pages as those that are out: nothing to decide; a folder that was lost is written again
    is_new = not mine or (mine[-1].digest, mine[-1].files) != (prepared.digest, prepared.files)
    if is_new:
        left_out = sorted(set(mine[-1].files) - set(prepared.files)) if mine else []
        if left_out and not note.strip():
            raise UsageError(
                f"{len(left_out)} files of {period} that are out would be gone, {left_out[0]} the first.",
                f"Prepare them too (rollcall bulletin --period {period}), or say why they go: --note REASON",
            )
        if open_cells := unprotected(decision.cells, [one.controlled for one in earlier], rule_of(home)):
            raise RollcallError(
                f"{len(open_cells)} suppressed numbers of {period} could be worked out from what is published.",
                "Nothing has gone out. Take fewer or coarser tables: pipeline/publish/disclosure/public_tables.yaml.",
            )
        cost = revision_cost(home, period, decision.cells)
        entry = note_approval(
            home,
            decision.cells,
            {
                "period": period,
                "revision": len(mine) + 1,
                "by": by,
                "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
                "note": note,
                "left_out": left_out,
                "cost": asdict(cost) if cost else None,
                "release": prepared.release,
                "digest": prepared.digest,
                "files": prepared.files,
                "named_critical": list(prepared.named_critical),
            },
        )
        revision, at = entry["revision"], entry["at"]
    else:
        revision, at, cost = mine[-1].revision, mine[-1].approved_at, None
    _write_public(home, prepared, files, revision, at)
    return Approved(period, revision, is_new, suppressed, len(files), cost.sentence if is_new and cost else "")


def _check_replies(con: duckdb.DuckDBPyConnection, home: Home, prepared: Prepared, today: dt.date) -> None:
    if not prepared.named_critical:
        return
    for one in replies.waiting(con, home, load_reference(home), prepared.period, today):
        if one.unit_code in prepared.named_critical:
            until = f"may reply until {one.until}" if one.until else "has not been told that it is critical"
            raise RollcallError(
                f"{one.unit_code} is named critical in what is prepared for {prepared.period}, and {until}.",
                f"Note its reply (rollcall release reply {one.unit_code} {prepared.period}), or prepare the period "
                "again: grades are left out as long as somebody may reply.",
            )


def _write_public(home: Home, prepared: Prepared, files: dict[str, bytes], revision: int, at: str) -> None:
    """Put the period's folder in its place, whole; where it is as it should be, it is not touched."""
    manifest = {
        "county_code": home.settings.county_code,
        "period": prepared.period,
        "revision": revision,
        "approved_at": at,
        "release": prepared.release,
        "suppression_limit": home.settings.suppression_limit,
        "files": prepared.files,
    }
    wanted = {**files, PUBLIC_MANIFEST: (json.dumps(manifest, ensure_ascii=False, indent=2) + "\n").encode()}
    target = home.public / prepared.period
    have = {
        path.relative_to(target).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in target.rglob("*")
        if path.is_file()
    }
    if have == {name: hashlib.sha256(data).hexdigest() for name, data in wanted.items()}:
        return
    replace_folder(target, {name: (data, OFFICE_MODE) for name, data in wanted.items()})
