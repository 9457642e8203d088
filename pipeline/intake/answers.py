"""What people bring about: files read again after a parser was mended, and decisions on a submission.

Belongs here: ledger entries that no landed file makes. Does not: receiving (`receiving.py`), or what a decision means
for a revision's state (`pipeline.checks`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.contracts import load_feeds
from pipeline.encryption import read_stored
from pipeline.errors import UsageError
from pipeline.home import Home
from pipeline.intake.archive import archive
from pipeline.intake.archive.chain import Chain
from pipeline.intake.archive.ledger import READING, Receipts
from pipeline.intake.landing.names import read_name
from pipeline.intake.parsing import read_content
from pipeline.reference import Reference

DECISIONS = ("confirm", "withdraw")


@dataclass(frozen=True)
class Reread:
    """What reading again did: revisions whose reading changed, and those whose original is no longer kept."""

    changed: tuple[int, ...]
    unchanged: tuple[int, ...]
    without_original: tuple[int, ...]


def received(home: Home, feed: str, period: str, unit_code: str | None = None) -> dict[int, dict[str, Any]]:
    """Receipts of a feed's and period's files, by number: what `reread` reads again.

    Raises:
        UsageError: there is no such feed, or nothing was received.
    """
    if feed not in load_feeds():
        raise UsageError(f"There is no feed {feed}.", f"Feeds: {', '.join(load_feeds())}.")
    wanted = {
        number: receipt
        for number, receipt in Receipts.read(home).receipts.items()
        if receipt["feed"] == feed
        and receipt["period"] == period
        and unit_code in (None, receipt["unit_code"])
        and receipt["original_sha256"]
    }
    if not wanted:
        of = f" of {unit_code}" if unit_code else ""
        raise UsageError(f"No file was received for {feed} {period}{of}.", "What was: rollcall submissions list")
    return wanted


def reread(home: Home, reference: Reference, feed: str, period: str, unit_code: str | None = None) -> Reread:
    """Read a feed's and period's originals again, after a parser or a contract was mended.

    A reading that differs from the one before becomes a `reread` entry of the ledger. `load` then replaces the
    revision's rows and receipt and, in the same transaction, removes whatever the schema `checks` holds of that
    revision, so that the night's checks judge it anew and nothing stays that was found in the old rows.

    Raises:
        UsageError: there is no such submission.
    """
    chain, store = Chain(home.ledger_file), archive.Store(home)
    wanted = received(home, feed, period, unit_code)
    feeds = load_feeds()
    changed, unchanged, gone = [], [], []
    bodies, to_store = [], {}
    for number, receipt in wanted.items():
        name = read_name(receipt["file_name"], feeds)
        path = archive.original_path(home, receipt["original_sha256"], name.extension)
        if not path.exists():
            gone.append(number)
            continue
        unit = reference.units.get(receipt["unit_code"])
        reading, copy = read_content(home, name, read_stored(home, path), receipt["arrived_ns"], unit)
        if all(reading[key] == receipt.get(key) for key in READING):
            unchanged.append(number)
            continue
        changed.append(number)
        bodies.append({"kind": "reread", "receipt_no": number, **reading})
        if copy is not None:
            to_store[archive.copy_path(home, reading["copy_sha256"])] = copy
    if to_store:
        store.write(to_store)
    chain.append(bodies)
    store.done()
    return Reread(tuple(changed), tuple(unchanged), tuple(gone))


def decide(
    home: Home,
    unit_code: str,
    feed: str,
    period: str,
    decision: str,
    by: str,
    note: str | None = None,
    *,
    revision_id: int | None = None,
) -> dict[str, Any]:
    """Enter what somebody decided of a submission: `confirm` a held revision, or `withdraw` one.

    Args:
        revision_id: the revision that is meant; the last one to arrive where None.

    Returns:
        The ledger's entry. The next night acts on it.

    Raises:
        UsageError: no such decision, submission or revision.
    """
    if decision not in DECISIONS:
        raise UsageError(f"There is no decision {decision!r}.", f"Use one of: {', '.join(DECISIONS)}.")
    if not by.strip():
        raise UsageError("Who decides is blank.", "Say who decides, for the record.")
    revisions = [
        (receipt["arrived_ns"] // 1_000, receipt["file_name"], number)
        for number, receipt in Receipts.read(home).receipts.items()
        if (receipt["unit_code"], receipt["feed"], receipt["period"]) == (unit_code, feed, period)
        and receipt["outcome"] != "not_parsed"
    ]
    if not revisions:
        raise UsageError(
            f"{unit_code} has sent nothing for {feed} {period}.", "rollcall submissions list shows what was received."
        )
    chosen = max(revisions)[2] if revision_id is None else revision_id
    if chosen not in [number for *_, number in revisions]:
        raise UsageError(f"Revision {chosen} is not one of that submission.", "rollcall submissions show lists them.")
    entry = {
        "kind": "decision", "unit_code": unit_code, "feed": feed, "period": period, "revision_id": chosen,
        "decision": decision, "decided_by": by.strip(), "note": note,
    }  # fmt: skip
    return Chain(home.ledger_file).append([entry])[0]
