"""Child identities: minted once, carried forward night by night, and what became of each.

Belongs here: the rule below and its events. Does not: who is one child (`resolve.py`).

The rule. An identity follows its records: it is offered to the child that now holds most of them (of equals, the
one with the earliest record). A child to which several identities are offered keeps the one minted on the earliest
night (of equals, the one with most of its records here; then the smaller id), and the others are merged into it. A
child to which none is offered is minted an identity from its first record, the smallest by period, feed, unit, number;
if it holds records of another identity, it was split from the one that gave it most. An id once minted is never
minted again, not even for the record that it was minted from.

Events: `minted`, `merged` (into `other_child`), `split` (from `other_child`), and for every record that enters or
leaves a child `joined` or `left`, `other_child` being where it came from or went to: who belonged together on any
night can be told from them.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass

import duckdb

from pipeline.linkage.inputs import INPUT, WORKSHOP, put_table
from pipeline.linkage.partition import RESOLVED

CHILDREN, EVENTS = "child_identities", "new_events"
# hexadecimal digits of an id: 64 bits, so that even ten million children rarely see two minted alike
ID_DIGITS = 16
FIRST_RECORD = "period, feed, unit_code, record_no, record_key"


@dataclass(frozen=True)
class Change:
    """What a night changed against the night before: records, and events by name."""

    records_new: int
    records_changed: int
    records_gone: int
    events: dict[str, int]


@dataclass(frozen=True)
class Placed:
    """A record of a touched child: the identity that it had (None: none), the child that it is in now."""

    record_key: int
    was: str | None
    now: int


def mint(record_key: int, taken: set[str]) -> str:
    """An id from a child's first record that nobody has had.

    Args:
        taken: every id that was ever minted; the new one is added.
    """
    attempt = 0
    while True:
        child_id = f"c{hashlib.sha256(f'{record_key}|{attempt}'.encode()).hexdigest()[:ID_DIGITS]}"
        if child_id not in taken:
            taken.add(child_id)
            return child_id
        attempt += 1


def assign(
    placed: list[Placed], minted_on: dict[str, int], taken: set[str]
) -> tuple[dict[int, str], list[tuple[str, str, int | None, str | None]]]:
    """Apply the rule to the touched children.

    Args:
        placed: every record of the touched children, in the order of first records.
        minted_on: by identity, the night it was minted.
        taken: every id ever minted; new ones are added.

    Returns:
        the identity of each child, and the events minted, merged, split (event, child_id, record_key, other_child).
    """
    held: dict[str, Counter[int]] = {}
    first: dict[int, int] = {}
    order: dict[int, int] = {}
    for number, record in enumerate(placed):
        first.setdefault(record.now, record.record_key)
        order.setdefault(record.now, number)
        if record.was is not None:
            held.setdefault(record.was, Counter())[record.now] += 1
    offered: dict[int, list[str]] = {}
    for identity in sorted(held):
        child = min(held[identity], key=lambda c: (-held[identity][c], order[c]))
        offered.setdefault(child, []).append(identity)

    assigned: dict[int, str] = {}
    events: list[tuple[str, str, int | None, str | None]] = []
    for child in sorted(first, key=order.__getitem__):
        if candidates := offered.get(child):
            kept = min(candidates, key=lambda i: (minted_on.get(i, 0), -held[i][child], i))
            assigned[child] = kept
            events += [("merged", other, None, kept) for other in candidates if other != kept]
            continue
        assigned[child] = new = mint(first[child], taken)
        events.append(("minted", new, first[child], None))
        sources = [identity for identity in held if held[identity][child]]
        if sources:
            source = min(sources, key=lambda i: (-held[i][child], minted_on.get(i, 0), i))
            events.append(("split", new, None, source))
    return assigned, events


def carry_forward(work: duckdb.DuckDBPyConnection, night_no: int) -> Change:
    """Give every resolved record its child's identity: tables `child_identities` and `new_events` of the workshop."""
    work.execute(f"""
        CREATE OR REPLACE TABLE placed AS
        SELECT coalesce(now.record_key, was.record_key) AS record_key, was.child_id AS was, now.child AS now,
            now.fingerprint <> was.fingerprint AS is_changed,
            row_number() OVER (ORDER BY now.period, now.feed, now.unit_code, now.record_no, now.record_key,
                was.period, was.feed, was.unit_code, was.record_no, was.record_key) AS place
        FROM (SELECT * FROM {RESOLVED} JOIN {INPUT} USING (record_key)) AS now
        FULL JOIN (
            SELECT * FROM warehouse.linkage.child_records LEFT JOIN warehouse.linkage.record_states USING (record_key)
        ) AS was ON was.record_key = now.record_key
    """)
    # a child is untouched where it holds exactly the records of one identity; new where it holds none of any
    work.execute("""
        CREATE OR REPLACE TABLE child_fates AS
        WITH identities AS (SELECT was, count(*) AS records FROM placed WHERE was IS NOT NULL GROUP BY was)
        SELECT now, min(was) AS was,
            CASE WHEN count(was) = 0 THEN 'new'
                WHEN min(was) = max(was) AND count(was) = count(*) AND count(*) = min(records) THEN 'untouched'
                ELSE 'touched' END AS fate,
            arg_min(record_key, place) AS first_record
        FROM placed LEFT JOIN identities USING (was) WHERE now IS NOT NULL GROUP BY now
    """)
    taken = work.execute("""
        SELECT child_id, min(night_no) FROM warehouse.linkage.identity_events WHERE event = 'minted' GROUP BY child_id
    """).fetchall()
    touched = work.execute("""
        SELECT record_key, placed.was, now FROM placed JOIN child_fates USING (now)
        WHERE fate = 'touched' ORDER BY place
    """).fetchall()
    used = {child_id for child_id, _ in taken}
    assigned, events = assign([Placed(*row) for row in touched], dict(taken), used)
    new = work.execute("SELECT now, first_record FROM child_fates WHERE fate = 'new' ORDER BY now").fetchall()
    for child, first_record in new:
        assigned[child] = mint(first_record, used)
        events.append(("minted", assigned[child], first_record, None))
    return _tabulate(work, night_no, assigned, events)


