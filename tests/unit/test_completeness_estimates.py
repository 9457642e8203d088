"""The night's estimates in the warehouse: what is published, what is refused, what is noted as revised."""

import datetime as dt

import numpy as np
import pytest
import yaml

from pipeline.completeness.cohorts.estimates import write_estimates
from pipeline.completeness.vocabulary import Method, Treatment, Vintage
from pipeline.home import PROJECT

REGISTERS = ("clinic_book", "delivery_book", "household_book", "village_book")
FIRST, SECOND = dt.date(2026, 1, 31), dt.date(2026, 2, 28)
MARTS = PROJECT / "dbt_project" / "models" / "marts"


def people(births: int, seed: int = 3) -> list[tuple[int, tuple[str, ...]]]:
    """Number and registers of each child whom somebody holds; one in ten is hard to reach."""
    rng = np.random.default_rng(seed)
    hard = rng.random(births) < 0.1
    held = rng.random((births, len(REGISTERS))) < np.where(hard, 0.4, 0.9)[:, None]
    return [(child, tuple(np.array(REGISTERS)[held[child]])) for child in range(births) if held[child].any()]


@pytest.fixture
def home(home):
    """The home with a bootstrap as small as it may be."""
    with home.county_yaml.open("a", encoding="utf-8") as file:
        file.write("completeness: {bootstrap_replicates: 11}\n")
    return home


@pytest.fixture
def county(con):
    """A warehouse in which a cohort of 600 births was linked; every register is due through December 2025."""
    con.execute("CREATE SCHEMA intermediate")
    con.execute(
        """
        CREATE TABLE intermediate.int_capture_histories (
            child_id VARCHAR, cohort VARCHAR, birth_month VARCHAR, township_code VARCHAR, registers VARCHAR[],
            first_period VARCHAR, only_unit_code VARCHAR, is_due BOOLEAN
        );
        CREATE TABLE intermediate.int_child_records_linked (
            child_id VARCHAR, record_key BIGINT, feed VARCHAR, unit_code VARCHAR, period VARCHAR
        );
        CREATE TABLE intermediate.int_children_resolved (child_id VARCHAR, birth_month VARCHAR, is_resident BOOLEAN)
        """
    )
    for name in REGISTERS:
        con.execute(
            "INSERT INTO accountability.registers BY NAME SELECT ? AS feed, 'health' AS agency, 'birth' AS kind, "
            "'residence' AS catchment, 'month' AS due_every, 3 AS grace_months, '2025-12' AS due_through",
            [name],
        )
    add(con, "2024", people(600))
    return con


def add(con, cohort, found, *, is_due=True, prefix="", unit=None):
    """Children with their records; a child of one register is known to that register's unit alone."""
    histories, records, resolved = [], [], []
    for child, registers in found:
        name, month = f"{prefix}{cohort}-{child}", f"{cohort}-{child % 12 + 1:02d}"
        township = ("999977100", "999977101")[child % 2]
        only = unit or (registers[0] if len(registers) == 1 else None)
        histories.append((name, cohort, month, township, list(registers), month, only, is_due))
        records += [(name, register, unit or register, month) for register in registers]
        resolved.append((name, month))
    con.executemany("INSERT INTO intermediate.int_capture_histories VALUES (?, ?, ?, ?, ?, ?, ?, ?)", histories)
    con.executemany("INSERT INTO intermediate.int_child_records_linked VALUES (?, 0, ?, ?, ?)", records)
    con.executemany("INSERT INTO intermediate.int_children_resolved VALUES (?, ?, true)", resolved)


def published(con, cohort="2024", register="any", division="999977"):
    cursor = con.execute(
        "FROM completeness.estimates WHERE cohort = ? AND register = ? AND division_code = ?",
        [cohort, register, division],
    )
    row = cursor.fetchone()
    return dict(zip([column[0] for column in cursor.description], row, strict=True))


