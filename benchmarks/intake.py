"""Rows a second that intake takes in, beside DuckDB's own read_csv of the same files in the same run.

    python -m benchmarks.intake [--births 40000] [--save]

Two synthetic counties of as many births are made, all CSV in UTF-8 with one header a feed, as DuckDB can read no other:
one of many small files, as monthly reports are, and one of few large ones. Intake is `receive` (finding, reading,
allow-list, archive copy, receipts) and `load` (the warehouse); DuckDB reads each feed's files into a table of a
database on disk, every cell as text, with two threads. Both find the files in the system's memory. Printed are seconds
of the clock and of the processor, rows a second, and how many times DuckDB's figure intake's is.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb

from pipeline.contracts import load_feeds
from pipeline.home import Home
from pipeline.intake import load, receive
from pipeline.reference import load_reference, write_reference
from pipeline.synthetic import load_plan, make_county
from pipeline.warehouse import open_warehouse

HERE = Path(__file__).parent
# what DuckDB reads as it lies: one encoding, one header, no footer, no first file that is no table; and no line of
# blank cells, which is a row to it and none to intake
PLAIN: dict[str, Any] = {
    "xlsx_unit_share": 0.0, "csv_encodings": {"gb18030": 0.0, "utf-8": 1.0, "utf-8-sig": 0.0},
    "header_styles": {"zh": 1.0, "alias": 0.0, "en": 0.0, "mixed": 0.0}, "title_row_share": 0.0, "footer_share": 0.0,
    "blank_lines_share": 0.0, "reordered_share": 0.0, "extra_columns_share": 0.0, "rejected_share": 0.0,
    "unfinished_rows": 0.0,
}  # fmt: skip
# months and townships of the two counties
SHAPES = {"many small files": (24, 8), "few large files": (2, 2)}


def timed(work: Callable[[], Any]) -> dict[str, float]:
    """Seconds of the clock and of the processor, threads included."""
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return {"seconds": time.perf_counter() - clock, "cpu_seconds": time.process_time() - processor}


def by_duckdb(landing: Path, database: Path) -> int:
    """Read every feed's files into a table of its own; the rows."""
    rows = 0
    with duckdb.connect(str(database), config={"threads": 2}) as con:
        for name, feed in load_feeds().items():
            files = sorted(str(path) for path in landing.glob(f"*/{name}_*.csv"))
            if files:
                # its guesses of a file of one row are wrong at times, so that it is told
                con.execute(
                    f"CREATE TABLE {name} AS FROM read_csv($files, columns = $columns, auto_detect = false, "
                    "delim = ',', quote = '\"', escape = '\"', header = true, filename = true)",
                    {"files": files, "columns": dict.fromkeys(feed.columns, "VARCHAR")},
                )
                rows += con.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0]
    return rows


def measured(root: Path, as_of: dt.date) -> dict[str, Any]:
    """Intake's and DuckDB's figures for the files of one county.

    Raises:
        SystemExit: the two did not read the same rows.
    """
    home = Home(root)
    files = [path for path in home.landing.glob("*/*") if path.is_file()]
    # for both, the files are in the system's memory
    size = sum(len(path.read_bytes()) for path in files)
    reference = load_reference(home)
    home.make_folders()
    rows: dict[str, int] = {}
    found: dict[str, Any] = {"files": len(files), "megabytes": round(size / 1e6, 1)}
    # libraries are there before the clock runs
    importlib.import_module("pipeline.intake.reading.tables")
    with tempfile.TemporaryDirectory() as folder:
        found["duckdb"] = timed(lambda: rows.update(duckdb=by_duckdb(home.landing, Path(folder) / "rows.duckdb")))
    found["receive"] = timed(lambda: rows.update(intake=receive(home, reference, as_of).row_count))
    with open_warehouse(home) as con:
        write_reference(con, reference)
        found["load"] = timed(lambda: load(con, home))
    if rows["duckdb"] != rows["intake"]:
        raise SystemExit(f"DuckDB read {rows['duckdb']:,} rows and intake {rows['intake']:,}.")
    return compared({"rows": rows["intake"], **found})


def compared(found: dict[str, Any]) -> dict[str, Any]:
    """The figures with intake as a whole, rows a second, and intake's cost as so many times DuckDB's."""
    whole = {name: found["receive"][name] + found["load"][name] for name in ("seconds", "cpu_seconds")}
    ours, theirs = (round(found["rows"] / each["seconds"]) for each in (whole, found["duckdb"]))
    ratios = {name: round(whole[name] / found["duckdb"][name], 2) for name in whole}
    return found | {"intake": whole, "rows_per_second": {"intake": ours, "duckdb": theirs}, "ratios": ratios}


def line(shape: str, found: dict[str, Any]) -> str:
    """What is printed of a county."""
    speed, ratios = found["rows_per_second"], found["ratios"]
    return (
        f"{shape}: {found['rows']:,} rows in {found['files']:,} files ({found['megabytes']} MB); "
        f"intake {speed['intake']:,} rows/s (receive {found['receive']['seconds']:.1f} s, load "
        f"{found['load']['seconds']:.1f} s), read_csv {speed['duckdb']:,} rows/s; intake takes {ratios['seconds']} "
        f"times the clock and {ratios['cpu_seconds']} times the processor"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure both shapes, print them, and keep them where it is asked."""
    parser = argparse.ArgumentParser(description="Intake beside DuckDB's read_csv.")
    parser.add_argument("--births", type=int, default=40_000, help="births of each county")
    parser.add_argument("--save", action="store_true", help="keep the figures in benchmarks/intake_<date>.json")
    chosen = parser.parse_args(arguments)
    kept = {}
    for shape, (months, townships) in SHAPES.items():
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "county"
            plan = load_plan("large", births=chosen.births, months=months, townships=townships, **PLAIN)
            made = make_county(root, plan)
            kept[shape] = measured(root, dt.date.fromisoformat(made.as_of))
            print(line(shape, kept[shape]), flush=True)
    if chosen.save:
        target = HERE / f"intake_{dt.date.today():%Y-%m-%d}.json"
        target.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
