"""What a night costs from landed files to release, stage by stage: a first night, and one of few new records on it.

    python -m benchmarks.night [--records 50000 1000000] [--new 30000] [--large] [--save]

A synthetic county of two years is made, all CSV in UTF-8. Its first night sees all files but the last that arrived; its
second, those last ones too, which hold about `--new` rows. Each night is `rollcall run` as a county runs it, a process
of its own. Stages are steps of the night as Dagster timed them, by the clock; seconds of the processor and peak memory
are of the whole night, dbt's process included. The floor, measured before in a process of its own: DuckDB reads the
same files with read_csv and writes them once into a database on disk, every cell as text.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import math
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.counties import BIRTHS_PER_TOWNSHIP, FOLDER, MOST_TOWNSHIPS, RECORDS_PER_BIRTH
from benchmarks.intake import PLAIN, by_duckdb
from pipeline.home import PROJECT, Home
from pipeline.orchestration.instance import open_instance
from pipeline.synthetic import load_plan, make_county

HERE = Path(__file__).parent
SIZES = (50_000, 1_000_000)
LARGE = 5_000_000
LANDED = ("reference", "landing")


def landed_county(records: int) -> Path:
    """A county of about `records` records of which only reference and landing are there; made where it is absent.

    Returns:
        Its folder below `build/counties`, with `as_of` in a file of its own.
    """
    folder = FOLDER / f"night-{records}"
    done = folder / "as_of"
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        births = round(records / RECORDS_PER_BIRTH)
        townships = min(max(3, births // BIRTHS_PER_TOWNSHIP), MOST_TOWNSHIPS)
        made = make_county(folder, load_plan("usual", births=births, townships=townships, **PLAIN))
        shutil.rmtree(folder / "truth")
        done.write_text(made.as_of, encoding="utf-8")
    return folder


def last_day_before(landing: Path, new: int) -> tuple[dt.date, int, int]:
    """The day after which files of at least `new` rows arrived, as close as days allow.

    Returns:
        The day; the rows that had arrived by its end; the rows that came later.
    """
    rows: Counter[dt.date] = Counter()
    for path in landing.glob("*/*.csv"):
        with path.open("rb") as file:
            # one line is the header
            rows[dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC).date()] += sum(1 for _ in file) - 1
    later, days = 0, sorted(rows, reverse=True)
    for day, before in pairwise(days):
        later += rows[day]
        if later >= new:
            return before, rows.total() - later, later
    raise SystemExit(f"The county has fewer than {new:,} rows.")


def used(command: Sequence[str]) -> dict[str, float]:
    """Seconds of clock and processor of a command and of what it starts, and the largest process's memory in MB.

    Raises:
        SystemExit: it failed; says what it said last.
    """
    code = (
        "import json, resource, subprocess, sys, time\n"
        "began = time.perf_counter()\n"
        "done = subprocess.run(sys.argv[1:], capture_output=True, text=True)\n"
        "if done.returncode: sys.exit(done.stdout[-2000:] + done.stderr[-2000:])\n"
        "spent = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(json.dumps({'seconds': round(time.perf_counter() - began, 1), "
        "'cpu_seconds': round(spent.ru_utime + spent.ru_stime, 1), 'peak_mb': spent.ru_maxrss // 1024}))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, cwd=PROJECT)
    if done.returncode:
        raise SystemExit(done.stderr)
    return dict(json.loads(done.stdout))


def night(home: Home, as_of: dt.date) -> dict[str, Any]:
    """Run a night; what it cost, with the seconds of each step."""
    found: dict[str, Any] = dict(
        used([sys.executable, "-m", "pipeline.cli", "run", "--home", str(home.root), "--as-of", as_of.isoformat()])
    )
    with open_instance(home) as instance:
        last = instance.get_runs(limit=1)[0]
        steps = {
            step.step_key: round(step.end_time - step.start_time, 1)
            for step in instance.get_run_step_stats(last.run_id)
            if step.start_time and step.end_time
        }
    size = sum(path.stat().st_size for part in (home.warehouse, home.published) for path in part.rglob("*.duckdb"))
    return found | {"steps": dict(sorted(steps.items(), key=lambda step: -step[1])), "databases_mb": size // 1_000_000}


def measured(records: int, new: int) -> dict[str, Any]:
    """The floor, a first night and one of `new` records on it, for one size."""
    county = landed_county(records)
    as_of = dt.date.fromisoformat((county / "as_of").read_text(encoding="utf-8"))
    before, standing, arrived = last_day_before(county / "landing", new)
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        floor = used([sys.executable, "-m", "benchmarks.night", "--floor", str(county / "landing"), folder])
        home = Home(Path(folder) / "county")
        for part in LANDED:
            # arrivals are the files' times
            shutil.copytree(county / part, home.root / part, copy_function=shutil.copy2)
        first = night(home, before)
        second = night(home, as_of)
    ratio = {name: round(first[name] / floor[name], 1) for name in ("seconds", "cpu_seconds")}
    return {
        "asked": records, "standing_rows": standing, "new_rows": arrived, "floor": floor, "first": first,
        "second": second, "first / floor": ratio,
    }  # fmt: skip


def exponents(results: Sequence[dict[str, Any]]) -> dict[str, float]:
    """From size to size, the power of the rows with which a first night's processor seconds grow."""
    return {
        f"{one['standing_rows']} to {other['standing_rows']}": round(
            math.log(other["first"]["cpu_seconds"] / one["first"]["cpu_seconds"])
            / math.log(other["standing_rows"] / one["standing_rows"]), 2,
        )
        for one, other in pairwise(results)
    }  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every size, print it, and keep it where it is asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--new", type=int, default=30_000)
    parser.add_argument("--large", action="store_true", help=f"also {LARGE:,} records")
    parser.add_argument("--save", action="store_true", help="keep the figures in benchmarks/night_<date>.json")
    parser.add_argument("--floor", nargs=2, type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.floor:
        by_duckdb(asked.floor[0], asked.floor[1] / "floor.duckdb")
        return
    results = []
    for records in (*asked.records, *([LARGE] if asked.large else [])):
        results.append(measured(records, min(asked.new, records // 5)))
        print(json.dumps(results[-1], indent=1), flush=True)
    kept = {"sizes": results, "exponents": exponents(results)}
    print(json.dumps(kept["exponents"]))
    if asked.save:
        target = HERE / f"night_{dt.date.today():%Y-%m-%d}.json"
        target.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
