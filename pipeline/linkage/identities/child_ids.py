"""Child identities: minted once, carried forward night by night, and what became of each.

Belongs here: the rule below and its events. Does not: who is one child (`children/resolution.py`).

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

from pipeline.linkage.children.partition import RESOLVED
from pipeline.linkage.identities.affected_records import CHILDREN_BEFORE
from pipeline.linkage.inputs import INPUT, put_table

CHILDREN, EVENTS = "child_identities", "new_events"
MINTED = "SELECT child_id, record_key, night_no FROM warehouse.linkage.identity_events WHERE event = 'minted'"
# hexadecimal digits of an id: 64 bits, so that even ten million children rarely see two minted alike
ID_DIGITS = 16
FIRST_RECORD = "period, feed, unit_code, record_no, record_key"


@dataclass(frozen=True)
class Placed:
    """A record of a contested child: the identity that it had (None: none), the child that it is in now."""

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
    """Apply the rule to the contested children.

    Args:
        placed: every record of the contested children, in the order of first records.
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


def carry_forward(work: duckdb.DuckDBPyConnection, night_no: int) -> dict[str, int]:
    """Give every resolved record its child's identity: tables `child_identities` (record_key, child_id) and
    `new_events` of the workshop.

    Only the linkage input and the children that its records had (`children_before`) are looked at.

    Returns:
        the number of events by name.
    """
    work.execute(f"""
        CREATE OR REPLACE TABLE placed AS
        SELECT record_key, was.child_id AS was, now.child AS now
        FROM {RESOLVED} AS now FULL JOIN {CHILDREN_BEFORE} AS was USING (record_key)
    """)
    # a child keeps its identity where it holds records of one only, and all that there are; it is new where of none
    work.execute("""
        CREATE OR REPLACE TABLE child_fates AS
        WITH identities AS (
            SELECT was, count(*) AS records FROM placed WHERE was IS NOT NULL AND now IS NOT NULL GROUP BY was
        )
        SELECT now, min(was) AS was,
            CASE WHEN count(was) = 0 THEN 'new'
                WHEN min(was) = max(was) AND count(was) = min(records) THEN 'kept'
                ELSE 'contested' END AS fate
        FROM placed LEFT JOIN identities USING (was) WHERE now IS NOT NULL GROUP BY now
    """)
    taken = _first_records(work)
    contested = work.execute(f"""
        SELECT record_key, placed.was, now FROM placed JOIN child_fates USING (now) JOIN {INPUT} USING (record_key)
        WHERE fate = 'contested' ORDER BY {FIRST_RECORD}
    """).fetchall()
    assigned, events = assign([Placed(*row) for row in contested], _minted_on(work), taken)
    put_table(
        work,
        "found_identities",
        {"child": ("BIGINT", list(assigned)), "child_id": ("VARCHAR", list(assigned.values()))},
    )
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
    _mint_new(work, taken)
    return _tabulate(work, night_no)


def _first_records(work: duckdb.DuckDBPyConnection) -> set[str]:
    """Fill `first_records` (now, fate, record_key) of children that may be minted an identity.

    Returns:
        of the ids that may be minted from these records, those that were minted once.
    """
    work.execute(f"""
        CREATE OR REPLACE TABLE first_records AS
        SELECT now, fate, arg_min(record_key, row({FIRST_RECORD})) AS record_key
        FROM placed JOIN child_fates USING (now) JOIN {INPUT} USING (record_key)
        WHERE fate <> 'kept' GROUP BY now, fate
    """)
    times = work.execute(f"""
        SELECT max(times) FROM (
            SELECT count(*) AS times FROM ({MINTED}) SEMI JOIN first_records USING (record_key) GROUP BY record_key
        )
    """).fetchall()[0][0]
    rows = work.execute(
        f"""
        SELECT DISTINCT child_id FROM ({MINTED}) SEMI JOIN (
            SELECT {_id_sql("record_key", "attempt")} AS child_id
            FROM first_records, range($attempts) AS attempts (attempt)
        ) AS possible USING (child_id)
        """,
        # one more than was ever needed, and one for an id that another record happens to give
        {"attempts": (times or 0) + 2},
    ).fetchall()
    return {row[0] for row in rows}


def _id_sql(record_key: str, attempt: str) -> str:
    """`mint`'s id as SQL."""
    return f"'c' || left(sha256({record_key} || '|' || {attempt}), {ID_DIGITS})"


def _minted_on(work: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """By identity that contested children's records had, the night it was minted."""
    rows = work.execute(f"""
        SELECT child_id, min(night_no) FROM ({MINTED}) SEMI JOIN (
            SELECT placed.was AS child_id FROM placed JOIN child_fates USING (now) WHERE fate = 'contested'
        ) AS had USING (child_id)
        GROUP BY child_id
    """).fetchall()
    return dict(rows)


def _mint_new(work: duckdb.DuckDBPyConnection, taken: set[str]) -> None:
    """Give every child that holds no record of any identity its own: nearly always the first id of its first record."""
    put_table(work, "taken_ids", {"child_id": ("VARCHAR", sorted(taken))})
    work.execute(f"""
        CREATE OR REPLACE TABLE new_identities AS
        SELECT now AS child, record_key, {_id_sql("record_key", "0")} AS child_id
        FROM first_records WHERE fate = 'new'
    """)
    clashing = work.execute("""
        SELECT child, record_key FROM new_identities
        WHERE child_id IN (FROM taken_ids) OR child_id IN (SELECT child_id FROM found_identities)
        UNION
        SELECT child, record_key FROM new_identities
        QUALIFY row_number() OVER (PARTITION BY child_id ORDER BY record_key) > 1
        ORDER BY record_key
    """).fetchall()
    again = [(child, record_key, mint(record_key, taken)) for child, record_key in clashing]
    put_table(
        work,
        "minted_again",
        {
            "child": ("BIGINT", [row[0] for row in again]),
            "record_key": ("BIGINT", [row[1] for row in again]),
            "child_id": ("VARCHAR", [row[2] for row in again]),
        },
    )
    work.execute("DELETE FROM new_identities WHERE child IN (SELECT child FROM minted_again)")
    work.execute("INSERT INTO new_identities SELECT child, record_key, child_id FROM minted_again")
    work.execute("INSERT INTO found_identities SELECT child, child_id FROM new_identities")
    work.execute("INSERT INTO found_events SELECT 'minted', child_id, record_key, NULL FROM new_identities")


def _tabulate(work: duckdb.DuckDBPyConnection, night_no: int) -> dict[str, int]:
    work.execute(f"""
        CREATE OR REPLACE TABLE {CHILDREN} AS
        SELECT placed.record_key, coalesce(child_id, child_fates.was) AS child_id
        FROM placed JOIN child_fates USING (now) LEFT JOIN found_identities ON child = now
    """)
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
    return dict(work.execute(f"SELECT event, count(*) FROM {EVENTS} GROUP BY event ORDER BY event").fetchall())
