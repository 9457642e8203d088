"""A verification round played through on a county whose truth is known: from draw to changed estimate and grade."""

from __future__ import annotations

import csv
import datetime as dt
import re
import shutil
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from pipeline.casework import draw_round, read_in_verification
from pipeline.casework.verification.draw import choose_round
from pipeline.casework.verification.rounds import LIKELY_OMISSION, TEAMS, Case, Round
from pipeline.casework.verification.state import Seen, Verification
from pipeline.cli import app
from pipeline.home import Home
from pipeline.intake import verify_archive
from pipeline.orchestration.runs.night import run_night
from pipeline.publish import last_night
from pipeline.publish.approval.replies import critical_units, note_reply, note_told, waiting
from pipeline.reference import load_reference
from pipeline.warehouse import open_warehouse
from tests.verifications import ABSENT, fill, fill_canvass

ROUND, PER_TOWNSHIP, SEED, VILLAGES = "2024H2", 30, 3, 5
IN_HELD = {"held", "later"}


@dataclass
class County:
    """A county's truth, as teams would find it in drawers.

    `births`: by child; `of_record`: by feed and number, the child, who may be nobody's; `numbers`: the other way.
    """

    births: dict[str, dict[str, str]]
    of_record: dict[tuple[str, str], str] = field(default_factory=dict)
    numbers: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def read(cls, home: Home) -> County:
        def rows(name: str) -> list[dict[str, str]]:
            with (home.root / "truth" / name).open(encoding="utf-8") as file:
                return list(csv.DictReader(file))

        found = cls({row["child"]: row for row in rows("births.csv")})
        for row in rows("records.csv"):
            found.of_record[row["feed"], row["record_no"]] = row["child"]
            found.numbers[row["feed"], row["child"]].append(row["record_no"])
        return found

    def seen(self, case: Case) -> Seen:
        """What lies in the drawer, by a team that makes no mistake."""
        child = self.of_record.get((case.feed, case.record_no), "")
        birth = self.births.get(child)
        if birth is None:
            return ABSENT
        there = self.numbers.get((case.register, child), [])
        held = "yes" if there else "no" if birth[case.register] == "never" else "not_stated"
        lives = "yes" if birth["resident"] == "1" else "no"
        return Seen("found", birth["sex"], birth["birth_date"], lives, held, there[0] if there else None)


@dataclass(frozen=True)
class Played:
    """The round, the home after the night that read it, and what was there before."""

    home: Home
    county: County
    round: Round
    estimates: dict[tuple[str, str, str], float | None]
    critical: list[str]
    slips: frozenset[str]
    next_day: dt.date


def estimates(home: Home) -> dict[tuple[str, str, str], float | None]:
    with duckdb.connect(str(home.current_marts), read_only=True) as marts:
        rows = marts.execute(
            "SELECT cohort, division_code, register, estimate FROM marts.completeness_estimates"
        ).fetchall()
    return {(cohort, place, register): estimate for cohort, place, register, estimate in rows}


def by_period(home: Home, period: str) -> list[str]:
    with open_warehouse(home, read_only=True) as con:
        return critical_units(con, period)


PERIOD = "2024-08"


