"""Dates, phones, numbers and codes."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.contracts import load_feeds
from pipeline.standardise.codes import by_vocabulary, code_reader, known_sex, of_pattern, usable_number
from pipeline.standardise.dates import leap_months, read_day
from pipeline.standardise.phones import read_phone_number

FEEDS = load_feeds()
DELIVERY = FEEDS["delivery"].columns


def test_a_date_and_the_day_that_was_meant_if_it_was_lunar():
    # the first day of the Dragon's year
    day = read_day("2024/1/1")
    assert day.date_std == dt.date(2024, 1, 1)
    assert day.lunar_as_solar == dt.date(2024, 2, 10)
    assert day.minute_of_day is None


def test_minutes_count_from_midnight():
    assert read_day("2024年3月7日 08:05").minute_of_day == 485


def test_a_day_that_only_the_lunar_calendar_has():
    day = read_day("2024-02-30")
    assert day.date_std == day.lunar_as_solar == dt.date(2024, 4, 8)


@pytest.mark.parametrize("raw", [None, "", "不详", "2024-13-01", "2024-02-31"])
def test_unreadable_dates_are_blank(raw):
    assert read_day(raw).date_std is None


@given(st.dates(dt.date(1950, 1, 1), dt.date(2049, 12, 31)))
def test_a_lunar_date_comes_later_than_it_reads(day):
    meant = read_day(day.isoformat()).lunar_as_solar
    # not every solar day exists in the lunar calendar (the 31st, and the 30th of short months)
    assert meant is None or dt.timedelta(days=18) <= meant - day <= dt.timedelta(days=55)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("13812345678", "13812345678"),
        ("+86 138-1234-5678", "13812345678"),
        ("0086 13812345678", "13812345678"),
        ("１３８１２３４５６７８", "13812345678"),
        ("013812345678", "13812345678"),
        ("13812345678/13900001234", "13812345678"),
        ("1381234 13900001234", "13900001234"),
        ("010-62345678", "01062345678"),
        ("0731 8234567", "07318234567"),
        ("(0731)82345678", "073182345678"),
    ],
)
def test_phones(raw, expected):
    phone = read_phone_number(raw)
    assert phone.phone_std == expected
    assert phone.is_valid


@pytest.mark.parametrize("raw", [None, "", "无", "12345678901", "1381234567", "13000000000", "138123456789", "8234567"])
def test_no_phones(raw):
    phone = read_phone_number(raw)
    assert phone.phone_std is None
    assert not phone.is_valid


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("3250", 3250), ("3.25", 3250), ("3.25kg", 3250), ("3250克", 3250), ("9000", None), ("50", None), ("重", None)],
)
def test_numbers_in_the_columns_unit_and_range(raw, expected):
    assert usable_number(raw, DELIVERY["birth_weight_g"]) == expected


def test_sexes():
    assert [known_sex(raw) for raw in ("男", "女", "1", "M", "不详", "", None)] == [
        "1",
        "2",
        "1",
        "1",
        None,
        None,
        None,
    ]


def test_certificates_of_the_contracts_pattern_in_every_feed_that_copies_them():
    for feed in ("birth_certificate", "immunization", "household_registration"):
        read = code_reader(FEEDS[feed].columns["certificate_no"], FEEDS)
        assert read is not None
        assert read(" u123456789 ") == "U123456789"
        assert read("Ｕ１２３４５６７８９") == "U123456789"
        assert read("U12345678") is None
    assert of_pattern(None, "^A$") is None


def test_codes_by_listed_values_and_by_vocabulary():
    outcome = code_reader(DELIVERY["outcome"], FEEDS)
    assert outcome is not None
    assert (outcome("死产"), outcome("still"), outcome("?")) == ("still", "still", None)
    assert by_vocabulary("母女", "guardian_relation") == "mother"
    assert by_vocabulary("爷爷", "guardian_relation") is None
    assert code_reader(DELIVERY["delivery_no"], FEEDS) is None
    assert code_reader(DELIVERY["mother_name"], FEEDS) is None


def test_leap_months_of_the_lunar_calendar():
    months = leap_months()
    # the sixth month of 2025 began on 25 June, the leap one that bears its number on 25 July
    assert months[2025, 6] == 30
    assert months[2023, 2] == 30
    assert not any(year == 2024 for year, _ in months)
    assert set(months.values()) <= {29, 30}
