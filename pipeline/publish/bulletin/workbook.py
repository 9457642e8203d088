"""A bulletin as a workbook in one language: a sheet a section, the same cells as its page.

Belongs here: writing the workbook. Does not: what it says (`bulletin/contents.py`). Every cell is written as text, so
that no unit's text can run as a formula; the same bulletin gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

from pipeline.accountability.obligations.calendar import first_day
from pipeline.publish.bulletin.parts import Bulletin, Part, word

_WIDEST, _NARROWEST = 60, 8
# what a name of a sheet must not have, and its length
_NAME_CHARS = 31
_COLOURS = {"good": "#1A7F4B", "wait": "#A86200", "bad": "#B3261E", "none": "#5C6776"}
SAFE = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}


def workbook(bulletin: Bulletin, language: str) -> bytes:
    """The workbook of a bulletin in a language (zh or en)."""
    import xlsxwriter

    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, SAFE)
    created = dt.datetime.combine(first_day(bulletin.period), dt.time())
    book.set_properties({"title": getattr(bulletin.title, language), "created": created})
    formats = {tone: book.add_format({"font_color": colour}) for tone, colour in _COLOURS.items()}
    formats["head"] = book.add_format({"bold": True, "bg_color": "#DDEBF7"})
    formats["title"] = book.add_format({"bold": True})
    _cover(book, bulletin, language, formats)
    for part in bulletin.parts:
        if part.columns and not part.is_absent:
            _sheet(book, part, language, formats)
    book.close()
    return target.getvalue()


def _cover(book: Any, bulletin: Bulletin, language: str, formats: dict[str, Any]) -> None:
    sheet = book.add_worksheet(getattr(word("titles", "summary"), language))
    sheet.set_column(0, 0, 48)
    lines = [(getattr(bulletin.title, language), "", formats["title"])]
    lines.append((f"{bulletin.county} · {getattr(bulletin.scope, language)} · {bulletin.period}", "", None))
    if bulletin.is_office:
        lines.append((getattr(word("titles", "office"), language), "", formats["bad"]))
    lines += [(getattr(label, language), number, formats.get(tone)) for label, number, tone in bulletin.summary]
    absent = [part for part in bulletin.parts if part.is_absent]
    said = getattr(word("notes", "absent"), language)
    lines += [(f"{getattr(part.title, language)}: {said}", "", None) for part in absent]
    lines += [(getattr(note, language), "", None) for note in bulletin.method]
    for row, (label, value, style) in enumerate(lines):
        sheet.write_string(row, 0, label, style)
        if value:
            sheet.write_string(row, 1, value, style)


def _sheet(book: Any, part: Part, language: str, formats: dict[str, Any]) -> None:
    sheet = book.add_worksheet(getattr(part.title, language)[:_NAME_CHARS])
    sheet.write_string(0, 0, getattr(part.note, language))
    for column, label in enumerate(part.columns):
        sheet.write_string(2, column, getattr(label, language), formats["head"])
        texts = [getattr(label, language), *(row[column].said(language) for row in part.rows)]
        # a Chinese character is as wide as two letters
        widest = max(sum(2 if ord(char) > 0x2E7F else 1 for char in text) for text in texts)
        sheet.set_column(column, column, min(max(widest + 2, _NARROWEST), _WIDEST))
    for number, row in enumerate(part.rows, start=3):
        for column, cell in enumerate(row):
            sheet.write_string(number, column, cell.said(language), formats.get(cell.tone))
    sheet.freeze_panes(3, 0)
