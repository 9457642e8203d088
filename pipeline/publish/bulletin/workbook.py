"""A bulletin as a workbook in one language: a sheet a section, the same cells as its page.

Belongs here: writing the workbook. Does not: what it says (`bulletin/contents.py`). Every cell is written as text, so
that no unit's text can run as a formula; the same bulletin gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import Any

from pipeline.accountability.obligations.calendar import first_day
from pipeline.publish.bulletin.parts import Bulletin, Part, word
from pipeline.written_workbooks import lay_out_on_paper, new_workbook, text_width, write_line

_WIDEST, _NARROWEST = 60, 8
# what a name of a sheet must not have, and its length
_NAME_CHARS, _NOT_IN_NAMES = 31, re.compile(r"[\[\]:*?/\\]")
_COLOURS = {"good": "#1A7F4B", "wait": "#A86200", "bad": "#B3261E", "none": "#5C6776"}
# of the cover: its sentences, and the numbers beside their labels
_COVER_WIDTHS = (80, 12)


def workbook(bulletin: Bulletin, language: str) -> bytes:
    """The workbook of a bulletin in a language (zh or en)."""
    target = io.BytesIO()
    created = dt.datetime.combine(first_day(bulletin.period), dt.time())
    book = new_workbook(target, created, getattr(bulletin.title, language))
    wrapped = {"text_wrap": True, "valign": "top"}
    formats = {tone: book.add_format({"font_color": colour, **wrapped}) for tone, colour in _COLOURS.items()}
    formats[""] = book.add_format(wrapped)
    formats["head"] = book.add_format({"bold": True, "bg_color": "#DDEBF7", "border": 1, **wrapped})
    formats["title"] = book.add_format({"bold": True, "font_size": 14})
    _cover(book, bulletin, language, formats)
    for part in bulletin.parts:
        if part.columns and not part.is_absent:
            _sheet(book, part, language, formats)
    book.close()
    return target.getvalue()


def _cover(book: Any, bulletin: Bulletin, language: str, formats: dict[str, Any]) -> None:
    sheet = book.add_worksheet(getattr(word("titles", "summary"), language))
    for column, width in enumerate(_COVER_WIDTHS):
        sheet.set_column(column, column, width)
    lines = [(getattr(bulletin.title, language), "", formats["title"])]
    lines.append((f"{bulletin.county} · {getattr(bulletin.scope, language)} · {bulletin.period}", "", None))
    if bulletin.is_office:
        lines.append((getattr(word("titles", "office"), language), "", formats["bad"]))
    lines += [(getattr(message, language), "", formats.get(tone)) for message, tone in bulletin.messages]
    lines += [(getattr(label, language), number, formats.get(tone)) for label, number, tone in bulletin.summary]
    absent = [part for part in bulletin.parts if part.is_absent]
    said = getattr(word("notes", "absent"), language)
    lines += [(f"{getattr(part.title, language)}: {said}", "", None) for part in absent]
    lines += [(getattr(note, language), "", None) for note in bulletin.method]
    for row, (label, value, style) in enumerate(lines):
        write_line(sheet, row, (label, value) if value else (label,), _COVER_WIDTHS, (style or formats[""],))
    lay_out_on_paper(sheet, is_upright=True)


def _sheet(book: Any, part: Part, language: str, formats: dict[str, Any]) -> None:
    sheet = book.add_worksheet(_NOT_IN_NAMES.sub("", getattr(part.title, language))[:_NAME_CHARS])
    labels = [getattr(label, language) for label in part.columns]
    widths = []
    for column, label in enumerate(labels):
        widest = max(map(text_width, (label, *(row[column].said(language) for row in part.rows))))
        widths.append(min(max(widest + 2, _NARROWEST), _WIDEST))
        sheet.set_column(column, column, widths[-1])
    # the note runs over all columns, and is read without them where they are few
    note, room = getattr(part.note, language), max(sum(widths), _WIDEST)
    if len(labels) > 1:
        sheet.merge_range(0, 0, 0, len(labels) - 1, "", formats[""])
        room = sum(widths)
    write_line(sheet, 0, (note,), (room,), (formats[""],))
    write_line(sheet, 2, labels, widths, (formats["head"],))
    for number, row in enumerate(part.rows, start=3):
        looks = [formats.get(cell.tone, formats[""]) for cell in row]
        write_line(sheet, number, [cell.said(language) for cell in row], widths, looks)
    sheet.freeze_panes(3, 0)
    lay_out_on_paper(sheet, repeated=3)
