"""Linkage against a deterministic join, on a county whose truth is known.

    python benchmarks/linkage.py HOME [HOME ...]

HOME is a county run up to its standardised records, with `truth/records.csv` and `truth/births.csv`. Prints and saves
(`benchmarks/linkage_<date>.json`) for each method: seconds, pairwise precision, recall and F1, and the share of
children, and of twins, whose records are one whole, unmixed cluster; and the ratios of rollcall to the join.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import numpy as np

from pipeline.home import LinkageSettings
from pipeline.linkage.default_model import LABELS, label
from pipeline.linkage.inputs import INPUT, fill_input, put_table, workshop
from pipeline.linkage.model import DEFAULT_MODEL, read_model
from pipeline.linkage.partition import RESOLVED, partition
from pipeline.linkage.resolve import components

# what an office links by without a model: numbers that agree, or a mother, a date and a sex that do
JOIN = (
    "l.certificate_no = r.certificate_no",
    "l.child_id_no = r.child_id_no",
    "l.mother_id_no = r.mother_id_no AND l.birth_date = r.birth_date AND l.child_sex = r.child_sex",
    "l.mother_name_std = r.mother_name_std AND l.birth_date = r.birth_date AND l.child_sex = r.child_sex "
    "AND l.village_code = r.village_code",
    "l.child_name_std = r.child_name_std AND l.birth_date = r.birth_date AND l.township_code = r.township_code",
)


def deterministic_join(work: duckdb.DuckDBPyConnection) -> None:
    """Records that a rule joins, and whoever they join, are one child."""
    rules = " UNION ".join(
        f"SELECT l.record_key, r.record_key FROM {INPUT} AS l JOIN {INPUT} AS r "
        f"ON {rule} AND l.record_key < r.record_key"
        for rule in JOIN
    )
    keys = np.asarray(work.execute(f"SELECT record_key FROM {INPUT} ORDER BY 1").fetchnumpy()["record_key"])
    joined = work.execute(f"SELECT a, b FROM ({rules}) AS joined (a, b)").fetchnumpy()
    found = components(len(keys), np.searchsorted(keys, joined["a"]), np.searchsorted(keys, joined["b"]))
    put_table(work, RESOLVED, {"record_key": ("BIGINT", keys), "child": ("BIGINT", keys[found])})


def rollcall(work: duckdb.DuckDBPyConnection) -> None:
    """The night's linkage with the model that ships."""
    partition(work, read_model(DEFAULT_MODEL), LinkageSettings())


def figures(work: duckdb.DuckDBPyConnection, births: Path) -> dict[str, float]:
    """Precision, recall, F1; exact children and twins."""
    work.execute(
        f"CREATE OR REPLACE TABLE judged AS SELECT labels.child, found.child AS linked "
        f"FROM {LABELS} AS labels JOIN {RESOLVED} AS found USING (record_key)"
    )
    inside, due, hit = (
        work.execute(f"SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n FROM judged GROUP BY {by})").fetchall()[
            0
        ][0]
        for by in ("linked", "child", "child, linked")
    )
    exact = work.execute(
        """
        WITH mixed AS (SELECT linked, count(DISTINCT child) > 1 AS is_mixed FROM judged GROUP BY linked),
        children AS (
            SELECT child, count(DISTINCT linked) = 1 AND NOT bool_or(is_mixed) AS is_exact
            FROM judged JOIN mixed USING (linked) GROUP BY child
        )
        SELECT avg(is_exact::INTEGER), avg(is_exact::INTEGER) FILTER (plurality <> '1')
        FROM children LEFT JOIN read_csv(?, all_varchar = true) AS births USING (child)
        """,
        [str(births)],
    ).fetchall()[0]
    precision, recall = hit / inside, hit / due
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall),
        "exact": exact[0],
        "exact_twins": exact[1],
    }


def measure(home: Path, method: Callable[[duckdb.DuckDBPyConnection], None]) -> dict[str, float]:
    """One method on one county."""
    con = duckdb.connect(":memory:", config={"threads": 2})
    con.execute(f"ATTACH '{home / 'warehouse' / 'warehouse.duckdb'}' AS warehouse (READ_ONLY)")
    with workshop(con) as work:
        records = fill_input(work)
        began = time.perf_counter()
        method(work)
        seconds = time.perf_counter() - began
        label(work, home / "truth")
        found = figures(work, home / "truth" / "births.csv")
    con.close()
    rounded = {name: round(value, 5) for name, value in found.items()}
    return {"records": records, "seconds": round(seconds, 3), **rounded}


def compared(home: Path) -> dict[str, object]:
    """Both methods on one county in one run, and what of the join's time and of its errors rollcall has."""
    ours, join = measure(home, rollcall), measure(home, deterministic_join)
    ratios = {
        "seconds": round(ours["seconds"] / max(join["seconds"], 0.001), 1),
        "1 - f1": round((1 - ours["f1"]) / (1 - join["f1"]), 4),
        "1 - exact": round((1 - ours["exact"]) / (1 - join["exact"]), 4),
    }
    return {"home": home.name, "rollcall": ours, "deterministic_join": join, "rollcall / join": ratios}


def main(arguments: Sequence[str]) -> None:
    """Measure every method on every home, one after another."""
    results = [compared(Path(argument)) for argument in arguments]
    for result in results:
        print(json.dumps(result))
    target = Path(__file__).parent / f"linkage_{dt.date.today():%Y-%m-%d}.json"
    target.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
