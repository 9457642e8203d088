"""The nightly increment against a full rerun of the same night: cost, and that every row is the same.

    python benchmarks/increment.py [--records 1000000] [--new 30000] [--large] [--county FILE]

Of a synthetic county (`counties.py`) the records that arrived last are held back, and the others linked. Then they
arrive; a hundredth as many are revised, a three-hundredth withdrawn. That night is run twice, on copies of one
warehouse, each in a process of its own: as nights are, and as a full rerun with the same frozen model. All tables of
schema `linkage` are compared row by row. Prints both costs and their ratio, and saves them in
`benchmarks/increment_<date>.json` and `docs/benchmarks.md`. Seconds are of `link`, of the clock and of the processor,
with libraries imported; peak memory is of the process.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

HERE = Path(__file__).parent
if __name__ == "__main__":
    # also when run as a script, its neighbours are found as a package
    sys.path.insert(0, str(HERE.parent))

from benchmarks.pages import write_page  # noqa: E402
from benchmarks.recordlinkage_ecm import peak_mb  # noqa: E402
from pipeline.home import Home  # noqa: E402
from pipeline.linkage import link  # noqa: E402
from pipeline.warehouse import open_warehouse  # noqa: E402

RECORDS = "intermediate.int_records_standardised"
COMPARED = ("pairs", "child_records", "record_states", "identity_events", "quality_sums", "constraints_obeyed", "state")
LARGE = 5_000_000
COUNTY_YAML = 'county_code: "999900"\nname: 测试县\n'


def standing_home(county: Path, root: Path, records: int, new: int) -> Home:
    """A home whose records were linked, and which has got new, revised and withdrawn ones since.

    Args:
        county: a DuckDB file with standardised records, at least `records + new`.
    """
    (root / "reference").mkdir(parents=True)
    (root / "reference" / "county.yaml").write_text(COUNTY_YAML, encoding="utf-8")
    home = Home(root)
    with open_warehouse(home) as con:
        con.execute(f"ATTACH '{county}' AS county (READ_ONLY)")
        con.execute("CREATE SCHEMA IF NOT EXISTS intermediate")
        con.execute(f"""
            CREATE TEMP TABLE arrivals AS
            SELECT record_key, row_number() OVER (ORDER BY revision_id, row_no, record_key) AS place
            FROM county.{RECORDS} WHERE NOT coalesce(is_stillbirth, false)
        """)
        count = con.execute("SELECT count(*) FROM arrivals").fetchall()[0][0]
        first, last = max(count - records - new, 0), count - new
        con.execute(f"""
            CREATE TABLE {RECORDS} AS FROM county.{RECORDS}
            SEMI JOIN (FROM arrivals WHERE place > {first} AND place <= {last}) USING (record_key)
        """)
        link(con, home, 1, "N0001")
        con.execute(f"""
            INSERT INTO {RECORDS} FROM county.{RECORDS}
            SEMI JOIN (FROM arrivals WHERE place > {last}) USING (record_key)
        """)
        con.execute(
            f"UPDATE {RECORDS} SET phone = NULL, birth_weight_g = 3333 WHERE record_key IN "
            f"(SELECT record_key FROM arrivals WHERE place <= {last} ORDER BY hash(place) LIMIT {new // 100})"
        )
        con.execute(f"DELETE FROM {RECORDS} WHERE record_key IN (SELECT record_key FROM arrivals "
                    f"WHERE place <= {last} ORDER BY hash(place, 1) LIMIT {new // 300})")  # fmt: skip
        con.execute("CHECKPOINT warehouse")
    return home


def one_night(root: Path) -> dict[str, float]:
    """Run the second night of a home; what it cost."""
    # libraries are loaded before the clock starts: a night loads them once, whatever its size
    for library in ("scipy.optimize", "scipy.sparse.csgraph", "splink.backends.duckdb"):
        importlib.import_module(library)
    home = Home(root)
    with open_warehouse(home) as con:
        began, spent = time.perf_counter(), time.process_time()
        summary = link(con, home, 2, "N0002")
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - spent
    return {
        "seconds": round(seconds, 3),
        "cpu_seconds": round(cpu_seconds, 3),
        "peak_mb": peak_mb(),
        "records": summary.records,
        "records_new": summary.records_new,
        "records_changed": summary.records_changed,
        "records_gone": summary.records_gone,
        "records_scored": summary.records_scored,
        "records_touched": summary.records_touched,
        "pairs": summary.pairs,
        "is_full": summary.is_full,
    }


def in_process(root: Path) -> dict[str, float]:
    """`one_night` in a process of its own, so that its memory is its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--night", str(root)], check=True, capture_output=True, text=True, cwd=HERE.parent
    )
    return json.loads(done.stdout.splitlines()[-1])


def differing_rows(one: Home, other: Home) -> dict[str, int]:
    """By table, the rows that are in one home and not in the other."""
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{one.warehouse_file}' AS one (READ_ONLY)")
        con.execute(f"ATTACH '{other.warehouse_file}' AS other (READ_ONLY)")
        return {
            table: con.execute(
                f"SELECT count(*) FROM ((FROM one.linkage.{table} EXCEPT ALL FROM other.linkage.{table}) "
                f"UNION ALL (FROM other.linkage.{table} EXCEPT ALL FROM one.linkage.{table}))"
            ).fetchall()[0][0]
            for table in COMPARED
        }


def measure(records: int, new: int, county: Path | None = None) -> dict[str, object]:
    """Cost of the increment and of the full rerun, and the rows in which they differ."""
    if county is None:
        from benchmarks.counties import copied_county, standardised_county

        county = copied_county(records + new) if records >= LARGE else standardised_county(records)
        with duckdb.connect(str(county), read_only=True) as con:
            there = con.execute(f"SELECT count(*) FROM {RECORDS} WHERE NOT coalesce(is_stillbirth, false)")
            # a county's size is planned by its births, so it is a few per cent more or less
            records = min(records, there.fetchall()[0][0] - new)
    with tempfile.TemporaryDirectory() as folder:
        night = standing_home(county, Path(folder) / "night", records, new)
        shutil.copytree(night.root, Path(folder) / "full")
        full = Home(Path(folder) / "full")
        with open_warehouse(full) as con:
            # without the rules under which the standing links were made, all is done again
            con.execute("DELETE FROM linkage.state")
        costs = {"increment": in_process(night.root), "full": in_process(full.root)}
        differing = differing_rows(night, full)
    ratios = {
        key: round(costs["full"][key] / costs["increment"][key], 2) for key in ("seconds", "cpu_seconds", "peak_mb")
    }
    return {"records": records, "new": new, **costs, "full / increment": ratios, "differing_rows": differing}


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--new", type=int, default=30_000)
    parser.add_argument("--large", action="store_true", help=f"also on {LARGE:,} records")
    parser.add_argument("--county", type=Path, help="a DuckDB file of standardised records, instead of making one")
    parser.add_argument("--unsaved", action="store_true", help="print only")
    parser.add_argument("--night", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.night:
        print(json.dumps(one_night(asked.night)))
        return
    results = []
    for records in (asked.records, *([LARGE] if asked.large else [])):
        results.append(measure(records, asked.new, asked.county))
        print(json.dumps(results[-1], indent=1))
    if not asked.unsaved:
        target = HERE / f"increment_{dt.date.today():%Y-%m-%d}.json"
        target.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        write_page()


if __name__ == "__main__":
    main()
