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
from pipeline.written_workbooks import lay_out_on_paper, new_workbook, write_line

_COVER_WIDTH = 60
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
    target = io.BytesIO()
    book = new_workbook(target, dt.datetime.combine(as_of, dt.time()))
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
    sheet.set_column(0, 1, _COVER_WIDTH)
    title = words()["title"]
    sheet.write_string(0, 0, f"{title['zh']} {title['en']}", book.add_format({"bold": True, "font_size": 14}))
    said = promises(LATE_LIST if LATE_LIST in worklist else "")
    for row, text in enumerate(said, start=1):
        write_line(sheet, row, (text,), (_COVER_WIDTH,), (promise,))
    facts = [
        ("单位 Unit", unit_name),
        ("区县 County", county),
        ("截至 As of", as_of.isoformat()),
        *((sheet_name(name), str(len(lines))) for name, lines in worklist.items()),
    ]
    for row, (label, value) in enumerate(facts, start=len(said) + 2):
        write_line(sheet, row, (label, value), (_COVER_WIDTH, _COVER_WIDTH), (heading, cell))
    for row, text in enumerate(words()["instructions"], start=len(said) + len(facts) + 3):
        write_line(sheet, row, (text["zh"], text["en"]), (_COVER_WIDTH, _COVER_WIDTH), (cell,))
    lay_out_on_paper(sheet)
    sheet.protect()


def _table(book: Any, name: str, lines: Sequence[Line], formats: tuple[Any, Any, Any]) -> None:
    cell, heading, promise = formats
    sheet = book.add_worksheet(sheet_name(name))
    headings, said = words()["headings"], promises(name)
    widths = [text["width"] for text in headings]
    for row, text in enumerate(said):
        sheet.merge_range(row, 0, row, len(headings) - 1, "", promise)
        write_line(sheet, row, (text,), (sum(widths),), (promise,))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    write_line(sheet, len(said), [both(text) for text in headings], widths, (heading,))
    for row, line in enumerate(lines, start=len(said) + 1):
        write_line(sheet, row, line, widths, (cell,))
    sheet.freeze_panes(len(said) + 1, 0)
    sheet.autofilter(len(said), 0, len(said) + max(len(lines), 1), len(headings) - 1)
    # the promise and the headings stand on every printed page
    lay_out_on_paper(sheet, repeated=len(said) + 1)
    sheet.protect("", _PROTECTED)
