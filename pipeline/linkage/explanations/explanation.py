"""Why two records are, or are not, of one child; and which child a record is of.

Belongs here: which facts an explanation needs. Does not: how each is read (`explanations/evidence.py`,
`identities/history.py`), the page that shows them (`casework/explanations.py`), or their words (`words.yaml`).

Of other children nothing is told but records that came near the one asked for, each by its number and weight: whose
they are is no part of an explanation.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import duckdb

from pipeline.errors import RollcallError, UsageError
from pipeline.home import Home
from pipeline.linkage.children.linking_paths import strongest_path
from pipeline.linkage.explanations.evidence import (
    Decision,
    Key,
    Pair,
    Record,
    compare_again,
    decisions_of,
    key_of,
    members_of,
    records_of,
    stored_pairs,
    unit_name,
)
from pipeline.linkage.identities.history import Event, Revision, children_of, identity_history, reporting_history
from pipeline.linkage.model.frozen_model import Model, model_in_use, model_named
from pipeline.linkage.named_records import NamedRecord, find
from pipeline.warehouse import migrations, schema_version

# records of other children that came near, and records of one child, that an explanation shows
NEAREST, MOST_RECORDS = 5, 12


@dataclass(frozen=True)
class Explanation:
    """All that a page shows. Records are named by their keys.

    Args:
        asked: the records that were asked for, one or two.
        records: all on the page, those asked for first.
        left_out: records of the child beyond those.
        pairs: what is known of them together.
        path: from the one asked for to the other, where both are of one child.
        nearest: records of other children that came nearest to the one asked for, the nearest first.
        decisions: of clerical review, on pairs of these records.
        history: of the children of the records asked for.
        revisions: of the submission of each record asked for.
        names: of records that the history tells of, as far as they are reported.
        night_no, as_of, model_version: the night whose links these are.
        next_model: the model that the next night will use, where that is another.
    """

    asked: tuple[int, ...]
    records: Mapping[int, Record]
    left_out: int
    pairs: Mapping[Key, Pair]
    path: tuple[int, ...]
    nearest: tuple[int, ...]
    decisions: Mapping[Key, Decision]
    history: tuple[Event, ...]
    revisions: Mapping[int, tuple[Revision, ...]]
    names: Mapping[int, str]
    night_no: int
    as_of: dt.date | None
    model_version: str
    next_model: str | None

    @property
    def is_one_child(self) -> bool:
        """Whether the records asked for are of one child."""
        return len({self.records[key].child_id for key in self.asked}) == 1

    def pair(self, one: int, other: int) -> Pair:
        """What is known of two records together."""
        return self.pairs[key_of(one, other)]


def explain(con: duckdb.DuckDBPyConnection, home: Home, texts: Sequence[str]) -> Explanation:
    """Explain the record, or the two records, that are named.

    Args:
        con: the warehouse, in use; it is only read.
        texts: one or two names, FEED:RECORD_NO.

    Raises:
        UsageError: a name names no record, or several; both are one; one of two is no longer reported.
        RollcallError: no night of this version has linked yet; the night's model cannot be read.
    """
    night_no, as_of, version = _last_night(con)
    asked = [find(con, text) for text in texts]
    if len({record.record_key for record in asked}) < len(asked):
        raise UsageError("Both names mean the same record.", "Name two records, or one.")
    if len(asked) > 1 and not all(record.is_current for record in asked):
        raise UsageError(
            "One of the two records is no longer reported, and is linked with none.",
            "Name it alone to see its history.",
        )
    model, in_use = model_named(home, version), model_in_use(home)
    keys = tuple(record.record_key for record in asked)
    if asked[0].is_current:
        found = _linked(con, home, model, keys)
        ids = [found.records[key].child_id for key in keys]
    else:
        gone = Record(asked[0], unit_name(con, asked[0].unit_code))
        found = _Found({asked[0].record_key: gone}, 0, {}, (), (), {})
        ids = list(children_of(con, keys[0]))
    history = identity_history(con, [child_id for child_id in dict.fromkeys(ids) if child_id])
    told = {key for event in history for key in event.records}
    return Explanation(
        asked=keys,
        records=found.records,
        left_out=found.left_out,
        pairs=found.pairs,
        path=found.path,
        nearest=found.nearest,
        decisions=found.decisions,
        history=tuple(history),
        revisions={record.record_key: tuple(reporting_history(con, record)) for record in asked},
        names=_names(con, told) | {record.record_key: _short(record) for record in asked},
        night_no=night_no,
        as_of=as_of,
        model_version=version,
        next_model=in_use.version if in_use.version != version else None,
    )


@dataclass(frozen=True)
class _Found:
    """The part of an explanation that hangs on what is linked now."""

    records: Mapping[int, Record]
    left_out: int
    pairs: Mapping[Key, Pair]
    path: tuple[int, ...]
    nearest: tuple[int, ...]
    decisions: Mapping[Key, Decision]


def _linked(con: duckdb.DuckDBPyConnection, home: Home, model: Model, keys: tuple[int, ...]) -> _Found:
    ids = {key: record.child_id or "" for key, record in records_of(con, keys).items()}
    members = members_of(con, ids[keys[0]]) if len(set(ids.values())) == 1 else list(keys)
    decisions = decisions_of(con, members)
    stored = stored_pairs(con, members)
    path: tuple[int, ...] = ()
    nearest: list[int] = []
    if len(keys) == 1:
        nearest = _nearest(keys[0], members, stored)
        shown = list(dict.fromkeys((*keys, *members)))
    else:
        edges = {pair: weight for pair, (weight, _) in stored.items() if set(pair) <= set(members)}
        edges |= {pair: float("inf") for pair, decision in decisions.items() if decision.is_same}
        path = strongest_path(edges, *keys) if len(set(ids.values())) == 1 else ()
        shown = list(dict.fromkeys((*keys, *path)))
    left_out = len(shown[MOST_RECORDS:])
    shown = shown[:MOST_RECORDS]
    wanted = {key_of(*pair) for pair in combinations(shown, 2)} | {key_of(keys[0], other) for other in nearest}
    decisions = decisions_of(con, [*shown, *nearest])
    pairs, compared = compare_again(con, model, home.settings.linkage, wanted, decisions)
    read = records_of(con, [*shown, *nearest])
    records = {key: replace(read[key], compared=compared.get(key, {})) for key in (*shown, *nearest)}
    return _Found(records, left_out, pairs, path, tuple(nearest), decisions)


def _nearest(record_key: int, members: Sequence[int], stored: Mapping[Key, tuple[float, str]]) -> list[int]:
    """Records of other children that came nearest to a record, the nearest first."""
    others = []
    for (left, right), (weight, _) in stored.items():
        if record_key in (left, right):
            other = left + right - record_key
            if other not in members:
                others.append((-weight, other))
    return [other for _, other in sorted(others)[:NEAREST]]


def _last_night(con: duckdb.DuckDBPyConnection) -> tuple[int, dt.date | None, str]:
    remedy = "Run one with: rollcall run"
    if schema_version(con) < migrations()[-1][0]:
        raise RollcallError("No night of this version of rollcall has run here yet.", remedy)
    found = con.execute("""
        SELECT night_no, as_of, (SELECT model_version FROM linkage.state)
        FROM (
            SELECT night_no, as_of FROM publish.nights
            UNION ALL SELECT max(night_no), NULL FROM linkage.identity_events
        )
        WHERE night_no IS NOT NULL AND EXISTS (FROM linkage.state)
        ORDER BY night_no DESC, as_of NULLS LAST LIMIT 1
    """).fetchall()
    if not found:
        raise RollcallError("No night has linked records here yet.", remedy)
    return found[0]


def _short(record: NamedRecord) -> str:
    return f"{record.feed}:{record.record_no}"


def _names(con: duckdb.DuckDBPyConnection, keys: set[int]) -> dict[int, str]:
    rows = con.execute(
        "SELECT record_key, feed || ':' || record_no FROM linkage.child_records "
        "WHERE record_key IN (SELECT unnest($keys::BIGINT[]))",
        {"keys": sorted(keys)},
    ).fetchall()
    return dict(rows)