def _tabulate(
    work: duckdb.DuckDBPyConnection,
    night_no: int,
    assigned: dict[int, str],
    events: list[tuple[str, str, int | None, str | None]],
) -> Change:
    put_table(
        work,
        "found_identities",
        {"child": ("BIGINT", list(assigned)), "child_id": ("VARCHAR", list(assigned.values()))},
    )
    work.execute(f"""
        CREATE OR REPLACE TABLE {CHILDREN} AS
        SELECT placed.record_key, coalesce(child_id, child_fates.was) AS child_id
        FROM placed JOIN child_fates USING (now) LEFT JOIN found_identities ON child = now
    """)
    put_table(
        work,
        "found_events",
        {
            "event": ("VARCHAR", [event[0] for event in events]),
            "child_id": ("VARCHAR", [event[1] for event in events]),
            "record_key": ("BIGINT", [event[2] for event in events]),
            "other_child": ("VARCHAR", [event[3] for event in events]),
        },
    )
    work.execute(f"""
        CREATE OR REPLACE TABLE {EVENTS} AS
        WITH moved AS (
            SELECT record_key, placed.was, child_id AS now FROM placed LEFT JOIN {CHILDREN} USING (record_key)
            WHERE placed.was IS DISTINCT FROM child_id
        )
        SELECT {night_no}::INTEGER AS night_no, event, child_id, record_key, other_child FROM found_events
        UNION ALL SELECT {night_no}, 'left', was, record_key, now FROM moved WHERE was IS NOT NULL
        UNION ALL SELECT {night_no}, 'joined', now, record_key, was FROM moved WHERE now IS NOT NULL
    """)
    new, changed, gone = work.execute("""
        SELECT count(*) FILTER (was IS NULL), count(*) FILTER (is_changed), count(*) FILTER (now IS NULL) FROM placed
    """).fetchall()[0]
    counted = work.execute(f"SELECT event, count(*) FROM {EVENTS} GROUP BY event ORDER BY event").fetchall()
    return Change(new, changed, gone, dict(counted))


def write(con: duckdb.DuckDBPyConnection) -> None:
    """Replace `linkage.child_records, record_states` and append the events; within the caller's transaction."""
    con.execute("DELETE FROM linkage.child_records")
    con.execute("DELETE FROM linkage.record_states")
    con.execute(f"""
        INSERT INTO linkage.child_records
        SELECT record_key, feed, record_no, unit_code, period, child_id
        FROM {WORKSHOP}.{INPUT} JOIN {WORKSHOP}.{CHILDREN} USING (record_key)
        ORDER BY record_key
    """)
    con.execute(f"""
        INSERT INTO linkage.record_states
        SELECT record_key, fingerprint, margin_bits
        FROM {WORKSHOP}.{INPUT} JOIN {WORKSHOP}.{RESOLVED} USING (record_key)
        ORDER BY record_key
    """)
    con.execute(f"""
        INSERT INTO linkage.identity_events
        SELECT night_no, event, child_id, record_key, other_child FROM {WORKSHOP}.{EVENTS}
        ORDER BY child_id, event, record_key, other_child
    """)
