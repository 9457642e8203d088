"""The bulletin: made from controlled tables alone, the same in both languages, self-contained, the same bytes twice."""

import io
import random
import re

import duckdb
import pytest
from python_calamine import CalamineWorkbook

from pipeline.accountability.vocabulary import Measure
from pipeline.checks.vocabulary import LANGUAGES
from pipeline.home import Home
from pipeline.publish.approval.approve import approve
from pipeline.publish.approval.controlled import controlled
from pipeline.publish.bulletin.contents import make_bulletin
from pipeline.publish.bulletin.facts import COHORT_YEARS, WRITTEN_ON_DAY, gather, scopes
from pipeline.publish.bulletin.files import write_bulletins
from pipeline.publish.bulletin.office import make_office_bulletin
from pipeline.publish.bulletin.page import page
from pipeline.publish.bulletin.parts import words
from pipeline.publish.bulletin.quality import make_quality_report
from pipeline.publish.bulletin.statements import statements
from pipeline.publish.bulletin.workbook import workbook
from pipeline.publish.disclosure.output import MARK
from pipeline.reference import load_reference
from pipeline.settings.quality_report import QualityReportSettings
from tests.conftest import write_reference_files
from tests.public_marts import draw, make_marts

PERIOD = "2024-12"


def read_all(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.*"))}


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as found:
        make_marts(found, draw(random.Random(3), few=0.9))
        found.execute(
            "CREATE TABLE marts.unit_flags AS SELECT * FROM (VALUES "
            "('police-100', '东河镇派出所', 'household_registration', '2024-12', 'missing_submission', 'event', 1, 1, "
            "'=未报', '=was not sent'), "
            "('police-100', '东河镇派出所', 'household_registration', '2024-11', 'late', 'alarm', "
            "777, 778, '迟', 'late')) "
            "AS f(unit_code, unit_name, feed, period, rule, severity, evidence_count, denominator, message_zh, "
            "message_en)"
        )
        yield found


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    root = tmp_path_factory.mktemp("bulletin") / "home"
    write_reference_files(root)
    found = Home(root)
    found.make_folders()
    return found


@pytest.fixture(scope="module")
def facts(con, home):
    return gather(con, controlled(con, home, PERIOD))


@pytest.fixture(scope="module")
def written(con, home):
    return write_bulletins(con, home, PERIOD)


@pytest.fixture(scope="module")
def county(facts, home):
    reference = load_reference(home)
    return make_bulletin(facts, reference, home.settings.name, scopes(reference, home.settings.name)[0])


def test_every_bulletin_is_a_page_and_a_workbook_in_each_language(written, home):
    done = written
    reference = load_reference(home)
    assert (
        done.bulletins
        == len(scopes(reference, ""))
        == 1
        + len({one.agency for one in reference.units.values()})
        + sum(one.level == "township" for one in reference.divisions.values())
    )
    assert done.files == done.bulletins * 4
    assert done.absent == ("tickets", "punctuality", "funnels", "divisions", "overlap", "completeness", "delays")


def test_pages_fetch_nothing_and_run_nothing(written):
    for path in written.folder.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"https?:|<script|<link|<img|@import|url\((?!#)", text), path
        assert "<svg" in text or "agencies" in path.as_posix() or path.stem.startswith("quality")


def test_the_same_marts_give_the_same_bytes(con, home, facts):
    reference = load_reference(home)
    first, second = (make_office_bulletin(con, facts, reference, "x") for _ in range(2))
    for language in LANGUAGES:
        assert page(first, language) == page(second, language)
        assert workbook(first, language) == workbook(second, language)


def test_what_is_suppressed_is_the_mark_in_both_languages(facts, home):
    reference = load_reference(home)
    town = next(scope for scope in scopes(reference, "x") if scope.township)
    bulletin = make_bulletin(facts, reference, "x", town)
    shown = [part for part in bulletin.parts if part.name in ("coverage", "gaps")]
    cells = [[cell.said(language) for part in shown for row in part.rows for cell in row] for language in LANGUAGES]
    places = [[number for number, text in enumerate(one) if text.startswith(MARK)] for one in cells]
    assert places[0]
    assert places[0] == places[1]
    numbers = [[text for text in one if re.fullmatch(r"[\d.]+( %)?", text)] for one in cells]
    assert numbers[0] == numbers[1]
    pages = [page(bulletin, language).decode() for language in LANGUAGES]
    assert pages[0].count(f">{MARK}</td>") == pages[1].count(f">{MARK}</td>") == len(places[0])


