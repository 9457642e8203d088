"""What a warehouse knows of some records and pairs of records, for explaining them.

Belongs here: reading records, pairs, conflicts and decisions by record key. Does not: which of them an explanation
needs (`explanations/explanation.py`). The comparison is made again by the night's own code and model on just these
records.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from pipeline.contracts import load_feeds
from pipeline.linkage.children.conflicts import conflicts
from pipeline.linkage.explanations.waterfall import Waterfall, take_apart
from pipeline.linkage.inputs import INPUT, fill_input, put_table, workshop
from pipeline.linkage.model.frozen_model import Model
from pipeline.linkage.named_records import NamedRecord, occurrences_sql
from pipeline.linkage.pairs.blocking import RULES
from pipeline.linkage.pairs.scoring import THROUGH_A_THIRD
from pipeline.settings.linkage import LinkageSettings

BY_NO_RULE, CANNOT_LINK = "by_no_rule", "cannot_link"
Key = tuple[int, int]


@dataclass(frozen=True)
class Record:
    """A record.

    Args:
        child_id: None where it is linked no more.
        margin_bits: by how much its child beats the next best place; None where none competed.
        compared: by column of the linkage input, what is compared.
        sent: by contracted column, the cell as it was sent.
    """

    name: NamedRecord
    unit_name: str
    child_id: str | None = None
    margin_bits: float | None = None
    compared: Mapping[str, Any] = field(default_factory=dict)
    sent: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Pair:
    """Two records and what is known of them together.

    Args:
        waterfall: the weight, taken apart.
        stored_weight: as the last night stored it; None where it kept none.
        rule: the blocking rule that found the pair, or what stands for none.
        conflicts: names of the hard conflicts between the two.
    """

    waterfall: Waterfall
    stored_weight: float | None
    rule: str
    conflicts: tuple[str, ...]


@dataclass(frozen=True)
class Decision:
    """What clerical review decided of two records."""

    is_same: bool
    decided_on: dt.date
    entry: int


def key_of(one: int, other: int) -> Key:
    """The key of a pair: the smaller record key first."""
    return (one, other) if one < other else (other, one)


def records_of(con: duckdb.DuckDBPyConnection, keys: Collection[int]) -> dict[int, Record]:
    """Current records by their keys; what is compared is filled in by `compared_of`."""
    rows = con.execute(
        f"""
        SELECT links.record_key, links.feed, links.record_no, links.unit_code, links.period, n, true,
            coalesce(unit_name, links.unit_code), child_id, margin_bits, revision_id, row_no
        FROM linkage.child_records AS links {occurrences_sql("links")}
        LEFT JOIN linkage.record_states AS states ON states.record_key = links.record_key
        LEFT JOIN reference.units AS units ON units.unit_code = links.unit_code
        LEFT JOIN intermediate.int_records_standardised AS read ON read.record_key = links.record_key
        WHERE links.record_key IN (SELECT unnest($keys::BIGINT[]))
        """,
        {"keys": list(keys)},
    ).fetchall()
    return {
        key: Record(NamedRecord(key, feed, *named), unit, child_id, margin, sent=_sent(con, feed, revision_id, row_no))
        for key, feed, *named, unit, child_id, margin, revision_id, row_no in rows
    }


def unit_name(con: duckdb.DuckDBPyConnection, unit_code: str) -> str:
    """The name of a unit; its code where the county has no such unit any more."""
    found = con.execute("SELECT unit_name FROM reference.units WHERE unit_code = ?", [unit_code]).fetchall()
    return found[0][0] if found else unit_code


def _sent(
    con: duckdb.DuckDBPyConnection, feed: str, revision_id: int | None, row_no: int | None
) -> dict[str, str | None]:
    contract = load_feeds()[feed]
    if revision_id is None:
        return {}
    found = con.execute(
        f"SELECT {', '.join(contract.columns)} FROM {contract.raw_table} WHERE revision_id = ? AND row_no = ?",
        [revision_id, row_no],
    ).fetchall()
    return dict(zip(contract.columns, found[0], strict=True)) if found else {}


def members_of(con: duckdb.DuckDBPyConnection, child_id: str) -> list[int]:
    """The keys of a child's records, by period, feed and number."""
    rows = con.execute(
        "SELECT record_key FROM linkage.child_records WHERE child_id = ? "
        "ORDER BY period, feed, unit_code, record_no, record_key",
        [child_id],
    ).fetchall()
    return [key for (key,) in rows]


def stored_pairs(con: duckdb.DuckDBPyConnection, keys: Collection[int]) -> dict[Key, tuple[float, str]]:
    """Weight and rule of the kept pairs that have one of these records."""
    rows = con.execute(
        """
        SELECT record_key_l, record_key_r, match_weight, blocking_rule FROM linkage.pairs
        WHERE record_key_l IN (SELECT unnest($keys::BIGINT[])) OR record_key_r IN (SELECT unnest($keys::BIGINT[]))
        """,
        {"keys": list(keys)},
    ).fetchall()
    return {(left, right): (weight, rule) for left, right, weight, rule in rows}


