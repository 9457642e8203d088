"""The smallest counties there are: a night holds where there is nothing, or next to nothing, to tell."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import yaml
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.contracts import load_feeds
from pipeline.home import PROJECT, Home
from tests.conftest import write_reference_files
from tests.landing import AS_OF, csv_bytes, headers, land, record

NEXT = dt.date(2024, 3, 31)
# which unit of the small reference sends which feed, for the period that tests land
SENDER = {
    "delivery": "clinic-100", "birth_certificate": "clinic-100", "immunization": "clinic-100",
    "household_registration": "police-100", "population_register": "population-100", "marriage": "civil-100",
    "school_enrolment": "school-100",
}  # fmt: skip
MOTHER = "110105199003074524"
CLEAN = {
    "delivery": {"mother_id_no": MOTHER},
    "household_registration": {"child_id_no": "999977202401071234", "mother_id_no": MOTHER},
}


def clean(feed: str, number: int = 1) -> list[str]:
    """A record of which no expectation finds anything."""
    return record(feed, **CLEAN[feed], **{load_feeds()[feed].record_no: f"K{number:04d}"})


def send(home: Home, feed: str, rows: list[list[str]], suffix: str = "", arrived: str = "2024-02-03 09:30") -> None:
    """Land a file of a feed for January 2024."""
    land(home, SENDER[feed], f"{feed}_202401{suffix}.csv", csv_bytes([headers(feed), *rows]), arrived)


def only_units(home: Home, *wanted: str) -> None:
    """Leave the named units in units.csv."""
    path = home.reference / "units.csv"
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([head, *(one for one in lines if one.split(",")[0] in wanted), ""]), encoding="utf-8")


def no_file(home: Home) -> None:
    """The landing folder is there and empty."""


def no_folder(home: Home) -> None:
    """The very first night: nobody has made a landing folder yet."""
    shutil.rmtree(home.landing)


def one_nil(home: Home) -> None:
    """One unit says that it has nothing to report."""
    send(home, "delivery", [])


def one_unreadable(home: Home) -> None:
    """The only file is none that can be read."""
    land(home, "clinic-100", "delivery_202401.xlsx", b"%PDF-1.7\n1 0 obj")


def one_clean_row(home: Home) -> None:
    """One record without a finding."""
    send(home, "delivery", [clean("delivery")])


def four_registrations(home: Home) -> None:
    """The only file is four household registrations of one child."""
    send(home, "household_registration", [clean("household_registration", number) for number in range(4)])


def one_unit_one_feed(home: Home) -> None:
    """A county of one unit with one feed, and nobody says from when it is owed."""
    only_units(home, "police-100")
    path = home.reference / "county.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace('first_period: "2024-01"\n', ""), encoding="utf-8")
    send(home, "household_registration", [clean("household_registration")])


def one_village(home: Home) -> None:
    """A county of one township with one village."""
    path = home.reference / "divisions.csv"
    path.write_text(
        "division_code,name,level,parent_code\n999977,试验县,county,\n999977100,东河镇,township,999977\n"
        "999977100200,上村,village,999977100\n",
        encoding="utf-8",
    )
    send(home, "delivery", [clean("delivery")])


def no_hospital(home: Home) -> None:
    """Nobody of the health agency is there."""
    only_units(home, "police-100", "population-100", "civil-100", "school-100")
    send(home, "household_registration", [clean("household_registration")])


def one_record_in_each_register(home: Home) -> None:
    """One child, once in every register that the small reference has records for."""
    send(home, "delivery", [clean("delivery")])
    send(home, "household_registration", [clean("household_registration")])
    send(home, "marriage", [record("marriage")])


def every_file_held(home: Home) -> None:
    """On the second night the only new file waits for a decision."""
    send(home, "delivery", [clean("delivery", number) for number in range(40)])
    send(home, "delivery", [clean("delivery", 41)], "_again", "2024-03-03 09:30")


# fail first where a stage cannot hold with nothing in it, and are quick enough for every run of the tests
SHORT = (no_folder,)
LONG = (
    no_file, one_nil, one_unreadable, one_clean_row, four_registrations, one_unit_one_feed, one_village, no_hospital,
    one_record_in_each_register, every_file_held,
)  # fmt: skip


def rollcall(home: Home, *words: str) -> str:
    """Run a command in this process; it must succeed, without a stack trace."""
    done = CliRunner().invoke(app, [*words, "--home", str(home.root)])
    said = done.output
    assert done.exit_code == 0, f"{words}: {said}"
    assert "Traceback" not in said
    return said


@pytest.mark.parametrize(
    "county", [*SHORT, *(pytest.param(one, marks=pytest.mark.long) for one in LONG)], ids=lambda made: made.__name__
)
def test_a_night_and_what_reads_it_hold(county: Callable[[Home], None], tmp_path: Path):
    write_reference_files(tmp_path / "home")
    home = Home(tmp_path / "home")
    home.make_folders()
    county(home)
    rollcall(home, "run", "--as-of", AS_OF.isoformat())
    assert "othing new" in rollcall(home, "run", "--as-of", AS_OF.isoformat())
    if county is every_file_held:
        rollcall(home, "run", "--as-of", NEXT.isoformat())
        assert "held" in rollcall(home, "submissions", "list")
    with duckdb.connect(str(home.current_marts), read_only=True) as con:
        marts = {name for (name,) in con.execute("SELECT table_name FROM duckdb_tables() UNION ALL "
                 "SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()}  # fmt: skip
        declared = {
            model["name"]
            for path in (PROJECT / "dbt_project" / "models" / "marts").glob("*.yml")
            for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", [])
        }
        assert declared <= marts
        if county is one_clean_row:
            assert con.execute("SELECT count(*) FROM marts.children").fetchall() == [(1,)]
            wrong = "SELECT rule FROM marts.unit_flags WHERE rule NOT IN ('missing_submission', 'late')"
            assert con.execute(wrong).fetchall() == []
    rollcall(home, "links", "--out", str(tmp_path / "links.csv"))
    rollcall(home, "submissions", "list")
    rollcall(home, "archive", "verify")
    rollcall(home, "bulletin", "--period", "2024-01")
    rollcall(home, "release", "approve", "2024-01", "--by", "李主任")
