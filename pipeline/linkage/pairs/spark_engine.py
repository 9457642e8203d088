"""Finding and scoring all pairs on Spark: the same statements as DuckDB's, handed to a program of its own as files.

Belongs here: what the program is told and given, and taking its pairs back. Does not: the program, and how it is
started (`orchestration/spark`), or any rule (`pairs/blocking.py`, `model/comparisons.py`). Tables go both ways as
Parquet.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipeline.errors import RollcallError
from pipeline.linkage.inputs import INPUT, TERM_COLUMNS
from pipeline.linkage.model.frozen_model import Model
from pipeline.linkage.pairs.blocking import CANDIDATES, RULES
from pipeline.linkage.pairs.blocking_keys import KEYS, candidates_sql, keys_sql, put_keys
from pipeline.linkage.pairs.comparison_vectors import VECTORS, columns_compared, put_terms, vectors_sql
from pipeline.linkage.pairs.scoring import SCORED, create_scored, rule_name, scores_sql
from pipeline.linkage.pairs.spark_dialect import spark_sql

ORDER = "order.json"
_PREFIX = "spark-"


@dataclass(frozen=True)
class SparkEngine:
    """Finds and scores pairs on Spark.

    Args:
        temporary: a folder that no other account may read, where the tables lie meanwhile.
        run: runs the program on an order's file, and returns when its pairs are written.
    """

    temporary: Path
    run: Callable[[Path], None]

    def __call__(self, work: duckdb.DuckDBPyConnection, model: Model, at_least: float) -> None:
        """Fill the table of scored pairs, as `children.partition.on_duckdb` does.

        Raises:
            RollcallError: the program left no pairs.
        """
        # the standing keys are looked up by DuckDB on the nights after: they are of its hash
        put_keys(work, INPUT)
        put_terms(work, model)
        # what a night that was killed has left: it had the home's lock, as this one has
        for left in self.temporary.glob(f"{_PREFIX}*"):
            shutil.rmtree(left, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self.temporary))
        try:
            order = write_order(work, model, folder, at_least)
            self.run(folder / ORDER)
            _take(work, Path(order["outputs"][SCORED]))
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def write_order(work: duckdb.DuckDBPyConnection, model: Model, folder: Path, at_least: float | None) -> dict[str, Any]:
    """Write the linkage input, the names' frequencies and the order: which statements make the pairs of them."""
    described = {row[0]: row[1] for row in work.execute(f"DESCRIBE {INPUT}").fetchall()}
    read = _columns_read(list(described))
    tables = {INPUT: f"SELECT {', '.join(read)} FROM {INPUT}"}
    tables |= {f"terms_of_{column}": f"FROM terms_of_{column}" for column in TERM_COLUMNS}
    inputs = {name: folder / f"{name}.parquet" for name in tables}
    for name, query in tables.items():
        work.execute(f"COPY ({query}) TO '{_quoted(inputs[name])}' (FORMAT parquet)")
    dates = [column for column, kind in described.items() if kind == "DATE"]
    steps = {
        KEYS: keys_sql(INPUT),
        CANDIDATES: candidates_sql(KEYS),
        VECTORS: vectors_sql(model, CANDIDATES, INPUT, read, kept="rule"),
        SCORED: scores_sql(model, VECTORS, rule=rule_name("rule"), at_least=at_least),
    }
    order = {
        "inputs": {name: str(path) for name, path in inputs.items()},
        "statements": {name: spark_sql(sql, dates) for name, sql in steps.items()},
        "outputs": {name: str(folder / name) for name in steps},
        "scratch": str(folder / "scratch"),
    }
    (folder / ORDER).write_text(json.dumps(order, ensure_ascii=False, indent=1), encoding="utf-8")
    return order


def _columns_read(available: list[str]) -> list[str]:
    """The key, and what rules and comparisons read: nothing else leaves the warehouse."""
    wanted = {"record_key", *columns_compared(available), *TERM_COLUMNS}
    wanted |= {column for rule in RULES for column in (*rule.columns, *rule.explode)}
    return [column for column in available if column in wanted]


def _take(work: duckdb.DuckDBPyConnection, output: Path) -> None:
    if not any(output.glob("*.parquet")):
        raise RollcallError("The Spark job left no pairs.", "Run the night again, or set linkage.engine: duckdb.")
    create_scored(work)
    work.execute(f"INSERT INTO {SCORED} BY NAME FROM read_parquet('{_quoted(output)}/*.parquet')")


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