def decisions_of(con: duckdb.DuckDBPyConnection, keys: Collection[int]) -> dict[Key, Decision]:
    """What review decided of pairs of which both records are among these."""
    rows = con.execute(
        """
        SELECT record_key_l, record_key_r, is_same, decided_on, entry FROM casework.link_constraints
        WHERE record_key_l IN (SELECT unnest($keys::BIGINT[])) AND record_key_r IN (SELECT unnest($keys::BIGINT[]))
        ORDER BY entry
        """,
        {"keys": list(keys)},
    ).fetchall()
    return {(left, right): Decision(*said) for left, right, *said in rows}


def compare_again(
    con: duckdb.DuckDBPyConnection,
    model: Model,
    settings: LinkageSettings,
    pairs: Collection[Key],
    decisions: Mapping[Key, Decision],
) -> tuple[dict[Key, Pair], dict[int, dict[str, Any]]]:
    """Compare pairs of current records as the night does.

    Returns:
        the pairs; and by record key what was compared, by column of the linkage input.
    """
    if not pairs:
        return {}, {}
    keys = {key for pair in pairs for key in pair}
    component = _components(con, keys)
    stored = stored_pairs(con, keys)
    with workshop(con) as work:
        put_table(work, "wanted_keys", {"record_key": ("BIGINT", sorted(keys | component.keys()))})
        fill_input(work, where="record_key IN (FROM wanted_keys)")
        apart = take_apart(work, model, settings, pairs, component)
        said = _found_and_conflicting(work, settings, pairs)
        compared = compared_of(work)
    shared = {key: component.get(key) for key in keys}
    found = {}
    for pair, (rule, hard) in said.items():
        decision = decisions.get(pair)
        if decision and not decision.is_same:
            hard = [*hard, CANNOT_LINK]
        weight, stored_rule = stored.get(pair, (None, None))
        together = shared[pair[0]] is not None and shared[pair[0]] == shared[pair[1]]
        # a pair that was too weak to keep is stored as found through a third, whatever rule finds it too
        rule = rule or stored_rule or (THROUGH_A_THIRD if together else BY_NO_RULE)
        found[pair] = Pair(apart[pair], weight, rule, tuple(hard))
    return found, compared


def compared_of(work: duckdb.DuckDBPyConnection) -> dict[int, dict[str, Any]]:
    """By record key, the rows of a workshop's linkage input."""
    read = work.execute(f"FROM {INPUT}")
    names = [column[0] for column in read.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in read.fetchall()]
    return {row["record_key"]: row for row in rows}


def _components(con: duckdb.DuckDBPyConnection, keys: Collection[int]) -> dict[int, int]:
    """By record key, the component, of these records and of all that share one with them."""
    return dict(
        con.execute(
            """
            WITH touched AS (
                SELECT DISTINCT component FROM linkage.record_states
                WHERE record_key IN (SELECT unnest($keys::BIGINT[])) AND component IS NOT NULL
            )
            SELECT record_key, component FROM linkage.record_states SEMI JOIN touched USING (component)
            """,
            {"keys": list(keys)},
        ).fetchall()
    )


def _found_and_conflicting(
    work: duckdb.DuckDBPyConnection, settings: LinkageSettings, pairs: Collection[Key]
) -> dict[Key, tuple[str | None, list[str]]]:
    """By pair, the first blocking rule that finds it and the hard conflicts between its records."""
    rules = []
    for rule in RULES:
        tests = [f"l.{column} = r.{column}" for column in rule.columns]
        tests += [f"list_has_any(l.{column}, r.{column})" for column in rule.explode]
        rules.append(f"WHEN {' AND '.join(tests)} THEN '{rule.name}'")
    hard = [
        f"CASE WHEN coalesce({conflict.condition}, false) THEN '{conflict.name}' END"
        for conflict in conflicts(settings.max_birth_date_gap_days)
    ]
    lefts, rights = zip(*sorted(pairs), strict=True)
    put_table(work, "asked_pairs", {"record_key_l": ("BIGINT", lefts), "record_key_r": ("BIGINT", rights)})
    rows: Sequence[tuple] = work.execute(f"""
        SELECT record_key_l, record_key_r, CASE {" ".join(rules)} END, [{", ".join(hard)}]
        FROM asked_pairs JOIN {INPUT} AS l ON l.record_key = record_key_l
        JOIN {INPUT} AS r ON r.record_key = record_key_r
    """).fetchall()
    return {(left, right): (rule, [name for name in names if name]) for left, right, rule, names in rows}
