"""Large CSV files without quotes, by Arrow's reader: many times faster than line by line, and to the same end.

Belongs here: taking the lines that are plainly rows. Does not: judging any other line, which goes back to be looked
at like those of every file (`reading/tables.py`).
"""

from __future__ import annotations

import io
from collections.abc import Collection
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from pipeline.intake.reading.grids import PlainText, Rows
from pipeline.intake.reading.headers import Header

# characters under which reading line by line takes no longer
BULK_CHARS = 500_000
_BLOCK_BYTES = 16_000_000


@dataclass(frozen=True)
class Bulk:
    """`table`: line, then the contracted columns that the file has (null where blank), for lines with one cell under
    each header. `odd_lines`, `odd_rows`: all others: other widths, blank or unusual first cells.
    """

    table: pa.Table
    odd_lines: list[int]
    odd_rows: Rows


def can_read(plain: PlainText | None, header: Header) -> bool:
    """Whether a file is worth it, and its header without ambiguity."""
    is_clear = not header.twins and header.width == len(header.cells)
    return plain is not None and len(plain.text) >= BULK_CHARS and is_clear


def read_bulk(plain: PlainText, header: Header, first_line: int, odd_starts: Collection[str]) -> Bulk | None:
    """Read everything from `first_line` (1 is the file's first) on.

    Args:
        odd_starts: characters with which the first cell of a line that may be no row begins.

    Returns:
        None where a line is longer than Arrow reads at a time: line by line it is told where.
    """
    odd: dict[int, str] = {}

    def set_aside(row: pyarrow.csv.InvalidRow) -> str:
        odd[row.number] = row.text
        return "skip"

    width = len(header.cells)
    names = [str(position) for position in range(width)]
    try:
        table = pyarrow.csv.read_csv(
            io.BytesIO(plain.text.encode()),
            read_options=pyarrow.csv.ReadOptions(column_names=names, use_threads=False, block_size=_BLOCK_BYTES),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=plain.delimiter, quote_char=False, ignore_empty_lines=False, invalid_row_handler=set_aside
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types={name: pa.string() for name in names},
                include_columns=sorted({"0", *(str(p) for p in header.positions.values())}, key=int),
                null_values=[""],
                strings_can_be_null=True,
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    lines = _line_numbers(table.num_rows, odd)
    first = pc.utf8_slice_codeunits(pc.utf8_ltrim_whitespace(pc.fill_null(table["0"], "")), 0, 1)
    starts = pa.array(["", *odd_starts, *header.cells[0].strip()[:1]], pa.string())
    is_plain_row = pc.and_(pc.invert(pc.is_in(first, starts)), pc.greater_equal(lines, first_line))
    unusual = pc.filter(lines, pc.invert(is_plain_row)).to_pylist()
    if unusual:
        texts = plain.text.split("\n")
        odd |= {line: texts[line - 1] for line in unusual}
    columns = {name: _blank_to_null(table[str(position)]) for name, position in header.positions.items()}
    rows = pa.table({"line": lines, **columns}).filter(is_plain_row).combine_chunks()
    odd_lines = sorted(line for line in odd if line >= first_line)
    return Bulk(rows, odd_lines, [odd[line].split(plain.delimiter) for line in odd_lines])


def _line_numbers(count: int, skipped: Collection[int]) -> pa.Array:
    """Numbers of the lines that were not skipped."""
    numbers = pa.array(range(1, count + len(skipped) + 1), pa.int32())
    if not skipped:
        return numbers
    return pc.filter(numbers, pc.invert(pc.is_in(numbers, pa.array(sorted(skipped), pa.int32()))))


def _blank_to_null(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    is_blank = pc.utf8_is_space(cells)
    return pc.if_else(is_blank, None, cells) if pc.any(is_blank).as_py() else cells
