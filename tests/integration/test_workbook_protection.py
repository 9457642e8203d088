"""Every workbook and page of a county after a night: the bulletin can be made, no cell is a formula, LibreOffice opens
all of them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from pipeline.accountability.obligations.calendar import month_after, month_of
from pipeline.home import Home
from pipeline.publish import last_night

# of a month's bulletin and a review's batch; unit tests of what writes them hold that no cell is a formula
pytestmark = pytest.mark.long


def rollcall(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def county(night_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The small county with its bulletin and a batch of pairs for two reviewers."""
    root = tmp_path_factory.mktemp("workbooks") / "county"
    shutil.copytree(night_home, root, symlinks=True)
    home = Home(root)
    rollcall("bulletin", "--home", str(root), "--period", period(home))
    rollcall("review", "export", "--home", str(root), "--reviewer", "A", "--second-reviewer", "B")
    return home


def period(home: Home) -> str:
    """The month before the night's."""
    night = last_night(home)
    assert night is not None
    return month_of(month_after(night.as_of, -1))


def workbooks(home: Home) -> list[Path]:
    written = (home.casework, home.reports)
    return sorted(path for folder in written for path in folder.rglob("*.xlsx"))


def test_there_are_all_kinds(county):
    kinds = {re.sub(r"[_-].*", "", path.stem) for path in workbooks(county)}
    assert {"county", "feedback"} <= kinds
    assert any(county.casework in path.parents and "feedback" not in path.name for path in workbooks(county))


def test_no_cell_is_a_formula(county):
    for path in workbooks(county):
        for sheet in openpyxl.load_workbook(path):
            kinds = {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None}
            assert kinds <= {"s", "n"}, (path, sheet.title)


def test_the_office_s_edition_says_what_the_release_holds(county):
    folder = county.reports / "bulletins"
    page = next(folder.glob("*/office/county_en.html")).read_text(encoding="utf-8")
    assert "There are no data for this section" not in page
    assert "<svg" in page


def test_libreoffice_opens_every_workbook(county, tmp_path):
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("LibreOffice is not installed: no workbook was opened in it")
    books = workbooks(county)
    for number, path in enumerate(books):
        # one folder each: names repeat
        out = tmp_path / str(number)
        profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
        subprocess.run(
            [office, profile, "--headless", "--convert-to", "pdf", "--outdir", str(out), str(path)],
            capture_output=True, check=True, timeout=180,
        )  # fmt: skip
        assert (out / f"{path.stem}.pdf").stat().st_size > 0, path
