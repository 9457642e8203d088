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
from pipeline.written_workbooks import lay_out_on_paper, new_workbook, write_line

_COVER_WIDTH = 60


def sheet_name(sheet: str) -> str:
    """The name of a sheet, in both languages."""
    text = words()["sheets"][sheet]
    return f"{text['zh']} {text['en']}"


def workbook(feedback: Feedback, unit_name: str, county: str, as_of: dt.date) -> bytes:
    """The workbook's bytes.

    Args:
        as_of: the night's day, shown on the cover and set as the file's date.
    """
    target = io.BytesIO()
    book = new_workbook(target, dt.datetime.combine(as_of, dt.time()))
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
    sheet.set_column(0, 1, _COVER_WIDTH)
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
        write_line(sheet, row, (label, value), (_COVER_WIDTH, _COVER_WIDTH), (heading, cell))
    for row, text in enumerate(words()["instructions"], start=len(facts) + 3):
        write_line(sheet, row, (text["zh"], text["en"]), (_COVER_WIDTH, _COVER_WIDTH), (cell,))
    lay_out_on_paper(sheet)


def _table(
    book: Any, name: str, headings: Sequence[dict], lines: Sequence[Sequence[str]], cell: Any, heading: Any
) -> None:
    sheet = book.add_worksheet(sheet_name(name))
    widths = [text["width"] for text in headings]
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    write_line(sheet, 0, [both(text) for text in headings], widths, (heading,))
    for row, line in enumerate(lines, start=1):
        write_line(sheet, row, line, widths, (cell,))
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(len(lines), 1), len(headings) - 1)
    lay_out_on_paper(sheet, repeated=1)
