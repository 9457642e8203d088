"""The county's reference files: county.yaml, divisions.csv, units.csv.

Belongs here: writing what a county says of itself. Does not: laying it out (`places.py`).
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import yaml

from pipeline.contracts import load_feeds
from pipeline.synthetic.places import County, make_places
from pipeline.synthetic.plan import CountyPlan


def write_reference(root: Path, plan: CountyPlan) -> None:
    """Write `reference/` only: county.yaml, units.csv, divisions.csv."""
    feeds = load_feeds()
    write_county_files(root, plan, make_places(plan, feeds))


def write_county_files(root: Path, plan: CountyPlan, county: County) -> None:
    """Write the reference files of a county that is laid out."""
    folder = root / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "county_code": plan.county_code,
        "name": plan.county_name,
        "timezone": "Asia/Shanghai",
        "arrival_clock": "mtime",
        "first_period": plan.first_period,
        "suppression_limit": 5,
    }
    text = yaml.safe_dump(settings, allow_unicode=True, sort_keys=False)
    (folder / "county.yaml").write_text(text, encoding="utf-8")
    with open(folder / "divisions.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["division_code", "name", "level", "parent_code"])
        writer.writerow([county.county_code, county.county_name, "county", county.county_code[:4] + "00"])
        for index, (code, name) in enumerate(zip(county.township_codes, county.township_names, strict=True)):
            writer.writerow([code, name, "township", county.county_code])
            for village in np.flatnonzero(county.village_township == index):
                writer.writerow([county.village_codes[village], county.village_names[village], "village", code])
    with open(folder / "units.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["unit_code", "agency", "unit_name", "division_code", "feeds", "active_from", "active_to",
                         "department", "responsible_post", "reports_to"])  # fmt: skip
        for unit in county.units:
            writer.writerow([unit.unit_code, unit.agency, unit.name, unit.division_code, ";".join(unit.feeds),
                             unit.active_from.isoformat(), "",
                             unit.department, "信息报送员", unit.department])  # fmt: skip
