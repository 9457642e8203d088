"""A verification round: the cases that two teams look at, and all that must be known when their answers come back.

Belongs here: a round's form, its names, its bytes, where its workbooks lie. Does not: drawing one
(`verification/draw.py`), how a workbook looks (`verification/workbook.py`), or answers. A round is kept in the archive
under the hash of its content from the moment that it is drawn: a facility's time begins to run then.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.encryption import read_stored
from pipeline.errors import RollcallError, UsageError
from pipeline.home import Home
from pipeline.intake.archive.archive import review_path

TEAMS = ("A", "B")
ADJUDICATOR = "adjudicator"
CANVASS = "canvass"
LIKELY_OMISSION, UNCORROBORATED, KNOWN_GOOD, CONTROL = "likely_omission", "uncorroborated", "known_good", "control"
# strata by the kind of case that they are of
KINDS = {
    LIKELY_OMISSION: LIKELY_OMISSION,
    "uncorroborated_in_alarm": UNCORROBORATED,
    UNCORROBORATED: UNCORROBORATED,
    KNOWN_GOOD: KNOWN_GOOD,
    CONTROL: CONTROL,
}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,19}")


@dataclass(frozen=True)
class Case:
    """One case.

    Attributes:
        case_no: its number in the workbooks; tells nothing of why it was drawn.
        unit_code, feed, period, record_key, record_no: the document that is looked for, and where.
        register: asked about beside it. Of a likely omission, the one that lacks the child; of any other case one that
            chance chose, so that the question does not tell which cases are omissions.
        township_code, child_id: of the child, when the round was drawn.
    """

    case_no: str
    stratum: str
    inclusion_probability: float
    township_code: str
    unit_code: str
    feed: str
    period: str
    record_key: int
    record_no: str
    child_id: str
    register: str

    @property
    def kind(self) -> str:
        """What it was drawn from."""
        return KINDS[self.stratum]


@dataclass(frozen=True)
class Village:
    """A village of an area canvass."""

    village_code: str
    township_code: str


@dataclass(frozen=True)
class Round:
    """Cases drawn together.

    Attributes:
        run_id, drawn_on: the night whose links it was drawn from, and its day.
        due_on: the last day on which a facility may show its documents.
        strata: stratum, township, population and number drawn.
        villages: of the canvass; `village_count` is how many they were drawn from.
    """

    name: str
    run_id: str
    drawn_on: str
    due_on: str
    seed: int
    per_township: int
    cases: tuple[Case, ...]
    strata: tuple[tuple[str, str, int, int], ...]
    villages: tuple[Village, ...] = ()
    village_count: int = 0

    @property
    def content(self) -> bytes:
        """The round as its file holds it."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"

    @property
    def sha256(self) -> str:
        """Of its content."""
        return hashlib.sha256(self.content).hexdigest()

    def by_no(self) -> dict[str, Case]:
        """The cases by number."""
        return {case.case_no: case for case in self.cases}

    def order_for(self, team: str) -> list[Case]:
        """Facility by facility, and within one in this team's own order: comparing line by line tells nothing."""

        def place(case: Case) -> tuple[str, bytes]:
            return case.unit_code, hashlib.sha256(f"{self.name}|{team}|{case.case_no}".encode()).digest()

        return sorted(self.cases, key=place)


def check_name(name: str) -> None:
    """Refuse what cannot be a round's name: it becomes part of file names.

    Raises:
        UsageError: it is none.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name[:40]!r} cannot be a round's name.", "Use up to 20 letters, digits, dots or dashes.")


def read_round(content: bytes) -> Round:
    """A round from its file.

    Raises:
        RollcallError: the file is none.
    """
    try:
        raw = json.loads(content)
        return Round(
            **{
                **raw,
                "cases": tuple(Case(**case) for case in raw["cases"]),
                "strata": tuple((str(name), str(place), int(n), int(k)) for name, place, n, k in raw["strata"]),
                "villages": tuple(Village(**village) for village in raw["villages"]),
            }
        )
    except (ValueError, TypeError, KeyError) as error:
        raise RollcallError("A verification round cannot be read.", "Restore its file from a backup.") from error


def archived_round(home: Home, sha256: str) -> Round:
    """A round that was drawn, from the archive.

    Raises:
        RollcallError: it is absent or is not what its name says.
    """
    path = review_path(home, sha256, "json")
    found = read_round(read_stored(home, path)) if path.is_file() else None
    if found is None or found.sha256 != sha256:
        raise RollcallError(
            f"The archive's verification round {sha256[:16]} is absent or was altered.",
            "Restore archive/reviews/ from a backup; see: rollcall archive verify",
        )
    return found


def folder_of(home: Home, name: str) -> Path:
    """Where a round's workbooks lie until they come back."""
    return home.verification / name
