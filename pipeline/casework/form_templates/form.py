"""The empty form of a feed as a workbook: headers, columns formatted as text, drop-downs, and a sheet that explains.

Belongs here: how it looks. Does not: its words (`labels.yaml`), or what a column may hold (the contract).
"""

from __future__ import annotations

import datetime as dt
import io
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipeline.contracts import Column, Feed, load_feeds
from pipeline.contracts.model import Due
from pipeline.errors import UsageError
from pipeline.home import Home
from pipeline.whole_files import OFFICE_MODE, write_whole
from pipeline.written_workbooks import lay_out_on_paper, new_workbook, row_height, write_line

LABELS_FILE = Path(__file__).with_name("labels.yaml")
# rows that are formatted and have drop-downs; a larger unit copies them down
ROWS = 2_000
_SEXES = ["男", "女"]
_WIDTHS = {
    "name": 12,
    "id_no": 22,
    "code": 20,
    "phone": 15,
    "date": 13,
    "datetime": 18,
    "text": 16,
    "sex": 8,
    "int": 10,
}
_COLOURS = {"required": "#FCE4D6", "expected": "#FFF2CC", "optional": "#EDEDED"}
# the same content gives the same bytes on any day
_CREATED = dt.datetime(2025, 1, 1)


@cache
def _words() -> dict[str, Any]:
    return yaml.safe_load(LABELS_FILE.read_text(encoding="utf-8"))


def write_forms(folder: Path, home: Home | None = None) -> list[Path]:
    """Write the form of every feed, named as its file is to be named.

    Args:
        home: a county, whose own due dates the forms then name; the contracts' without it.

    Raises:
        UsageError: the folder cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = []
        for feed in load_feeds().values():
            path = folder / f"{feed.zh}_{_period(feed)}.xlsx"
            write_whole(path, form(feed, home.due(feed.feed, feed.due) if home else feed.due), OFFICE_MODE)
            written.append(path)
        return written
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be written ({error.strerror or type(error).__name__}).", "Name another folder with --out."
        ) from None


def _period(feed: Feed) -> str:
    return "年" if feed.due.every == "year" else "年月"


def form(feed: Feed, due: Due | None = None) -> bytes:
    """The workbook's bytes; `due` where the county's date is not the contract's."""
    target = io.BytesIO()
    book = new_workbook(target, _CREATED, feed.zh)
    words = _words()
    sheet = book.add_worksheet(words["sheets"]["form"])
    as_text = book.add_format({"num_format": "@"})
    for place, column in enumerate(feed.columns.values()):
        head = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1, "bg_color": _COLOURS[column.level]}
        )
        sheet.set_column(place, place, _WIDTHS.get(column.type, 16), as_text)
        sheet.write_string(0, place, column.zh, head)
        if choices := _choices(column):
            sheet.data_validation(
                1, place, ROWS, place,
                {"validate": "list", "source": choices, "error_title": "请选择", "error_message": "、".join(choices),
                 "ignore_blank": True},
            )  # fmt: skip
    sheet.set_row(0, 32)
    sheet.freeze_panes(1, 0)
    lay_out_on_paper(sheet, repeated=1)
    _explain(book, feed, due or feed.due)
    book.close()
    return target.getvalue()


def _choices(column: Column) -> list[str]:
    """What a cell may be chosen from: one word for each code."""
    if column.type == "sex":
        return _SEXES
    first: dict[str, str] = {}
    for word, code in (column.values or {}).items():
        first.setdefault(code, word)
    return list(first.values())


def _explain(book: Any, feed: Feed, due: Due) -> None:
    words = _words()
    sheet = book.add_worksheet(words["sheets"]["how"])
    title = book.add_format({"bold": True, "font_size": 14})
    heading = book.add_format({"bold": True, "border": 1, "bg_color": "#DDEBF7"})
    cell = book.add_format({"text_wrap": True, "valign": "top", "border": 1})
    plain = book.add_format({"text_wrap": True, "valign": "top"})
    widths = [one["width"] for one in words["how_headings"]]
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)
    # no word of a header stands here in a cell of its own row: intake reads the sheet that has the header
    sheet.merge_range(0, 0, 0, 2, f"{feed.zh}：怎样填写  {feed.feed.replace('_', ' ')}: how to fill it in", title)
    row = 1
    for rule in words["rules"]:
        text = "\n".join(rule[language].format(**_facts(feed, due, language)) for language in ("zh", "en"))
        sheet.merge_range(row, 0, row, 2, text, plain)
        sheet.set_row(row, row_height((text,), (sum(widths),)))
        row += 1
    for place, one in enumerate(words["how_headings"]):
        sheet.write_string(row, place, f"{one['zh']} {one['en']}", heading)
    for column in feed.columns.values():
        row += 1
        level = words["levels"][column.level]
        cells = (f"{column.zh}\n{column.name}", f"{level['zh']}\n{level['en']}", _how(column))
        write_line(sheet, row, cells, widths, (cell,))
    lay_out_on_paper(sheet, is_upright=True)


def _facts(feed: Feed, due: Due, language: str) -> dict[str, str]:
    said = _words()["due"][due.every][language].format(day=due.day, month=due.month)
    period = "2025" if feed.due.every == "year" else "202503"
    return {"file": f"{feed.zh}_{period}.xlsx" if language == "zh" else f"{feed.feed}_{period}.xlsx", "due": said}


def _how(column: Column) -> str:
    if choices := _choices(column):
        return "、".join(choices)
    said = _words()["types"].get(column.type, _words()["types"]["text"])
    span = f"{column.min}–{column.max}" if column.min is not None and column.max is not None else ""
    zh, en = said["zh"].format(range=f"，{span}" if span else ""), said["en"].format(range=f", {span}" if span else "")
    return f"{zh}\n{en}"
