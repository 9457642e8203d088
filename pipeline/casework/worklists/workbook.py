"""The worklist of a unit as a workbook: how it looks. Every cell is text and locked; same content, same bytes.

Not here: who is on it (`worklists/rows.py`), or where the file goes (`worklists/files.py`).
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from typing import Any

from pipeline.casework.feedback.labels import both
from pipeline.casework.worklists.rows import LATE_LIST, Line, Worklist, words
from pipeline.contracts import load_feeds

# what Excel holds in a cell
_CELL_CHARS = 32_767
_PROTECTED = {"select_locked_cells": True, "format_columns": True, "format_rows": True, "autofilter": True}


def sheet_name(sheet: str) -> str:
    """The name of a sheet: a register's, or one of the file's own."""
    text = words()["sheets"].get(sheet) or {"zh": load_feeds()[sheet].zh, "en": ""}
    return f"{text['zh']} {text['en']}".strip()


def promises(sheet: str) -> list[str]:
    """What a sheet says above everything else."""
    said = [both(words()["promise"])]
    return [*said, both(words()["school_promise"])] if sheet == LATE_LIST else said


def workbook(worklist: Worklist, unit_name: str, county: str, as_of: dt.date) -> bytes:
    """The workbook's bytes.

    Args:
        as_of: the night's day, shown on the cover and set as the file's date.
    """
    import xlsxwriter

    target = io.BytesIO()
    book = xlsxwriter.Workbook(
        target,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    book.set_properties({"created": dt.datetime.combine(as_of, dt.time())})
    cell = book.add_format({"text_wrap": True, "valign": "top", "border": 1, "border_color": "#D0D0D0"})
    heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "border": 1, "bg_color": "#DDEBF7"})
    promise = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E2EFDA"})
    _cover(book, worklist, unit_name, county, as_of, (cell, heading, promise))
    for sheet, lines in worklist.items():
        _table(book, sheet, lines, (cell, heading, promise))
    book.close()
    return target.getvalue()


def _cover(
    book: Any, worklist: Worklist, unit_name: str, county: str, as_of: dt.date, formats: tuple[Any, Any, Any]
) -> None:
    cell, heading, promise = formats
    sheet = book.add_worksheet(sheet_name("cover"))
    sheet.set_column(0, 1, 60)
    title = words()["title"]
    sheet.write_string(0, 0, f"{title['zh']} {title['en']}", book.add_format({"bold": True, "font_size": 14}))
    said = promises(LATE_LIST if LATE_LIST in worklist else "")
    for row, text in enumerate(said, start=1):
        sheet.write_string(row, 0, text, promise)
    facts = [
        ("单位 Unit", unit_name),
        ("区县 County", county),
        ("截至 As of", as_of.isoformat()),
        *((sheet_name(name), str(len(lines))) for name, lines in worklist.items()),
    ]
    for row, (label, value) in enumerate(facts, start=len(said) + 2):
        sheet.write_string(row, 0, label, heading)
        sheet.write_string(row, 1, value, cell)
    for row, text in enumerate(words()["instructions"], start=len(said) + len(facts) + 3):
        sheet.write_string(row, 0, text["zh"], cell)
        sheet.write_string(row, 1, text["en"], cell)
    sheet.protect()


def _table(book: Any, name: str, lines: Sequence[Line], formats: tuple[Any, Any, Any]) -> None:
    cell, heading, promise = formats
    sheet = book.add_worksheet(sheet_name(name))
    headings, said = words()["headings"], promises(name)
    for row, text in enumerate(said):
        sheet.merge_range(row, 0, row, len(headings) - 1, "", promise)
        sheet.write_string(row, 0, text, promise)
        sheet.set_row(row, 34)
    for column, text in enumerate(headings):
        sheet.set_column(column, column, text["width"])
        sheet.write_string(len(said), column, both(text), heading)
    for row, line in enumerate(lines, start=len(said) + 1):
        for column, value in enumerate(line):
            sheet.write_string(row, column, value[:_CELL_CHARS], cell)
    sheet.freeze_panes(len(said) + 1, 0)
    sheet.autofilter(len(said), 0, len(said) + max(len(lines), 1), len(headings) - 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    # the promise and the headings stand on every printed page
    sheet.repeat_rows(0, len(said))
    sheet.protect("", _PROTECTED)
