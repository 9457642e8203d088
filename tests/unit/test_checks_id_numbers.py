"""GB 11643: the check digit, the date and the sex inside an id number."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.contracts.id_numbers import check_character, read_id_number


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        ("11010519491231002X", None),  # the standard's own example
        ("440524188001010014", "date"),  # the standard's other example: older than anyone alive
        ("110105194912310020", "check_digit"),
        ("110105194913310029", "date"),
        ("110105491231002", None),
        ("1101054912310", "length"),
        ("11010519491231A02X", "characters"),
        ("X10105491231002", "characters"),
        ("", "length"),
    ],
)
def test_problems(number: str, problem: str | None):
    assert read_id_number(number).problem == problem


def test_what_a_number_says():
    said = read_id_number("11010519491231002X")
    assert (said.birth_date, said.sex) == (dt.date(1949, 12, 31), "2")
    old = read_id_number("110105491231001")
    assert (old.birth_date, old.sex) == (dt.date(1949, 12, 31), "1")


@given(st.dates(dt.date(1900, 1, 1), dt.date(2099, 12, 31)), st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_never_passes(born: dt.date, place: int, step: int):
    digits = f"999977{born:%Y%m%d}123"
    number = digits + check_character(digits)
    assert read_id_number(number).problem is None
    wrong = number[:place] + str((int(number[place]) + step) % 10) + number[place + 1 :]
    assert read_id_number(wrong).problem in ("check_digit", "date")
