"""What a file is decides how it is read, and headers and rows are read as forms have them: one kind a test."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import xlsxwriter
from opencc import OpenCC

from pipeline.contracts import load_feeds
from pipeline.intake.reading.headers import missing_columns
from pipeline.intake.reading.tables import Parsed, parse
from pipeline.intake.reasons import NotTaken
from pipeline.settings.intake import IntakeSettings
from tests.landing import csv_bytes, headers, records

FEED = load_feeds()["delivery"]
HEAD, ROWS = headers("delivery"), records("delivery", 3)
NUMBERS = ["F0001", "F0002", "F0003"]
NAMES = list(FEED.columns)


def read(data: bytes, extension: str = "csv") -> Parsed:
    return parse(data, extension, FEED, IntakeSettings())


def numbers(parsed: Parsed) -> list[str]:
    return parsed.table[FEED.record_no].to_pylist()


def page(rows, open_="<html><meta charset='utf-8'><table>", end="</table></html>") -> bytes:
    cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (open_ + cells + end).encode()


@pytest.mark.parametrize("extension", ["csv", "xls", "xlsx"])
@pytest.mark.parametrize(
    "data",
    [
        csv_bytes([HEAD, *ROWS]),
        csv_bytes([HEAD, *ROWS], delimiter="|"),
        csv_bytes([HEAD, *ROWS], delimiter="，"),
        csv_bytes([HEAD, *ROWS], encoding="utf-16"),
        csv_bytes([HEAD, *ROWS], encoding="utf-16-le"),
        csv_bytes([HEAD, *ROWS], encoding="utf-16-be"),
        page([HEAD, *ROWS]),
        page([["分娩登记表"], HEAD, *ROWS], open_="<table border=1><caption>表</caption>"),
    ],
    ids=["comma", "pipe", "full-width comma", "utf-16", "utf-16-le", "utf-16-be", "web page", "bare table"],
)
def test_the_content_decides_whatever_the_name_ends_with(data, extension):
    assert numbers(read(data, extension)) == NUMBERS


def test_the_euro_sign_of_windows_breaks_nothing():
    rows = [HEAD, *ROWS, [cell if place != 1 else "王芳\x00" for place, cell in enumerate(ROWS[0])]]
    data = csv_bytes(rows, encoding="gb18030").replace(b"\x00", b"\x80")
    assert "王芳€" in read(data).table[NAMES[1]].to_pylist()


def test_big5_is_read_where_its_header_is_known():
    head = [OpenCC("s2t").convert(name) for name in HEAD]
    data = "\r\n".join(",".join(row) for row in (head, *ROWS)).encode("big5hkscs", "replace")
    assert numbers(read(data)) == NUMBERS


def test_an_old_workbook_is_read_with_its_merged_cells():
    parsed = read((Path(__file__).parent / "files" / "old_workbook.xls").read_bytes(), "xls")
    assert numbers(parsed) == NUMBERS
    assert parsed.table["village_name"].to_pylist() == ["上村"] * 3


def test_a_workbook_with_a_password_says_so():
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    with pytest.raises(NotTaken) as caught:
        read(data, "xlsx")
    assert caught.value.code == "password_protected"


def workbook(write) -> bytes:
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink) as book:
        write(book, book.add_worksheet("表"))
    return sink.getvalue()


def test_a_merged_cell_s_value_belongs_to_every_row_that_it_covers():
    def write(book, sheet):
        sheet.merge_range(0, 0, 0, 5, "分娩登记表")
        for at, row in enumerate([HEAD, *ROWS], start=1):
            sheet.write_row(at, 0, row)
        at = NAMES.index("village_name")
        sheet.merge_range(2, at, 4, at, "上村")

    parsed = read(workbook(write), "xlsx")
    assert parsed.table["village_name"].to_pylist() == ["上村"] * 3
    assert numbers(parsed) == NUMBERS


def test_a_number_cell_of_more_than_fifteen_digits_is_no_number():
    def write(book, sheet):
        sheet.write_row(0, 0, HEAD)
        for at, row in enumerate(ROWS, start=1):
            sheet.write_row(at, 0, row)
            sheet.write_number(at, NAMES.index("mother_id_no"), 999911199506125000 + at)

    assert set(read(workbook(write), "xlsx").table["mother_id_no"].to_pylist()) == {"9.99911199506125E+17"}


def test_hidden_rows_are_read_and_the_receipt_says_so():
    def write(book, sheet):
        for at, row in enumerate([HEAD, *ROWS]):
            sheet.write_row(at, 0, row)
        sheet.set_row(2, None, None, {"hidden": True})

    parsed = read(workbook(write), "xlsx")
    assert numbers(parsed) == NUMBERS
    assert parsed.notes == ("hidden_cells",)


@pytest.mark.parametrize(
    "hint",
    [
        "*{}",
        "{}（必填）",
        "{}(年-月-日)",
        "{}【18位】",
        "★{}",
        "{}*",
        "必填:{}",
        "{}\n",
        "{} (按身份证填写)",
        "{}：",
        "（选填）{}",
    ],
)
def test_a_header_with_a_hint_is_read(hint):
    parsed = read(csv_bytes([[hint.format(name).replace("\n", "") for name in HEAD], *ROWS]))
    assert numbers(parsed) == NUMBERS
    assert parsed.header.ignored == ()
    assert missing_columns(parsed.header, FEED) == {}


def test_a_header_in_traditional_characters_is_read():
    parsed = read(csv_bytes([[OpenCC("s2t").convert(name) for name in HEAD], *ROWS]))
    assert set(parsed.header.positions) == set(NAMES)


def instead_of(name: str, header: str) -> Parsed:
    at = NAMES.index(name)
    return read(csv_bytes([[*HEAD[:at], header, *HEAD[at + 1 :]], *ROWS]))


def test_a_header_whose_hint_is_refused_stays_out():
    name = next(column.name for column in FEED.columns.values() if column.level != "required")
    parsed = instead_of(name, f"{FEED.columns[name].zh}（准生证号）")
    assert name not in parsed.header.positions
    assert len(parsed.header.refused) == 1


def test_an_expected_column_that_is_missing_is_named_with_the_likeliest_header():
    column = next(column for column in FEED.columns.values() if column.level == "expected")
    assert missing_columns(instead_of(column.name, f"新{column.zh}").header, FEED) == {column.zh: f"新{column.zh}"}
    assert missing_columns(instead_of(column.name, "备注").header, FEED) == {column.zh: ""}


@pytest.mark.parametrize(
    "row",
    [["示例", *ROWS[0][1:]], ["F0009", "样例：张三", *ROWS[0][2:]], ["例：F0009", *ROWS[0][1:]],
     ["（示例）", *ROWS[0][1:]],
     ["合计", "3", *[""] * (len(HEAD) - 2)], ["小计：", "3", *[""] * (len(HEAD) - 2)]],
    ids=["first cell", "another cell", "with a colon", "in brackets", "total", "subtotal"],
)  # fmt: skip
def test_rows_that_show_how_or_add_up_are_no_records(row):
    assert numbers(read(csv_bytes([HEAD, row, *ROWS]))) == NUMBERS
    assert numbers(read(csv_bytes([HEAD, *ROWS, row]))) == NUMBERS
