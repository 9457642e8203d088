"""Whether Spark finds, weighs and links what DuckDB does, on a synthetic county's records; prints a table.

    python -m benchmarks.spark_agreement [--records 10000]

Belongs here: linking one county with both engines, and counting where they differ. Does not: the engines. The county is
made the first time and kept (`counties.py`). Seconds are of `link` as a whole, by the clock, with Java's start in them.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks.counties import TABLE, standardised_county
from pipeline.home import Home
from pipeline.linkage import link
from pipeline.orchestration.spark.launch import prepared, require
from pipeline.warehouse import open_warehouse

COUNTY_YAML = 'county_code: "999900"\nname: 测试县\nlinkage:\n  engine: {}\n'
# bits between two weights of one pair that are told apart
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Agreement:
    """What two engines made of the same records.

    Args:
        records: of the county.
        pairs: that DuckDB kept.
        only_duckdb, only_spark: kept by one engine alone.
        apart: pairs of both whose weights differ by more than `TOLERANCE`.
        largest: the largest difference of a weight, in bits.
        same_child: records whose child has the same records under both.
        seconds: by engine.
    """

    records: int
    pairs: int
    only_duckdb: int
    only_spark: int
    apart: int
    largest: float
    same_child: int
    seconds: dict[str, float]


def linked(county: Path, root: Path, engine: str) -> float:
    """Link a county's standardised records in a home of their own; the seconds it took."""
    (root / "reference").mkdir(parents=True)
    (root / "reference" / "county.yaml").write_text(COUNTY_YAML.format(engine), encoding="utf-8")
    home = Home(root)

    def run_spark(order_file: Path) -> None:
        subprocess.run(prepared(home, order_file), check=True)

    require(home)
    with open_warehouse(home) as con:
        con.execute(f"ATTACH '{county}' AS county (READ_ONLY)")
        con.execute(f"CREATE SCHEMA IF NOT EXISTS intermediate; CREATE TABLE {TABLE} AS FROM county.{TABLE}")
        began = time.monotonic()
        link(con, home, 1, "N0001", run_spark)
        return time.monotonic() - began


def agreement(county: Path, folder: Path) -> Agreement:
    """Link a county's records with both engines and compare pairs, weights and children.

    Raises:
        UsageError: Spark cannot run here.
    """
    seconds: dict[str, float] = {}
    for engine in ("spark", "duckdb"):
        seconds[engine] = linked(county, folder / engine, engine)
    con = duckdb.connect()
    for engine in seconds:
        con.execute(f"ATTACH '{Home(folder / engine).warehouse_file}' AS {engine} (READ_ONLY)")
    weights = ("delivery_weight", "twins_weight", "match_weight")
    differ = f"greatest({', '.join(f'abs(d.{weight} - s.{weight})' for weight in weights)})"
    pairs = con.execute(f"""
        SELECT count(d.record_key_l), count(*) FILTER (s.record_key_l IS NULL),
            count(*) FILTER (d.record_key_l IS NULL),
            count(*) FILTER ({differ} > {TOLERANCE} OR d.blocking_rule <> s.blocking_rule), coalesce(max({differ}), 0)
        FROM duckdb.linkage.pairs AS d FULL JOIN spark.linkage.pairs AS s USING (record_key_l, record_key_r)
    """).fetchall()[0]
    children = {
        engine: f"(SELECT record_key, list_sort(list(record_key) OVER (PARTITION BY child_id)) AS members "
        f"FROM {engine}.linkage.child_records)"
        for engine in seconds
    }
    records, same = con.execute(f"""
        SELECT count(*), count(*) FILTER (d.members = s.members)
        FROM {children["duckdb"]} AS d FULL JOIN {children["spark"]} AS s USING (record_key)
    """).fetchall()[0]
    con.close()
    return Agreement(records, *pairs, same, seconds)


def table(found: Agreement) -> str:
    """The measured figures as a page's table."""
    rows = [
        ("records", f"{found.records:,}"),
        ("pairs that DuckDB keeps", f"{found.pairs:,}"),
        ("pairs that only DuckDB keeps", f"{found.only_duckdb:,}"),
        ("pairs that only Spark keeps", f"{found.only_spark:,}"),
        (f"pairs whose weights differ by more than {TOLERANCE:g} bits, or whose rule differs", f"{found.apart:,}"),
        ("largest difference of a weight, in bits", f"{found.largest:.1e}"),
        ("records whose child is the same", f"{found.same_child:,} ({found.same_child / found.records:.3%})"),
        *((f"seconds with {engine}", f"{spent:.0f}") for engine, spent in found.seconds.items()),
    ]
    return "\n".join(["| what | figure |", "| --- | --- |", *(f"| {said} | {figure} |" for said, figure in rows)])


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=10_000)
    chosen = parser.parse_args()
    county = standardised_county(chosen.records)
    with tempfile.TemporaryDirectory() as folder:
        print(table(agreement(county, Path(folder))))


if __name__ == "__main__":
    main()
