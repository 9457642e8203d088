"""Rectification over two nights of a small county: tickets, the mart that shows them, and what units are told."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from python_calamine import load_workbook

from pipeline.casework import write_feedback
from pipeline.casework.feedback.workbook import sheet_name
from pipeline.contracts import load_feeds
from pipeline.home import Home
from pipeline.publish import last_night
from pipeline.reference import load_reference
from pipeline.warehouse import open_warehouse


def feedback_files(home: Home) -> dict[str, Path]:
    return {path.parent.name: path for path in sorted(home.outgoing.glob("*/feedback_*.xlsx"))}


def texts(path: Path) -> list[list[str]]:
    book = load_workbook(str(path))
    sheets = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    return [[str(cell) for cell in row] for sheet in sheets for row in sheet]


def test_units_read_of_their_own_rows_and_of_no_other_register(night_home):
    home = Home(night_home)
    units, files = load_reference(home).units, feedback_files(home)
    assert files
    for unit_code, path in files.items():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        lines = texts(path)
        text = "\n".join(cell for line in lines for cell in line)
        for feed in load_feeds().values():
            if feed.feed not in units[unit_code].feeds:
                assert feed.feed not in text
                assert feed.feed.replace("_", " ") not in text
                assert feed.zh not in text
        others = {unit.unit_name for unit in units.values()} - {units[unit_code].unit_name}
        assert not [name for name in others if name in text]
        rows = load_workbook(str(path)).get_sheet_by_name(sheet_name("rows")).to_python()[1:]
        with open_warehouse(home, read_only=True) as con:
            own = {
                name
                for (name,) in con.execute(
                    "SELECT file_name FROM intake.receipts WHERE unit_code = ?", [unit_code]
                ).fetchall()
            }
        assert {row[3] for row in rows} <= own


def test_a_row_that_a_check_found_is_in_its_unit_s_feedback(night_home):
    home = Home(night_home)
    with open_warehouse(home, read_only=True) as con:
        found = con.execute(
            """
            SELECT c.unit_code, r.file_name, f.line FROM checks.row_findings AS f
            JOIN checks.current_revisions AS c USING (revision_id)
            JOIN intake.receipts AS r ON f.revision_id = r.receipt_no ORDER BY ALL
            """
        ).fetchall()
    assert found
    files = feedback_files(home)
    for unit_code, file_name, line in found[:20]:
        assert any(row[3:5] == [file_name, str(line)] for row in texts(files[unit_code]) if len(row) > 4)


@pytest.fixture(scope="module")
def second(night_home, tmp_path_factory) -> Home:
    """The county two months later: nobody sent anything but one unit what it had missed."""
    root = tmp_path_factory.mktemp("second") / "county"
    shutil.copytree(night_home, root, symlinks=True)
    home = Home(root)
    night = last_night(home)
    assert night is not None
    with open_warehouse(home) as con:
        before = con.execute(
            "SELECT unit_code, feed, period, ticket_id FROM accountability.tickets "
            "WHERE rule = 'missing_submission' AND kind = 'event' ORDER BY ALL"
        ).fetchall()
        assert not write_feedback(con, home, night.as_of), "what was told is not told again"
    assert before, "the county has submissions that never came"
    unit_code, feed, period, ticket = before[0]
    headers = ",".join(column.zh for column in load_feeds()[feed].columns.values())
    file = home.landing / unit_code / f"{feed}_{period.replace('-', '')}.csv"
    file.write_text(headers + "\n", encoding="utf-8")
    arrived = dt.datetime.combine(night.as_of + dt.timedelta(days=1), dt.time(9), home.settings.zone).timestamp()
    os.utime(file, (arrived, arrived))
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", "run", "--home", str(root), "--as-of",
         str(night.as_of + dt.timedelta(days=60))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    (root / "put_right.txt").write_text(ticket, encoding="utf-8")
    return home


@pytest.mark.long
def test_what_came_is_closed_what_did_not_is_overdue_and_both_are_published(second):
    ticket = (second.root / "put_right.txt").read_text(encoding="utf-8")
    with duckdb.connect(str(second.current_marts), read_only=True) as marts:
        status, closed_on = marts.execute(
            "SELECT status, closed_on FROM marts.rectifications WHERE ticket_id = ?", [ticket]
        ).fetchall()[0]
        assert (status, closed_on) == ("closed", last_night(second).as_of)
        late = marts.execute(
            "SELECT count(*) FROM marts.rectifications WHERE status = 'open' AND due_on < ?", [closed_on]
        ).fetchall()
        assert late == [(0,)]
        columns = {name for name, *_ in marts.execute("DESCRIBE marts.division_scorecards").fetchall()}
        assert {"timeliness", "coverage_low", "date_heaping_verdict"} <= columns
        assert marts.execute("SELECT count(*) FROM marts.division_scorecards").fetchall()[0][0]


@pytest.mark.long
def test_every_change_is_history(second):
    with open_warehouse(second, read_only=True) as con:
        nights = con.execute(
            "SELECT night_no, event, count(*) FROM accountability.ticket_events GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        assert {night for night, *_ in nights} == {1, 2}
        assert {event for night, event, _ in nights if night == 1} == {"opened"}
        assert "closed" in {event for night, event, _ in nights if night == 2}
        mismatched = con.execute(
            "SELECT count(*) FROM accountability.tickets WHERE opened_on > coalesce(closed_on, DATE '9999-01-01')"
        ).fetchall()
        assert mismatched == [(0,)]
