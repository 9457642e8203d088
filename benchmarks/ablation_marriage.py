"""What the marriage register adds to linkage: the same counties linked without it and with it.

    python -m benchmarks.ablation_marriage [HOME ...]

With it, a record that names one parent by an id number, or by a name that one couple of the register alone bears, gets
what is known of the couple wherever it is itself blank: names and id numbers of both. A couple so confirmed counts as
far as it agrees with another record's, and brings its records together in blocking. Nothing that a record says is
replaced, and a record that no couple is found for stays as it is: absence is no disagreement.

Prints both figures for every county and pooled, and, without homes, saves `ablation_marriage_<date>.json`. This is the
one place where the two registers meet; linkage knows nothing of it (docs/adr/0006-marriage-register-left-out.md).
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb

from benchmarks.accuracy import FIGURES, measure, summary
from benchmarks.labelled import homes
from pipeline.linkage.inputs import INPUT, sound_sql
from pipeline.linkage.model.frozen_model import DEFAULT_MODEL, read_model

COUPLES = "warehouse.intermediate.int_marriages_standardised"
PARENTS = {"mother": "wife", "father": "husband"}
PARTS = ("name_std", "name_pinyin", "id_no")
# what F1 must gain, for linkage to read the register at all
WORTH_IT = 0.0005


def confirm_couples(work: duckdb.DuckDBPyConnection) -> None:
    """Fill in what a record leaves blank of its parents, from the one couple that it can be of."""
    # the strongest way to a couple first; what leads to two couples leads to none
    ways = [f"records.{parent}_id_no = couples.{spouse}_id_no" for parent, spouse in PARENTS.items()]
    ways += [
        " AND ".join(f"records.{parent}_name_std = couples.{spouse}_name_std" for parent, spouse in PARENTS.items())
    ]
    found = " UNION ALL ".join(
        f"SELECT records.record_key, {way} AS way, min(couples.record_key) AS couple "
        f"FROM {INPUT} AS records JOIN {COUPLES} AS couples ON {condition} "
        "GROUP BY records.record_key HAVING count(DISTINCT couples.record_key) = 1"
        for way, condition in enumerate(ways)
    )
    blanks = ", ".join(
        f"{parent}_{part} = coalesce(records.{parent}_{part}, couples.{spouse}_{part})"
        for parent, spouse in PARENTS.items()
        for part in PARTS
    )
    couples = ", ".join(f"couples.{spouse}_{part}" for spouse in PARENTS.values() for part in PARTS)
    work.execute(f"""
        CREATE OR REPLACE TABLE confirmed AS
        WITH found AS (
            SELECT record_key, couple FROM ({found})
            QUALIFY row_number() OVER (PARTITION BY record_key ORDER BY way) = 1
        )
        SELECT found.record_key, {couples} FROM found JOIN {COUPLES} AS couples ON couples.record_key = couple
    """)
    work.execute(f"""
        UPDATE {INPUT} AS records SET {blanks} FROM confirmed AS couples WHERE couples.record_key = records.record_key
    """)
    sounds = ", ".join(f"{parent}_name_sound = {sound_sql(f'{parent}_name_pinyin')}" for parent in PARENTS)
    work.execute(f"UPDATE {INPUT} SET {sounds}")
    work.execute(f"UPDATE {INPUT} SET parent_sounds = [mother_name_sound, father_name_sound, parent_sounds[3]]")


def compared(places: Sequence[Path]) -> dict[str, object]:
    """Both ways on every county, and what the register adds to each pooled figure."""
    model = read_model(DEFAULT_MODEL)
    without, confirmed = ([measure(home, model, change) for home in places] for change in (None, confirm_couples))
    pooled = [summary(counties)["pooled"] for counties in (without, confirmed)]
    added = {figure: round(pooled[1][figure] - pooled[0][figure], 5) for figure in FIGURES}
    return {
        "model": model.version,
        "counties": len(places),
        "without": pooled[0],
        "with": pooled[1],
        "added": added,
        "is_worth_it": added["f1"] >= WORTH_IT,
        "f1_added_by_county": {
            one["county"]: round(other["f1"] - one["f1"], 5) for one, other in zip(without, confirmed, strict=True)
        },
    }


def main(arguments: Sequence[str]) -> None:
    """Measure, print, and save where it is the program's own set."""
    found = compared([Path(argument) for argument in arguments] or homes("accuracy"))
    print(json.dumps(found, indent=1))
    if not arguments:
        target = Path(__file__).parent / f"ablation_marriage_{dt.date.today():%Y-%m-%d}.json"
        target.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
