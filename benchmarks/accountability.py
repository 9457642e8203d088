"""Power and false alarms of the control limits, on counties whose defective units are known.

    python -m benchmarks.accountability [--cost] [--counties 22] [--folder DIR] [--save] [HOME ...]

Makes synthetic counties of different plans and sizes, runs the night on each (a minute; kept below
`build/accountability`, so that a second call judges alone), and takes further homes with `truth/units.csv` as they
are. Prints and, with --save, writes `benchmarks/accountability_<date>.json`: for every defect how many of its units
with at least 60 rows have an alarm of its rule at any period, and for every rule on how many of the units and feeds
without a defect an alarm ever stands, with its spread over counties.

With --cost it takes no further counties than the one of a hundred units and two years, and prints what its scorecards
add to a night: seconds of dbt's measures, of judging, of tickets, grades and sums.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from statistics import median

import numpy as np

from pipeline.accountability.grades.division_results import write_rollups
from pipeline.accountability.grades.grades import write_grades
from pipeline.accountability.limits.control_limits import expected_false_alarms
from pipeline.accountability.limits.intervals import clopper_pearson
from pipeline.accountability.rectification.tables import write_tickets
from pipeline.accountability.scorecards import write_scorecards
from pipeline.home import PROJECT, Home
from pipeline.orchestration.dbt import build
from pipeline.publish import last_night
from pipeline.reference import load_reference
from pipeline.settings.accountability import AccountabilitySettings
from pipeline.synthetic import load_plan, make_county
from pipeline.warehouse import open_warehouse

FOLDER = PROJECT / "build" / "accountability"
FEWEST_ROWS = 60
RULE_OF = {
    "no_mother_id": "item_missing",
    "bad_check_digit": "invalid_id_number",
    "digits_lost": "invalid_id_number",
    "fabricated": "uncorroborated",
    "date_heaping": "date_heaping",
    "chronic_late": "late",
    "skips_months": "missing_submission",
}
# years, births, townships, hospitals: small counties are the hard ones, as they have few peers and few rows
SIZES = ((2, 1500, 4, 2), (2, 2500, 6, 3), (2, 3000, 9, 3), (4, 3000, 6, 2), (2, 4000, 12, 4))
SMALL = 20
# after these, one of a hundred units and one with many births a unit
LARGE = ((2, 8000, 20, 4), (2, 14000, 8, 4))
HARD_YEARS = 4
# in every third county the inventive unit invents a tenth of its records, not a fifth
FEW_INVENTED = {"feeds": ["delivery", "birth_certificate"], "units": 1, "strength": 0.10, "level": "county"}


def plan_of(number: int) -> dict:
    """The plan of one of the counties, by its number from 0."""
    sizes = SIZES if number < SMALL else LARGE
    years, births, townships, hospitals = sizes[number % len(sizes)]
    name = "hard" if years == HARD_YEARS else "usual"
    plan: dict = {"name": name, "births": births, "townships": townships, "hospitals": hospitals, "seed": 7000 + number}
    if years == HARD_YEARS:
        plan |= {"months": 12 * years, "first_period": "2022-01"}
    if number % 3 == 2:
        shipped = load_plan(name).misbehaviour
        plan["misbehaviour"] = {key: each.model_dump() for key, each in shipped.items()} | {"fabricated": FEW_INVENTED}
    return plan


def made(number: int, folder: Path) -> Path:
    """The home of a county, made and run where it is not there yet."""
    home = folder / f"county-{number:02d}"
    if not (home / "published" / "current.duckdb").exists():
        plan = plan_of(number)
        county = make_county(home, load_plan(plan.pop("name"), **plan))
        done = subprocess.run(
            [sys.executable, "-m", "pipeline.cli", "run", "--home", str(home), "--as-of", county.as_of],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(done.stdout + done.stderr)
    return home


def judged(root: Path) -> dict:
    """One county's alarms against its truth."""
    with (root / "truth" / "units.csv").open(encoding="utf-8") as file:
        defects = {(row["unit_code"], row["defect"]) for row in csv.DictReader(file)}
    defective = {unit for unit, _ in defects}
    with open_warehouse(Home(root)) as con:
        began = time.monotonic()
        write_scorecards(con, Home(root))
        seconds = time.monotonic() - began
        rows = dict(
            con.execute("SELECT unit_code, sum(row_count) FROM accountability.obligations GROUP BY ALL").fetchall()
        )
        # what could be told of a unit and feed at all: the stricter denominator
        cells = con.execute("SELECT DISTINCT unit_code, feed, rule FROM accountability.rule_results").fetchall()
        alarms = set(
            con.execute(
                "SELECT DISTINCT unit_code, feed, rule FROM accountability.flags WHERE severity = 'alarm'"
            ).fetchall()
        )
        obligations = con.execute("SELECT count(*) FROM accountability.obligations").fetchall()[0][0]
    found = {
        f"{unit} {defect}": any((u, r) == (unit, RULE_OF[defect]) for u, _, r in alarms)
        for unit, defect in sorted(defects)
        if (rows.get(unit) or 0) >= FEWEST_ROWS
    }
    tested: dict[str, int] = defaultdict(int)
    false: dict[str, int] = defaultdict(int)
    for unit, feed, rule in cells:
        if unit not in defective:
            tested[rule] += 1
            false[rule] += (unit, feed, rule) in alarms
    return {
        "county": root.name,
        "units": len(rows),
        "obligations": obligations,
        "seconds": round(seconds, 2),
        "found": found,
        "tested": dict(tested),
        "false": dict(false),
        "false_alarms": sorted(" ".join(each) for each in alarms if each[0] not in defective),
    }


