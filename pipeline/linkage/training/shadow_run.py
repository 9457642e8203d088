"""A kept model beside the one in use, on the same records: what it would change.

Belongs here: linking with both in the workshop, and writing what differs. Does not: the comparison of two partitions
(`training/partition_differences.py`), learning (`training/county_model.py`). Nothing of it is kept in the warehouse.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipeline.errors import RollcallError
from pipeline.home import Home
from pipeline.linkage.children.partition import DECISIONS, RESOLVED, partition
from pipeline.linkage.inputs import INPUT, fill_input, workshop
from pipeline.linkage.model.frozen_model import Model, model_in_use, model_named
from pipeline.linkage.training.partition_differences import Diff, diff
from pipeline.whole_files import write_whole

# by stratum: SQL over a record of the linkage input
STRATA = {
    "multiple_births": "coalesce(plurality > 1 OR birth_rank > 1, false)",
    "placeholder_names": "coalesce(is_placeholder, false)",
    "missing_mother_id": "mother_id_no IS NULL",
}
LIST_COLUMNS = ("old_child", "new_child", "is_moved", "feed", "record_no", "unit_code", "period")


@dataclass(frozen=True)
class Trial:
    """What a model would change.

    Args:
        model_version, against: the model that was tried, and the one in use.
        summary: the file of counts, in the archive.
        records: the restricted list of the records concerned, in casework.
    """

    model_version: str
    against: str
    diff: Diff
    summary: Path
    records: Path


def try_model(con: duckdb.DuckDBPyConnection, home: Home, version: str) -> Trial:
    """Link all current records with the model in use and with another, and write the difference.

    Args:
        con: the warehouse, in use; nothing of it is changed.
        version: of a kept model.

    Raises:
        RollcallError: there is no such model, it is the one in use, or there are no records.
    """
    tried, used = model_named(home, version), model_in_use(home)
    if tried.version == used.version:
        raise RollcallError(f"The model {version} is the one in use: there is nothing to compare.")
    with workshop(con) as work:
        if not fill_input(work):
            raise RollcallError("There are no records to link.", "Run a night first: rollcall run")
        work.execute(
            f"CREATE OR REPLACE TABLE {DECISIONS} AS "
            "SELECT record_key_l, record_key_r, is_same, entry FROM warehouse.casework.link_constraints"
        )
        old, new = _linked(work, home, used), _linked(work, home, tried)
        feeds = dict(work.execute(f"SELECT record_key, feed FROM {INPUT}").fetchall())
        strata = {
            name: {key for (key,) in work.execute(f"SELECT record_key FROM {INPUT} WHERE {condition}").fetchall()}
            for name, condition in STRATA.items()
        }
        found = diff(old, new, feeds, strata)
        lines = list(_lines(work, found))
    summary = home.models / f"{version}.shadow.json"
    write_whole(summary, json.dumps(as_counts(found, version, used.version), indent=1) + "\n")
    records = home.casework / "models" / f"{version}.shadow.csv"
    write_whole(records, _csv(lines))
    return Trial(version, used.version, found, summary, records)


def as_counts(found: Diff, version: str, against: str) -> dict[str, Any]:
    """The difference in counts alone: no record and no child is named."""
    return {
        "model": version,
        "against": against,
        "overall": asdict(found.overall),
        "strata": {name: asdict(counts) for name, counts in sorted(found.strata.items())},
        "register_pairs": {
            f"{left}:{right}": {"pairs_gained": gained, "pairs_lost": lost}
            for (left, right), (gained, lost) in found.register_pairs.items()
        },
    }


def _linked(work: duckdb.DuckDBPyConnection, home: Home, model: Model) -> dict[int, int]:
    partition(work, model, home.settings.linkage)
    return dict(work.execute(f"SELECT record_key, child FROM {RESOLVED} ORDER BY record_key").fetchall())


def _lines(work: duckdb.DuckDBPyConnection, found: Diff) -> Iterator[tuple[object, ...]]:
    """A line per record of a child that changed; children are numbered, since a trial mints no identity."""
    keys = [one.record for one in found.changed]
    named = {
        key: rest
        for key, *rest in work.execute(
            f"SELECT record_key, feed, record_no, unit_code, period FROM {INPUT} "
            "WHERE record_key IN (SELECT unnest($keys::BIGINT[]))",
            {"keys": keys},
        ).fetchall()
    }
    old_numbers: dict[int, int] = {}
    new_numbers: dict[int, int] = {}
    for one in found.changed:
        old_child = old_numbers.setdefault(one.old, len(old_numbers) + 1)
        new_child = new_numbers.setdefault(one.new, len(new_numbers) + 1)
        yield f"old-{old_child}", f"new-{new_child}", "yes" if one.is_moved else "no", *named[one.record]


def _csv(lines: list[tuple[object, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(LIST_COLUMNS)
    writer.writerows(lines)
    return text.getvalue()
