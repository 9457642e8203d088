"""No cell of a workbook that rollcall writes can run as a formula, whatever a unit typed."""

from __future__ import annotations

import datetime as dt
import io
import re

import openpyxl
import pytest

from pipeline.casework import export_batch
from pipeline.casework.feedback.rows import Feedback
from pipeline.casework.feedback.workbook import workbook as feedback_workbook
from pipeline.home import PROJECT
from pipeline.publish.bulletin.parts import Bulletin, Part, cell, heads, plain
from pipeline.publish.bulletin.workbook import workbook as bulletin_workbook
from pipeline.written_workbooks import row_height
from tests.reviews import put_links

DAY = dt.date(2024, 3, 1)
DANGEROUS = ("=1+1", '=HYPERLINK("//x")', "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "=cmd|' /C x'!A0", "＝1+1", "{=1+1}")
# what writes a cell by the look of its text, or as a formula
BY_LOOK = re.compile(r"\.write(_row|_column|_formula|_array_formula|_dynamic_array_formula|_rich_string|_url)?\(")


def cells(content):
    """Every cell's text and kind, of all sheets."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [(one.value, one.data_type) for sheet in book for row in sheet.iter_rows() for one in row if one.value]


def feedback(text):
    lines = {"tickets": [(text,) * 10], "rows": [(text,) * 9], "critical": [(text,) * 5]}
    return feedback_workbook(Feedback(**lines), text, text, DAY)


def bulletin(text):
    part = Part("submissions", heads("unit", "code"), ((cell(text), cell(text, sign="●")),))
    summary = ((plain(text), text, "bad"),)
    made = Bulletin(
        "county", plain(text), text, "2024-03", ((plain(text), ""),), summary, (part,), (plain(text),), is_office=True
    )
    return bulletin_workbook(made, "zh")


@pytest.mark.parametrize("text", DANGEROUS)
@pytest.mark.parametrize("made", [feedback, bulletin])
def test_what_a_unit_typed_is_text(made, text):
    found = cells(made(text))
    assert {kind for _, kind in found} == {"s"}
    assert any(value == text for value, _ in found)


def test_what_a_unit_typed_is_text_to_a_reviewer(con, home):
    says = {"village_name_std": DANGEROUS[0], "mother_name_std": DANGEROUS[2]}
    put_links(con, home, changed={"D1": says, "J1": {"village_name_std": DANGEROUS[5]}})
    done = export_batch(con, home, [DANGEROUS[4].lstrip("@").replace("(", "").replace(")", "")])
    found = [one for path in done.paths for one in cells(path.read_bytes())]
    assert {kind for _, kind in found} == {"s"}
    assert {DANGEROUS[0], DANGEROUS[2]} <= {value for value, _ in found}


def writers():
    opens = re.compile(r"import xlsxwriter|\bnew_workbook\(")
    return [path for path in sorted((PROJECT / "pipeline").rglob("*.py")) if opens.search(path.read_text())]


@pytest.mark.parametrize("path", writers(), ids=lambda path: path.stem)
def test_workbooks_are_written_text_by_text(path):
    if "synthetic" in path.parts:
        pytest.skip("what units send may be anything")
    text = path.read_text(encoding="utf-8")
    assert not BY_LOOK.search(text.replace("file.write(", "")), "write_string and write_number say what a cell is"
    if "xlsxwriter.Workbook(" in text:
        assert '"strings_to_formulas": False' in text
        assert '"strings_to_urls": False' in text
    else:
        assert "new_workbook(" in text, "a workbook is opened by what keeps text as text"


def test_a_row_is_as_high_as_its_text_needs_and_a_page_as_wide_as_its_sheet():
    long = "出生登记" * 20
    assert row_height(("a",), (10,)) < row_height(("a b " * 20,), (10,)) < row_height((long,), (10,))
    assert row_height((long,), (500,)) == row_height(("a\nb",), (10,)) / 2
    assert row_height((long * 1000,), (10,)) <= 409, "the most that a spreadsheet program takes"
    for content in (feedback(long), bulletin(long)):
        for sheet in openpyxl.load_workbook(io.BytesIO(content)):
            assert sheet.page_setup.paperSize == 9
            assert sheet.page_setup.fitToWidth in (None, 1)
            assert sheet.page_setup.fitToHeight == 0
            for row in sheet.iter_rows():
                if any(long in str(one.value or "") for one in row):
                    assert sheet.row_dimensions[row[0].row].height > 20