@pytest.fixture(scope="module")
def played(night_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Played:
    root = tmp_path_factory.mktemp("verification") / "county"
    shutil.copytree(night_home, root, symlinks=True)
    home, run = Home(root), CliRunner()
    night, county, reference = last_night(home), County.read(home), load_reference(home)
    assert night is not None
    before, critical = estimates(home), by_period(home, PERIOD)
    with open_warehouse(home, read_only=True) as con:
        chosen = choose_round(con, home, reference, ROUND, PER_TOWNSHIP, SEED, VILLAGES)
        assert choose_round(con, home, reference, ROUND, PER_TOWNSHIP, SEED, VILLAGES) == chosen
        other = choose_round(con, home, reference, ROUND, PER_TOWNSHIP, SEED + 1, VILLAGES)
        assert {case.record_key for case in other.cases} != {case.record_key for case in chosen.cases}
        done = draw_round(con, home, ROUND, PER_TOWNSHIP, seed=SEED, villages=VILLAGES)
        assert (done.is_new, done.round) == (True, chosen)
        assert not draw_round(con, home, ROUND, PER_TOWNSHIP, seed=SEED, villages=VILLAGES).is_new

    cases = chosen.by_no()
    right = {number: county.seen(case) for number, case in cases.items()}
    slips = [number for number, case in cases.items() if right[number].document == "found"
             and case.kind != LIKELY_OMISSION][:3]  # fmt: skip
    wrong = {**right, **dict.fromkeys(slips, ABSENT)}

    def bring(file: Path, day: dt.date) -> str:
        result = run.invoke(app, ["verify", "import", str(file), "--home", str(root), "--on", day.isoformat()])
        assert result.exit_code == 0, result.output
        return result.output

    folder, day = home.returned, night.as_of + dt.timedelta(days=2)
    paths = {path.parent.name: path for path in done.paths}
    bring(fill(paths["A"], right, folder / "a.xlsx"), day)
    said = bring(fill(paths["B"], wrong, folder / "b.xlsx"), day)
    assert f"differ on {len(slips)} cases" in said
    (third,) = (home.verification / ROUND / "adjudicator").glob("*.xlsx")
    bring(fill(third, right, folder / "third.xlsx"), day)
    walked = {village.village_code for village in chosen.villages}
    young = [
        (birth["village_code"], birth["sex"], birth["birth_date"][:7], (card or [""])[0][-6:].upper() or None)
        for child, birth in county.births.items()
        if birth["village_code"] in walked and birth["resident"] == "1" and birth["died"] == "0"
        for card in [county.numbers.get(("birth_certificate", child)) or county.numbers.get(("immunization", child))]
    ]
    bring(fill_canvass(paths["canvass"], young, folder / "canvass.xlsx"), day)
    listed = run.invoke(app, ["verify", "list", "--home", str(root)])
    assert ROUND in listed.output

    ended = run_night(home, day + dt.timedelta(days=1))
    assert ended.is_new
    return Played(home, county, chosen, before, critical, frozenset(slips), day + dt.timedelta(days=2))


def test_every_township_and_stratum_is_drawn_with_its_chance(played: Played):
    drawn = defaultdict(int)
    for case in played.round.cases:
        drawn[case.stratum, case.township_code] += 1
    for stratum, township, population, count in played.round.strata:
        assert drawn[stratum, township] == count <= population
        chances = {case.inclusion_probability for case in played.round.cases
                   if (case.stratum, case.township_code) == (stratum, township)}  # fmt: skip
        assert chances <= {count / population}
    by_township = defaultdict(int)
    for (_, township), count in drawn.items():
        by_township[township] += count
    assert set(by_township.values()) == {PER_TOWNSHIP}
    assert {case.kind for case in played.round.cases} == {"likely_omission", "uncorroborated", "known_good", "control"}


def test_no_workbook_holds_what_is_to_be_verified_or_any_name(played: Played):
    from python_calamine import load_workbook

    with open_warehouse(played.home, read_only=True) as con:
        people = con.execute(
            "SELECT DISTINCT unnest([child_name_std, mother_name_std, father_name_std, child_id_no, mother_id_no, "
            "phone]) FROM intermediate.int_child_records_linked"
        ).fetchall()
        born = con.execute("SELECT DISTINCT birth_date FROM intermediate.int_children_resolved").fetchall()
    personal = {name for (name,) in people if name} | {day.isoformat() for (day,) in born if day}
    for team in TEAMS:
        book = load_workbook(str(played.home.verification / ROUND / team / f"{ROUND}_{team}.xlsx"))
        cells = {
            str(cell) for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row
        }
        # the dates of the draw and of its end stand on the cover
        assert not (cells & personal) - {played.round.drawn_on, played.round.due_on}


def test_results_are_published_by_township(played: Played):
    with duckdb.connect(str(played.home.current_marts), read_only=True) as marts:
        rows = marts.execute(
            "SELECT township_code, cases, returned, settled, in_dispute, agreement, kappa, ac1, content_agreement, "
            "verification_factor, verification_factor_low, verification_factor_high FROM marts.verification_results"
        ).fetchall()
    assert len(rows) == len({case.township_code for case in played.round.cases})
    for _, cases, returned, settled, disputes, *_ in rows:
        assert cases == returned == settled == PER_TOWNSHIP
        assert disputes == 0
    same = sum(row[5] * row[2] for row in rows)
    assert same == pytest.approx(len(played.round.cases) - len(played.slips))
    assert all(row[7] >= row[5] - 0.1 for row in rows)
    assert all(row[8] > 0.9 for row in rows), "documents say what honest records say"
    assert all(row[10] <= row[9] <= row[11] <= 1 for row in rows)
    assert any(row[9] < 1 for row in rows), "some records stand on nothing"


def test_settled_cases_are_what_is_true(played: Played):
    county = played.county
    with open_warehouse(played.home, read_only=True) as con:
        records = con.execute(
            "SELECT v.feed, r.record_no, v.is_genuine FROM completeness.verified_records AS v "
            "JOIN intermediate.int_child_records_linked AS r USING (record_key)"
        ).fetchall()
        gaps = con.execute(
            "SELECT round, is_child, is_resident, inclusion_probability FROM completeness.verified_gaps"
        ).fetchall()
        totals = con.execute("SELECT quantity, total, low, high FROM completeness.verification_totals").fetchall()
        frame = con.execute(
            "SELECT count(*) FROM intermediate.int_child_records_linked AS r "
            "JOIN intermediate.int_children_resolved AS c USING (child_id) "
            "JOIN accountability.registers AS g ON r.feed = g.feed AND g.kind = 'birth' "
            "WHERE c.is_resident AND c.township_code IS NOT NULL"
        ).fetchall()[0][0]
        factors = con.execute(
            "SELECT unit_code, factor, low, high FROM completeness.verification_factors WHERE factor < 1"
        ).fetchall()
    kinds = [case.kind for case in played.round.cases]
    assert len(records) == len(kinds) - kinds.count(LIKELY_OMISSION)
    assert len(gaps) == kinds.count(LIKELY_OMISSION)
    assert all(is_genuine == (county.of_record[feed, number] in county.births) for feed, number, is_genuine in records)
    assert {is_genuine for *_, is_genuine in records} == {True, False}
    found = {quantity: (total, low, high) for quantity, total, low, high in totals}
    assert found.keys() == {"genuine_records", "true_omissions", "canvassed_children", "canvassed_known"}
    assert 0.9 * frame < found["genuine_records"][0] < frame
    residents = sum(birth["resident"] == "1" and birth["died"] == "0" for birth in county.births.values())
    assert found["canvassed_children"][1] <= residents <= found["canvassed_children"][2]
    # only the unit that invents births has periods in which a document is missing
    assert {unit for unit, *_ in factors} == {inventor(played.home)}


def test_a_canvass_is_matched_by_token_sex_and_month(played: Played):
    with open_warehouse(played.home, read_only=True) as con:
        met, matched, tokens = con.execute(
            "SELECT count(*), count(child_id), count(link_token) FROM completeness.canvass"
        ).fetchall()[0]
        columns = [name for name, *_ in con.execute("DESCRIBE completeness.canvass").fetchall()]
    assert 0 < matched <= tokens <= met
    assert matched >= 0.9 * tokens
    assert not any(re.search("name|id_no|phone|marri|mother", column) for column in columns)


def inventor(home: Home) -> str:
    with (home.root / "truth" / "units.csv").open(encoding="utf-8") as file:
        return next(row["unit_code"] for row in csv.DictReader(file) if row["defect"] == "fabricated")


def test_a_unit_that_invents_births_becomes_critical_and_may_reply_before_it_is_named(played: Played):
    home, unit = played.home, inventor(played.home)
    assert unit not in played.critical
    assert unit in by_period(home, PERIOD)
    with duckdb.connect(str(home.current_marts), read_only=True) as marts:
        grades = marts.execute(
            "SELECT DISTINCT unit_code, grade FROM marts.unit_scorecards WHERE is_critical AND unit_code = ?", [unit]
        ).fetchall()
    assert grades == [(unit, "D")]
    # as long as it was not told, or its time has not passed, it is not named
    with open_warehouse(home, read_only=True) as con:
        reference = load_reference(home)
        assert unit in [one.unit_code for one in waiting(con, home, reference, PERIOD, played.next_day)]
        note_told(home, reference, unit, PERIOD, played.next_day, "office")
        assert unit in [one.unit_code for one in waiting(con, home, reference, PERIOD, played.next_day)]
        note_reply(home, reference, unit, PERIOD, played.next_day, "office", "the entries are being looked into")
        assert unit not in [one.unit_code for one in waiting(con, home, reference, PERIOD, played.next_day)]


def test_estimates_change(played: Played):
    after = estimates(played.home)
    changed = {key for key, estimate in after.items() if key in played.estimates and played.estimates[key] != estimate}
    assert changed, "what was verified weighs in the estimates"


def test_papers_that_show_a_number_join_the_records(played: Played):
    with open_warehouse(played.home, read_only=True) as con:
        labels = con.execute(
            """
            SELECT a.feed || ':' || a.record_no, b.feed || ':' || b.record_no, a.child_id = b.child_id
            FROM casework.link_constraints AS c
            JOIN linkage.child_records AS a ON c.record_key_l = a.record_key
            JOIN linkage.child_records AS b ON c.record_key_r = b.record_key
            WHERE c.is_same
            """
        ).fetchall()
    assert labels
    for left, right, is_linked in labels:
        one, other = (played.county.of_record[tuple(name.split(":"))] for name in (left, right))
        assert one == other
        assert is_linked


def test_the_archive_holds_all_of_it(played: Played):
    assert verify_archive(played.home).is_sound
    state = Verification.read(played.home)
    assert state.rounds[ROUND][1] == played.round
    assert not run_night(played.home, played.next_day - dt.timedelta(days=1)).is_new
    # a warehouse that lost its tables has them again from the archive alone
    with open_warehouse(played.home) as con:
        before = con.execute("SELECT * FROM casework.verification_outcomes ORDER BY ALL").fetchall()
        con.execute("DELETE FROM casework.verification_outcomes")
        read_in_verification(con, played.home)
        assert con.execute("SELECT * FROM casework.verification_outcomes ORDER BY ALL").fetchall() == before
