"""Contents whose time is up: what `retention_months` lets go of, removed by an order that the ledger keeps.

Belongs here: which files of the archive's stores those are, and their removal, which can be cut off at any moment.
Does not: what the warehouse forgets in turn (`loading.py`), or originals, which go much earlier (`archive.py`).

Receipts, hashes and decisions stay: what was received, from whom and when can be proven for ever, its content cannot be
shown any more. The order is an entry of the chain, so that nobody can remove a file and call it expired afterwards
without leaving a trace, and an order that names younger contents than it may is found by verifying.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.encryption import check_key
from pipeline.errors import UsageError
from pipeline.home import Home
from pipeline.intake.archive.archive import Store, copy_path, originals_folder, review_path
from pipeline.intake.archive.chain import Chain
from pipeline.intake.archive.ledger import ANSWERS, REMOVAL, Receipts


@dataclass(frozen=True)
class Removal:
    """What an order removes, or would remove.

    Attributes:
        before: contents received before this day are past their time.
        receipts: numbers of the receipts whose contents go; none of them names a file that another one still needs.
        answers: numbers of the ledger's entries whose returned workbooks go; their answers stay in the ledger.
        files: what is removed, by the path below archive/, in order.
        size: their bytes.
        first, last: days on which the first and the last of these contents were received; None where there are none.
    """

    before: dt.date
    receipts: tuple[int, ...]
    answers: tuple[int, ...]
    files: tuple[str, ...]
    size: int
    first: dt.date | None
    last: dt.date | None


def months_before(day: dt.date, months: int) -> dt.date:
    """The day so many months earlier; where that month is shorter, its last day."""
    month = day.year * 12 + day.month - 1 - months
    first_of_next = dt.date((month + 1) // 12, (month + 1) % 12 + 1, 1)
    return dt.date(month // 12, month % 12 + 1, min(day.day, (first_of_next - dt.timedelta(days=1)).day))


def expired(home: Home, as_of: dt.date) -> Removal:
    """What is past `retention_months` on a day and still there. Changes nothing.

    A content goes when every receipt that names it was received before the limit. A copy of the same bytes that came
    again later stays until that later receipt's time is up.
    """
    before = months_before(as_of, home.settings.retention_months)
    receipts = Receipts.read(home)
    entries = Chain(home.ledger_file).read()
    old, young_hashes, days = _by_receipt(entries, before)
    going = {number: hashes for number, hashes in old.items() if number not in receipts.removed}
    paths: dict[Path, None] = {}
    for hashes in going.values():
        for sha256 in sorted(hashes - young_hashes):
            paths |= dict.fromkeys([copy_path(home, sha256), *originals_folder(home).glob(f"{sha256[:2]}/{sha256}.*")])
    answers = {
        entry["seq"]: entry["workbook_sha256"]
        for entry in entries
        if entry["kind"] in ANSWERS and entry.get("workbook_sha256") in receipts.reviews
        and dt.date.fromisoformat(entry["received_on"]) < before
    }  # fmt: skip
    paths |= dict.fromkeys(review_path(home, sha256, "xlsx") for sha256 in answers.values())
    there = {path: path.stat().st_size for path in paths if path.is_file()}
    received = sorted(days[number] for number in going)
    return Removal(
        before,
        tuple(sorted(going)),
        tuple(sorted(answers)),
        tuple(sorted(path.relative_to(home.archive).as_posix() for path in there)),
        sum(there.values()),
        received[0] if received else None,
        received[-1] if received else None,
    )


def remove_expired(home: Home, as_of: dt.date, by: str) -> Removal:
    """Remove what is past `retention_months`: the order goes into the ledger first, then the files go.

    Cut off between the two, the next night, or the next call, removes what is left. The caller holds the home's lock.

    Args:
        as_of: the day from which the months are counted back.
        by: who gave the order, for the record.

    Returns:
        What was removed; an order that would remove nothing is not entered.

    Raises:
        UsageError: who orders it is blank, or the home lies under another key than was given.
    """
    if not by.strip():
        raise UsageError("Who orders the removal is blank.", "Say who does, for the record: --by NAME")
    check_key(home)
    store = Store(home)
    store.sweep(Receipts.read(home))
    found = expired(home, as_of)
    if not found.receipts and not found.answers:
        return found
    body: dict[str, Any] = {
        "kind": REMOVAL, "as_of": as_of.isoformat(), "before": found.before.isoformat(),
        "retention_months": home.settings.retention_months, "ordered_by": by.strip(),
        "receipts": list(found.receipts), "answers": list(found.answers), "files": list(found.files),
    }  # fmt: skip
    store.begin()
    Chain(home.ledger_file).append([body])
    for name in found.files:
        (home.archive / name).unlink(missing_ok=True)
    store.done()
    return found


def wrong_removals(entries: Iterable[Mapping[str, Any]]) -> list[str]:
    """Sentences about orders that name what they may not: contents received after their limit, or unknown receipts."""
    problems = []
    received: dict[int, str] = {}
    for entry in entries:
        if entry["kind"] == "receipt":
            received[entry["seq"]] = entry["as_of"]
        elif entry["kind"] in ANSWERS and "workbook_sha256" in entry:
            # a round that was drawn came from nobody
            received[entry["seq"]] = entry["received_on"]
        elif entry["kind"] == REMOVAL:
            wrong = [
                number
                for number in (*entry["receipts"], *entry["answers"])
                # a day in ISO form sorts as the day does; what is unknown was never received
                if received.get(number, "9999") >= entry["before"]
            ]
            if wrong or months_before(
                dt.date.fromisoformat(entry["as_of"]), entry["retention_months"]
            ) < dt.date.fromisoformat(entry["before"]):
                problems.append(
                    f"Entry {entry['seq']} orders the removal of contents whose time was not up"
                    + (f" (receipt {wrong[0]})." if wrong else ".")
                )
    return problems


def _by_receipt(
    entries: Iterable[Mapping[str, Any]], before: dt.date
) -> tuple[dict[int, set[str]], set[str], dict[int, dt.date]]:
    """Hashes by receipt of those received before a day, hashes that younger receipts name, and each receipt's day."""
    days: dict[int, dt.date] = {}
    hashes: defaultdict[int, set[str]] = defaultdict(set)
    for entry in entries:
        if entry["kind"] not in ("receipt", "reread"):
            continue
        number = entry.get("receipt_no", entry["seq"])
        if entry["kind"] == "receipt":
            days[number] = dt.date.fromisoformat(entry["as_of"])
        hashes[number] |= {sha for key in ("original_sha256", "copy_sha256") if (sha := entry.get(key))}
    old = {number: found for number, found in hashes.items() if found and days[number] < before}
    young = set().union(*(found for number, found in hashes.items() if days[number] >= before), set())
    return old, young, days
