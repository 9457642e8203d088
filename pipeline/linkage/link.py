"""One night of linkage: score with the frozen model, resolve, carry identities forward, write.

Belongs here: the order of the steps and the one transaction at the end. Does not: any step's own rules.

A night scores what is new or changed and solves what that touches. What it leaves is what a full rerun on the same
records would leave, row by row, but for ids, which follow the sequence of nights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.errors import UsageError
from pipeline.home import Home
from pipeline.linkage import kept_links
from pipeline.linkage.children.partition import Engine, on_duckdb, partition, solve
from pipeline.linkage.identities import child_ids
from pipeline.linkage.identities.affected_records import take_all, take_touched
from pipeline.linkage.identities.changes import find_changes
from pipeline.linkage.inputs import workshop
from pipeline.linkage.model.frozen_model import model_in_use
from pipeline.linkage.pairs.spark_engine import SparkEngine
from pipeline.linkage.review import expected_quality
from pipeline.warehouse import transaction


@dataclass(frozen=True)
class LinkSummary:
    """What a night's linkage did.

    Args:
        records, children, pairs: as they are now.
        records_new, records_changed, records_gone: against the night before.
        events: identity events of this night, by event.
        model_version: the model that was used.
        is_full: all records were scored: the first night, or one under another model, other settings or other code.
        records_scored: compared with all others.
        records_touched: whose component was solved again.
    """

    records: int
    records_new: int
    records_changed: int
    records_gone: int
    pairs: int
    children: int
    events: dict[str, int]
    model_version: str
    is_full: bool
    records_scored: int
    records_touched: int


def link(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    night_no: int,
    run_id: str,
    run_spark: Callable[[Path], None] | None = None,
) -> LinkSummary:
    """Link all current records: bring the tables of schema `linkage` up to now.

    The partition depends on the records, the model and the review decisions alone. Nothing is learned. Run again on
    the same records it adds no event.

    Args:
        con: the warehouse, in use.
        night_no: the number of the night, ascending.
        run_id: the run under which quality is kept.
        run_spark: runs the Spark job on an order's file, where the setting `linkage.engine` asks for it: when all
            records are scored. The few of a night's increment are looked up and scored in DuckDB.

    Raises:
        RollcallError: the model cannot be read, or the Spark job failed.
    """
    model, settings = model_in_use(home), home.settings.linkage
    engine = _engine(home, run_spark)
    with workshop(con) as work:
        changes = find_changes(work, model, settings)
        events: dict[str, int] = {}
        scored = touched = 0
        if changes.is_full:
            scored = touched = take_all(work)
            partition(work, model, settings, engine)
        elif not changes.is_nothing:
            scored, touched = take_touched(work, model, settings)
            solve(work, model, settings)
        if not changes.is_nothing:
            events = child_ids.carry_forward(work, night_no)
            kept_links.put_states(work, is_full=changes.is_full)
            expected_quality.measure(work, is_full=changes.is_full)
            if not changes.is_full:
                kept_links.find_differing(work)
        with transaction(con):
            if not changes.is_nothing:
                kept_links.write(con, changes, model.version)
                expected_quality.keep(con)
            expected_quality.write(con, run_id)
        records, pairs = con.execute("""
            SELECT (SELECT count(*) FROM linkage.child_records), (SELECT count(*) FROM linkage.pairs)
        """).fetchall()[0]
        children = con.execute("SELECT clusters FROM linkage.quality_sums WHERE stratum = 'overall'").fetchall()
    return LinkSummary(
        records=records,
        records_new=changes.new,
        records_changed=changes.changed,
        records_gone=changes.gone,
        pairs=pairs,
        children=children[0][0] if children else 0,
        events=events,
        model_version=model.version,
        is_full=changes.is_full,
        records_scored=scored,
        records_touched=touched,
    )


def _engine(home: Home, run_spark: Callable[[Path], None] | None) -> Engine:
    if home.settings.linkage.engine == "duckdb":
        return on_duckdb
    if run_spark is None:
        raise UsageError("linkage.engine is spark, which only a night can start.", "Run: rollcall run")
    return SparkEngine(home.temporary, run_spark)