def cost(root: Path) -> dict[str, float]:
    """Seconds that a county's scorecards add to a night, by step; what they write is what is there."""
    home, found = Home(root), {}
    nodes = build(home, ["path:models/measures"])
    models = [node for node in nodes if node.unique_id.startswith("model.")]
    found["measures (dbt models, added up)"] = sum(node.seconds for node in models)
    night = last_night(home)
    assert night is not None
    reference = load_reference(home)
    with open_warehouse(home) as con:
        owed = con.execute(
            "SELECT count(DISTINCT unit_code), count(DISTINCT period) FILTER (length(period) = 7), count(*) "
            "FROM accountability.obligations"
        ).fetchall()[0]
        steps: dict[str, Callable[[], object]] = {
            "intervals, limits, verdicts, flags": lambda: write_scorecards(con, home),
            "tickets": lambda: write_tickets(con, home, reference, night.night_no, night.as_of),
            "grades": lambda: write_grades(con, home, night.as_of),
            "townships and departments": lambda: write_rollups(con),
        }
        for name, step in steps.items():
            began = time.monotonic()
            step()
            found[name] = time.monotonic() - began
    print("{} units, {} months, {} obligations".format(*owed))
    return {**{name: round(seconds, 2) for name, seconds in found.items()}, "all": round(sum(found.values()), 2)}


def _share(part: int, whole: int) -> dict:
    low, high = clopper_pearson(np.array([part]), np.array([whole]))
    share = part / whole if whole else None
    return {"of": whole, "are": part, "share": share, "low": float(low[0]), "high": float(high[0])}


def summary(counties: list[dict]) -> dict:
    """Power by defect and false alarms by rule, with 95 % intervals and their spread over counties."""
    by_defect: dict[str, list[bool]] = defaultdict(list)
    for county in counties:
        for name, is_found in county["found"].items():
            by_defect[name.split()[-1]].append(is_found)
    rules = sorted({rule for county in counties for rule in county["tested"]})
    false_alarms = {}
    for rule in rules:
        shares = [each["false"].get(rule, 0) / each["tested"][rule] for each in counties if each["tested"].get(rule)]
        total = (sum(each[key].get(rule, 0) for each in counties) for key in ("false", "tested"))
        false_alarms[rule] = {**_share(*total), "median county": median(shares), "worst county": max(shares)}
    every = [sum(sum(each[key].values()) for each in counties) for key in ("false", "tested")]
    of_counties = [sum(each["false"].values()) / sum(each["tested"].values()) for each in counties]
    settings = AccountabilitySettings()
    return {
        "power": {defect: _share(sum(found), len(found)) for defect, found in sorted(by_defect.items())},
        "false alarms": false_alarms,
        "false alarms of all rules": {
            **_share(*every),
            "median county": median(of_counties),
            "worst county": max(of_counties),
        },
        "expected to begin a year, per unit, feed and rule, at most": expected_false_alarms(
            settings.alarm_level, settings.trailing_months
        ),
    }


def main() -> None:
    """Judge every county, print, and save where asked to."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("homes", nargs="*", type=Path, help="further homes that are run already")
    arguments.add_argument("--counties", type=int, default=SMALL + len(LARGE), help="how many to make")
    arguments.add_argument("--folder", type=Path, default=FOLDER, help="where they are kept")
    arguments.add_argument("--save", action="store_true", help="write benchmarks/accountability_<date>.json")
    arguments.add_argument("--cost", action="store_true", help="print what scorecards add to a night instead")
    asked = arguments.parse_args()
    if asked.cost:
        print(json.dumps(cost(made(SMALL, asked.folder)), indent=2))
        return
    counties = []
    for root in chain(asked.homes, (made(number, asked.folder) for number in range(asked.counties))):
        counties.append(judged(root))
        one = counties[-1]
        missed = [name for name, is_found in one["found"].items() if not is_found]
        print(
            f"{one['county']}: {one['units']} units, {len(one['found'])} defective, missed {missed or 'none'}; "
            f"false alarms {one['false_alarms'] or 'none'}; {one['seconds']} s",
            flush=True,
        )
    result = {"date": dt.date.today().isoformat(), **summary(counties), "counties": counties}
    print(json.dumps({key: value for key, value in result.items() if key != "counties"}, indent=2))
    if asked.save:
        path = Path(__file__).with_name(f"accountability_{result['date']}.json")
        path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
