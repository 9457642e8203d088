"""Linkage against its peers on the same synthetic counties: time, memory, and how right the links are.

    python -m benchmarks.linkage [--records 10000 100000 1000000] [--methods ...] [--limit SECONDS] [--folder DIR]

Methods run one after another, each in a process of its own, from the county's standardised records on disk to a child
for every record; libraries are loaded before the clock starts. Two threads each. Seconds are of the clock and of the
processor (the latter hold on a busy machine); memory is the most that the process held. A method that does not finish
within the limit is said not to have, and is left out at larger sizes.

Prints and saves `benchmarks/linkage_<date>.json` and `docs/benchmarks.md`. Belongs here: whole linkages. Does not: a
night on top of others (`increment.py`), many counties (`accuracy.py`).
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib
import itertools
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from benchmarks.counties import standardised_county
from benchmarks.linkage_figures import SOURCE, figures, pairs_compared
from benchmarks.pages import write_page
from benchmarks.recordlinkage_ecm import COLUMNS as ECM_COLUMNS
from benchmarks.recordlinkage_ecm import peak_mb
from benchmarks.splink_tutorial import CLUSTER_PROBABILITY
from pipeline.home import PROJECT
from pipeline.linkage.children.partition import MISSING, RESOLVED, partition
from pipeline.linkage.children.resolution import components
from pipeline.linkage.inputs import INPUT, fill_input, put_table, workshop
from pipeline.linkage.model.frozen_model import DEFAULT_MODEL, read_model
from pipeline.linkage.pairs.blocking import CANDIDATES
from pipeline.linkage.pairs.blocking_keys import find_candidates
from pipeline.linkage.pairs.scoring import compare
from pipeline.settings.linkage import LinkageSettings

SIZES = (10_000, 100_000, 1_000_000)
LIMIT_SECONDS = 1_800
THREADS = 2
OURS, FLOOR = "rollcall", "floor"
RATIOS = ("seconds", "cpu_seconds", "peak_mb", "1 - f1", "1 - exact", "1 - exact_twins")
ECM_PYTHON = PROJECT / ".venv-bench" / "bin" / "python"
LIBRARIES = ("pyarrow", "scipy.optimize", "scipy.sparse.csgraph")
SPLINK_LIBRARIES = ("splink.backends.duckdb", "splink.comparison_library")
# what an office links by without a model: numbers that agree, or a mother, a date and a sex that do
JOIN = (
    "l.certificate_no = r.certificate_no",
    "l.child_id_no = r.child_id_no",
    "l.mother_id_no = r.mother_id_no AND l.birth_date = r.birth_date AND l.child_sex = r.child_sex",
    "l.mother_name_std = r.mother_name_std AND l.birth_date = r.birth_date AND l.child_sex = r.child_sex "
    "AND l.village_code = r.village_code",
    "l.child_name_std = r.child_name_std AND l.birth_date = r.birth_date AND l.township_code = r.township_code",
)


def rollcall(work: duckdb.DuckDBPyConnection) -> str:
    """The night's linkage with the model that ships."""
    fill_input(work)
    partition(work, read_model(DEFAULT_MODEL), LinkageSettings())
    return RESOLVED


def floor(work: duckdb.DuckDBPyConnection) -> str:
    """What no linkage by these rules can go below: reading the records and joining the keys; no pair is compared."""
    fill_input(work)
    find_candidates(work, table=INPUT)
    work.execute(f"CREATE OR REPLACE VIEW {RESOLVED} AS SELECT record_key, record_key AS child FROM {INPUT}")
    return RESOLVED


def splink_frozen(work: duckdb.DuckDBPyConnection) -> str:
    """Splink given rollcall's rules, comparisons and model: nothing is learned, and what it links is one child."""
    fill_input(work)
    found = compare(work, read_model(DEFAULT_MODEL), pairs=find_candidates(work, table=INPUT))
    heavy = f"SELECT record_key_l, record_key_r FROM {found} WHERE match_probability >= {CLUSTER_PROBABILITY}"
    return _connected(work, INPUT, heavy)


