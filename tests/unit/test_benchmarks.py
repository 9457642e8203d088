"""Benchmarks say what they found: ratios the right way round, what was late as late; copies keep links."""

import datetime as dt
import os

import duckdb
import pytest

from benchmarks import counties, digits_lost, intake, night, pages
from benchmarks.linkage import OURS, exponents, ratios
from pipeline.synthetic import load_plan, make_county

OURS_COST = {"records": 1000, "seconds": 2.0, "cpu_seconds": 1.0, "peak_mb": 100}
OURS_RIGHT = {"f1": 0.999, "exact": 0.99, "exact_twins": 0.9}
OTHER = {"records": 1000, "seconds": 8.0, "cpu_seconds": 5.0, "peak_mb": 400, "f1": 0.96, "exact": 0.9,
         "exact_twins": 0.1}  # fmt: skip


def test_ratios_are_of_rollcall_to_the_other_and_of_errors():
    found = ratios(OURS_COST | OURS_RIGHT, OTHER)
    assert found["cpu_seconds"] == 0.2
    assert found["peak_mb"] == 0.25
    assert found["1 - f1"] == pytest.approx(0.025)
    assert found["1 - exact_twins"] == pytest.approx(1 / 9, abs=1e-5)


def test_a_method_that_did_not_finish_has_no_ratios_and_is_said_not_to_have():
    late = {"not_finished_within_seconds": 600.0}
    assert ratios(OURS_COST | OURS_RIGHT, late) == {}
    assert "not finished within 600 s" in pages._row(1_000_000, "splink", late, {})


def test_the_exponent_is_of_processor_seconds():
    sizes = [
        {"asked": n, "methods": {OURS: {"records": n, "cpu_seconds": n / 1000, "seconds": 1}}} for n in (10**4, 10**5)
    ]
    assert exponents(sizes) == {"10000 to 100000": 1.0}


def test_copies_of_a_county_keep_what_is_alike_and_share_nothing():
    names = {f"{name}_{kind}": "王芳" if kind == "std" else "wang fang" for name in counties.NAMES
             for kind in ("std", "pinyin")}  # fmt: skip
    row = names | {
        "mother_name_from_placeholder": "王芳", "record_no": "D1", "unit_code": "clinic-999911101",
        "phone": "13812345678", "certificate_no": "U123456789", "child_id_no": "999911202403091234",
        "mother_id_no": "999911199003091234", "father_id_no": None, "township_code": "999911101",
        "village_code": "999911101201",
    }  # fmt: skip
    with duckdb.connect() as con:
        con.execute("CREATE SCHEMA source; SET search_path = 'main'")
        con.execute("ATTACH ':memory:' AS one")
        con.execute("CREATE SCHEMA one.intermediate")
        columns = ", ".join(f"${name}::VARCHAR AS {name}" for name in row)
        con.execute(f"CREATE TABLE one.{counties.TABLE} AS SELECT 7::BIGINT AS record_key, {columns}", row)
        copies = [con.execute(counties._copy_sql(copy)).fetchall()[0] for copy in (1, 2)]
        names = ["record_key", *row]
    one, other = (dict(zip(names, copy, strict=True)) for copy in copies)
    assert {name for name in names if one[name] == other[name]} == {"father_id_no"}
    assert one["mother_id_no"][6:14] == "19900309"
    assert one["child_name_std"] == one["mother_name_std"]
    assert len(one["certificate_no"]) == 10


def test_units_that_lose_digits_are_told_from_those_whose_numbers_are_good():
    defects = {"digits_lost": {"a", "b"}, "bad_check_digit": {"c"}, "chronic_late": {"d"}}
    found = digits_lost.judged(defects, {"a", "c", "d"}, units=10)
    assert found == {"losing": 2, "losing_alarmed": 1, "good": 7, "good_alarmed": 1}


def test_pooled_f1_is_of_all_pairs_and_not_of_rates():
    groups = {
        f"{figure}{end}": 1 for figure in ("exact", "exact_twins", "exact_hard_to_reach") for end in ("", "_count")
    }
    groups |= {"children": 1, "twins": 1, "hard_to_reach": 1, "f1": 0.5}
    one = groups | {"linked_pairs": 90, "due_pairs": 90, "right_pairs": 90}
    other = groups | {"linked_pairs": 10, "due_pairs": 10, "right_pairs": 0}
    assert digits_lost.pooled([one, other])["f1"] == 0.9


def test_intake_s_cost_is_told_as_so_many_times_that_of_read_csv():
    of_intake = {"receive": {"seconds": 3.0, "cpu_seconds": 4.0}, "load": {"seconds": 1.0, "cpu_seconds": 1.0}}
    found = intake.compared({"rows": 1000, "duckdb": {"seconds": 0.5, "cpu_seconds": 1.0}, **of_intake})
    assert found["ratios"] == {"seconds": 8.0, "cpu_seconds": 5.0}
    assert found["rows_per_second"] == {"intake": 250, "duckdb": 2000}


def test_intake_and_read_csv_read_the_same_rows_of_the_same_files(tmp_path):
    made = make_county(tmp_path, load_plan("large", births=80, months=2, townships=2, **intake.PLAIN))
    found = intake.measured(tmp_path, dt.date.fromisoformat(made.as_of))
    assert found["rows"] > 80
    assert str(found["rows"]) in intake.line("small", found)


def test_a_second_night_begins_after_the_day_that_leaves_enough_rows(tmp_path):
    folder = tmp_path / "clinic-100"
    folder.mkdir()
    for day, rows in ((1, 50), (2, 20), (3, 8), (4, 4)):
        path = folder / f"delivery_2024{day:02d}.csv"
        path.write_text("header\n" + "row\n" * rows, encoding="utf-8")
        moment = dt.datetime(2024, 6, day, 12, tzinfo=dt.UTC).timestamp()
        os.utime(path, (moment, moment))
    assert night.last_day_before(tmp_path, 10) == (dt.date(2024, 6, 2), 70, 12)
    assert night.last_day_before(tmp_path, 13) == (dt.date(2024, 6, 1), 50, 32)
    with pytest.raises(SystemExit, match="fewer than 100"):
        night.last_day_before(tmp_path, 100)


def test_a_night_s_exponent_is_of_processor_seconds():
    sizes = [{"standing_rows": n, "first": {"cpu_seconds": n / 100, "seconds": 1}} for n in (10**4, 10**6)]
    assert night.exponents(sizes) == {"10000 to 1000000": 1.0}
