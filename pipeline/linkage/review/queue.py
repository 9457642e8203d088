"""The review queue: which pairs of records a person should look at, and why each of them.

Belongs here: choosing pairs where a look pays most. Does not: the random sample to measure by (`review/sample.py`),
workbooks and answers (`pipeline.casework`). The choice follows from the links, the settings and what was asked
before; nothing is drawn here.

A look pays what it may put right: how likely the program is wrong about the pair, times the pairs of records that
would change with it. No two children are asked about twice for one reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import duckdb

from pipeline.settings.linkage import LinkageSettings, ReviewSettings
from pipeline.statements import Statements

_STATEMENTS = Statements(__file__)
# pairs that may be one child entered twice in a register, by dbt (int_possible_double_registrations)
DOUBLES, DOUBLES_HERE = "intermediate.int_possible_double_registrations", "review_doubles"
# why a pair is asked about, in the order in which a pair that has several takes its reason
REASONS = ("record_changed", "double_registration", "tie", "contradiction", "near_threshold", "large_child")
SAMPLED = "random_sample"

Pair = tuple[int, int]


@dataclass(frozen=True)
class Chosen:
    """A pair to be asked about.

    Attributes:
        left, right: record keys, ascending.
        reason: one of `REASONS`, or `random_sample`.
        is_linked: whether the program holds them to be one child.
        weight, probability: of the pair, as linkage left them; None where it weighed none.
        sample: the stratum that it was drawn from; None where it was chosen.
        inclusion_probability: of that draw.
    """

    left: int
    right: int
    reason: str
    is_linked: bool
    weight: float | None
    probability: float | None
    sample: str | None = None
    inclusion_probability: float | None = None


def prepare(con: duckdb.DuckDBPyConnection, answered: Iterable[Pair]) -> None:
    """Make the temporary table of pairs that may be asked: weighed by linkage, and not answered yet.

    Columns: both keys, match_weight, match_probability, child_l, child_r, is_linked, margin_l, margin_r (bits by
    which each record's child beats the next best place), size_l, size_r (records of each child), affected (pairs of
    records that an answer against the program would change).
    """
    import pyarrow as pa

    pairs = sorted(set(answered))
    keys = {"record_key_l": [left for left, _ in pairs], "record_key_r": [right for _, right in pairs]}
    con.register("pairs_answered", pa.table({name: pa.array(values, pa.int64()) for name, values in keys.items()}))
    con.execute(_STATEMENTS["review_candidates"])
    is_there = con.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE schema_name || '.' || table_name = ?", [DOUBLES]
    ).fetchall()[0][0]
    # a warehouse of before the first night with this model has none
    source = DOUBLES if is_there else "(SELECT NULL::BIGINT AS record_key_l, NULL::BIGINT AS record_key_r LIMIT 0)"
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE {DOUBLES_HERE} AS
        SELECT d.record_key_l, d.record_key_r FROM {source} AS d
        ANTI JOIN pairs_answered AS asked
            ON asked.record_key_l = d.record_key_l AND asked.record_key_r = d.record_key_r
    """)
    con.unregister("pairs_answered")


def queue(
    con: duckdb.DuckDBPyConnection,
    linkage: LinkageSettings,
    review: ReviewSettings,
    size: int,
    *,
    again: Iterable[Pair] = (),
    without: Iterable[Pair] = (),
) -> list[Chosen]:
    """The pairs that pay most, at most `size`: each reason gives its best in turn. `prepare` comes first.

    Records that changed since a decision, and children who may be registered twice, come before all others.

    Args:
        again: decided pairs of which a record changed since: they come first.
        without: pairs that are asked anyway (the sample).
    """
    taken = set(without)
    chosen: list[Chosen] = []
    doubles = con.execute(f"SELECT record_key_l, record_key_r FROM {DOUBLES_HERE} ORDER BY ALL").fetchall()
    first = [*_known(con, again, "record_changed"), *_known(con, doubles, "double_registration")]
    for found in first:
        if len(chosen) < size and (found.left, found.right) not in taken:
            chosen.append(found)
            taken.add((found.left, found.right))
    limits = {
        "tie_bits": review.tie_bits,
        "low": linkage.review_low,
        "high": linkage.review_high,
        "large_child": review.large_child_records,
        "most": size + len(taken),
    }
    of_reason: dict[str, list[Chosen]] = {reason: [] for reason in REASONS}
    for row in con.execute(_STATEMENTS["worth_asking"], limits).fetchall():
        of_reason[row[2]].append(Chosen(*row))
    ranked = [iter(found) for found in of_reason.values() if found]
    while ranked and len(chosen) < size:
        for candidates in list(ranked):
            best = next((each for each in candidates if (each.left, each.right) not in taken), None)
            if best is None:
                ranked.remove(candidates)
            elif len(chosen) < size:
                chosen.append(best)
                taken.add((best.left, best.right))
    return chosen


def _known(con: duckdb.DuckDBPyConnection, pairs: Iterable[Pair], reason: str) -> list[Chosen]:
    """What linkage says of these pairs; pairs of which a record is gone are left out."""
    found = []
    for left, right in sorted(pairs):
        rows: list[tuple[Any, ...]] = con.execute(
            """
            SELECT a.child_id = b.child_id, match_weight, match_probability
            FROM linkage.child_records AS a
            JOIN linkage.child_records AS b ON a.record_key = $left AND b.record_key = $right
            LEFT JOIN linkage.pairs ON record_key_l = a.record_key AND record_key_r = b.record_key
            """,
            {"left": left, "right": right},
        ).fetchall()
        found += [Chosen(left, right, reason, *row) for row in rows]
    return found
