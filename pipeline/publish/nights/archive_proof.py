"""The archive as a whole: its heads, to be written down outside, and the proof that it is what it was.

Belongs here: what spans its three chains (ledger, nights, approvals) and the files that they name. Does not: one
chain (`intake.chain`), the ledger's files (`intake.archive`), or the counts behind approvals (`approval/approvals.py`).

A chain shows any change of what it holds, but not that its last entries were cut off, or that all of it was written
anew. For that its head is kept where nobody who can write the archive can write: on paper, or at the webhook's end.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import RollcallError
from pipeline.home import Home
from pipeline.intake import verify_archive
from pipeline.intake.archive.archive import file_sha256, objects_folder, originals_folder, reviews_folder
from pipeline.intake.archive.chain import GENESIS, Chain
from pipeline.intake.archive.removal import wrong_removals
from pipeline.publish.approval.approvals import APPROVED, cells_file, verify_approvals
from pipeline.publish.nights.inputs import input_path, inputs_folder, unknown_inputs
from pipeline.publish.nights.ledger import COMPLETED, ROLLED_BACK

_MODEL = re.compile(r"m[0-9a-f]{12}")
LEDGER, NIGHTS, APPROVALS = "ledger", "nights", "approvals"


@dataclass(frozen=True)
class Found:
    """What verifying found. `problems`: a sentence each; none means that the archive is what it was.

    Attributes:
        removed: files whose removal orders of the ledger gave.
        heads: by chain, the hash of its last entry.
        since: by head that was given, how many entries its chain has gained since.
    """

    entries: int
    copies: int
    originals: int
    nights: int
    heads: dict[str, str]
    since: dict[str, int]
    problems: tuple[str, ...]
    removed: int = 0


def chains(home: Home) -> dict[str, Chain]:
    """The archive's chains by name."""
    return {LEDGER: Chain(home.ledger_file), NIGHTS: Chain(home.nights_file), APPROVALS: Chain(home.approvals_file)}


def heads(home: Home) -> dict[str, str]:
    """By chain, the hash that stands for all of it; chains that have no entry are left out."""
    found = {name: chain.head() for name, chain in chains(home).items()}
    return {name: head for name, head in found.items() if head != GENESIS}


def verify_whole(home: Home, written_down: Sequence[str] = ()) -> Found:
    """Verify every chain, every file that one names, that nothing else lies there, and heads that were written down.

    Args:
        written_down: heads of any chain, as an earlier call showed them: each must still be the hash of an entry.
    """
    of_ledger = verify_archive(home)
    problems = [*of_ledger.problems, *verify_approvals(home)]
    since: dict[str, int] = {}
    try:
        problems += wrong_removals(Chain(home.ledger_file).read())
        problems += [*_wrong_nights(home), *_unknown_files(home), *_wrong_models(home)]
        now, nights = heads(home), len(Chain(home.nights_file).read())
        entries = {name: [entry["hash"] for entry in chain.read()] for name, chain in chains(home).items()}
    except RollcallError as error:
        # the chain's own verification has said so, in more words
        said = () if any(error.message in problem for problem in problems) else (error.message,)
        return Found(of_ledger.entries, of_ledger.copies, of_ledger.originals, 0, {}, {}, (*problems, *said))
    for head in written_down:
        behind = [hashes[::-1].index(head) for hashes in entries.values() if head in hashes]
        if behind:
            since[head] = behind[0]
        else:
            problems.append(
                f"The head {head[:80]} is of no entry: what was there when it was written down was cut off or replaced."
            )
    return Found(
        of_ledger.entries, of_ledger.copies, of_ledger.originals, nights, now, since, tuple(dict.fromkeys(problems)),
        of_ledger.removed,
    )  # fmt: skip


def _wrong_nights(home: Home) -> Iterator[str]:
    """The ledger of nights: its chain, that nights saw the ledger grow, and the inputs that they name."""
    chain = Chain(home.nights_file)
    yield from chain.verify()
    places = {entry["hash"]: entry["seq"] for entry in Chain(home.ledger_file).read()} | {GENESIS: 0}
    known: dict[str, set[str]] = defaultdict(set)
    seen, day = 0, dt.date.min
    for entry in chain.read():
        if entry.get("outcome") == COMPLETED:
            place = places.get(entry["fingerprint"].get("archive", ""))
            if place is None or place < seen:
                yield f"The night {entry['run_id']} saw a ledger that is not this one's beginning."
            seen = place or seen
            for name, sha256 in entry.get("inputs", {}).items():
                known[name].add(sha256)
        if entry.get("outcome") == ROLLED_BACK:
            # from the night that was gone back to, nights go forward again
            day = dt.date.fromisoformat(entry["as_of"]) if entry.get("as_of") else dt.date.min
        elif entry.get("as_of"):
            if dt.date.fromisoformat(entry["as_of"]) < day:
                yield f"{home.nights_file.name}, entry {entry['seq']}: its day lies before that of the night before."
            day = max(day, dt.date.fromisoformat(entry["as_of"]))
    for name, hashes in sorted(known.items()):
        for sha256 in sorted(hashes):
            path = input_path(home, name, sha256)
            if not path.is_file():
                yield f"{_inside(home, path)} ({name} of a night) is absent. Restore it from a backup."
            elif file_sha256(path) != sha256:
                yield f"{_inside(home, path)} is not what its name says. Restore it from a backup."
    for path in unknown_inputs(home, known):
        yield f"{_inside(home, path)} is of no night of the ledger. The next night removes it."


def _wrong_models(home: Home) -> Iterator[str]:
    """Kept models are named by the hash of their bytes. Cards and trials beside them can be made again."""
    for path in sorted(home.models.glob("m*.json")):
        if _MODEL.fullmatch(path.stem) and not file_sha256(path).startswith(path.stem[1:]):
            yield f"{_inside(home, path)} is not the model that its name says. Restore it from a backup."


def _unknown_files(home: Home) -> Iterator[str]:
    """What lies in the archive and belongs to none of its parts. Each part looks into its own folder."""
    parts = {objects_folder(home), originals_folder(home), reviews_folder(home), inputs_folder(home), home.models}
    approved = {
        cells_file(home, entry["cells_sha256"])
        for entry in Chain(home.approvals_file).read()
        if entry.get("kind") == APPROVED
    }
    known = {home.ledger_file, home.nights_file, home.approvals_file, home.archive / ".receiving", *approved}
    for path in sorted(home.archive.glob("*")):
        if path in parts:
            # stores are two deep: what lies beside is nobody's
            inside = () if path == home.models else (each for each in path.glob("*") if not each.is_dir())
        else:
            inside = (each for each in (path, *path.rglob("*")) if each.is_file() or each.is_symlink())
        yield from (
            f"{_inside(home, each)} is no part of the archive; somebody put it there."
            for each in inside
            if each not in known
        )


def _inside(home: Home, path: Path) -> str:
    return str(path.relative_to(home.archive))
