"""Nobody works out a small count from the public files, by an attacker who is written apart from what protects them."""

from __future__ import annotations

import datetime as dt
import itertools
import random

import duckdb
import pytest

from pipeline.home import Home
from pipeline.publish.approval import controlled
from pipeline.publish.approval.approve import approve
from pipeline.publish.approval.prepared import prepare
from pipeline.publish.disclosure.declared import CountTable, load_public_tables
from tests.file_attack import FileAttacker
from tests.public_marts import COUNTY, HELD, NOT_DUE, REASONS, REGISTERS, make_marts

TOWNS = ("999977100", "999977101", "999977102", "999977103")
MONTHS = tuple(f"2024-{month:02d}" for month in range(1, 13))
# months after the birth after which a child is due, as counties have them: two registers alike, and one later
GRACES = dict(zip(REGISTERS, itertools.cycle((2, 3, 3, 2, 4)), strict=False))
PERIODS = ("2024-09", "2024-10", "2024-12")


@pytest.fixture
def county(home: Home) -> Home:
    path = home.reference / "divisions.csv"
    more = [
        f"{town},第{number}乡,township,{COUNTY}" for number, town in enumerate(TOWNS) if town not in path.read_text()
    ]
    path.write_text(path.read_text(encoding="utf-8") + "\n".join(more) + "\n", encoding="utf-8")
    return home


def due_months(period: str) -> dict[str, set[str]]:
    """By register the months that are due at the end of a month."""
    last = int(period[:4]) * 12 + int(period[5:])
    return {
        register: {month for month in MONTHS if int(month[:4]) * 12 + int(month[5:]) + grace <= last}
        for register, grace in GRACES.items()
    }


def births(rnd: random.Random) -> dict[tuple[str, str], int]:
    sizes = [rnd.choice((1.0, 2.5, 6.0)) for _ in TOWNS]
    return {
        (town, month): max(0, round(rnd.gauss(4 * size, 2 * size**0.5)))
        for town, size in zip(TOWNS, sizes, strict=True)
        for month in MONTHS
    }


def counts_at(rnd: random.Random, born: dict[tuple[str, str], int], period: str) -> dict:
    """By township, month and register what became of each child, as of a month's end."""
    due, found = due_months(period), {}
    for (town, month), known in born.items():
        if month > period:
            continue
        for register in REGISTERS:
            is_due = month in due[register]
            missing = dict.fromkeys(REASONS, 0)
            for _ in range(known if is_due else 0):
                if rnd.random() < 0.12:
                    missing[rnd.choice(("submission_missing", "linkage_uncertain", "likely_omitted"))] += 1
            found |= {(town, month, register, reason): number for reason, number in missing.items()}
            found[town, month, register, NOT_DUE] = 0 if is_due else known
            found[town, month, register, HELD] = known - sum(missing.values()) if is_due else 0
    return found


def truth_of(attacker: FileAttacker, counts: dict) -> dict[tuple[str, str, str, str], int]:
    """The true value of every count that the tables speak of."""
    months = {month for _, month, _, _ in counts}

    def one(count: str, cohort: str, place: str, register: str) -> int:
        total = 0
        for month in months:
            quarter = f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}"
            if cohort not in (quarter, month[:4]) or quarter not in attacker.quarters:
                continue
            for town in attacker.towns if place == COUNTY else [place]:
                at = (town, month, register or REGISTERS[0])
                missing = sum(counts[(*at, reason)] for reason in REASONS)
                held, later = counts[(*at, HELD)], counts[(*at, NOT_DUE)]
                total += {"known": held + missing + later, "due": held + missing, "held": held,
                          "not_held": missing, "not_due": later}[count]  # fmt: skip
        return total

    return {at: one(*at) for at in attacker.places_counted()}


def attack(home: Home, seed: int, periods=PERIODS) -> list[tuple]:
    """What an attacker works out from some months of a county's files."""
    rnd = random.Random(seed)
    born, found = births(rnd), []
    settings = home.settings
    for period in periods:
        counts = counts_at(random.Random(seed), born, period)
        day = dt.date(2024 + int(period[5:]) // 12, int(period[5:]) % 12 + 1, 28)
        with duckdb.connect(":memory:") as con:
            make_marts(con, counts, as_of=day.isoformat())
            prepare(con, home, period)
            approve(con, home, period, "李主任", day, note="the tables of the month before are in its own folder")
        attacker = FileAttacker(home.public / period / "tables", COUNTY, due_months(period), ("died_or_moved",))
        truth = truth_of(attacker, counts)
        for at, value in attacker.published.items():
            assert truth.get(at, value) == value
        found += attacker.worked_out(truth, settings.suppression_limit, settings.disclosure.protection_width)
    return found


def without_the_calendar(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables suppressed by one who does not know that equal graces mean equal numbers of children due."""
    tables = load_public_tables()
    blind = {
        name: CountTable.model_copy(table, update={"due_by_calendar": None}) for name, table in tables.counts.items()
    }
    monkeypatch.setattr(controlled, "load_public_tables", lambda: tables.model_copy(update={"counts": blind}))


@pytest.mark.parametrize("seed", range(2))
def test_the_files_of_a_month_give_no_small_count_away(county, seed):
    assert attack(county, seed, PERIODS[-1:]) == []


def test_the_attacker_finds_what_a_blind_protection_gives_away(county, monkeypatch):
    without_the_calendar(monkeypatch)
    found = attack(county, 0, PERIODS[-1:])
    # a number that the tables marked, exactly
    assert [at for at in found if at[-1] == at[-2]]


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(100, 120))
def test_three_months_of_twenty_counties_give_no_small_count_away(county, seed):
    assert attack(county, seed) == []


def test_the_county_s_own_totals_stay_where_townships_can_go_instead(county):
    attack(county, 7, PERIODS[-1:])
    attacker = FileAttacker(county.public / PERIODS[-1] / "tables", COUNTY, due_months(PERIODS[-1]), ("died_or_moved",))
    totals = [
        at
        for at in attacker.places_counted()
        if at[2] == COUNTY and at[0] in ("known", "due", "held") and at[1] == "2024"
    ]
    assert totals
    assert set(totals) <= set(attacker.published)
