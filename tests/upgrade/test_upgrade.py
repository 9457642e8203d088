"""Homes that earlier versions made: this one opens them, runs a night with a new submission, and children stay."""

from __future__ import annotations

import csv
import tarfile
from pathlib import Path

import pytest

from pipeline import __version__
from pipeline.home import PROJECT
from pipeline.orchestration.runs.night import run_night
from pipeline.orchestration.runs.restored import restore
from pipeline.publish.nights.archive_proof import verify_whole
from pipeline.warehouse import migrations, open_warehouse, schema_version
from tests.upgrade.make_home import COLUMNS, HERE, MOST_BYTES, NEXT_NIGHT, children

VERSIONS = sorted(path.parent for path in HERE.glob("*/home.tar.xz"))


@pytest.fixture(params=VERSIONS, ids=lambda folder: folder.name)
def version(request: pytest.FixtureRequest) -> Path:
    """The folder of an earlier version."""
    return request.param


def test_each_folder_is_small(version: Path):
    assert sum(path.stat().st_size for path in version.iterdir()) < MOST_BYTES


def test_each_version_says_what_an_administrator_must_do():
    text = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert VERSIONS
    for name in {__version__, *(folder.name for folder in VERSIONS)}:
        section = text.split(f"## {name}")[1].split("\n## ")[0]
        assert "### Upgrading" in section, name


@pytest.mark.long
def test_a_home_of_an_earlier_version_goes_on(version: Path, tmp_path: Path):
    with tarfile.open(version / "home.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    with (version / "children.csv").open(encoding="utf-8", newline="") as file:
        header, *known = (tuple(row) for row in csv.reader(file))
    assert header == COLUMNS
    home = restore(tmp_path / "backup", tmp_path / "county", tmp_path / "pseudonym.secret").home
    assert children(home) == known

    assert run_night(home, NEXT_NIGHT).is_new
    with open_warehouse(home, read_only=True) as con:
        assert schema_version(con) == migrations()[-1][0]
        assert con.execute("SELECT count(*) FROM publish.nights").fetchall() == [(2,)]
    now = children(home)
    assert set(known) <= set(now)
    assert {row[:3] for row in now} - {row[:3] for row in known}, "the submission that waited was read"
    assert verify_whole(home).problems == ()
