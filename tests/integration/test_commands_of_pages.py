"""Every command that the README and the runbooks name, run in the order of the pages on a county after its night."""

from __future__ import annotations

import datetime as dt
import re
import shlex
import shutil
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.home import PROJECT, Home

PAGES = (
    PROJECT / "README.md",
    *(
        PROJECT / "docs" / "runbooks" / f"{name}.md"
        for name in (
            "clerical_review",
            "explain_a_link",
            "verification",
            "export",
            "dhis2",
            "metrics",
            "service",
            "backup",
            "upgrade",
            "move_to_another_server",
            "correction",
            "limits_of_keeping",
            "new_county",
            "new_unit",
            "new_feed",
            "late_or_bad_file",
            # takes the last night back
            "failed_night",
        )
    ),
    PROJECT / "docs" / "disclosure.md",
)
# pages in a browser do not end by themselves; a workbook that comes back, and a key, are other tests'; a model has its
# own name
SKIPPED = ("ui", "review import", "review withdraw", "verify import", "train", "bench", "key")


def commands(page: Path) -> list[str]:
    """The command lines of a page's code blocks, without their comments."""
    blocks = re.findall(r"^```\n(.*?)^```", page.read_text(encoding="utf-8"), re.S | re.M)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [line.removeprefix("rollcall ") for line in lines if line.startswith("rollcall ")]


@pytest.fixture(scope="module")
def county(night_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    root = tmp_path_factory.mktemp("pages") / "county"
    shutil.copytree(night_home, root, symlinks=True)
    return Home(root)


def fill(home: Home, line: str, folder: Path, number: int) -> list[str]:
    """What stands for the county, a record, a month and a file, as this county has them."""
    with duckdb.connect(str(home.warehouse_file), read_only=True) as con:
        records = {
            feed: (number_, unit, period)
            for feed, number_, unit, period in con.execute(
                "SELECT feed, min(record_no), min_by(unit_code, record_no), min_by(period, record_no) "
                "FROM linkage.child_records WHERE regexp_full_match(record_no, '[A-Za-z0-9-]+') GROUP BY feed"
            ).fetchall()
        }
        as_of = con.execute("SELECT max(as_of) FROM publish.nights").fetchall()[0][0]
    month = f"{as_of.year - (as_of.month == 1)}-{(as_of.month - 2) % 12 + 1:02d}"
    line = line.replace("COUNTY", str(home.root)).replace("2025-12", month).replace("--by NAME", "--by 李主任")
    line = line.replace("links.csv", str(folder / "links.csv")).replace("--out forms", f"--out {folder / 'forms'}")
    line = line.replace("docs/dhis2_mapping.yaml", str(PROJECT / "docs" / "dhis2_mapping.yaml"))
    line = re.sub(
        r"--out (marts|public_tables|to_dhis2|services|sftp)", lambda found: f"--out {folder / found[1]}", line
    )
    line = re.sub(r"--round \S+", f"--round R{number}", line)

    def record(found: re.Match[str]) -> str:
        number_, unit, period = records[found[1]]
        return f"{found[1]}:{number_}" + (f"@{unit}@{period}" if found[2] else "")

    line = re.sub(r"\b(immunization|delivery):[A-Z]\d+-\d+(@\S+)?", record, line)
    line = line.replace("FEED:RECORD_NO", f"immunization:{records['immunization'][0]}")
    words = shlex.split(line)
    if words[0] == "run" or words[:2] == ["archive", "expire"]:
        # a day that no long time has passed before
        words += ["--as-of", (as_of + dt.timedelta(days=1)).isoformat()]
    # forms are of no county, though one may be named
    return words if "--home" in words else [*words, "--home", str(home.root)]


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_every_command_of_the_pages_ends_well(county: Home, tmp_path: Path):
    ran = []
    for page in PAGES:
        for number, line in enumerate(commands(page)):
            if line.startswith(SKIPPED) or "rollback" in line:
                continue
            for word, name in (("BACKUP", "backup"), ("RESTORED", "restored")):
                line = line.replace(word, str(tmp_path / f"{name}_of_{page.stem}"))
            line = line.replace("SECRET", str(county.secret_file))
            done = CliRunner().invoke(app, fill(county, line, tmp_path, len(ran) + number))
            assert done.exit_code == 0, f"{page.name}: {line}: {done.output[-1500:]}"
            assert "Traceback" not in done.output
            ran.append(line.split(" --")[0])
    assert (tmp_path / "links.csv").stat().st_size > 0
    assert list((tmp_path / "forms").glob("*.xlsx"))
    assert list(county.public.iterdir())
    assert (tmp_path / "marts" / "datapackage.json").is_file()
    assert Home(tmp_path / "restored_of_move_to_another_server").current_marts.is_file()
    assert len(ran) > 15
    # the last of all, as it takes back what the others worked on
    done = CliRunner().invoke(app, ["release", "rollback", "--home", str(county.root)])
    assert done.exit_code == 0, done.output