def test_the_truth_lies_in_the_interval_and_every_register_has_its_share(county, home):
    summary = write_estimates(county, home, 1, FIRST)
    row = published(county)
    assert row["low"] <= 600 <= row["high"]
    assert (row["method"], row["vintage"], row["is_suppressed"]) == ("model_average", "revised", False)
    assert {published(county, register=name)["estimate"] for name in REGISTERS} == {row["estimate"]}
    assert all(published(county, register=name)["observed"] < row["observed"] for name in REGISTERS)
    assert summary.cohorts == 1
    # townships add up to the county
    parts = [published(county, division=code)["estimate"] for code in ("999977100", "999977101")]
    assert sum(parts) == pytest.approx(row["estimate"], abs=1.5)
    one = county.execute("SELECT count(*) FROM completeness.models WHERE is_published AND length(division_code) = 6")
    assert one.fetchall() == [(1,)]


def test_the_same_histories_revise_nothing_and_more_do_with_a_reason(county, home):
    assert write_estimates(county, home, 1, FIRST).revised == 15
    assert write_estimates(county, home, 2, SECOND).revised == 0
    # the night again, as after it was killed
    assert write_estimates(county, home, 1, FIRST).revised == 15
    add(county, "2024", [(900 + number, REGISTERS[:2]) for number in range(5)])
    assert write_estimates(county, home, 3, SECOND).revised > 0
    reasons = county.execute(
        "SELECT night_no, reason FROM completeness.revisions WHERE register = 'any' AND division_code = '999977' "
        "ORDER BY night_no"
    ).fetchall()
    assert reasons == [(1, "first_estimate"), (3, "more_records")]


def test_a_year_settles_from_provisional_to_final(county, home):
    for number, (day, expected) in enumerate(
        [("2025-06-30", "provisional"), ("2026-02-28", "revised"), ("2027-01-31", "final")]
    ):
        write_estimates(county, home, number + 1, dt.date.fromisoformat(day))
        assert published(county)["vintage"] == expected
    assert county.execute(
        "SELECT vintage, reason FROM completeness.revisions WHERE register = 'any' AND division_code = '999977' "
        "ORDER BY night_no"
    ).fetchall() == [("provisional", "first_estimate"), ("revised", "vintage"), ("final", "vintage")]


def test_too_few_children_are_refused(county, home):
    add(county, "2025", people(40, seed=5))
    write_estimates(county, home, 1, FIRST)
    row = published(county, "2025")
    assert row["is_suppressed"]
    assert row["estimate"] is row["low"] is row["high"] is None
    assert row["observed"] > 0
    assert not published(county)["is_suppressed"]


def test_a_young_year_awaits_births_and_is_provisional(county, home):
    """Of a year of which the registers have had half, the unseen of the year before, and who is still to come."""
    county.execute("UPDATE accountability.registers SET due_through = '2025-06'")
    young = [(child, held) for child, held in people(600, seed=9) if child % 12 < 6]
    add(county, "2025", young, is_due=False)
    # a tenth is first held three months late, in both years: of April to June these are not there yet
    county.execute(
        """
        UPDATE intermediate.int_child_records_linked AS records SET period =
            strftime((histories.birth_month || '-01')::DATE + INTERVAL 3 MONTH, '%Y-%m')
        FROM intermediate.int_capture_histories AS histories
        WHERE histories.child_id = records.child_id AND hash(records.child_id) % 10 = 0
        """
    )
    gone = "birth_month >= '2025-04' AND hash(child_id) % 10 = 0"
    county.execute(f"DELETE FROM intermediate.int_capture_histories WHERE {gone}")
    write_estimates(county, home, 1, dt.date(2025, 7, 31))
    row = published(county, "2025")
    assert row["vintage"] == "provisional"
    assert 5 < row["awaited"] < 40
    assert row["low"] <= 300 <= row["high"]


