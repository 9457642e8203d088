"""What every workbook that rollcall writes has in common: text stays text, and a printed page can be read.

Belongs here: how a workbook is opened for writing, how a line of wrapped text gets its height, how a sheet is laid out
on paper. Does not: what a workbook says (each package's own), or reading one (`intake/reading/`).

Spreadsheet programs differ in whether they work out the height of wrapped rows when they open a file: so it is written.
"""

from __future__ import annotations

import datetime as dt
import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# what Excel holds in a cell
CELL_CHARS = 32_767
# of a line of text in the usual font, and the most that a row may have, in points
_LINE_POINTS, _MOST_POINTS = 16.5, 409.0
_A4 = 9
# the first character of those that take the room of two letters
_FIRST_WIDE = 0x2E80
_SAFE = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def new_workbook(target: io.BytesIO | Path, created: dt.datetime, title: str = "") -> Any:
    """A workbook whose texts never run as formulas or links, and whose bytes tell of no other time than `created`.

    Args:
        target: where its bytes go; rows of one on the disk go there as they come, in their order.
    """
    import xlsxwriter

    if isinstance(target, Path):
        on_disk = {"in_memory": False, "constant_memory": True, "tmpdir": str(target.parent)}
        book = xlsxwriter.Workbook(str(target), {**_SAFE, **on_disk})
    else:
        book = xlsxwriter.Workbook(target, _SAFE)
    book.set_properties({"created": created} | ({"title": title} if title else {}))
    return book


def text_width(text: str) -> int:
    """How many letters' room the widest line of a text takes; a Chinese character takes the room of two."""
    return max((sum(2 if ord(char) >= _FIRST_WIDE else 1 for char in line) for line in text.split("\n")), default=0)


def row_height(texts: Sequence[str], widths: Sequence[float]) -> float:
    """The height, in points, in which wrapped texts can be read in cells of these widths (in letters)."""
    lines = max(
        (
            sum(max(1, math.ceil(text_width(line) / max(width - 1, 1))) for line in text.split("\n"))
            for text, width in zip(texts, widths, strict=False)
        ),
        default=1,
    )
    return min(_LINE_POINTS * lines, _MOST_POINTS)


def write_line(sheet: Any, row: int, texts: Sequence[str], widths: Sequence[float], looks: Sequence[Any]) -> None:
    """Write a row of texts from the first column on, as text, in the height that they need.

    Args:
        row: counted from 0.
        looks: a format a text; the last one stands for all that follow.
    """
    for column, text in enumerate(texts):
        sheet.write_string(row, column, text[:CELL_CHARS], looks[min(column, len(looks) - 1)])
    sheet.set_row(row, row_height(texts, widths))


def lay_out_on_paper(sheet: Any, repeated: int = 0, *, is_upright: bool = False) -> None:
    """A4, one page wide, the pages counted at the foot.

    Args:
        repeated: how many of the first rows stand on every page.
        is_upright: portrait rather than landscape.
    """
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer("&C&P / &N")
    if is_upright:
        sheet.set_portrait()
    else:
        sheet.set_landscape()
    if repeated:
        sheet.repeat_rows(0, repeated - 1)
