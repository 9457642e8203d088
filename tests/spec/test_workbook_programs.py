"""The same rows written by several programs are read alike: LibreOffice's ods and xls, xlwt's xls, an xlsb.

`files/by_libreoffice.*` were saved by LibreOffice 7.4 from one xlsx, `files/by_xlwt.xls` by xlwt 1.3 and
`files/by_pyxlsbwriter.xlsb` by pyxlsbwriter 0.1 (LibreOffice cannot write xlsb). Nobody in them lives.
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest

from pipeline.contracts import load_feeds
from pipeline.contracts.cells import read_cell
from pipeline.contracts.dates import DateCell
from pipeline.intake.reading.tables import parse
from pipeline.intake.reading.workbooks import open_workbook
from pipeline.intake.reasons import NotTaken
from pipeline.settings.intake import IntakeSettings
from tests.landing import headers

FEED = load_feeds()["delivery"]
FOLDER = Path(__file__).parent / "files"
FILES = ["by_libreoffice.ods", "by_libreoffice.xls", "by_xlwt.xls", "by_pyxlsbwriter.xlsb"]
# text with leading zeros and a number in the first column; an id number as text, as a quantity, and with its X; a
# phone as a number and as text; an instant, a day, and a date in words; a number with a comma
ROWS = [
    ["0000101", "王芳", "999977199505051227", "李强", "13800000000", "上村", "东河镇", "2024-01-07 10:30", "男",
     "3250", "39", "1", "1", "活产"],
    ["102", "陈静", "9.99977199203031E+17", "赵刚", "13800000001", "下村", "东河镇", "2024-01-08", "女",
     "3105", "38", "1", "1", "活产"],
    ["103", "刘敏", "99997719950505038X", None, None, "上村", "西山乡", "2024年1月9日", "男",
     "3,400", "40", "2", "2", "活产"],
]  # fmt: skip


def read(name: str) -> list[list[str | None]]:
    parsed = parse((FOLDER / name).read_bytes(), name.rpartition(".")[2], FEED, IntakeSettings())
    return [list(row.values()) for row in parsed.table.select(list(FEED.columns)).to_pylist()]


@pytest.mark.parametrize("name", FILES)
def test_what_a_program_wrote_is_read_cell_by_cell(name):
    assert read(name) == ROWS


@pytest.mark.parametrize("name", FILES)
def test_the_first_two_columns_are_the_file_s(name):
    (grid,) = open_workbook((FOLDER / name).read_bytes(), IntakeSettings())
    assert [row[:2] for row in grid.head[:2]] == [headers("delivery")[:2], ROWS[0][:2]]
    assert grid.sheet == "分娩登记" or name.endswith("xls")


@pytest.mark.parametrize("name", FILES)
def test_a_day_without_a_time_says_no_midnight_and_an_instant_its_minute(name):
    days = [read_cell(row[7], FEED.columns["delivered_at"]) for row in read(name)]
    assert all(isinstance(day, DateCell) for day in days)
    assert [day.minute for day in days if isinstance(day, DateCell)] == [10 * 60 + 30, None, None]


# the blank rows below the last one, up to the edge of the sheet
TO_THE_EDGE = re.compile(rb'<table:table-row [^>]*number-rows-repeated="10485\d\d"[^>]*>.*?</table:table-row>', re.S)


def with_rows(more: str) -> bytes:
    """LibreOffice's own document with these rows below, instead of its blank ones."""
    sink = io.BytesIO()
    with zipfile.ZipFile(FOLDER / "by_libreoffice.ods") as book, zipfile.ZipFile(sink, "w") as changed:
        for member in book.infolist():
            data = book.read(member)
            if member.filename == "content.xml":
                data, count = TO_THE_EDGE.subn(more.encode(), data)
                assert count == 1
            changed.writestr(member, data)
    return sink.getvalue()


BLANK = '<table:table-cell table:number-columns-repeated="16384"/>'
FILLED = '<table:table-cell table:number-columns-repeated="{}" office:value-type="string"><text:p>x</text:p></table:table-cell>'  # noqa: E501


def test_blank_rows_to_the_edge_of_the_sheet_cost_nothing():
    data = with_rows(f'<table:table-row table:number-rows-repeated="1048572">{BLANK}</table:table-row>')
    assert parse(data, "ods", FEED, IntakeSettings()).table.num_rows == len(ROWS)


@pytest.mark.parametrize(
    ("rows", "columns", "code"),
    [(1_048_572, 1, "too_many_rows"), (1, 16_000, "too_many_columns"), (190_000, 300, "unpacks_too_large")],
)
def test_a_small_document_that_says_to_repeat_itself_is_not_unpacked(rows, columns, code):
    more = f'<table:table-row table:number-rows-repeated="{rows}">{FILLED.format(columns)}</table:table-row>'
    with pytest.raises(NotTaken) as caught:
        open_workbook(with_rows(more), IntakeSettings())
    assert caught.value.code == code