def test_what_one_alarmed_unit_alone_knows_counts_by_its_chance(county, home):
    """A clinic that invents 80 children: counted in full without the weights, nearly left out with them."""
    before = write_estimates(county, home, 1, FIRST) and published(county)
    add(county, "2024", [(number, ("clinic_book",)) for number in range(80)], prefix="fake", unit="bad-clinic")
    # it has real children too, whom others know
    county.execute(
        "UPDATE intermediate.int_child_records_linked SET unit_code = 'bad-clinic' "
        "WHERE feed = 'clinic_book' AND hash(child_id) % 3 = 0"
    )
    county.execute(
        "UPDATE intermediate.int_capture_histories SET only_unit_code = 'bad-clinic' "
        "WHERE only_unit_code = 'clinic_book' AND hash(child_id) % 3 = 0"
    )
    county.execute(
        "INSERT INTO accountability.flags BY NAME SELECT 'bad-clinic' AS unit_code, 'clinic_book' AS feed, "
        "'2024-12' AS period, 'uncorroborated' AS rule, 'alarm' AS severity, 80 AS evidence_count, "
        "300 AS denominator, 'zh' AS message_zh, 'en' AS message_en"
    )
    write_estimates(county, home, 2, FIRST)
    row = published(county)
    assert row["observed_unweighted"] == before["observed_unweighted"] + 80
    assert row["observed"] < before["observed"] + 15
    assert row["low"] <= 600 <= row["high"]
    assert row["estimate_unweighted"] > row["high"]
    treatments = county.execute("SELECT DISTINCT treatment FROM completeness.models ORDER BY ALL").fetchall()
    assert treatments == [("linkage_corrected",), ("unweighted",), ("weighted",)]


def test_nothing_known_says_nothing(con, home, county):
    for table in ("int_capture_histories", "int_child_records_linked", "int_children_resolved"):
        con.execute(f"DELETE FROM intermediate.{table}")
    assert write_estimates(con, home, 1, FIRST).cohorts == 0
    assert con.execute("SELECT count(*) FROM completeness.estimates").fetchall() == [(0,)]


def test_marts_list_the_words_of_the_vocabulary():
    def values(mart: str, column: str) -> set[str]:
        (model,) = yaml.safe_load((MARTS / f"{mart}.yml").read_text(encoding="utf-8"))["models"]
        found = next(each for each in model["columns"] if each["name"] == column)
        return set(found["config"]["meta"]["values"])

    assert values("completeness_estimates", "vintage") == {each.value for each in Vintage}
    assert values("completeness_models", "treatment") == {each.value for each in Treatment}
    assert values("completeness_models", "method") == {each.value for each in Method} - {"none"}
    assert values("completeness_estimates", "method") == {"model_average", "shrinkage", "none"}


def test_an_area_canvass_moves_the_estimate(county, home):
    """Sixty children met in four villages, a tenth in no register: more are unseen than the registers tell."""
    write_estimates(county, home, 1, FIRST)
    before = published(county)
    known = county.execute("SELECT child_id FROM intermediate.int_capture_histories ORDER BY ALL LIMIT 54").fetchall()
    met = [(f"99997710020{number % 4}", child) for number, (child,) in enumerate(known)]
    met += [(f"99997710020{number % 4}", None) for number in range(6)]
    county.executemany("INSERT INTO completeness.canvass VALUES ('R1', ?, 0.25, NULL, '1', '2024-05', ?)", met)
    write_estimates(county, home, 2, FIRST)
    row = published(county)
    assert row["estimate"] > before["estimate"] + 5
    assert row["method"] == "model_average"
    alone = county.execute("SELECT estimate FROM completeness.models WHERE method = 'canvass'").fetchall()
    assert alone[0][0] == pytest.approx(before["observed"] * 60 / 54, rel=0.03)
    reason = "SELECT reason FROM completeness.revisions WHERE night_no = 2 AND register = 'any' AND estimate > 500"
    assert county.execute(reason).fetchall() == [("other_evidence",)]
