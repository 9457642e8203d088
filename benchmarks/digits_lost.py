"""Links and alarms where spreadsheets dropped digits of id numbers, on counties whose truth is known.

    python -m benchmarks.digits_lost [SEED ...]

The counties of the plan `digits_lost`: a tenth of the units keep id numbers in number cells, of which fifteen digits
and zeros are left (or 9.99911E+17), and a third of the mothers' numbers are absent. Each county runs a whole night.
Printed are, a line a county and pooled, F1 of the pairs of records that were linked, how many of those units have an
alarm of `invalid_id_number` at any period, and how many of the units whose numbers are as good as elsewhere.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb

from benchmarks.accuracy import measure, rates
from pipeline.home import Home
from pipeline.linkage.model.frozen_model import DEFAULT_MODEL, read_model
from pipeline.synthetic import load_plan, make_county

PLAN, RULE = "digits_lost", "invalid_id_number"
# units of which numbers are wrong, by the truth
WRONG_NUMBERS = (PLAN, "bad_check_digit")
SEEDS = (47, 48, 49)


def defects_of(root: Path) -> dict[str, set[str]]:
    """Units by defect, as the truth has them."""
    found: dict[str, set[str]] = {}
    with (root / "truth" / "units.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["defect"], set()).add(row["unit_code"])
    return found


def alarmed(home: Home) -> set[str]:
    """Units that ever had an alarm of the rule."""
    with duckdb.connect(str(home.warehouse_file), read_only=True) as con:
        rows = con.execute(
            "SELECT DISTINCT unit_code FROM accountability.flags WHERE rule = ? AND severity = 'alarm'", [RULE]
        ).fetchall()
    return {unit for (unit,) in rows}


def judged(defects: dict[str, set[str]], alarms: set[str], units: int) -> dict[str, int]:
    """Counts: units that lose digits and those of them with an alarm; units with good numbers, and those with one."""
    losing = defects.get(PLAN, set())
    wrong = set().union(*(defects.get(name, set()) for name in WRONG_NUMBERS))
    return {
        "losing": len(losing),
        "losing_alarmed": len(losing & alarms),
        "good": units - len(wrong),
        "good_alarmed": len(alarms - wrong),
    }


def pooled(counties: Sequence[dict]) -> dict:
    """The counts of all counties together, and the F1 of all their pairs."""
    added = {name: sum(county[name] for county in counties) for name, value in counties[0].items()
             if isinstance(value, int)}  # fmt: skip
    return added | {"f1": rates(added)["f1"]}


def line(name: str, county: dict) -> str:
    """What is printed of a county."""
    return (
        f"{name}: F1 {county['f1']:.5f} over {county['records']:,} records; of {county['losing']} units that lose "
        f"digits {county['losing_alarmed']} have an alarm, of {county['good']} others {county['good_alarmed']}"
    )


def main(seeds: Sequence[int]) -> None:
    """Print a line a county, and the pooled figures."""
    counties = []
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            home = Home(Path(folder) / "county")
            made = make_county(home.root, load_plan(PLAN, seed=seed))
            command = [sys.executable, "-m", "pipeline.cli", "run", "--home", str(home.root), "--as-of", made.as_of]
            subprocess.run(command, check=True, capture_output=True)
            with duckdb.connect(str(home.warehouse_file), read_only=True) as con:
                units = con.execute("SELECT count(*) FROM reference.units").fetchall()[0][0]
            links = measure(home.root, read_model(DEFAULT_MODEL))
            counties.append(links | judged(defects_of(home.root), alarmed(home), units))
            print(line(f"seed {seed}", counties[-1]), flush=True)
    print(line("pooled", pooled(counties)))


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or SEEDS)