def test_numbers_of_people_are_those_of_the_controlled_tables(facts, county):
    table = facts.tables.tables["register_coverage"]
    years = [str(2024 - back) for back in range(COHORT_YEARS)]
    wanted = [(str(row[4].text), str(row[5].text)) for row in table.rows if row[0] in years and row[4] is not None]
    coverage = next(part for part in county.parts if part.name == "coverage")
    assert sorted((row[3].text.zh.split(" ")[0], row[4].text.zh.split(" ")[0]) for row in coverage.rows) == sorted(
        wanted
    )


def test_units_numbers_stay_in_the_office(con, home, written):
    folder = written.folder
    approve(con, home, PERIOD, "李")
    out = read_all(home.public / PERIOD)
    assert "county_zh.html" in out
    assert not [name for name in out if name.startswith("office")]
    assert (folder / "office" / "county_en.html").is_file()
    public = b"".join(data for name, data in out.items() if name.endswith(".html"))
    assert b"was not sent" not in public
    # numbers of people that pass no disclosure control
    uncontrolled = [
        words()["titles"][name][language] for name in ("overlap", "completeness", "delays") for language in LANGUAGES
    ]
    assert not [title for title in uncontrolled if title.encode() in public]
    assert all(
        title in (folder / "office" / f"county_{language}.html").read_text(encoding="utf-8")
        for language in LANGUAGES
        for title in [words()["titles"]["overlap"][language]]
    )
    assert b"777" not in public.replace(b"999977", b"")
    assert b"was not sent" in (folder / "office" / "county_en.html").read_bytes()


def test_it_begins_with_three_sentences_of_what_may_leave_the_office(facts, county, written):
    said = [message.en for message, _ in county.messages]
    assert len(said) == len(words()["messages"]) // 2 == 3
    owed = [one for one in facts.owed if one.period == PERIOD]
    due, on_time = sum(one.owed for one in owed), sum(one.on_time for one in owed)
    assert (
        said[0].startswith(f"{on_time} of {due} monthly submissions")
        if due
        else said[0] == words()["messages"]["nothing_due"]["en"]
    )
    assert said[1].startswith("0 alarms stand on 0 units, 0 of them new")
    html = page(county, "en").decode()
    assert html.index(said[0]) < html.index(said[1]) < html.index(said[2]) < html.index("<table")
    # the figure of coverage is one that disclosure control lets out
    shown = {
        f"{row[-1].value:.1%}" for row in facts.tables.tables["register_coverage"].rows if row[-1].value is not None
    }
    assert said[2] == words()["messages"]["no_coverage"]["en"] or said[2].rstrip(".").split(": ")[-1] in shown


def test_trends_are_pictures_and_the_same_shares_in_a_table(facts, county):
    part = next(part for part in county.parts if part.name == "trends")
    assert len(part.charts) == len(part.columns) - 1
    assert part.are_small
    by_period = {}
    for one in facts.owed:
        due, on_time = by_period.get((one.period, one.feed), (0, 0))
        by_period[one.period, one.feed] = (due + one.owed, on_time + one.on_time)
    months = {row[0].text.en for row in part.rows}
    assert months == {period for period, _ in by_period}
    assert max(months) == PERIOD
    for row in part.rows:
        told = [cell.text.en for cell in row[1:] if cell.text.en]
        own = [
            f"{100 * on_time / due:.1f} %"
            for (period, _), (due, on_time) in by_period.items()
            if period == row[0].text.en
        ]
        assert set(own) <= set(told)


def test_the_quality_report_stays_in_the_office_and_says_what_the_release_has_not(con, home, facts, written):
    report = make_quality_report(con, home, facts, home.settings.name)
    parts = {part.name: part for part in report.parts}
    assert {name for name, part in parts.items() if part.is_absent} == {
        "sims_accuracy", "sims_linkage", "sims_revisions",
    }  # fmt: skip
    assert parts["sims_processing"].rows[0][2].text.en == "1,234"
    delivery = next(row for row in parts["sims_timeliness"].rows if row[0].text.en == "delivery")
    assert [cell.text.en for cell in delivery[1:]] == ["2", "1", "50.0 %", "0"]
    burden = next(row for row in parts["sims_burden"].rows if row[0].text.en == "delivery")
    assert [cell.text.en for cell in burden[1:]] == ["1", "2", "40", "3"]
    assert {cell.text.en for row in parts["sims_coherence"].rows for cell in row[1:]} == {"97.0 %"}
    settings = {row[0].text.en: row[1].text.en for row in parts["sims_confidentiality"].rows}
    assert settings["suppression limit"] == str(home.settings.suppression_limit)
    assert settings["small group"] == str(home.settings.disclosure.small_group)
    found = {path.relative_to(written.folder).as_posix() for path in written.folder.rglob("*quality*")}
    assert found == {f"office/quality_{language}.{end}" for language in LANGUAGES for end in ("html", "xlsx")}
    html = (written.folder / "office" / "quality_zh.html").read_text(encoding="utf-8")
    assert "内部版" in html
    assert "出生登记质量报告" in html


