"""Synthetic counties with a known truth, by name: to learn the shipped model from, and to measure it on.

    python -m benchmarks.labelled training|accuracy

prints their homes, made where they are not there yet. Belongs here: making and keeping them. Does not: which they are
(`labelled.yaml`). Each goes through the night's own steps up to the standardised records; a county is made again when
the plan, the rules of standardising or the models of that shape have changed.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

import duckdb
import yaml

from benchmarks.counties import standardise
from pipeline.home import PROJECT, Home
from pipeline.orchestration.dbt import DBT_PROJECT
from pipeline.standardise.look_ups import rules_fingerprint
from pipeline.synthetic import load_plan, make_county
from pipeline.synthetic.plan import CountyPlan

FOLDER = PROJECT / "build" / "labelled"
RECIPES = Path(__file__).with_suffix(".yaml")
TABLES = ("int_records_standardised", "int_marriages_standardised")
MARK = "made_from.txt"


def recipes(purpose: str) -> dict[str, CountyPlan]:
    """The plans of a purpose's counties (`training`, `accuracy`), by name."""
    listed = yaml.safe_load(RECIPES.read_text(encoding="utf-8"))[purpose]
    return {
        name: load_plan(said["plan"], **{key: value for key, value in said.items() if key != "plan"})
        for name, said in listed.items()
    }


def homes(purpose: str) -> list[Path]:
    """The homes of a purpose's counties, each with `warehouse/warehouse.duckdb` and `truth/`."""
    return [_prepared(name, plan) for name, plan in recipes(purpose).items()]


def made_from(plan: CountyPlan) -> str:
    """A hash of everything that decides the standardised records."""
    digest = hashlib.sha256(f"{plan.model_dump_json()} {rules_fingerprint()}".encode())
    for folder in ("models/staging", "models/intermediate", "macros/staging"):
        for path in sorted((DBT_PROJECT / folder).rglob("*.sql")):
            if folder != "models/intermediate" or path.stem in (*TABLES, "int_records_united"):
                digest.update(path.read_bytes())
    return digest.hexdigest()


def _prepared(name: str, plan: CountyPlan) -> Path:
    root = FOLDER / name
    mark, wanted = root / MARK, made_from(plan)
    if mark.exists() and mark.read_text(encoding="utf-8") == wanted:
        return root
    shutil.rmtree(root, ignore_errors=True)
    made = make_county(root, plan)
    home = Home(root)
    standardise(home, made.as_of, models=TABLES)
    beside = root / "records.duckdb"
    with duckdb.connect(str(beside)) as con:
        con.execute(f"ATTACH '{home.warehouse_file}' AS warehouse (READ_ONLY)")
        con.execute("CREATE SCHEMA intermediate")
        for table in TABLES:
            con.execute(f"CREATE TABLE intermediate.{table} AS FROM warehouse.intermediate.{table}")
    for part in (home.landing, home.archive, home.warehouse, home.state):
        shutil.rmtree(part)
    home.warehouse.mkdir()
    beside.rename(home.warehouse_file)
    mark.write_text(wanted, encoding="utf-8")
    return root


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        print(" ".join(map(str, homes(argument))))
