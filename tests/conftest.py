"""What every test may use: a temporary home and, where it lies beside the project, the shared county."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import settings

from pipeline.home import PROJECT, Home
from pipeline.reference import Reference, load_reference
from pipeline.warehouse import open_warehouse

SHARED = PROJECT.parent / "shared"
# how long an example takes depends on what else the machine does; a test that hangs is ended by its own time limit
settings.register_profile("rollcall", deadline=None)
settings.load_profile("rollcall")

COUNTY_YAML = """\
county_code: "999977"
name: 试验县
arrival_clock: mtime
first_period: "2024-01"
"""
DIVISIONS = """\
division_code,name,level,parent_code
999977,试验县,county,999900
999977100,东河镇,township,999977
999977101,西山乡,township,999977
999977100200,上村,village,999977100
999977100201,下村,village,999977100
999977101200,上村,village,999977101
"""
UNITS = """\
unit_code,agency,unit_name,division_code,feeds,active_from,active_to
clinic-100,health,东河镇卫生院,999977100,delivery;birth_certificate;immunization,2015-01-01,
police-100,police,东河镇派出所,999977100,household_registration,2015-01-01,
population-100,population,东河镇计生办,999977100,population_register,2015-01-01,
civil-100,civil_affairs,东河镇民政所,999977100,marriage,2015-01-01,
school-100,education,东河镇中心小学,999977100,school_enrolment,2015-01-01,
"""


def write_reference_files(root: Path) -> None:
    """The smallest valid reference: two townships, a unit of each agency."""
    folder = root / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "county.yaml").write_text(COUNTY_YAML, encoding="utf-8")
    (folder / "divisions.csv").write_text(DIVISIONS, encoding="utf-8")
    (folder / "units.csv").write_text(UNITS, encoding="utf-8")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with a valid reference and empty folders."""
    write_reference_files(tmp_path / "home")
    home = Home(tmp_path / "home")
    home.make_folders()
    return home


@pytest.fixture
def reference(home: Home) -> Reference:
    """The home's reference files, read."""
    return load_reference(home)


@pytest.fixture
def con(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """The home's warehouse, open."""
    with open_warehouse(home) as connection:
        yield connection


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """The folder with the specification and counties; tests that need it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the shared folder is not beside the project")
    return SHARED


@pytest.fixture(scope="session")
def shared_county(shared_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A fresh copy of the shared county, with its files' times kept (they are arrivals)."""
    archive = shared_folder / "counties" / "yunxi.tar.gz"
    if not archive.is_file():
        pytest.skip("no shared county is there")
    target = tmp_path_factory.mktemp("shared_county")
    subprocess.run(["tar", "-xzf", str(archive), "-C", str(target)], check=True)
    county = target / "yunxi"
    yield county
    shutil.rmtree(county, ignore_errors=True)
