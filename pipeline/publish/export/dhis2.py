"""Monthly values of reporting for DHIS2: `dataValueSets.json`, as its web API takes it (POST /api/dataValueSets).

Belongs here: which value stands for which organisation unit, month and data element. Does not: their names in that
DHIS2 (`export/mapping.py`), or sending anything: an administrator does that.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipeline.home import Home
from pipeline.publish.export.mapping import ALL, Mapping, measures, read_mapping
from pipeline.publish.export.package import NAME as PACKAGE
from pipeline.publish.export.package import described, resource
from pipeline.publish.export.tables import Source, current_release
from pipeline.publish.export.words import refused, said
from pipeline.publish.export.write import checked_folder, swapped_in
from pipeline.statements import Fragment, Statements
from pipeline.whole_files import OFFICE_MODE, write_whole

FORMAT = "dhis2"
FILE = "dataValueSets.json"
_STATEMENTS = Statements(__file__)


@dataclass(frozen=True)
class Values:
    """What was written.

    Attributes:
        folder: where.
        values: how many.
        months: of how many months.
        left_out: units with monthly feeds that the mapping does not name.
        version: of which release.
    """

    folder: Path
    values: int
    months: int
    left_out: int
    version: str


def export_values(home: Home, mapping_file: Path, out: Path) -> Values:
    """Write the current release's monthly values under the names of a DHIS2.

    Args:
        home: the county's home.
        mapping_file: names in rollcall and in that DHIS2 (`docs/dhis2_mapping.yaml` is an example).
        out: the folder; an export that is there already is replaced whole.

    Raises:
        UsageError: the mapping is wrong, nothing was published, or the folder may not be used.
        RollcallError: the folder cannot be written; what was there before stands.
    """
    mapping, target = read_mapping(mapping_file), checked_folder(home, out)
    with current_release(home) as (con, manifest):
        _prepare(con, mapping, mapping_file)
        values = _values(con, mapping)
        left_out = con.execute(
            "SELECT count(DISTINCT unit_code) FROM obligations ANTI JOIN org_units ON unit_code = code"
        )
        count = left_out.fetchall()[0][0]
        release, as_of = manifest["release"], manifest["as_of"]
        text = said("described", FORMAT, county=home.settings.name, release=release, as_of=as_of)
        with swapped_in(target) as beside:
            content = json.dumps({"dataValues": values}, ensure_ascii=False, indent=1) + "\n"
            path = write_whole(beside / FILE, content, OFFICE_MODE)
            one = resource("data_value_sets", text, path, "json", "application/json", is_text=True)
            source = Source(con, (), f"{home.settings.county_code}-dhis2", text, release, manifest["made_at"])
            write_whole(beside / PACKAGE, described(source, [one]), OFFICE_MODE)
    return Values(target, len(values), len({value["period"] for value in values}), count, release)


def _prepare(con: duckdb.DuckDBPyConnection, mapping: Mapping, mapping_file: Path) -> None:
    con.execute(_STATEMENTS["obligations"])
    con.execute("CREATE TEMP TABLE org_units (code VARCHAR, org_unit VARCHAR)")
    con.executemany("INSERT INTO org_units VALUES (?, ?)", [list(pair) for pair in mapping.org_units.items()])
    unknown = con.execute(
        "SELECT min(code) FROM org_units WHERE code NOT IN (SELECT unit_code FROM source.marts.units) "
        "AND code NOT IN (SELECT division_code FROM source.marts.divisions)"
    ).fetchall()[0][0]
    if unknown is not None:
        raise refused("no_such_org_unit", path=mapping_file, code=unknown)
    con.execute("ALTER TABLE org_units ADD COLUMN is_division BOOLEAN")
    con.execute("UPDATE org_units SET is_division = code IN (SELECT division_code FROM source.marts.divisions)")


def _values(con: duckdb.DuckDBPyConnection, mapping: Mapping) -> list[dict[str, Any]]:
    names = sorted({name for name, _ in mapping.data_elements})
    columns = ", ".join(f'{measures()[name]["value"]} AS "{name}"' for name in names)
    first = con.execute(
        "SELECT coalesce(min(period), '') FROM (SELECT DISTINCT period FROM obligations ORDER BY period DESC LIMIT $n)",
        {"n": mapping.months or 1 << 31},
    ).fetchall()[0][0]
    found = []
    for feed in (f"'{ALL}'", "obligations.feed"):
        statement = _STATEMENTS.filled("monthly_values", feed=Fragment(feed), values=Fragment(columns))
        rows = con.execute(statement, {"first": first}).fetchall()
        for org_unit, month, of_feed, *numbers in rows:
            for name, number in zip(names, numbers, strict=True):
                element = mapping.data_elements.get((name, of_feed))
                if element and number is not None:
                    found.append({"dataElement": element, "period": month, "orgUnit": org_unit, **mapping.combos,
                                  "value": f"{number}"})  # fmt: skip
    return sorted(found, key=lambda value: (value["period"], value["orgUnit"], value["dataElement"]))