def splink(work: duckdb.DuckDBPyConnection) -> str:
    """Splink by its getting-started page."""
    from benchmarks.splink_tutorial import link

    return link(work, SOURCE)


def splink_tighter(work: duckdb.DuckDBPyConnection) -> str:
    """The same with the date of birth beside every name that it blocks on."""
    from benchmarks.splink_tutorial import link

    return link(work, SOURCE, date_beside_names=True)


def deterministic_join(work: duckdb.DuckDBPyConnection) -> str:
    """Records that a rule joins, and whoever they join, are one child."""
    work.execute(f"CREATE OR REPLACE TABLE join_records AS FROM {SOURCE}")
    rules = " UNION ".join(
        f"SELECT l.record_key, r.record_key FROM join_records AS l JOIN join_records AS r "
        f"ON {rule} AND l.record_key < r.record_key"
        for rule in JOIN
    )
    return _connected(work, "join_records", rules)


def _connected(work: duckdb.DuckDBPyConnection, records: str, pairs: str) -> str:
    """Whoever the pairs connect is one child: a table (record_key, child)."""
    keys = np.asarray(work.execute(f"SELECT record_key FROM {records} ORDER BY 1").fetchnumpy()["record_key"])
    joined = work.execute(f"SELECT a, b FROM ({pairs}) AS joined (a, b)").fetchnumpy()
    found = components(len(keys), np.searchsorted(keys, joined["a"]), np.searchsorted(keys, joined["b"]))
    put_table(work, RESOLVED, {"record_key": ("BIGINT", keys), "child": ("BIGINT", keys[found])})
    return RESOLVED


IN_DUCKDB: dict[str, Callable[[duckdb.DuckDBPyConnection], str]] = {
    OURS: rollcall,
    "splink": splink,
    "splink_tighter": splink_tighter,
    "splink_frozen": splink_frozen,
    FLOOR: floor,
    "deterministic_join": deterministic_join,
}
METHODS = (OURS, FLOOR, "splink", "splink_tighter", "splink_frozen", "recordlinkage_ecm", "deterministic_join")


def one_method(method: str, county: Path, target: Path) -> dict[str, float]:
    """Run a method of `IN_DUCKDB` in this process; writes (record_key, child); what it cost."""
    for library in (*LIBRARIES, *(SPLINK_LIBRARIES if "splink" in method else ())):
        importlib.import_module(library)
    with duckdb.connect(":memory:", config={"threads": THREADS, "preserve_insertion_order": False}) as con:
        con.execute(f"ATTACH '{county}' AS warehouse (READ_ONLY)")
        with workshop(con) as work:
            began, spent = time.perf_counter(), time.process_time()
            children = IN_DUCKDB[method](work)
            seconds, cpu_seconds, peak = time.perf_counter() - began, time.process_time() - spent, peak_mb()
            work.execute(f"COPY (SELECT record_key, child FROM {children}) TO '{target}' (FORMAT parquet)")
            compared = [name for name in (CANDIDATES, MISSING) if name in _tables(work)]
            pairs = sum(work.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0] for name in compared)
    cost = {"seconds": round(seconds, 2), "cpu_seconds": round(cpu_seconds, 2), "peak_mb": peak}
    return cost | ({"pairs": pairs} if compared else {})


def _tables(work: duckdb.DuckDBPyConnection) -> set[str]:
    return {row[0] for row in work.execute("SELECT table_name FROM duckdb_tables()").fetchall()}


