"""Workbooks, whatever program wrote them: their sheets as rows of text, and what is too large to open.

Belongs here: from bytes to rows of text. Does not: which sheet is the report, or what a row means
(`reading/tables.py`).
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pipeline.contracts.texts import KEPT_DIGITS
from pipeline.intake.reading.grids import CHUNK_ROWS, Grid, Rows, kind_of, mismatch
from pipeline.intake.reading.headers import SEARCHED_ROWS
from pipeline.intake.reading.old_workbooks import fill_down, old_sheets
from pipeline.intake.reasons import NotTaken
from pipeline.settings.intake import IntakeSettings

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

# deflate cannot pack tighter: a smaller file cannot unpack to more, whatever its directory declares
_TIGHTEST_PACKING = 1032
_NO_SHEET = re.compile(r"docProps|theme|styles\.xml|sharedStrings\.xml|Content_Types|drawing|workbook\.xml", re.I)
# one of these is in every workbook: xlsx and xlsm, xlsb, ods
_WORKBOOKS = {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}
_ODS_MANIFEST = "meta-inf/manifest.xml"
_HIDDEN = re.compile(rb"""<(?:row|col)\s[^>]*\bhidden=["'](?:1|true)["']""")
_CELL_COLUMNS = re.compile(rb"""\sr=["']([A-Z]{2,3})\d""")
# of an open document: its tables, rows and cells, each with how often it is repeated
_ODS_PARTS = re.compile(rb"<table:(?P<part>table|table-row|table-cell|covered-table-cell)(?P<said>[\s/>][^>]*)")
_ODS_REPEATED = re.compile(rb"""number-(?:rows|columns)-repeated=["'](\d{1,9})["']""")
_ROW_NUMBERS = re.compile(rb"""row\s[^>]*?\br=["'](\d{5,7})["']""")


def open_workbook(data: bytes, limits: IntakeSettings) -> list[Grid]:
    """The sheets of a workbook that hold anything, in their order; what the file is called does not matter.

    Read are xlsx, xlsm (its macros are never run), xlsb, ods and the old xls, which WPS's et is too.

    Raises:
        NotTaken: empty_file, not_xlsx, password_protected, workbook_damaged, unpacks_too_large, too_many_rows or
            too_many_columns.
    """
    if not data:
        raise NotTaken("empty_file")
    kind = kind_of(data)
    if kind == "ole":
        sheets = old_sheets(data, limits)
        return [_sheet_grid(name, rows) for name, rows in sheets if any(c != "" for row in rows for c in row)]
    if kind != "zip":
        raise mismatch("not_xlsx", kind)
    notes = _check_workbook(data, limits)
    return [_sheet_grid(name, rows, notes) for name, rows in _sheets(data) if any(c != "" for row in rows for c in row)]


def _sheets(data: bytes) -> list[tuple[str, Sequence[Sequence[object]]]]:
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        worksheet = python_calamine.SheetTypeEnum.WorkSheet
        names = [sheet.name for sheet in book.sheets_metadata if sheet.typ == worksheet]
        return [(name, _filled(book.get_sheet_by_name(name))) for name in names]
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    # the reader is a compiled library that meets bytes from anywhere, and its panics are no Exception: whatever it
    # raises means the same
    except BaseException as error:
        raise NotTaken("workbook_damaged") from error


def _filled(sheet: CalamineSheet) -> Sequence[Sequence[object]]:
    """A sheet's cells, where a merged cell's value stands in every row that it covers.

    Across a row it stays where it stands: a title over the table would otherwise be a header of every column.
    """
    rows = sheet.to_python(skip_empty_area=False)
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
        fill_down(rows, top, bottom, left)
    return rows


def _sheet_grid(name: str, rows: Sequence[Sequence[object]], notes: tuple[str, ...] = ()) -> Grid:
    def chunks() -> Iterator[tuple[Sequence[int], Rows]]:
        for start in range(0, len(rows), CHUNK_ROWS):
            part = rows[start : start + CHUNK_ROWS]
            yield range(start + 1, start + 1 + len(part)), [[as_text(cell) for cell in row] for row in part]

    return Grid([[as_text(cell) for cell in row] for row in rows[:SEARCHED_ROWS]], chunks, sheet=name, notes=notes)


def as_text(cell: object) -> str:
    """An Excel cell as text: dates in ISO form (time only where there is one), whole numbers without a point."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, (int, float)):
        # a spreadsheet keeps fifteen digits. What has more of them as a quantity lost some, and is written so that
        # nobody takes it for a number of somebody; what follows the fifteenth is the noise of binary fractions
        if abs(cell) >= 10**KEPT_DIGITS:
            return f"{cell:.{KEPT_DIGITS - 1}E}"
        return str(int(cell)) if float(cell).is_integer() else f"{cell:.{KEPT_DIGITS}g}"
    if isinstance(cell, dt.datetime):
        moment = (cell + dt.timedelta(microseconds=500_000)).replace(microsecond=0)
        return moment.isoformat(" ", "seconds" if moment.second else "minutes")
    if isinstance(cell, dt.date):
        return cell.isoformat()
    if isinstance(cell, dt.time):
        return cell.isoformat("seconds" if cell.second else "minutes")
    return str(cell)


def _check_workbook(data: bytes, limits: IntakeSettings) -> tuple[str, ...]:
    """Refuse a workbook that would fill the memory, before the reader allots a dense grid for it.

    Returns:
        Codes of what the receipt remarks on it.
    """
    limit, notes = limits.max_unpacked_mb * 1_000_000, set()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            members = book.infolist()
            names = {member.filename.replace("\\", "/").lstrip("/").lower() for member in members}
            if not names & _WORKBOOKS:
                raise mismatch("not_xlsx", "zip")
            if _ODS_MANIFEST in names and b"encryption-data" in book.read("META-INF/manifest.xml"):
                raise NotTaken("password_protected")
            if sum(member.file_size for member in members) > limit:
                raise NotTaken("unpacks_too_large", limit=f"{limits.max_unpacked_mb} MB")
            for member in members:
                is_sheet = member.filename.endswith(".xml") and not _NO_SHEET.search(member.filename)
                # a directory that declares too little is found out by reading
                if is_sheet or len(data) * _TIGHTEST_PACKING > limit:
                    content = book.read(member)
                    if member.filename == "content.xml":
                        _check_open_document(content, limits)
                    if is_sheet and "content.xml" not in names:
                        _check_sheet(content, limits)
                        notes |= {"hidden_cells"} if _HIDDEN.search(content) else set()
    except (NotTaken, MemoryError):
        raise
    except Exception as error:
        raise NotTaken("workbook_damaged") from error
    return tuple(sorted(notes))


def _check_open_document(xml: bytes, limits: IntakeSettings) -> None:
    """Refuse an open document whose filled cells, each written once and said to be repeated, are too many.

    Blank cells are repeated to the edge of every sheet, and cost the reader nothing.
    """
    before = height = at = width = 0
    rows = 1
    for found in _ODS_PARTS.finditer(xml):
        times = int(repeated[1]) if (repeated := _ODS_REPEATED.search(found["said"])) else 1
        if found["part"] == b"table":
            before = height = at = width = 0
            rows = 1
        elif found["part"] == b"table-row":
            before, rows, at = before + (rows if at else 0), times, 0
        else:
            at += times
            if b"value-type" in found["said"]:
                width, height = max(width, at), max(height, before + rows)
                _check_size(width, height, limits)


def _check_sheet(xml: bytes, limits: IntakeSettings) -> None:
    letters = set(_CELL_COLUMNS.findall(xml))
    width = max((_column_number(name) for name in letters), default=26)
    height = max((int(number) for number in _ROW_NUMBERS.findall(xml)), default=9_999)
    _check_size(width, height, limits)


def _check_size(width: int, height: int, limits: IntakeSettings) -> None:
    """Refuse a sheet of which the grid would be too large.

    Raises:
        NotTaken: too_many_columns, too_many_rows or unpacks_too_large.
    """
    if width > limits.max_columns:
        raise NotTaken("too_many_columns", limit=limits.max_columns)
    if height > limits.max_rows + SEARCHED_ROWS:
        raise NotTaken("too_many_rows", limit=limits.max_rows)
    if width * height > limits.max_cells:
        raise NotTaken("unpacks_too_large", limit=f"{limits.max_cells:,}")


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
