"""Digits as spreadsheets leave them, and dates as the field writes them: read where they have one meaning."""

import datetime as dt

import pytest

from pipeline.contracts.cells import read_code, read_id_no, read_phone
from pipeline.contracts.dates import read_date
from pipeline.contracts.id_numbers import check_character, read_id_number
from pipeline.contracts.texts import has_lost_digits, is_blank, unwrapped

NUMBER = "99991119950612" + "123"
WHOLE = NUMBER + check_character(NUMBER)
# a true number that ends in three zeros: its check digit holds
ROUND = next(
    body + "0"
    for number in range(100)
    for body in [f"9999111995{number % 12 + 1:02d}{number % 28 + 1:02d}" + "100"[:1] + "00"]
    if check_character(body) == "0"
)


@pytest.mark.parametrize(
    "text", [WHOLE, f'="{WHOLE}"', f"='{WHOLE}'", f"'{WHOLE}", f"’{WHOLE}", f"{WHOLE}.0", f" {WHOLE[:6]} {WHOLE[6:]} "]
)
def test_what_a_spreadsheet_put_around_a_number_is_taken_off(text):
    assert read_id_no(text) == WHOLE


@pytest.mark.parametrize(
    "text", ["9.99911E+17", "9.99911199506121e+17", "999911199506121000", "1E+18", "99991119950612100"]
)
def test_a_number_of_which_digits_were_lost_is_no_number(text):
    assert has_lost_digits(text)
    assert read_id_no(text) is None
    assert read_code(text) is None


def test_a_true_number_that_ends_in_zeros_stays():
    assert ROUND.endswith("000")
    assert read_id_no(ROUND) == ROUND


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("1.3912345678E+10", "13912345678"),
        ("13912345678.0", "13912345678"),
        ("1.39E+10", None),
        ('="13912345678"', "13912345678"),
    ],
)
def test_a_phone_that_kept_all_its_digits_is_read(text, phone):
    assert read_phone(text) == phone


@pytest.mark.parametrize("text", ["M330000123", "330000123", "9999112025000", "8199911202500000"])
def test_codes_that_are_whole_stay_as_they_are(text):
    assert (read_code(text), unwrapped(text)) == (text, text)


DAY = dt.date(2025, 3, 7)


@pytest.mark.parametrize(
    "text",
    ["25.3.7", "25/3/7", "25-03-07", "250307", "二〇二五年三月七日", "二零二五年三月七日", "2025年三月七日", "7-Mar-25",
     "7 Mar 2025",
     "March 7, 2025", "Mar-7-2025", "2025\\3\\7", "2025,3,7", "2025，3，7", "2025、3、7", "20250307.0", '="2025-03-07"',
     "二〇二五年二月初八", "农历2025年二月初八"],
)  # fmt: skip
def test_a_date_with_one_meaning_is_read(text):
    found = read_date(text)
    assert found is not None
    assert found.day == DAY


@pytest.mark.parametrize(
    ("text", "day"),
    [("31/12/2024", dt.date(2024, 12, 31)), ("12/31/2024", dt.date(2024, 12, 31)), ("5/5/2025", dt.date(2025, 5, 5)),
     ("2025年闰六月初一", dt.date(2025, 7, 25)), ("二〇二五年十二月三十一日", dt.date(2025, 12, 31)),
     ("农历二〇二四年腊月廿三", dt.date(2025, 1, 22)), ("880512", dt.date(1988, 5, 12))],
)  # fmt: skip
def test_other_ways_with_one_meaning(text, day):
    found = read_date(text)
    assert found is not None
    assert found.day == day


@pytest.mark.parametrize(
    "text", ["07/03/2025", "3.7.2025", "2025-13-01", "2025年3月", "3月7日", "251332", "二〇二五年", "7"]
)
def test_a_date_with_two_meanings_or_none_is_not_read(text):
    assert read_date(text) is None


@pytest.mark.parametrize("text", ["", " ", "无", "—", "未提供", "（无）", "n/a", "#N/A"])
def test_words_for_nothing_are_blank(text):
    assert is_blank(text)


@pytest.mark.parametrize(
    "number", ["E12345678", "EA1234567", "H12345678", "M1234567801", "12345678", "CAN110182081901"]
)
def test_other_documents_are_known_as_such(number):
    assert read_id_number(number).problem == "document"


@pytest.mark.parametrize("number", ["1101051949123", "99991119950612004", "王12345678", "ABC"])
def test_what_is_no_document_is_malformed(number):
    assert read_id_number(number).problem in ("length", "characters")
