"""Pictures of what registers hold: the numbers drawn are those of the marts, in both languages."""

import itertools
import re

import duckdb
import pytest

from pipeline.checks.vocabulary import LANGUAGES, Label
from pipeline.contracts import load_feeds
from pipeline.publish.bulletin.registers import band_labels, born_label, register_parts
from pipeline.publish.pictures.delays import Reported, bands_chart, delays_chart, read_bands
from pipeline.publish.pictures.intervals import completeness_charts, read_completeness
from pipeline.publish.pictures.overlap import MOST_COLUMNS, Overlap, overlap_chart, read_captured, read_overlaps
from pipeline.publish.registers import register_label

BIRTH = tuple(feed.feed for feed in load_feeds().values() if feed.kind == "birth")
REGISTRATION = "household_registration"


def child(con, born, held, *, is_resident=True, band=None, not_due=()):
    """One child of `marts.children`."""
    status = {one: "held" if one in held else "not_due" if one in not_due else "not_held" for one in BIRTH}
    con.execute(
        f"INSERT INTO marts.children (birth_month, is_resident, days_to_registration_band, "
        f"{', '.join(f'in_{one}' for one in BIRTH)}) VALUES (?, ?, ?, {', '.join('?' for _ in BIRTH)})",
        [born, is_resident, band, *status.values()],
    )


@pytest.fixture
def con():
    with duckdb.connect() as found:
        found.execute("CREATE SCHEMA marts")
        columns = ", ".join(f"in_{one} VARCHAR" for one in BIRTH)
        found.execute(
            "CREATE TABLE marts.children (birth_month VARCHAR, is_resident BOOLEAN, days_to_registration_band VARCHAR, "
            f"{columns})"
        )
        yield found


def test_a_child_counts_once_under_just_the_registers_that_hold_it(con):
    for _ in range(3):
        child(con, "2024-02", BIRTH)
    child(con, "2024-03", BIRTH[:2])
    child(con, "2024-12", BIRTH[:1], not_due=BIRTH[1:])
    child(con, "2024-05", ())
    child(con, "2023-05", BIRTH[:1])
    child(con, "2024-05", BIRTH, is_resident=False)
    (found,) = read_overlaps(con, ["2024", "2022"])
    assert found.registers == BIRTH
    assert dict(found.combinations) == {frozenset(BIRTH): 3, frozenset(BIRTH[:2]): 1, frozenset(BIRTH[:1]): 1}
    assert found.combinations[0][1] == 3
    assert [found.held_by(register) for register in BIRTH[:3]] == [5, 4, 3]
    con.execute("CREATE SCHEMA intermediate")
    con.execute(
        "CREATE TABLE intermediate.int_capture_histories AS SELECT '2024' AS cohort, unnest($histories) AS registers",
        {"histories": [list(BIRTH)] * 3 + [list(BIRTH[:2]), list(BIRTH[:1])]},
    )
    assert read_captured(con, ["2024"]) == [found]


def test_the_plot_has_a_bar_and_a_dot_for_each_register_in_every_column():
    every = [frozenset(each) for size in (1, 2, 3) for each in itertools.combinations(BIRTH, size)]
    found = Overlap("2024", BIRTH, tuple((held, 1000 - at) for at, held in enumerate(every)))
    pictures = overlap_chart(found)
    assert pictures.keys() == set(LANGUAGES)
    for language, svg in pictures.items():
        assert svg == overlap_chart(found)[language]
        for register in BIRTH:
            assert f">{getattr(register_label(register), language)} {found.held_by(register):,}<" in svg
        assert len(re.findall(r'aria-roledescription="circle"', svg)) == MOST_COLUMNS * len(BIRTH)
        assert len(re.findall(r'aria-roledescription="bar"', svg)) == MOST_COLUMNS
        assert ">1,000<" in svg, "the largest combination stands over its bar"