def measure(method: str, county: Path, limit: float) -> dict[str, Any]:
    """One method on one county: cost and figures, or that it did not finish."""
    with tempfile.TemporaryDirectory() as folder:
        target, records = Path(folder) / "children.parquet", Path(folder) / "records.parquet"
        call = [sys.executable, "-m", "benchmarks.linkage", "--one", method, str(county), str(target)]
        if method not in IN_DUCKDB:
            if not ECM_PYTHON.exists():
                return {"not_run": "its environment is absent: make bench creates it"}
            with duckdb.connect() as con:
                con.execute(f"ATTACH '{county}' AS warehouse (READ_ONLY)")
                columns = ", ".join(("record_key", *ECM_COLUMNS))
                con.execute(f"COPY (SELECT {columns} FROM {SOURCE}) TO '{records}' (FORMAT parquet)")
            call = [str(ECM_PYTHON), f"benchmarks/{method}.py", str(records), str(target)]
        try:
            done = subprocess.run(call, cwd=PROJECT, check=False, capture_output=True, text=True, timeout=limit)
        except subprocess.TimeoutExpired:
            return {"not_finished_within_seconds": limit}
        if done.returncode:
            # names of the failure only: a message may show values
            return {"failed": (done.stderr.strip().splitlines() or ["killed"])[-1].split(":")[0]}
        cost = json.loads(done.stdout.splitlines()[-1])
        return {**cost, **pairs_compared(method, county), **({} if method == FLOOR else figures(county, target))}


def ratios(ours: dict[str, Any], other: dict[str, Any]) -> dict[str, float]:
    """What rollcall takes of the other's time and memory, and what it has of the other's errors."""

    def value(of: dict[str, Any], name: str) -> float:
        return 1 - of[name.removeprefix("1 - ")] if name.startswith("1 - ") else of[name]

    if "seconds" not in ours or "seconds" not in other:
        return {}
    # the floor links nothing
    known = [name for name in RATIOS if name.removeprefix("1 - ") in other]
    return {name: round(value(ours, name) / max(value(other, name), 1e-5), 5) for name in known}


def exponents(sizes: list[dict[str, Any]]) -> dict[str, float]:
    """By step from one size to the next, the power of the size that rollcall's processor seconds grow with."""
    found = {}
    for one, other in itertools.pairwise(sizes):
        small, large = (size["methods"].get(OURS, {}) for size in (one, other))
        if "records" in small and "records" in large:
            growth = math.log(large["cpu_seconds"] / small["cpu_seconds"]) / math.log(
                large["records"] / small["records"]
            )
            found[f"{one['asked']} to {other['asked']}"] = round(growth, 3)
    return found


def compared(asked: argparse.Namespace) -> dict[str, Any]:
    """Every method on every size."""
    sizes: list[dict[str, Any]] = []
    late: set[str] = set()
    for records in sorted(asked.records):
        county = standardised_county(records, asked.folder / str(records) if asked.folder else None)
        methods = {}
        for method in asked.methods:
            found = {"not_run": "it did not finish at a smaller size"}
            if method not in late:
                found = measure(method, county, asked.limit)
            if "not_finished_within_seconds" in found:
                late.add(method)
            methods[method] = found
            print(f"{records:,} {method}: {json.dumps(found)}", flush=True)
        ours = methods.get(OURS, {})
        others = {name: ratios(ours, found) for name, found in methods.items() if name != OURS}
        sizes.append({"asked": records, "methods": methods, "rollcall / other": others})
    return {
        "date": dt.date.today().isoformat(),
        "model": read_model(DEFAULT_MODEL).version,
        "threads": THREADS,
        "limit_seconds": asked.limit,
        "sizes": sizes,
        "scaling_exponents": exponents(sizes),
    }


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--limit", type=float, default=LIMIT_SECONDS, help="seconds that a method may take")
    parser.add_argument("--folder", type=Path, help="where the counties are kept; by default build/counties")
    parser.add_argument("--unsaved", action="store_true", help="print only")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        method, county, target = asked.one
        print(json.dumps(one_method(method, Path(county), Path(target))))
        return
    result = compared(asked)
    print(json.dumps({"scaling_exponents": result["scaling_exponents"]}))
    if not asked.unsaved:
        target = Path(__file__).parent / f"linkage_{result['date']}.json"
        target.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        write_page()


if __name__ == "__main__":
    main()
