"""A township that was merged into another one: the county says so in its reference files, and the next night obeys."""

from __future__ import annotations

import csv
import datetime as dt
import shutil
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from pipeline.home import Home
from pipeline.orchestration.runs.night import run_night


def placed(home: Home) -> Counter[str | None]:
    """Children by the township that the release places them in."""
    with duckdb.connect(str(home.current_marts), read_only=True) as con:
        return Counter(code for (code,) in con.execute("SELECT township_code FROM marts.children").fetchall())


def rewritten(path: Path, change) -> None:
    """Write a reference file again, each row as `change` gives it; a row for which it gives None is left out."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [changed for row in csv.DictReader(file) if (changed := change(row))]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.long
def test_children_units_and_names_of_a_merged_township_are_the_other_one_s(night_home: Path, tmp_path: Path) -> None:
    root = tmp_path / "county"
    shutil.copytree(night_home, root, symlinks=True)
    home = Home(root)
    before = placed(home)
    gone, stays = sorted((code for code in before if code), key=lambda code: before[code])[:2]
    names = {}

    def division(row: dict[str, str]) -> dict[str, str] | None:
        names[row["division_code"]] = row["name"]
        if row["division_code"] == gone:
            return None
        if row["parent_code"] == gone:
            row["parent_code"] = stays
        return row

    path = home.reference / "divisions.csv"
    rewritten(path, division)
    former = {stays: names[gone]}
    rewritten(path, lambda row: {**row, "former_names": former.get(row["division_code"], "")})
    rewritten(
        home.reference / "units.csv",
        lambda row: {**row, "division_code": stays if row["division_code"] == gone else row["division_code"]},
    )
    as_of = dt.date.fromisoformat((night_home / "truth" / "as_of.txt").read_text(encoding="utf-8").strip())
    assert run_night(home, as_of + dt.timedelta(days=1)).is_new
    after = placed(home)
    assert gone not in after
    assert after[stays] == before[stays] + before[gone]
    assert sum(after.values()) == sum(before.values())
    with duckdb.connect(str(home.current_marts), read_only=True) as con:
        placing = con.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = 'marts' "
            "AND column_name IN ('division_code', 'township_code', 'village_code')"
        ).fetchall()
        assert {table for table, _ in placing} >= {"children", "divisions", "units", "register_coverage"}
        still = {
            table
            for table, column in placing
            if con.execute(f"SELECT count(*) FROM marts.{table} WHERE {column} = ?", [gone]).fetchall() != [(0,)]
        }
    assert still == set()