def test_completeness_is_a_panel_a_register_with_the_county_first(con):
    con.execute(
        "CREATE TABLE marts.divisions AS SELECT * FROM (VALUES ('999977', 'county'), ('999977100', 'township'), "
        "('999977101', 'township')) AS t(division_code, level)"
    )
    con.execute(
        "CREATE TABLE marts.completeness_estimates AS SELECT *, 'x' AS vintage FROM (VALUES "
        "('2024', '999977101', '西山镇', 'delivery', 50, 0.9e0, 0.81e0, 0.93e0, false), "
        "('2024', '999977', '测试县', 'delivery', 90, 0.92e0, 0.9e0, 0.95e0, false), "
        "('2024', '999977100', '东河镇', 'delivery', 3, NULL, NULL, NULL, true), "
        "('2024', '999977', '测试县', 'any', 99, 0.99, 0.97, 1.0, false), "
        "('2023', '999977', '测试县', 'any', 99, 0.99, 0.97, 1.0, false)) "
        "AS t(cohort, division_code, division_name, register, observed, completeness, completeness_low, "
        "completeness_high, is_suppressed)"
    )
    found = read_completeness(con, ["2024"])
    assert [(one.register, one.division_code, one.is_county) for one in found] == [
        ("any", "999977", True), ("delivery", "999977", True), ("delivery", "999977101", False),
    ]  # fmt: skip
    (pictures,) = completeness_charts(found, Label("合计", "all together"))
    assert ">合计<" in pictures["zh"]
    assert ">all together<" in pictures["en"]
    for svg in pictures.values():
        assert ">西山镇<" in svg
        assert "东河镇" not in svg, "what is too little to tell is not drawn"
        assert ">100%<" in svg
        # the axis begins with the five per cent under the lowest bound
        assert ">80%<" in svg
        assert ">70%<" not in svg
    parts = {part.name: part for part in register_parts(con, ["2023", "2024"])}
    rows = [[cell.text.en for cell in row] for row in parts["completeness"].rows]
    assert ["2024", "西山镇", "delivery", "50", "90.0 %", "81.0–93.0 %"] in rows
    assert len(parts["completeness"].charts) == 2
    assert not parts["overlap"].is_absent


def test_days_to_registration_are_of_children_who_are_due(con):
    for band in ("0-30", "0-30", "over_365", "31-60"):
        child(con, "2024-02", (REGISTRATION,), band=band)
    child(con, "2024-07", (), band=None)
    child(con, "2024-07", (), not_due=(REGISTRATION,))
    # dates that contradict each other
    child(con, "2024-07", (REGISTRATION,), band=None)
    child(con, "2020-07", (REGISTRATION,), band="0-30")
    found = read_bands(con, "2023")
    assert [(one.born, dict(one.children)) for one in found] == [
        ("2024-H1", {"0-30": 2, "31-60": 1, "over_365": 1, "not_registered": 0}),
        ("2024-H2", {"0-30": 0, "31-60": 0, "over_365": 0, "not_registered": 1}),
    ]
    names = band_labels([band for band, _ in found[0].children])
    assert [name.zh for name in names] == ["0–30天", "31–60天", "超过365天", "尚未登记"]
    born = [born_label(one.born) for one in found]
    assert [label.zh for label in born] == ["2024年上半年", "2024年下半年"]
    for language, svg in bands_chart(found, born, names).items():
        assert all(f">{getattr(half, language)}<" in svg for half in born)
        assert all(f">{getattr(name, language)}<" in svg for name in names)


def test_curves_of_delays_end_once_all_births_have_come():
    rows = [
        Reported(register, month, share, share, share)
        for register in BIRTH[:2]
        for month, share in enumerate([0.4, 0.8, 0.95, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    ]
    for language, svg in delays_chart(rows, Label("月", "months")).items():
        assert all(f">{getattr(register_label(one), language)}<" in svg for one in BIRTH[:2])
        assert ">3<" in svg
        assert ">8<" not in svg


def test_a_release_without_these_marts_says_so():
    with duckdb.connect() as bare:
        bare.execute("CREATE SCHEMA marts")
        assert [part.name for part in register_parts(bare, ["2024"]) if part.is_absent] == [
            "overlap", "completeness", "delays",
        ]  # fmt: skip
