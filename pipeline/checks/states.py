"""The states of submissions: reads what intake, checks and people said, folds, and writes `checks.submission_states`.

Not here: the rules themselves (`fold.py`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

import duckdb

from pipeline.checks.fold import Decided, HoldLimits, Judgement, Revision, fold
from pipeline.checks.tables import insert_rows
from pipeline.checks.vocabulary import State
from pipeline.contracts import load_feeds
from pipeline.contracts.texts import clean
from pipeline.home import Home
from pipeline.statements import Statements
from pipeline.warehouse import transaction

_STATEMENTS = Statements(__file__)
Submission = tuple[str, str, str]


@dataclass
class StateSummary:
    """Submissions whose states were worked out anew, and their revisions by state."""

    submissions: int = 0
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Facts:
    """What a state's line carries beside the judgement."""

    revision: int
    row_count: int
    set_aside_count: int
    arrived_at: object


def decide_states(con: duckdb.DuckDBPyConnection, home: Home) -> StateSummary:
    """Work out the states of submissions with something new, in one transaction; all others are left alone."""
    limits = HoldLimits(home.settings.intake.held_share, home.settings.intake.held_minimum)
    with transaction(con):
        con.execute(_STATEMENTS["touched_submissions"])
        submissions, facts = _read_revisions(con)
        decisions = _read_decisions(con)
        judged = {key: fold(revisions, decisions, limits) for key, revisions in submissions.items()}
        con.execute("DELETE FROM checks.submission_states AS s USING touched_submissions AS t "
                    "WHERE (s.unit_code, s.feed, s.period) = (t.unit_code, t.feed, t.period)")  # fmt: skip
        insert_rows(
            con,
            "checks.submission_states",
            (
                _line(key, judgement, facts[judgement.revision_id], decisions.get(judgement.revision_id))
                for key, judgements in judged.items()
                for judgement in judgements
            ),
        )
        _flag_same_bytes(con)
        con.execute("DROP TABLE touched_submissions")
    counts = Counter(judgement.state for judgements in judged.values() for judgement in judgements)
    return StateSummary(len(judged), {state.value: counts[state] for state in State if counts[state]})


def _line(key: Submission, judged: Judgement, facts: _Facts, decided: Decided | None) -> tuple:
    """A line of the table, in its order; `same_bytes_as` is filled in afterwards."""
    return (
        judged.revision_id, *key, facts.revision, judged.state.value, judged.first_state.value, judged.reason_code,
        judged.is_current, None, judged.dropped_count, facts.row_count, facts.set_aside_count,
        decided.decision_no if decided else None, facts.arrived_at,
    )  # fmt: skip


def _read_decisions(con: duckdb.DuckDBPyConnection) -> dict[int, Decided]:
    """The last decision on each revision of the touched submissions."""
    found = con.execute(
        """
        SELECT revision_id, decision_no, decision FROM intake.decisions
        SEMI JOIN touched_submissions USING (unit_code, feed, period)
        ORDER BY decision_no
        """
    ).fetchall()
    return {revision_id: Decided(decision_no, decision) for revision_id, decision_no, decision in found}


def _read_revisions(con: duckdb.DuckDBPyConnection) -> tuple[dict[Submission, list[Revision]], dict[int, _Facts]]:
    """Touched submissions' revisions in order; record numbers only where there is something to compare with."""
    lines = con.execute(_STATEMENTS["revisions"]).fetchall()
    read = Counter(line[:3] for line in lines if line[5] != "unreadable")
    compared: defaultdict[str, list[int]] = defaultdict(list)
    for line in lines:
        if line[5] == "parsed" and read[line[:3]] > 1:
            compared[line[1]].append(line[3])
    numbers: dict[int, frozenset[str]] = {}
    for feed, revision_ids in compared.items():
        numbers |= _record_numbers(con, feed, revision_ids)
    submissions: defaultdict[Submission, list[Revision]] = defaultdict(list)
    facts: dict[int, _Facts] = {}
    for unit, feed, period, key, revision, outcome, sha, is_supplement, rows, aside, failed, reason, arrived in lines:
        facts[key] = _Facts(revision, rows, aside, arrived)
        submissions[unit, feed, period].append(
            Revision(key, outcome, sha, is_supplement, rows, aside, failed, reason, numbers.get(key, frozenset()))
        )
    return submissions, facts


def _record_numbers(con: duckdb.DuckDBPyConnection, feed: str, revision_ids: list[int]) -> dict[int, frozenset[str]]:
    """Record numbers of rows that are not set aside, however they were typed (width, case, blanks)."""
    contract = load_feeds()[feed]
    found = con.execute(
        f"""
        SELECT raw.revision_id, list(DISTINCT raw."{contract.record_no}")
        FROM {contract.raw_table} AS raw
        ANTI JOIN checks.set_aside_rows AS aside
            ON raw.revision_id = aside.revision_id AND raw.row_no = aside.row_no
        WHERE raw.revision_id IN (SELECT unnest(?))
        GROUP BY raw.revision_id
        """,
        [revision_ids],
    ).fetchall()
    return {key: frozenset(clean(number).upper() for number in numbers) for key, numbers in found}


def _flag_same_bytes(con: duckdb.DuckDBPyConnection) -> None:
    """Point an accepted revision to the earliest one with the same bytes for another unit or period, unless nil."""
    con.execute(_STATEMENTS["flag_same_bytes"])
