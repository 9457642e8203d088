"""Answers come in: a returned verification workbook becomes an entry of the ledger, wholly or not at all.

Belongs here: whether answers fit what was handed in before, the archive's copy, the ledger's entry, and the third
workbook that disagreements lead to. Does not: reading the workbook (`verification/reading.py`), or what follows: the
next night reads the ledger (`verification/tables.py`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.agreement import Agreement, agreement
from pipeline.casework.returned_workbooks import place, read_sheets
from pipeline.casework.verification.canvass_reading import read_canvass
from pipeline.casework.verification.draw import write_adjudication
from pipeline.casework.verification.reading import Answer, read_answers, read_cover
from pipeline.casework.verification.rounds import ADJUDICATOR, CANVASS, TEAMS, Round
from pipeline.casework.verification.state import ANSWERS, CANVASSED, NOT_SHOWN, Verification
from pipeline.casework.verification.workbook import CASES, DOCUMENT, DOCUMENTS
from pipeline.errors import RollcallError, UsageError
from pipeline.home import Home
from pipeline.intake import Chain
from pipeline.intake.archive.archive import Store, review_path


@dataclass(frozen=True)
class Imported:
    """What an import did.

    Attributes:
        team: A, B, adjudicator or canvass.
        entry: the ledger's number of the workbook; None where nothing of it was new.
        answers: answers that are new (of a canvass: children); none where the workbook was imported before.
        blank: cases (of a canvass: villages) that it leaves unanswered.
        disputes: cases of the round that wait for the adjudicator.
        third: the adjudicator's workbook, where there are any.
    """

    round: Round
    team: str
    entry: int | None
    answers: int
    blank: int
    disputes: int = 0
    third: Path | None = None


def import_verification(home: Home, path: Path, by: str, on: dt.date | None = None) -> Imported:
    """Take a returned workbook in; the same bytes again change nothing. The caller holds the home's lock.

    Args:
        on: the day on which it came back; today where None.

    Raises:
        UsageError: there is no such file, or the day lies before the draw.
        RollcallError: the workbook is not as it was exported, or changes an answer that stands. Nothing is kept.
    """
    if not path.is_file():
        raise UsageError(f"{path} is no file.", "Name a returned verification workbook.")
    data, state = path.read_bytes(), Verification.read(home)
    sha256 = hashlib.sha256(data).hexdigest()
    sheets = read_sheets(data, path.name, home, "verification workbook")
    round_, team = read_cover(sheets, path.name, {name: each for name, (_, each) in state.rounds.items()})
    received = (on or home.today()).isoformat()
    if received < round_.drawn_on:
        raise UsageError(
            f"Round {round_.name} was drawn as of {round_.drawn_on}, after {received}.", "Give the day it came back."
        )
    body: dict[str, Any] = {
        "round": round_.name, "workbook_sha256": sha256, "received_on": received, "received_by": by,
    }  # fmt: skip
    if team == CANVASS:
        walked, met = read_canvass(sheets, path.name, round_)
        body |= {"kind": CANVASSED, "villages": walked, "children": [asdict(child) for child in met]}
        new, blank = len(met), len(round_.villages) - len(walked)
        is_new = bool(walked)
    else:
        answers = read_answers(sheets, path.name, round_, team)
        fresh = _new_answers(state, round_, team, answers, path.name)
        said = [{"case_no": each.case_no, "row": each.row, "seen": each.seen.fields} for each in fresh]
        body |= {"kind": ANSWERS, "team": team, "answers": said}
        new, blank = len(fresh), (0 if team == ADJUDICATOR else len(round_.cases) - len(answers))
        is_new = bool(fresh)
    if sha256 in state.workbooks or not is_new:
        return Imported(round_, team, state.workbooks.get(sha256), 0, blank)
    store = Store(home)
    store.write({review_path(home, sha256, "xlsx"): data})
    (entry,) = Chain(home.ledger_file).append([body])
    store.done()
    state.add(home, [entry])
    return Imported(
        round_, team, entry["seq"], new, blank, len(state.disputes(round_.name)), write_adjudication(home, round_.name)
    )


def _new_answers(state: Verification, round_: Round, team: str, answers: Sequence[Answer], file: str) -> list[Answer]:
    """Answers that do not stand yet. One that was given stays; only that nothing was shown may be answered anew."""
    new = []
    for answer in answers:
        given = state.given(round_.name, answer.case_no)
        before = given.get(team)
        if before is None or (before.seen.document == NOT_SHOWN and before.seen != answer.seen):
            if team == ADJUDICATOR and not all(each in given for each in TEAMS):
                raise RollcallError(
                    f"{place(file, CASES, answer.row - 1, DOCUMENT)}: {answer.case_no} has not been answered by both "
                    "teams.",
                    "Leave it blank until it has.",
                )
            new.append(answer)
        elif before.seen != answer.seen:
            raise RollcallError(
                f"{place(file, CASES, answer.row - 1, DOCUMENT)}: team {team} has answered {answer.case_no} before "
                f"and otherwise (entry {before.entry}: {DOCUMENTS[before.seen.document]}).",
                "Put the first answer back; what two teams see differently is for the adjudicator.",
            )
    return new


def agreement_of(state: Verification, cases: Sequence[tuple[str, str]]) -> Agreement:
    """How far the two teams agree on whether there is a document, over cases (round, number) that both answered."""
    both = [given for case in cases if all(team in (given := state.given(*case)) for team in TEAMS)]
    first, second = ([given[team].seen.document for given in both] for team in TEAMS)
    return agreement(first, second, categories=len(DOCUMENTS))
