"""The history of a child's identity and of a record's reporting, out of what nights and intake noted.

Belongs here: reading `linkage.identity_events` and the revisions of a submission. Does not: the rule by which
identities are carried forward (`identities/child_ids.py`), or the words of events (`words.yaml`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import duckdb

from pipeline.contracts import load_feeds
from pipeline.linkage.named_records import NamedRecord, number_sql
from pipeline.statements import Statements

_STATEMENTS = Statements(__file__)
# events that a child is told of where it is the other child of it
TOLD_OF_THE_OTHER = {"merged": "absorbed", "split": "parted"}


@dataclass(frozen=True)
class Event:
    """What happened in one night, of one kind, to one child.

    Args:
        name: a name of `words.yaml`'s events.
        other: the other child of it.
        records: the keys of the records that joined or left.
    """

    night_no: int
    as_of: dt.date | None
    child_id: str
    name: str
    other: str | None
    records: tuple[int, ...]


@dataclass(frozen=True)
class Revision:
    """A revision of the record's submission, and whether the record's number stands in it."""

    revision: int
    arrived_on: dt.date
    state: str
    has_record: bool


def identity_history(con: duckdb.DuckDBPyConnection, child_ids: Collection[str]) -> list[Event]:
    """What happened to these children, night by night."""
    rows = con.execute(
        _STATEMENTS["identity_history"],
        {"ids": list(child_ids), "of_the_other": list(TOLD_OF_THE_OTHER)},
    ).fetchall()
    return [_event(*row) for row in rows]


def _event(
    night_no: int, as_of: dt.date | None, child_id: str, event: str, other: str | None, records: list[int | None]
) -> Event:
    name = TOLD_OF_THE_OTHER.get(event.removesuffix("_here"), event) if event.endswith("_here") else event
    if other and event in ("joined", "left"):
        name = {"joined": "joined_from", "left": "left_to"}[event]
    # the record that a child was minted from joined it, and is told of there
    keys = () if event == "minted" else tuple(key for key in records if key is not None)
    return Event(night_no, as_of, child_id, name, other, keys)


def children_of(con: duckdb.DuckDBPyConnection, record_key: int) -> list[str]:
    """Every child that the record was ever of, the last one first."""
    rows = con.execute(
        """
        SELECT child_id FROM linkage.identity_events
        WHERE record_key = ? AND event = 'joined' GROUP BY child_id ORDER BY max(night_no) DESC, child_id
        """,
        [record_key],
    ).fetchall()
    return [child_id for (child_id,) in rows]


def reporting_history(con: duckdb.DuckDBPyConnection, record: NamedRecord) -> list[Revision]:
    """The revisions of the submission that the record is or was in."""
    feed = load_feeds()[record.feed]
    rows = con.execute(
        f"""
        SELECT revision, arrived_at::DATE, state, revision_id IN (
            SELECT revision_id FROM {feed.raw_table} WHERE {number_sql(feed.record_no)} = $number
        )
        FROM checks.submission_states
        WHERE feed = $feed AND unit_code = $unit AND period = $period
        ORDER BY revision
        """,
        {"number": record.record_no, "feed": record.feed, "unit": record.unit_code, "period": record.period},
    ).fetchall()
    return [Revision(*row) for row in rows]
