"""One night of linkage: score with the frozen model, resolve, carry identities forward, write.

Belongs here: the order of the steps and the one transaction at the end. Does not: any step's own rules.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from pipeline.home import Home
from pipeline.linkage import identities, quality
from pipeline.linkage.inputs import WORKSHOP, fill_input, workshop
from pipeline.linkage.model import model_in_use
from pipeline.linkage.partition import PAIRS, partition
from pipeline.warehouse import transaction


@dataclass(frozen=True)
class LinkSummary:
    """What a night's linkage did.

    Args:
        records, children, pairs: as they are now.
        records_new, records_changed, records_gone: against the night before.
        events: identity events of this night, by event.
        model_version: the model that was used.
    """

    records: int
    records_new: int
    records_changed: int
    records_gone: int
    pairs: int
    children: int
    events: dict[str, int]
    model_version: str


def link(con: duckdb.DuckDBPyConnection, home: Home, night_no: int, run_id: str) -> LinkSummary:
    """Link all current records, and write `linkage.pairs, child_records, identity_events, quality`.

    The partition depends on the records and the model alone. Nothing is learned. Run again on the same records it
    adds no event.

    Args:
        con: the warehouse, in use.
        night_no: the number of the night, ascending.
        run_id: the run under which quality is kept.

    Raises:
        RollcallError: the model cannot be read.
    """
    model, settings = model_in_use(home), home.settings.linkage
    with workshop(con) as work:
        fill_input(work)
        partition(work, model, settings)
        change = identities.carry_forward(work, night_no)
        quality.measure(work)
        with transaction(con):
            _write_pairs(con, settings.keep_probability)
            identities.write(con)
            quality.write(con, run_id)
        counts = con.execute("""
            SELECT (SELECT count(*) FROM linkage.child_records), (SELECT count(*) FROM linkage.pairs),
                (SELECT count(DISTINCT child_id) FROM linkage.child_records)
        """).fetchall()[0]
    records, pairs, children = counts
    return LinkSummary(
        records=records,
        records_new=change.records_new,
        records_changed=change.records_changed,
        records_gone=change.records_gone,
        pairs=pairs,
        children=children,
        events=change.events,
        model_version=model.version,
    )


def _write_pairs(con: duckdb.DuckDBPyConnection, keep_probability: float) -> None:
    children = f"{WORKSHOP}.{identities.CHILDREN}"
    con.execute("DELETE FROM linkage.pairs")
    con.execute(
        f"""
        INSERT INTO linkage.pairs
        SELECT record_key_l, record_key_r, match_weight, match_probability, blocking_rule
        FROM {WORKSHOP}.{PAIRS}
        JOIN {children} AS a ON a.record_key = record_key_l
        JOIN {children} AS b ON b.record_key = record_key_r
        WHERE match_probability >= ? OR a.child_id = b.child_id
        ORDER BY record_key_l, record_key_r
        """,
        [keep_probability],
    )
