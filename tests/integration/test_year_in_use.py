"""A home that lives on: nights month after month, then silence, a mistaken night, bulletins and an approval.

What must hold after each is asserted; the long test plays a year of a synthetic county and of the shared one, the short
one two months.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
import shutil
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from pipeline.accountability.vocabulary import EVENT_RULES, Verdict
from pipeline.cli import app
from pipeline.home import Home
from pipeline.publish import completed_nights
from pipeline.synthetic import load_plan, make_county
from pipeline.warehouse import open_warehouse
from tests.sameness import table_differences

LEVELS = {verdict.value: place for place, verdict in enumerate(reversed(Verdict))}


def rollcall(home: Home, *words: str, status: int = 0) -> str:
    """Run a command in this process, without a stack trace whatever its status."""
    done = CliRunner().invoke(app, [*words, "--home", str(home.root)])
    assert done.exit_code == status, f"{words}: {done.output}"
    assert "Traceback" not in done.output
    return done.output


def month_end(year: int, month: int) -> dt.date:
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def ask(home: Home, sql: str) -> list[tuple]:
    with open_warehouse(home, read_only=True) as con:
        return con.execute(sql).fetchall()


def verdicts(home: Home) -> dict[tuple, int]:
    """By unit, feed, rule and item the level of the verdict at the last period that is due."""
    rows = ask(
        home,
        """
        SELECT r.unit_code, r.feed, r.rule, r.item, r.verdict FROM accountability.rule_results AS r
        JOIN (
            SELECT unit_code, feed, max(period) AS period FROM accountability.obligations
            WHERE status <> 'not_due' GROUP BY ALL
        ) USING (unit_code, feed, period)
        """,
    )
    return {tuple(key): LEVELS[verdict] for *key, verdict in rows}


def check_front_page(home: Home) -> None:
    for name in ("index.html", "index.en.html"):
        page = (home.reports / name).read_text(encoding="utf-8")
        for target in re.findall(r'href="([^"#]+)"', page):
            assert (home.reports / target).exists(), target


def check_silence(home: Home, nights: list[dt.date]) -> None:
    """Nights after which nothing came: no ticket closes, no verdict betters, and the county is told."""
    before = verdicts(home)
    for day in nights:
        rollcall(home, "run", "--as-of", day.isoformat())
        after = verdicts(home)
        # what linkage and coverage say of a unit may follow from others' children falling due
        better = [key for key, level in before.items() if level > after.get(key, 0) and key[2] in EVENT_RULES]
        assert better == []
        night_no = completed_nights(home)[-1].night_no
        closed = ask(
            home,
            "SELECT rule, detail FROM accountability.ticket_events WHERE event = 'closed' "
            f"AND detail <> 'no_longer_owed' AND night_no = {night_no}",
        )
        assert closed == []
        before = after
        check_front_page(home)


def check_rollback(home: Home, beside: Path, day: dt.date, *, again: bool) -> None:
    """A night that is taken back leaves the home as the night before did; run again it comes out the same."""
    kept = beside / "before.duckdb"
    shutil.copyfile(home.warehouse_file, kept)
    release = completed_nights(home)[-1].release
    rollcall(home, "run", "--as-of", day.isoformat())
    mistaken, made = completed_nights(home)[-1].release, beside / "mistaken.duckdb"
    shutil.copyfile(home.warehouse_file, made)
    said = rollcall(home, "release", "rollback")
    assert f"Taken back: {mistaken}" in said
    assert table_differences(kept, home.warehouse_file) == []
    assert completed_nights(home)[-1].release == release
    with duckdb.connect(str(home.current_marts), read_only=True) as con:
        assert con.execute("SELECT release FROM marts.runs ORDER BY night_no DESC LIMIT 1").fetchall() == [(release,)]
    assert not (home.published / f"marts-{mistaken}.duckdb").exists()
    rollcall(home, "archive", "verify")
    if again:
        rollcall(home, "run", "--as-of", day.isoformat())
        assert table_differences(made, home.warehouse_file) == []
        rollcall(home, "archive", "verify")


def check_month(home: Home, period: str) -> None:
    """A month's bulletin is prepared whole, and goes out by a name only."""
    rollcall(home, "bulletin", "--period", period)
    assert (home.bulletins / period / "county_zh.html").exists()
    check_front_page(home)
    assert "--by" in rollcall(home, "release", "approve", period, status=2)
    assert not (home.public / period).exists()
    rollcall(home, "release", "approve", period, "--by", "李主任")
    assert (home.public / period).is_dir()
    rollcall(home, "release", "approve", period, "--by", "李主任")


def live(home: Home, first: tuple[int, int], months: int, beside: Path, *, silent: int) -> None:
    """Play a home's life: a night at each month's end, one of them taken back; then nights after which nothing came."""
    for number in range(months - 1):
        day = month_end(first[0], first[1] + number)
        rollcall(home, "run", "--as-of", day.isoformat())
        check_front_page(home)
        earlier = str(day - dt.timedelta(days=1))
        assert "Nights go forward only" in rollcall(home, "run", "--as-of", earlier, status=2)
    check_rollback(home, beside, month_end(first[0], first[1] + months - 1), again=silent > 1)
    later = home.today() + dt.timedelta(days=1)
    assert "has not come yet" in rollcall(home, "run", "--as-of", later.isoformat(), status=2)
    over = month_end(first[0], first[1] + months - 2)
    check_month(home, f"{over:%Y-%m}")
    assert "missing" in rollcall(home, "submissions", "list")
    check_silence(home, [month_end(first[0], first[1] + months + 2 * number + 1) for number in range(silent)])


def test_two_months_of_a_synthetic_county(tmp_path: Path):
    home = Home(tmp_path / "county")
    make_county(home.root, load_plan("demo", births=60, months=5, seed=4))
    live(home, (2024, 5), 2, tmp_path, silent=1)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_year_of_a_synthetic_county(tmp_path: Path):
    home = Home(tmp_path / "county")
    make_county(home.root, load_plan("demo", births=300, months=16, seed=9))
    live(home, (2024, 5), 12, tmp_path, silent=2)
    # months of silence are the county's failing: told of each feed whose units are all silent
    silent = ask(
        home, "SELECT count(DISTINCT feed) FROM accountability.common_causes WHERE rule = 'missing_submission'"
    )
    assert silent[0][0] > 0


@pytest.mark.long
@pytest.mark.shared
@pytest.mark.timeout(3600)
def test_a_year_of_the_shared_county(shared_county: Path, tmp_path: Path):
    home = Home(shared_county)
    as_of = dt.date.fromisoformat((shared_county / "truth" / "as_of.txt").read_text(encoding="utf-8").strip())
    begin = as_of.year * 12 + as_of.month - 1 - 11
    live(home, (begin // 12, begin % 12 + 1), 12, tmp_path, silent=2)