def test_the_quality_report_has_every_heading_of_the_standard_in_its_order(con, home, facts):
    report = make_quality_report(con, home, facts, home.settings.name)
    for language in LANGUAGES:
        numbers = [int(re.match(r"S\.(\d+) ", getattr(part.title, language))[1]) for part in report.parts]
        assert numbers == sorted(numbers)
        assert set(numbers) == set(range(1, 20))
    assert all(getattr(part.note, language) != part.name for part in report.parts for language in LANGUAGES)
    assert set(statements()) < {part.name for part in report.parts}


def said(report, name):
    (part,) = (part for part in report.parts if part.name == name)
    return {row[0].text.en: row[1].text for row in part.rows}


def test_what_no_data_can_tell_is_a_setting_and_a_blank_one_is_named(con, home, facts):
    report = make_quality_report(con, home, facts, home.settings.name)
    assert (
        said(report, "sims_contact")["organisation"].en
        == "not filled in: set quality_report.organisation in county.yaml."
    )
    assert (
        said(report, "sims_mandate")["legal acts"].zh
        == "尚未填写：在 county.yaml 中填写 quality_report.legal_mandate。"
    )
    of_setting = {entry["setting"] for entries in statements().values() for entry in entries if "setting" in entry}
    assert of_setting == set(QualityReportSettings.model_fields)
    filled = Home(home.root)
    filled.settings = home.settings.model_copy(
        update={"quality_report": QualityReportSettings(organisation="测试县统计局", legal_mandate=("甲法", "乙法"))}
    )
    report = make_quality_report(con, filled, facts, home.settings.name)
    assert said(report, "sims_contact")["organisation"].en == "测试县统计局"
    assert said(report, "sims_mandate")["legal acts"].zh == "甲法；乙法"


def test_sentences_are_filled_in_from_the_release(con, home, facts):
    report = make_quality_report(con, home, facts, home.settings.name)
    as_of = con.execute("SELECT max(as_of)::VARCHAR FROM marts.runs").fetchall()[0][0]
    assert as_of in said(report, "sims_update")["last update"].en
    assert facts.tables.release in said(report, "sims_update")["last update"].zh
    due, came = con.execute(
        "SELECT count(*), count(*) FILTER (status NOT IN ('missing', 'rejected')) FROM marts.submissions "
        "WHERE status <> 'not_due' AND period BETWEEN '2024-01' AND '2024-12'"
    ).fetchall()[0]
    assert said(report, "sims_relevance")["completeness of the data"].en.startswith(f"of {due} submissions due over")
    assert f"{came} came ({came / due:.1%})" in said(report, "sims_relevance")["completeness of the data"].en
    assert f"day {WRITTEN_ON_DAY} " in said(report, "sims_release_policy")["release calendar"].en
    # the release has no tickets and no rounds: nothing is said of them
    assert set(said(report, "sims_management")) == {"quality assurance"}
    assert "{" not in page(report, "zh").decode().split("<main>")[1]


def test_changes_since_the_month_before(county):
    changes = next(part for part in county.parts if part.name == "changes")
    said = [(row[1].text.en, row[3].text.en, row[4].text.en) for row in changes.rows]
    assert said == [("police-100", "late", "gone"), ("police-100", "missing submission", "new")]


def test_workbooks_hold_text_alone(county):
    data = workbook(county, "zh")
    assert data == workbook(county, "zh")
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    assert book.sheet_names[0] == "概况"
    assert len(book.sheet_names) == 1 + sum(not part.is_absent for part in county.parts)
    cells = [value for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for value in row]
    assert {type(value) for value in cells} == {str}


def test_every_word_is_in_both_languages():
    for group, entries in words().items():
        for entry in entries.values() if isinstance(entries, dict) else entries:
            assert set(entry) == {"zh", "en"}, group
            assert all(isinstance(text, str) and text for text in entry.values())


def test_a_release_without_flags_says_so(home):
    with duckdb.connect() as bare:
        make_marts(bare, draw(random.Random(3)))
        facts = gather(bare, controlled(bare, home, PERIOD))
        reference = load_reference(home)
        found = make_bulletin(facts, reference, "x", scopes(reference, "x")[0])
    assert {part.name for part in found.parts if part.is_absent} == {"flags", "tickets", "changes", "punctuality"}
    assert words()["notes"]["absent"]["en"] in page(found, "en").decode()


