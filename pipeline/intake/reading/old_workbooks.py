"""Workbooks of Excel 97 to 2003 (xls) and of WPS (et), by xlrd.

Belongs here: from such a file to rows of cells. Does not: which of the sheets is the report (`reading/tables.py`).

calamine reads them too. An open report there tells of files of which the first two columns come out wrong; xlrd has
read this format for twenty years.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from pipeline.intake.reasons import NotTaken
from pipeline.settings.intake import IntakeSettings

# the stream in which an encrypted workbook of later Excels lies, as its directory spells it
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def old_sheets(data: bytes, limits: IntakeSettings) -> list[tuple[str, list[list[object]]]]:
    """The sheets of an old workbook, each as rows of cells: text, numbers and dates.

    Raises:
        NotTaken: password_protected, workbook_damaged, too_many_rows or too_many_columns.
    """
    import xlrd

    if _ENCRYPTED in data:
        raise NotTaken("password_protected")
    try:
        # where cells are merged is said among their formats; what the reader remarks on may quote cells
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            book = xlrd.open_workbook(file_contents=data, formatting_info=True, on_demand=True, logfile=nowhere)
            return _all_sheets(book, limits)
    except (NotTaken, MemoryError):
        raise
    except Exception as error:
        if "encrypted" in str(error).lower():
            raise NotTaken("password_protected") from None
        raise NotTaken("workbook_damaged") from error


def _all_sheets(book: Any, limits: IntakeSettings) -> list[tuple[str, list[list[object]]]]:
    found = []
    for number in range(book.nsheets):
        sheet = book.sheet_by_index(number)
        if sheet.ncols > limits.max_columns:
            raise NotTaken("too_many_columns", limit=limits.max_columns)
        if sheet.nrows > limits.max_rows:
            raise NotTaken("too_many_rows", limit=limits.max_rows)
        rows = [[_value(cell, book.datemode) for cell in sheet.row(at)] for at in range(sheet.nrows)]
        for top, after, left, _ in sheet.merged_cells:
            fill_down(rows, top, after - 1, left)
        found.append((sheet.name, rows))
        book.unload_sheet(number)
    return found


def fill_down(rows: Sequence[list], top: int, bottom: int, column: int) -> None:
    """Put a merged cell's value into every row that it covers (rows from 0, both included)."""
    if top < bottom and top < len(rows) and column < len(rows[top]):
        for row in rows[top + 1 : bottom + 1]:
            if column < len(row) and row[column] == "":
                row[column] = rows[top][column]


def _value(cell: object, datemode: int) -> object:
    """A cell's value; blank for what a formula could not work out."""
    from xlrd import XL_CELL_BLANK, XL_CELL_BOOLEAN, XL_CELL_DATE, XL_CELL_EMPTY, XL_CELL_ERROR
    from xlrd.sheet import Cell
    from xlrd.xldate import xldate_as_datetime

    assert isinstance(cell, Cell)
    if cell.ctype in (XL_CELL_EMPTY, XL_CELL_BLANK, XL_CELL_ERROR):
        return ""
    if cell.ctype == XL_CELL_DATE:
        # a time of day alone has no date to stand with, and a day alone no time: nobody wrote that it was midnight
        if cell.value < 1:
            return cell.value
        moment = xldate_as_datetime(cell.value, datemode)
        return moment.date() if float(cell.value).is_integer() else moment
    if cell.ctype == XL_CELL_BOOLEAN:
        return bool(cell.value)
    return cell.value
