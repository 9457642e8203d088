"""What is known of a linkage once it is done: how right it is, and how many pairs its rules brought together.

Belongs here: figures against a county's truth. Does not: running a method, or its cost (`linkage.py`).
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from benchmarks.recordlinkage_ecm import BLOCKS as ECM_BLOCKS
from benchmarks.splink_tutorial import blocks
from pipeline.linkage.inputs import INPUT, RECORDS
from pipeline.linkage.training.default_model import LABELS, label

SOURCE = f"(FROM warehouse.{RECORDS} WHERE NOT coalesce(is_stillbirth, false))"
# columns that a method's pairs agree on, by rule
BLOCKS = {
    "splink": blocks(date_beside_names=False),
    "splink_tighter": blocks(date_beside_names=True),
    "recordlinkage_ecm": ECM_BLOCKS,
}


def pairs_compared(method: str, county: Path) -> dict[str, int]:
    """How many pairs a method's rules bring together, each once; empty where `BLOCKS` does not have the method."""
    if method not in BLOCKS:
        return {}
    rules = " UNION ".join(
        f"SELECT l.record_key, r.record_key FROM records AS l JOIN records AS r USING ({', '.join(rule)}) "
        "WHERE l.record_key < r.record_key"
        for rule in BLOCKS[method]
    )
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{county}' AS warehouse (READ_ONLY)")
        con.execute(f"CREATE VIEW records AS FROM {SOURCE}")
        return {"pairs": con.execute(f"SELECT count(*) FROM ({rules})").fetchall()[0][0]}


def figures(county: Path, children: Path) -> dict[str, float]:
    """Precision, recall, F1 of pairs; the share of children, and of twins, that are one whole, unmixed cluster."""
    truth = county.parent / "truth"
    with duckdb.connect() as work:
        work.execute(f"ATTACH '{county}' AS warehouse (READ_ONLY)")
        work.execute(f"CREATE TABLE {INPUT} AS SELECT record_key, feed, record_no FROM {SOURCE}")
        label(work, truth)
        work.execute(
            f"CREATE TABLE judged AS SELECT labels.child, found.child AS linked "
            f"FROM {LABELS} AS labels JOIN '{children}' AS found USING (record_key)"
        )
        records = work.execute("SELECT count(*) FROM judged").fetchall()[0][0]
        inside, due, hit = (
            work.execute(
                f"SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n FROM judged GROUP BY {by})"
            ).fetchall()[0][0]
            for by in ("linked", "child", "child, linked")
        )
        exact, exact_twins = work.execute(
            """
            WITH mixed AS (SELECT linked, count(DISTINCT child) > 1 AS is_mixed FROM judged GROUP BY linked),
            children AS (
                SELECT child, count(DISTINCT linked) = 1 AND NOT bool_or(is_mixed) AS is_exact
                FROM judged JOIN mixed USING (linked) GROUP BY child
            )
            SELECT avg(is_exact::INTEGER), avg(is_exact::INTEGER) FILTER (plurality <> '1')
            FROM children LEFT JOIN read_csv(?, all_varchar = true) AS births USING (child)
            """,
            [str(truth / "births.csv")],
        ).fetchall()[0]
    precision, recall = hit / inside, hit / due
    found = {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall),
        "exact": exact,
        "exact_twins": exact_twins,
    }
    return {"records": records, **{name: round(value, 5) for name, value in found.items()}}