def test_tickets_and_sums_of_townships_where_the_release_has_them(home):
    with duckdb.connect() as full:
        make_marts(full, draw(random.Random(3)))
        full.execute(
            "CREATE TABLE marts.rectifications AS SELECT 'police-100' AS unit_code, 'household_registration' AS feed, "
            "period, 'late' AS rule, 'event' AS kind, opened_on::DATE AS opened_on, '2025-01-20'::DATE AS due_on, "
            "status, closed_on::DATE AS closed_on FROM (VALUES ('2024-12', '2025-01-07', 'overdue', NULL), "
            "('2024-11', '2024-12-07', 'closed', '2024-12-20'), ('2024-10', '2024-11-07', 'closed', '2024-11-20'), "
            "('2025-01', '2025-02-07', 'open', NULL)) AS t(period, opened_on, status, closed_on)"
        )
        measures = ", ".join(f"0.5 AS {measure}, 2 AS {measure}_alarms" for measure in Measure)
        full.execute(
            "CREATE TABLE marts.division_scorecards AS SELECT 'township' AS division_kind, "
            f"'999977100' AS division_code, '2024-12' AS period, 4 AS units, {measures}"
        )
        full.execute("DROP TABLE marts.unit_scorecards")
        found = gather(full, controlled(full, home, PERIOD))
        office = make_office_bulletin(full, found, load_reference(home), "x")
    parts = {part.name: part for part in office.parts}
    # closed before the month, or about a later one: not told
    assert [(row[3].text.en, row[8].text.en) for row in parts["tickets"].rows] == [
        ("2024-12", "overdue"),
        ("2024-11", "closed"),
    ]
    numbers = {label.en: number for label, number, _ in office.summary if label.en.startswith("tickets")}
    assert numbers == {
        "tickets: opened since the month began": "2", "tickets: open": "0", "tickets: overdue": "1",
        "tickets: closed": "1",
    }  # fmt: skip
    assert [cell.text.en for cell in parts["divisions"].rows[0]][:4] == ["东河镇", "999977100", "4", "50.0 % ▲2"]
    assert parts["funnels"].is_absent


LIMITS = (0.0, 0.01, 0.15, 0.25)


def limited(con, rows):
    """`marts.rule_results` of the month: unit, feed, rule, item, failed, evaluated, verdict; the same limits."""
    con.execute(
        "CREATE TABLE marts.rule_results (unit_code VARCHAR, feed VARCHAR, period VARCHAR, rule VARCHAR, item VARCHAR, "
        "failed BIGINT, evaluated BIGINT, expected DOUBLE, low_998 DOUBLE, low_95 DOUBLE, high_95 DOUBLE, "
        "high_998 DOUBLE, verdict VARCHAR)"
    )
    for unit, feed, rule, item, failed, evaluated, verdict in rows:
        con.execute(
            "INSERT INTO marts.rule_results VALUES (?, ?, ?, ?, ?, ?, ?, 0.08, ?, ?, ?, ?, ?)",
            [unit, feed, PERIOD, rule, item, failed, evaluated, *LIMITS, verdict],
        )


def test_funnel_plots_draw_each_unit_s_own_limits_and_numbers_of_records_stay_in_the_office(home):
    with duckdb.connect() as con:
        make_marts(con, draw(random.Random(3)))
        limited(
            con,
            [
                ("police-100", "household_registration", "late", "", 6, 12, "alarm"),
                ("clinic-100", "delivery", "late", "", 0, 12, "in_control"),
                ("clinic-101", "delivery", "late", "", 0, 12, "in_control"),
                ("clinic-100", "delivery", "missing_submission", "", 0, 3, "too_few"),
                ("police-100", "household_registration", "item_missing", "mother_id_no", 4321, 8642, "alarm"),
                ("police-100", "household_registration", "item_missing", "father_name", 12, 8642, "in_control"),
            ],
        )
        facts = gather(con, controlled(con, home, PERIOD))
        reference = load_reference(home)
        everybody = scopes(reference, "x")
        public = make_bulletin(facts, reference, "x", everybody[0])
        office = make_office_bulletin(con, facts, reference, "x")
        of_health = make_bulletin(facts, reference, "x", next(one for one in everybody if one.agency == "health"))
    late = next(part for part in public.parts if part.name == "punctuality")
    assert len(late.charts) == 1, "what is too few has no limits to be drawn"
    for language in LANGUAGES:
        # two that did the same are one point
        assert ">police-100<" in late.charts[0][language]
        assert ">×2<" in late.charts[0][language]
        assert "8642" not in page(public, language).decode()
    (health,) = (part for part in of_health.parts if part.name == "punctuality")
    assert "police-100" not in health.charts[0]["en"]
    (chart,) = next(part for part in office.parts if part.name == "funnels").charts
    assert "item missing · household registration · mother_id_no" in chart["en"]
    assert "father_name" not in chart["en"], "columns with nothing to tell are left out"
