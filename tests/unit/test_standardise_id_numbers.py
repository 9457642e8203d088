"""Id numbers: GB 11643-1999."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.contracts.id_numbers import check_character
from pipeline.standardise.id_numbers import read_id_number, widen

# the example of GB 11643-1999 itself
STANDARD = "11010519491231002X"


def make(region: int, born: dt.date, order: int) -> str:
    body = f"{region:06d}{born:%Y%m%d}{order:03d}"
    return body + check_character(body)


numbers = st.builds(
    make,
    st.integers(110000, 659999),
    st.dates(dt.date(1900, 1, 1), dt.date(2025, 12, 31)),
    st.integers(0, 999),
)


def test_the_standards_own_example():
    number = read_id_number(STANDARD)
    assert number.is_valid
    assert (number.birth_date, number.sex, number.region_code) == (dt.date(1949, 12, 31), "2", "110105")


@pytest.mark.parametrize(
    "raw",
    [
        "11010519491231002x",
        "１１０１０５１９４９１２３１００２Ｘ",
        " 110105 19491231 002X ",
        "110105-19491231-002X",
        "'11010519491231002X",
        "11O1O519491231OO2X",
        "ll0l0519491231002X",
        "11010519491231002×",
        "11010519491231002*",
        "110105194912310０2X",
    ],
)
def test_repair(raw):
    assert read_id_number(raw).id_no_std == STANDARD
    assert read_id_number(raw).is_valid


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("110105194912310021", "check_digit"),
        ("11010519491331002X", "date"),
        ("11010518001231002X", "date"),
        ("1101051949123100", "length"),
        ("11O10519491231OO21", "characters"),
        ("护照G12345678", "length"),
        ("ABCDEFGHIJKLMNOPQR", "characters"),
    ],
)
def test_problems_are_named_and_the_number_kept(raw, problem):
    number = read_id_number(raw)
    assert not number.is_valid
    assert number.problem == problem
    assert number.id_no_std
    assert number.birth_date is None
    assert number.sex is None


@pytest.mark.parametrize("raw", [None, "", "  ", "-", "无"])
def test_blank(raw):
    number = read_id_number(raw)
    assert number.id_no_std is None
    assert number.problem is None
    assert not number.is_valid


def test_fifteen_digits_become_eighteen():
    number = read_id_number("110105491231002")
    assert number.id_no_std == STANDARD
    assert number.is_valid
    assert widen("110105491231002") == STANDARD
    assert read_id_number("110105491331002").problem == "date"


@given(numbers)
def test_a_made_number_is_valid(number):
    assert read_id_number(number).id_no_std == number
    assert read_id_number(number).is_valid


@given(numbers, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_found(number, place, shift):
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert not read_id_number(wrong).is_valid


@given(numbers, st.integers(0, 15))
def test_two_digits_exchanged_are_found(number, place):
    assume(number[place] != number[place + 1])
    wrong = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert not read_id_number(wrong).is_valid


@given(st.text(max_size=25))
def test_reading_never_fails(text):
    number = read_id_number(text)
    assert number.is_valid is (number.problem is None and number.id_no_std is not None)
