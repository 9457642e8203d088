"""The feedback workbook of a unit: how it looks. Every cell is text, and the same content gives the same bytes.

Not here: what is told (`feedback/rows.py`), or where the file goes (`feedback/files.py`).
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from typing import Any

from pipeline.casework.feedback.labels import both, words
from pipeline.casework.feedback.rows import Feedback

# what Excel holds in a cell
_CELL_CHARS = 32_767


def sheet_name(sheet: str) -> str:
    """The name of a sheet, in both languages."""
    text = words()["sheets"][sheet]
    return f"{text['zh']} {text['en']}"


def workbook(feedback: Feedback, unit_name: str, county: str, as_of: dt.date) -> bytes:
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
    _cover(book, feedback, unit_name, county, as_of, cell, heading)
    if feedback.critical:
        _table(book, "critical", words()["critical_headings"], feedback.critical, cell, heading)
    _table(book, "tickets", words()["ticket_headings"], feedback.tickets, cell, heading)
    _table(book, "rows", words()["row_headings"], feedback.rows, cell, heading)
    book.close()
    return target.getvalue()


def _cover(book: Any, feedback: Feedback, unit_name: str, county: str, as_of: dt.date, cell: Any, heading: Any) -> None:
    sheet = book.add_worksheet(sheet_name("cover"))
    sheet.set_column(0, 1, 60)
    title = words()["title"]
    sheet.write_string(0, 0, f"{title['zh']} {title['en']}", book.add_format({"bold": True, "font_size": 14}))
    facts = [
        ("单位 Unit", unit_name),
        ("区县 County", county),
        ("截至 As of", as_of.isoformat()),
        ("待办事项 To do", str(len(feedback.tickets))),
        ("列出的问题 Listed in rows", str(len(feedback.rows))),
    ]
    if feedback.critical:
        facts.append(("重点整改 Critical", str(len(feedback.critical))))
    if feedback.left_out:
        facts.append(("未列出 Not listed", str(feedback.left_out)))
    for row, (label, value) in enumerate(facts, start=2):
        sheet.write_string(row, 0, label, heading)
        sheet.write_string(row, 1, value, cell)
    for row, text in enumerate(words()["instructions"], start=len(facts) + 3):
        sheet.write_string(row, 0, text["zh"], cell)
        sheet.write_string(row, 1, text["en"], cell)


def _table(
    book: Any, name: str, headings: Sequence[dict], lines: Sequence[Sequence[str]], cell: Any, heading: Any
) -> None:
    sheet = book.add_worksheet(sheet_name(name))
    for column, text in enumerate(headings):
        sheet.set_column(column, column, text["width"])
        sheet.write_string(0, column, both(text), heading)
    for row, line in enumerate(lines, start=1):
        for column, value in enumerate(line):
            sheet.write_string(row, column, value[:_CELL_CHARS], cell)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(len(lines), 1), len(headings) - 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
