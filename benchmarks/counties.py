"""Counties to measure on: synthetic, of about so many records, run through the real night up to linkage.

Belongs here: sizes, and the night's steps up to the standardised records. Does not: what is measured on them. A county
is made once and kept below `build/counties`; it holds no real person, and its truth is known.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import duckdb

from pipeline.accountability import write_obligations
from pipeline.checks import decide_states, run_checks
from pipeline.home import PROJECT, Home
from pipeline.intake import load, receive
from pipeline.orchestration.dbt import build
from pipeline.reference import load_reference, write_reference
from pipeline.standardise import fill
from pipeline.synthetic import load_plan, make_county
from pipeline.warehouse import open_warehouse

FOLDER = PROJECT / "build" / "counties"
RECORDS_FILE = "records.duckdb"
# of two years of a usual county, stillbirths left out
RECORDS_PER_BIRTH = 4.96
# births that a township has in these years; its villages are the plan's
BIRTHS_PER_TOWNSHIP = 1_600
MOST_TOWNSHIPS = 150
# of a bench only the records matter: the file formats are the night's own to measure
CSV_ONLY = {"xlsx_unit_share": 0.0}
# of a county larger than this, this one is made and copied
COPIED = 1_000_000
TABLE = "intermediate.int_records_standardised"
NAMES = ("child_name", "mother_name", "father_name", "guardian_name")
ID_NUMBERS = ("child_id_no", "mother_id_no", "father_id_no")


def standardised_county(records: int, folder: Path | None = None, *, seed: int = 1) -> Path:
    """A county of about `records` records (within a few per cent), made where it is not there yet.

    Args:
        records: of children, over all registers.
        folder: where it lies; by default `build/counties/<records>`.

    Returns:
        A DuckDB file with `intermediate.int_records_standardised`; beside it `truth/records.csv` and
        `truth/births.csv`.

    Raises:
        RollcallError: a step of the night failed.
    """
    folder = folder or FOLDER / (str(records) if seed == 1 else f"{records}-{seed}")
    target = folder / RECORDS_FILE
    if target.exists():
        return target
    shutil.rmtree(folder, ignore_errors=True)
    births = round(records / RECORDS_PER_BIRTH)
    townships = min(max(3, births // BIRTHS_PER_TOWNSHIP), MOST_TOWNSHIPS)
    plan = load_plan("usual", births=births, townships=townships, seed=seed, **CSV_ONLY)
    made = make_county(folder, plan)
    home = Home(folder)
    standardise(home, made.as_of)
    beside = folder / f".{RECORDS_FILE}"
    with duckdb.connect(str(beside)) as con:
        con.execute(f"ATTACH '{home.warehouse_file}' AS warehouse (READ_ONLY)")
        con.execute("CREATE SCHEMA intermediate")
        con.execute(f"CREATE TABLE {TABLE} AS FROM warehouse.{TABLE}")
    # what the records were made from is ten times their size
    for part in (home.landing, home.archive, home.warehouse, home.state):
        shutil.rmtree(part)
    beside.rename(target)
    return target


def copied_county(records: int, folder: Path | None = None) -> Path:
    """A county of at least `records` records for measuring cost: copies, next to each other, of one of `COPIED`.

    Every copy has its own places, numbers, phones and surnames, by a substitution that keeps what is equal equal and
    what is one slip apart one slip apart. So the links within a copy are those of the county copied, and its children
    have no double in another. What chance alone brings together between copies is missing: a county of this size that
    is made from the start has somewhat more pairs to look at. It has no truth of its own.

    Returns:
        A DuckDB file as `standardised_county` gives it.
    """
    one = standardised_county(COPIED)
    folder = folder or FOLDER / f"{records}-copied"
    target = folder / RECORDS_FILE
    if target.exists():
        return target
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    beside = folder / f".{RECORDS_FILE}"
    with duckdb.connect(str(beside)) as con:
        con.execute(f"ATTACH '{one}' AS one (READ_ONLY)")
        con.execute("CREATE SCHEMA intermediate")
        con.execute(f"CREATE TABLE {TABLE} AS FROM one.{TABLE}")
        count = con.execute(f"SELECT count(*) FROM {TABLE} WHERE NOT coalesce(is_stillbirth, false)").fetchall()[0][0]
        for copy in range(1, -(-records // count)):
            con.execute(f"INSERT INTO {TABLE} {_copy_sql(copy)}")
    beside.rename(target)
    return target


def _copy_sql(copy: int) -> str:
    """A query of the county's records as another county's: `copy` 1 to 9."""
    digits, letters = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    others = digits[copy:] + digits[:copy]
    # of codes and id numbers the place is exchanged: the date in the number stays
    placed = {
        name: f"translate(left({name}, 6), '{digits}', '{others}') || substr({name}, 7)"
        for name in (*ID_NUMBERS, "township_code", "village_code")
    }
    # a surname is one character and one syllable
    named = {f"{name}_std": f"chr(unicode({name}_std) + {copy}) || substr({name}_std, 2)" for name in NAMES}
    named["mother_name_from_placeholder"] = (
        f"chr(unicode(mother_name_from_placeholder) + {copy}) || substr(mother_name_from_placeholder, 2)"
    )
    sounding = {
        f"{name}_pinyin": f"regexp_replace({name}_pinyin, '^([a-z]+)', '\\1{'xbdfkmpqt'[copy - 1]}')" for name in NAMES
    }
    changed = {
        "record_key": f"(hash(record_key, {copy}) >> 1)::BIGINT",
        "record_no": f"record_no || '-{copy}'",
        "unit_code": f"unit_code || '-{copy}'",
        "phone": f"translate(phone, '{digits}', '{others}')",
        "certificate_no": f"translate(certificate_no, '{letters}', '{letters[copy:] + letters[:copy]}')",
        **placed,
        **named,
        **sounding,
    }
    return f"SELECT * REPLACE ({', '.join(f'{sql} AS {name}' for name, sql in changed.items())}) FROM one.{TABLE}"


def standardise(home: Home, as_of: str, models: tuple[str, ...] = ("int_records_standardised",)) -> None:
    """The night's steps up to the standardised records, in its order; `models` and what they are made from."""
    import datetime as dt

    day = dt.date.fromisoformat(as_of)
    reference = load_reference(home)
    home.make_folders()
    receive(home, reference, day)
    with open_warehouse(home) as con:
        write_reference(con, reference)
        load(con, home)
        run_checks(con, home, reference, day)
        decide_states(con, home)
        write_obligations(con, home, reference, day)
        fill(con, home, reference)
    failed = [node for node in build(home, [f"+{model}" for model in models]) if not node.is_ok]
    if failed:
        raise SystemExit(f"dbt: {', '.join(node.name for node in failed)}")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        print(standardised_county(int(argument)))
