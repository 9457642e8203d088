"""Writing one landed file: CSV or XLSX in a unit's own style, byte for byte the same each time.

Belongs here: headers, extra columns, titles, footers, encodings, broken first files. Does not: what is in the
contracted cells (`cells.py`), which file is sent when (`submissions/submissions.py`).
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xlsxwriter

from pipeline.contracts import Feed
from pipeline.synthetic.cells.styles import Style, headers
from pipeline.synthetic.places import UnitPlan

CREATED = dt.datetime(2024, 1, 1)
PAGE = 20  # rows between blank lines
IN_MEMORY_ROWS = 20_000  # rows up to which a workbook is put together in memory, which is twice as fast
FOOTER = ("填表人:", "", "审核人:")
REMARKS = ("", "", "", "补录", "计划外", "双胞胎", "外出务工")
CLERKS = ("张", "李", "王", "小陈")
# first files that no one can read; each is followed by a good one
NOT_A_TABLE = b"PK not a table"
PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
WRONG_HEADER = "姓名,年龄\r\n甲,3\r\n".encode("gb18030")


@dataclass(frozen=True)
class Layout:
    """The columns of a unit's file in order: (contracted column or None, header)."""

    columns: tuple[tuple[str | None, str], ...]
    title: str


def make_layout(feed: Feed, unit: UnitPlan, style: Style, rng: np.random.Generator) -> Layout:
    """How a unit lays out a feed: the contract's order or its own, with its extra columns between."""
    printed = headers(feed, style, rng)
    columns: list[tuple[str | None, str]] = [(name, printed[name]) for name in feed.columns]
    if style.is_reordered:
        order = rng.permutation(len(columns))
        columns = [columns[i] for i in order]
    for extra in style.extras:
        columns.insert(0 if extra == "序号" else int(rng.integers(1, len(columns) + 1)), (None, extra))
    return Layout(tuple(columns), f"{unit.name}{feed.zh}表")


def _extra_cells(header: str, rows: int, rng: np.random.Generator) -> list[str]:
    if header == "序号":
        return [str(i + 1) for i in range(rows)]
    draw = rng.integers(0, 1_000_000, rows).tolist()
    makers = {
        "备注": lambda i: REMARKS[i % len(REMARKS)],
        "录入员": lambda i: CLERKS[i % len(CLERKS)],
        "准生证号": lambda i: f"Z{i}",
        "孩次": lambda i: str(i % 3 + 1),
    }
    return [makers[header](i) for i in draw]


def _table(layout: Layout, cells: dict[str, np.ndarray], rng: np.random.Generator) -> list[tuple]:
    rows = len(next(iter(cells.values())))
    ordered = [
        cells[name].tolist() if name is not None else _extra_cells(header, rows, rng) for name, header in layout.columns
    ]
    return list(zip(*ordered, strict=True))


def write_table(
    path: Path,
    layout: Layout,
    style: Style,
    cells: dict[str, np.ndarray],
    number_columns: set[str],
    rng: np.random.Generator,
) -> None:
    """Write one file.

    Args:
        cells: contracted columns as objects: text, `datetime.date`, `datetime.datetime` or an Excel serial.
        number_columns: contracted columns that a spreadsheet keeps as numbers.
    """
    rows = _table(layout, cells, rng)
    if style.is_xlsx:
        _write_xlsx(path, layout, style, rows, number_columns)
    else:
        _write_csv(path, layout, style, rows)


def _with_blank_lines(rows: list[tuple], style: Style, columns: int) -> list[tuple]:
    """The rows, with a blank line wherever this unit begins a new page of its book."""
    if not style.has_blank_lines:
        return rows
    blank = ("",) * columns
    return [line for at, row in enumerate(rows) for line in ((blank, row) if at % PAGE == PAGE - 1 else (row,))]


def _write_csv(path: Path, layout: Layout, style: Style, rows: list[tuple]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=style.line_end)
    writer.writerow([header for _, header in layout.columns])
    writer.writerows(_with_blank_lines(rows, style, len(layout.columns)))
    if style.has_footer:
        blank = [""] * len(layout.columns)
        writer.writerow(blank)
        writer.writerow([*FOOTER, *blank[len(FOOTER) :]])
    path.write_bytes(text.getvalue().encode(style.encoding))


def _as_number(value: object) -> object:
    try:
        return float(str(value)) if value != "" else ""
    except ValueError:
        return value


def _write_xlsx(path: Path, layout: Layout, style: Style, rows: list[tuple], number_columns: set[str]) -> None:
    small = len(rows) <= IN_MEMORY_ROWS
    options = {
        "in_memory": small,
        "constant_memory": not small,
        "strings_to_numbers": False,
        "strings_to_formulas": False,
        "strings_to_urls": False,
    }
    book = xlsxwriter.Workbook(str(path), options)
    book.set_properties({"created": CREATED})
    sheet = book.add_worksheet("Sheet1")
    date, instant = (book.add_format({"num_format": form}) for form in ("yyyy-mm-dd", "yyyy-mm-dd hh:mm"))
    at = 0
    if style.has_title:
        sheet.merge_range(0, 0, 0, len(layout.columns) - 1, layout.title)
        at = 1
    sheet.write_row(at, 0, [header for _, header in layout.columns])
    is_number = [style.has_number_cells and name in number_columns for name, _ in layout.columns]
    for row in _with_blank_lines(rows, style, len(layout.columns)):
        at += 1
        for column, value in enumerate(row):
            if isinstance(value, dt.datetime):
                sheet.write_datetime(at, column, value, instant)
            elif isinstance(value, dt.date):
                sheet.write_datetime(at, column, value, date)
            elif value != "":
                sheet.write(at, column, _as_number(value) if is_number[column] else value)
    if style.has_footer:
        for column, text in enumerate(FOOTER):
            sheet.write(at + 2, column, text)
    book.close()


def write_broken(path: Path, kind: int, is_xlsx: bool) -> Path:
    """Write a first file that will be rejected; returns where (a wrong header comes as CSV)."""
    if kind == 0:
        path = path.with_suffix(".csv")
        path.write_bytes(WRONG_HEADER)
    else:
        path.write_bytes(PDF if is_xlsx and kind == 1 else NOT_A_TABLE)
    return path


def set_arrival(path: Path, instant: dt.datetime) -> None:
    """Make the modification time the arrival, as the county's arrival clock reads it."""
    nanoseconds = int(instant.timestamp()) * 1_000_000_000
    os.utime(path, ns=(nanoseconds, nanoseconds))
