"""Clerical review as tables: what linkage obeys, what people measured, and decisions that no longer fit.

Belongs here: writing the schema `casework` from the ledger, before linkage and after it. Does not: how the ledger's
entries become decisions (`review/decisions.py`), or the arithmetic of quality
(`pipeline.linkage.review.measured_quality`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import duckdb

from pipeline.casework.review.batches import REVIEW
from pipeline.casework.review.decisions import Reviews
from pipeline.casework.review.record_facts import read_records
from pipeline.casework.review.workbook import CANNOT_TELL, SAME
from pipeline.casework.verification.tables import settled_pairs
from pipeline.home import Home
from pipeline.linkage import model_version
from pipeline.linkage.children.conflicts import conflict_sql
from pipeline.linkage.inputs import INPUT, fill_input, workshop
from pipeline.linkage.review.measured_quality import Interval, Measured, Stratum, measure
from pipeline.warehouse import transaction

NOT_OBEYED, HARD_CONFLICT, RECORD_CHANGED = "not_obeyed", "hard_conflict", "record_changed"
WEIGHT_AGAINST = "weight_against"
CONSTRAINTS = "casework.link_constraints"


@dataclass(frozen=True)
class ReadIn:
    """What stands: answers, decisions of each kind."""

    answers: int
    same: int
    different: int


def read_in(con: duckdb.DuckDBPyConnection, home: Home, run_id: str) -> ReadIn:
    """Write `casework.review_answers, link_constraints, reviewed_quality` (this run's rows) from the ledger.

    Pairs that a verification found to be of one child are constraints too; what reviewers decided goes before.

    Raises:
        RollcallError: the archive lacks a batch that the ledger refers to.
    """
    reviews = Reviews.read(home)
    answers = [
        (
            given.entry, batch.name, pair, given.reviewer, asked.left, asked.right, given.answer, asked.reason,
            asked.sample, asked.inclusion_probability, given.on,
        )
        for pair, (batch, asked) in reviews.pairs.items()
        for given in reviews.answers.get(pair, {}).values()
    ]  # fmt: skip
    decisions = {key: each.is_same for key, each in reviews.decisions.items()}
    shown = settled_pairs(con, home, decisions)
    constraints = [(*key, each.is_same, each.on, each.entry) for key, each in reviews.decisions.items()]
    constraints += [(*key, True, on, entry) for key, (on, entry) in shown.items()]
    figures = [
        (run_id, part, found.reviewed, *_figures(found.precision), *_figures(found.recall))
        for part, found in measured(reviews, model_version(home), home.settings.review.enough_pairs).items()
    ]
    with transaction(con):
        _replace(con, "casework.review_answers", sorted(answers, key=itemgetter(0, 1, 2, 3)))
        _replace(con, CONSTRAINTS, sorted(constraints))
        _replace(con, "casework.reviewed_quality", figures, where="run_id = ?", parameters=[run_id])
    same = sum(decisions.values()) + len(shown)
    return ReadIn(len(answers), same, len(constraints) - same)


def _replace(
    con: duckdb.DuckDBPyConnection,
    table: str,
    rows: Sequence[Sequence[Any]],
    where: str = "true",
    parameters: Sequence[Any] = (),
) -> None:
    con.execute(f"DELETE FROM {table} WHERE {where}", list(parameters))
    if rows:
        con.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", [list(row) for row in rows])


def _figures(interval: Interval | None) -> tuple[float | None, float | None, float | None]:
    return (interval.value, interval.low, interval.high) if interval else (None, None, None)


def measured(reviews: Reviews, model: str, enough: int) -> dict[str, Measured]:
    """By part of the links, what the reviewed samples of one model's links say.

    Shares of all batches are put together, since one model made the links; the pairs that they stand for are those
    of the newest batch's frame. A sampled pair without an answer that counts (blank, cannot tell, in dispute) is
    left out of its stratum's sample.
    """
    batches = [batch for batch in reviews.batches.values() if batch.kind == REVIEW and batch.model_version == model]
    if not batches:
        return {}
    newest = max(batches, key=lambda batch: (batch.made_on, batch.run_id, batch.name))
    reviewed: Counter[tuple[str, str]] = Counter()
    same: Counter[tuple[str, str]] = Counter()
    # a pair that two batches drew counts once
    seen: set[tuple[int, int]] = set()
    for batch in sorted(batches, key=lambda batch: (batch.made_on, batch.run_id, batch.name)):
        asked = batch.by_name()
        for pair, verdict in reviews.outcomes(batch.name).items():
            drawn = asked[pair]
            if drawn.sample is None or verdict.answer == CANNOT_TELL or drawn.key in seen:
                continue
            seen.add(drawn.key)
            for part in drawn.parts:
                reviewed[part, drawn.sample] += 1
                same[part, drawn.sample] += verdict.answer == SAME
    return {
        part: measure(
            {
                name: Stratum(max(pairs, reviewed[part, name]), reviewed[part, name], same[part, name])
                for name, pairs in strata.items()
            },
            enough,
        )
        for part, strata in sorted(newest.frame.items())
    }


def surface(con: duckdb.DuckDBPyConnection, home: Home) -> dict[str, int]:
    """Write `casework.contradicted_decisions`: standing decisions that something speaks against, each once.

    The first reason that holds: linkage does not follow it; a record changed since and the two are in hard conflict
    now; a record changed since; the model's weight, which was not so before, is strongly against it. Decisions of
    which a record is gone have no effect and are not listed.

    Returns:
        by reason, how many.
    """
    reviews = Reviews.read(home)
    decisions = reviews.decisions
    records = read_records(con, {key for pair in decisions for key in pair})
    linked, weights = _links(con)
    conflicting = _conflicts(con, home)
    limit, rows = home.settings.review.contradiction_bits, []
    for key, decision in sorted(decisions.items()):
        left, right = key
        if left not in records or right not in records or key not in linked:
            continue
        asked, sign = decision.asked, 1 if decision.is_same else -1
        is_changed = (records[left].digest, records[right].digest) != (asked.left_digest, asked.right_digest)
        before, now = asked.weight, weights.get(key)
        reasons = {
            NOT_OBEYED: linked[key] != decision.is_same,
            HARD_CONFLICT: is_changed and decision.is_same and key in conflicting,
            RECORD_CHANGED: is_changed,
            WEIGHT_AGAINST: now is not None and sign * now <= -limit and (before is None or sign * before > -limit),
        }
        reason = next((name for name, holds in reasons.items() if holds), None)
        if reason:
            rows.append((left, right, decision.pair, decision.is_same, decision.entry, reason))
    with transaction(con):
        _replace(con, "casework.contradicted_decisions", rows)
    return dict(sorted(Counter(row[-1] for row in rows).items()))


def _links(con: duckdb.DuckDBPyConnection) -> tuple[dict[tuple[int, int], bool], dict[tuple[int, int], float | None]]:
    """Of the constrained pairs whose records are there: whether they are one child, and their weight."""
    rows: Iterable[tuple[int, int, bool, float | None]] = con.execute(
        f"""
        SELECT c.record_key_l, c.record_key_r, a.child_id = b.child_id, p.match_weight
        FROM {CONSTRAINTS} AS c
        JOIN linkage.child_records AS a ON a.record_key = c.record_key_l
        JOIN linkage.child_records AS b ON b.record_key = c.record_key_r
        LEFT JOIN linkage.pairs AS p ON p.record_key_l = c.record_key_l AND p.record_key_r = c.record_key_r
        """
    ).fetchall()
    listed = list(rows)
    return (
        {(left, right): is_linked for left, right, is_linked, _ in listed},
        {(left, right): weight for left, right, _, weight in listed},
    )


def _conflicts(con: duckdb.DuckDBPyConnection, home: Home) -> set[tuple[int, int]]:
    """The constrained pairs that are in hard conflict."""
    constraints = f"warehouse.{CONSTRAINTS}"
    decided = f"SELECT record_key_l FROM {constraints} UNION SELECT record_key_r FROM {constraints}"
    with workshop(con) as work:
        fill_input(
            work,
            where=f"record_key IN ({decided})",
        )
        found = work.execute(f"""
            SELECT record_key_l, record_key_r FROM {constraints}
            JOIN {INPUT} AS l ON l.record_key = record_key_l
            JOIN {INPUT} AS r ON r.record_key = record_key_r
            WHERE {conflict_sql(home.settings.linkage.max_birth_date_gap_days)}
        """).fetchall()
    return set(found)
