"""What is new, changed or gone since the night before, and whether the standing links still hold at all.

Belongs here: comparing tonight's records and review decisions with what the last night kept. Does not: what
follows from a difference (`identities/affected_records.py`), or keeping it (`kept_links.py`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.linkage.children.partition import DECISIONS
from pipeline.linkage.inputs import RECORDS, fingerprint_sql, input_sql
from pipeline.linkage.model.frozen_model import Model
from pipeline.settings.linkage import LinkageSettings
from pipeline.statements import Fragment, Statements

_STATEMENTS = Statements(__file__)
CHANGES, DECISIONS_CHANGED = "record_changes", "records_decided_anew"
CONSTRAINTS = "casework.link_constraints"
# with more than this share of the records new or changed, looking each up costs more than doing all again
LARGEST_SHARE = 0.3
# the modules of this package that decide weights and partition, each with the statements beside it
RULES_CODE = (
    "children/conflicts", "children/partition", "children/partition_search", "children/resolution",
    "identities/affected_records", "identities/changes", "inputs", "model/comparison_levels", "model/comparisons",
    "model/frozen_model", "pairs/blocking", "pairs/blocking_keys", "pairs/comparison_vectors", "pairs/first_look",
    "pairs/scoring", "review/expected_quality",
)  # fmt: skip
# and those that do where Spark finds and scores pairs
SPARK_CODE = ("pairs/spark_dialect", "pairs/spark_engine")
LINKAGE = Path(__file__).parents[1]
# tables of the last night that must be of one size, or its links are not whole
_TOGETHER = ("linkage.child_records", "linkage.record_states")


@dataclass(frozen=True)
class Changes:
    """How many records differ from the night before.

    Args:
        is_full: everything is scored again: there is nothing to build on, it was made under other rules, or most of
            the records differ.
        digest: what the rules are, as one hash.
        decided: records on which a review decision was made or taken back.
    """

    is_full: bool
    digest: str
    new: int
    changed: int
    gone: int
    decided: int

    @property
    def is_nothing(self) -> bool:
        """Nothing differs."""
        return not (self.is_full or self.new or self.changed or self.gone or self.decided)


def find_changes(work: duckdb.DuckDBPyConnection, model: Model, settings: LinkageSettings) -> Changes:
    """Fill the workshop's tables of changes and of review decisions.

    `record_changes` (record_key, place, fingerprint, kind): a row per record that is `new`, `changed` or `gone`; in a
    full rerun also those that are the `same`; `place` is its row among the standardised records. `review_decisions`
    holds tonight's; `records_decided_anew` the records (record_key) of those that the standing links did not obey
    yet, or obey no more.
    """
    digest = rules_digest(work, model, settings)
    kept = work.execute("SELECT digest FROM warehouse.linkage.state").fetchall()
    sizes = {work.execute(f"SELECT count(*) FROM warehouse.{name}").fetchall()[0][0] for name in _TOGETHER}
    is_full = kept != [(digest,)] or len(sizes) > 1
    counts = _find_records(work, is_full=is_full)
    if not is_full and counts["new"] + counts["changed"] > LARGEST_SHARE * sizes.pop():
        is_full = True
        counts = _find_records(work, is_full=True)
    _read_decisions(work)
    decided = work.execute(f"SELECT count(*) FROM {DECISIONS_CHANGED}").fetchall()[0][0]
    return Changes(is_full, digest, counts["new"], counts["changed"], counts["gone"], decided)


def rules_digest(work: duckdb.DuckDBPyConnection, model: Model, settings: LinkageSettings) -> str:
    """A hash of all that weights and partition depend on besides the records: the model, the settings, the
    code, and the engine, whose own hash function makes the fingerprints."""
    code = RULES_CODE if settings.engine == "duckdb" else (*RULES_CODE, *SPARK_CODE)
    parts = [model.version, settings.model_dump_json(), duckdb.__version__, fingerprint_sql(work), input_sql(RECORDS)]
    files = [(LINKAGE / name).with_suffix(suffix) for name in code for suffix in (".py", ".sql")]
    parts += [path.read_text(encoding="utf-8") for path in files if path.exists()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _find_records(work: duckdb.DuckDBPyConnection, *, is_full: bool) -> dict[str, int]:
    statement = _STATEMENTS.filled("record_changes", fingerprint=Fragment(fingerprint_sql(work)))
    work.execute(statement, {"is_full": is_full})
    counted = dict(work.execute(f"SELECT kind, count(*) FROM {CHANGES} GROUP BY kind").fetchall())
    return {kind: counted.get(kind, 0) for kind in ("new", "changed", "gone")}


def _read_decisions(work: duckdb.DuckDBPyConnection) -> None:
    schema, table = CONSTRAINTS.split(".")
    there = work.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE database_name = 'warehouse' AND schema_name = ? AND table_name = ?",
        [schema, table],
    ).fetchall()[0][0]
    columns = "record_key_l, record_key_r, is_same, entry"
    source = f"warehouse.{CONSTRAINTS}" if there else "warehouse.linkage.constraints_obeyed LIMIT 0"
    work.execute(f"CREATE OR REPLACE TABLE {DECISIONS} AS SELECT {columns} FROM {source}")
    work.execute(_STATEMENTS["records_decided_anew"])
