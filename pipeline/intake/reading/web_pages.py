"""Tables in web pages, which systems export under the name of a workbook; and Excel's own XML of 2003.

Belongs here: from such a file to rows of text. Does not: which of the tables is the report (`reading/tables.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser

from pipeline.intake.reading.csv_files import decode
from pipeline.intake.reading.grids import CHUNK_ROWS, Grid, Rows
from pipeline.intake.reading.headers import SEARCHED_ROWS
from pipeline.intake.reasons import NotTaken
from pipeline.settings.intake import IntakeSettings

_ROW, _CELL = ("tr", "row"), ("td", "th", "cell")
_CHARSET = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w-]+)""", re.I)


def open_page(data: bytes, limits: IntakeSettings) -> list[Grid]:
    """The tables of a page that have rows, in their order.

    Raises:
        NotTaken: encoding_broken, too_many_rows, or not_xlsx where there is no table.
    """
    reader = _Tables(limits)
    reader.feed(_text(data))
    reader.close()
    tables = [rows for rows in reader.tables if rows]
    if not tables:
        raise NotTaken(
            "not_xlsx", found="html", found_zh="没有表格的网页 (HTML)", found_en="a web page without a table"
        )
    return [_grid(f"{number}", rows) for number, rows in enumerate(tables, start=1)]


def _text(data: bytes) -> str:
    said = _CHARSET.search(data[:2048])
    if said and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        name = said[1].decode("ascii").lower()
        try:
            # what calls itself GB2312 or GBK uses characters of GB18030
            return data.decode("gb18030" if name in ("gb2312", "gbk") else name)
        except (LookupError, UnicodeDecodeError):
            pass
    return decode(data)[0]


def _grid(name: str, rows: Rows) -> Grid:
    def chunks() -> Iterator[tuple[Sequence[int], Rows]]:
        for start in range(0, len(rows), CHUNK_ROWS):
            part = rows[start : start + CHUNK_ROWS]
            yield range(start + 1, start + 1 + len(part)), part

    return Grid(rows[:SEARCHED_ROWS], chunks, sheet=name)


class _Tables(HTMLParser):
    """Collects rows of cells, table by table; a table within a cell is text of that cell."""

    def __init__(self, limits: IntakeSettings) -> None:
        super().__init__(convert_charrefs=True)
        self.limits = limits
        self.tables: list[Rows] = []
        self._depth = 0
        self._row: list[str] | None = None
        self._cell: list[str] | None = None
        # rows that a cell still covers below its own, by column
        self._below: dict[int, tuple[int, str]] = {}
        self._spans = (1, 1)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "table":
            self._depth += 1
            if self._depth == 1:
                self.tables.append([])
                self._below = {}
        elif self._depth == 1 and tag in _ROW:
            self._end_row()
            self._row = []
        elif self._depth == 1 and tag in _CELL and self._row is not None:
            self._end_cell()
            self._cell = []
            self._spans = (_number(said.get("rowspan")), _number(said.get("colspan")))
            # Excel's XML leaves blank cells out and says which column the next one is
            while len(self._row) < _number(said.get("ss:index")) - 1:
                self._row.append("")
        elif tag == "br" and self._cell is not None:
            self._cell.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            if self._depth == 1:
                self._end_row()
            self._depth = max(0, self._depth - 1)
        elif self._depth == 1 and tag in _CELL:
            self._end_cell()
        elif self._depth == 1 and tag in _ROW:
            self._end_row()

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def _end_cell(self) -> None:
        if self._cell is None or self._row is None:
            return
        self._take_covered()
        text, (down, across) = "".join(self._cell).strip(), self._spans
        for offset in range(min(across, self.limits.max_columns)):
            if down > 1 and not offset:
                self._below[len(self._row)] = (down - 1, text)
            self._row.append("" if offset else text)
        self._cell = None

    def _take_covered(self) -> None:
        """Put in what merged cells of the rows above say of the next columns."""
        assert self._row is not None
        while (at := len(self._row)) in self._below:
            left, text = self._below.pop(at)
            if left > 1:
                self._below[at] = (left - 1, text)
            self._row.append(text)

    def _end_row(self) -> None:
        self._end_cell()
        if self._row is not None:
            self._take_covered()
            self.tables[-1].append(self._row)
            if len(self.tables[-1]) > self.limits.max_rows:
                raise NotTaken("too_many_rows", limit=self.limits.max_rows)
        self._row = None


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() and len(text) < 6 else 1
