"""What stands: the ledger's verification entries folded into rounds, answers, disputes and outcomes.

Belongs here: when answers settle a case, and which cases an adjudicator has to settle. Does not: reading workbooks
(`verification/reading.py`), tables, or anything that asks the warehouse.

A case is settled when both teams gave the same answers, else when the adjudicator answered. That a facility did not
show its documents is no answer for ever: the same team may replace it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from pipeline.casework.verification.rounds import ADJUDICATOR, TEAMS, Round, archived_round
from pipeline.home import Home
from pipeline.intake import Chain

ROUND, ANSWERS, CANVASSED = "verification_round", "verification", "canvass"
FOUND, ABSENT, NOT_SHOWN, CANNOT_TELL = "found", "absent", "not_shown", "cannot_tell"
YES, NO, NOT_STATED = "yes", "no", "not_stated"
# answers that settle whether there is a document
SETTLING = (FOUND, ABSENT)


@dataclass(frozen=True)
class Seen:
    """What a team says of one case. Items of a document that was not found are null; the birth date is ISO text."""

    document: str
    sex: str | None = None
    birth_date: str | None = None
    lives_here: str | None = None
    is_held: str | None = None
    number_there: str | None = None

    @property
    def fields(self) -> dict[str, str | None]:
        """As the ledger has it."""
        return asdict(self)


@dataclass(frozen=True)
class Given:
    """One answer as it stands: what was seen, by whom, in which ledger entry, on which day."""

    team: str
    seen: Seen
    entry: int
    on: str


@dataclass(frozen=True)
class Met:
    """A child under two that a canvass met; `line` is the row of the workbook, counted from 1."""

    village_code: str
    line: int
    sex: str
    birth_month: str
    link_token: str | None


@dataclass(frozen=True)
class Canvassed:
    """What the last returned canvass workbook of a round says."""

    entry: int
    villages: tuple[str, ...]
    children: tuple[Met, ...]


@dataclass
class Verification:
    """The ledger's verification entries, folded in their order.

    Attributes:
        rounds: by name, each with the number of its entry.
        answers: by round and case, by team, what stands.
        canvassed: by round.
        workbooks: by hash of a returned workbook, the number of its entry.
    """

    rounds: dict[str, tuple[int, Round]] = field(default_factory=dict)
    answers: dict[tuple[str, str], dict[str, Given]] = field(default_factory=lambda: defaultdict(dict))
    canvassed: dict[str, Canvassed] = field(default_factory=dict)
    workbooks: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, home: Home) -> Verification:
        """Fold the home's whole ledger.

        Raises:
            RollcallError: the archive lacks a round that the ledger refers to.
        """
        folded = cls()
        folded.add(home, Chain(home.ledger_file).read())
        return folded

    def add(self, home: Home, entries: Iterable[dict[str, Any]]) -> None:
        """Fold further entries in; those of other kinds change nothing."""
        for entry in entries:
            if entry["kind"] == ROUND:
                self.rounds[entry["round"]] = entry["seq"], archived_round(home, entry["round_sha256"])
            elif entry["kind"] == ANSWERS:
                self.workbooks[entry["workbook_sha256"]] = entry["seq"]
                for given in entry["answers"]:
                    self.answers[entry["round"], given["case_no"]][entry["team"]] = Given(
                        entry["team"], Seen(**given["seen"]), entry["seq"], entry["received_on"]
                    )
            elif entry["kind"] == CANVASSED:
                self.workbooks[entry["workbook_sha256"]] = entry["seq"]
                self.canvassed[entry["round"]] = Canvassed(
                    entry["seq"], tuple(entry["villages"]), tuple(Met(**child) for child in entry["children"])
                )

    def given(self, name: str, case_no: str) -> dict[str, Given]:
        """What teams said of a case, by team."""
        return self.answers.get((name, case_no), {})

    def outcome(self, name: str, case_no: str) -> Given | None:
        """The answer that counts; None where there is none yet."""
        given = self.given(name, case_no)
        both = [given[team] for team in TEAMS if team in given]
        if len(both) == len(TEAMS) and len({each.seen for each in both}) == 1:
            return max(both, key=lambda each: each.entry)
        return given.get(ADJUDICATOR) if len(both) == len(TEAMS) else None

    def disputes(self, name: str) -> list[str]:
        """Cases of a round of which both teams answered, not alike, and that no adjudicator has settled."""
        return [
            case.case_no
            for case in self.rounds[name][1].cases
            if all(team in self.given(name, case.case_no) for team in TEAMS)
            and self.outcome(name, case.case_no) is None
        ]
