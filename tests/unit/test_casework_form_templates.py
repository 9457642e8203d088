"""The empty forms: filled in by a spreadsheet program, every one comes back whole."""

import io

import openpyxl
import pytest

from pipeline.casework.form_templates.form import ROWS, form, write_forms
from pipeline.contracts import load_feeds
from pipeline.errors import UsageError
from pipeline.intake.landing.names import read_name
from pipeline.intake.reading.tables import parse
from pipeline.settings.intake import IntakeSettings

VALUES = {
    "id_no": "999911199506121237", "code": "999911202500000146", "phone": "13912345678", "name": "王小芳", "sex": "女",
    "date": "2025-03-07", "datetime": "2025-03-07 14:05", "text": "井村", "int": "1",
}  # fmt: skip
FEEDS = list(load_feeds().values())


def filled(feed, rows=3):
    """The form as a spreadsheet program saves it with rows in it."""
    book = openpyxl.load_workbook(io.BytesIO(form(feed)))
    sheet = book.worksheets[0]
    for at in range(2, 2 + rows):
        for place, column in enumerate(feed.columns.values(), start=1):
            cell = sheet.cell(at, place)
            assert cell.number_format == "@" or sheet.column_dimensions[cell.column_letter].width
            cell.value = next(iter(column.values), None) if column.values else VALUES[column.type]
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.feed)
def test_a_form_that_was_filled_in_comes_back_whole(feed):
    parsed = parse(filled(feed), "xlsx", feed, IntakeSettings())
    assert set(parsed.header.positions) == set(feed.columns)
    assert parsed.table.num_rows == 3
    for column in feed.columns.values():
        wanted = next(iter(column.values)) if column.values else VALUES[column.type]
        assert parsed.table[column.name].to_pylist() == [wanted] * 3


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.feed)
def test_an_empty_form_has_nothing_to_report(feed):
    assert parse(form(feed), "xlsx", feed, IntakeSettings()).table.num_rows == 0


def test_columns_are_text_and_codes_are_chosen():
    feed = load_feeds()["delivery"]
    sheet = openpyxl.load_workbook(io.BytesIO(form(feed))).worksheets[0]
    lists = {str(one.sqref): one.formula1 for one in sheet.data_validations.dataValidation}
    assert any("男" in formula and str(ROWS + 1) in where for where, formula in lists.items())
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.page_setup.orientation == "landscape"


def test_forms_are_named_as_their_files_are_to_be_named(tmp_path):
    written = write_forms(tmp_path / "forms")
    assert len(written) == len(FEEDS)
    for path, feed in zip(written, FEEDS, strict=True):
        period = "2025" if feed.due.every == "year" else "202503"
        name = path.name.replace("年月", period).replace("年.", f"{period}.")
        assert read_name(name, load_feeds()).feed == feed.feed
    # the same on every day
    assert [path.read_bytes() for path in written] == [path.read_bytes() for path in write_forms(tmp_path / "again")]


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="cannot be written"):
        write_forms(tmp_path / "file" / "forms")
