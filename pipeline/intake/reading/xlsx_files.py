"""XLSX workbooks: their sheets as rows of text, and what is too large to open.

Belongs here: from bytes to rows of text. Does not: which sheet is the report, or what a row means
(`reading/tables.py`).
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator, Sequence

from pipeline.intake.reading.grids import CHUNK_ROWS, Grid, Rows, kind_of, mismatch
from pipeline.intake.reading.headers import SEARCHED_ROWS
from pipeline.intake.reasons import NotTaken
from pipeline.settings.intake import IntakeSettings

# deflate cannot pack tighter: a smaller file cannot unpack to more, whatever its directory declares
_TIGHTEST_PACKING = 1032
_NO_SHEET = re.compile(r"docProps|theme|styles\.xml|sharedStrings\.xml|Content_Types|drawing|workbook\.xml", re.I)
_CELL_COLUMNS = re.compile(rb"""\sr=["']([A-Z]{2,3})\d""")
_ROW_NUMBERS = re.compile(rb"""row\s[^>]*?\br=["'](\d{5,7})["']""")


def open_xlsx(data: bytes, limits: IntakeSettings) -> list[Grid]:
    """The sheets of a workbook that hold anything, in their order.

    Raises:
        NotTaken: empty_file, not_xlsx, workbook_damaged, unpacks_too_large, too_many_rows or too_many_columns.
    """
    if not data:
        raise NotTaken("empty_file")
    if (kind := kind_of(data)) != "zip":
        raise mismatch("not_xlsx", kind)
    _check_workbook(data, limits)
    return [_sheet_grid(name, rows) for name, rows in _sheets(data) if any(c != "" for row in rows for c in row)]


def _sheets(data: bytes) -> list[tuple[str, Sequence[Sequence[object]]]]:
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        worksheet = python_calamine.SheetTypeEnum.WorkSheet
        names = [sheet.name for sheet in book.sheets_metadata if sheet.typ == worksheet]
        return [(name, book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in names]
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    # the reader is a compiled library that meets bytes from anywhere, and its panics are no Exception: whatever it
    # raises means the same
    except BaseException as error:
        raise NotTaken("workbook_damaged") from error


def _sheet_grid(name: str, rows: Sequence[Sequence[object]]) -> Grid:
    def chunks() -> Iterator[tuple[Sequence[int], Rows]]:
        for start in range(0, len(rows), CHUNK_ROWS):
            part = rows[start : start + CHUNK_ROWS]
            yield range(start + 1, start + 1 + len(part)), [[as_text(cell) for cell in row] for row in part]

    return Grid([[as_text(cell) for cell in row] for row in rows[:SEARCHED_ROWS]], chunks, sheet=name)


def as_text(cell: object) -> str:
    """An Excel cell as text: dates in ISO form (time only where there is one), whole numbers without a point."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        # Excel itself shows fifteen digits: the rest is the noise of binary fractions
        return str(int(cell)) if cell.is_integer() else f"{cell:.15g}"
    if isinstance(cell, dt.datetime):
        moment = (cell + dt.timedelta(microseconds=500_000)).replace(microsecond=0)
        return moment.isoformat(" ", "seconds" if moment.second else "minutes")
    if isinstance(cell, dt.date):
        return cell.isoformat()
    if isinstance(cell, dt.time):
        return cell.isoformat("seconds" if cell.second else "minutes")
    return str(cell)


def _check_workbook(data: bytes, limits: IntakeSettings) -> None:
    """Refuse a workbook that would fill the memory, before the reader allots a dense grid for it."""
    limit = limits.max_unpacked_mb * 1_000_000
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            members = book.infolist()
            names = {member.filename.replace("\\", "/").lstrip("/").lower() for member in members}
            if "xl/workbook.xml" not in names:
                raise mismatch("not_xlsx", "zip")
            if sum(member.file_size for member in members) > limit:
                raise NotTaken("unpacks_too_large", limit=f"{limits.max_unpacked_mb} MB")
            for member in members:
                is_sheet = member.filename.endswith(".xml") and not _NO_SHEET.search(member.filename)
                # a directory that declares too little is found out by reading
                if is_sheet or len(data) * _TIGHTEST_PACKING > limit:
                    content = book.read(member)
                    if is_sheet:
                        _check_sheet(content, limits)
    except (NotTaken, MemoryError):
        raise
    except Exception as error:
        raise NotTaken("workbook_damaged") from error


def _check_sheet(xml: bytes, limits: IntakeSettings) -> None:
    letters = set(_CELL_COLUMNS.findall(xml))
    width = max((_column_number(name) for name in letters), default=26)
    height = max((int(number) for number in _ROW_NUMBERS.findall(xml)), default=9_999)
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
