"""From a file's rows to the allow-listed table: contracted columns only, one row per record line.

Belongs here: which lines are rows, which cells are kept. Does not: formats (`reading/grids.py`), header words
(`reading/headers.py`, `reading/refused.py`), or whether a value is right (`pipeline.checks`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts import Feed
from pipeline.intake.reading.bulk import can_read, read_bulk
from pipeline.intake.reading.csv_files import QuotesUnbalancedError, open_csv
from pipeline.intake.reading.grids import Grid, Rows, kind_of, mismatch
from pipeline.intake.reading.headers import SEARCHED_ROWS, Header, HeaderIndex, find_header
from pipeline.intake.reading.layout import has_examples, is_example, is_layout, layout_starts
from pipeline.intake.reading.refused import blank_refused, may_carry_words
from pipeline.intake.reading.web_pages import open_page
from pipeline.intake.reading.workbooks import open_workbook
from pipeline.intake.reasons import NotTaken
from pipeline.settings.intake import IntakeSettings

# names of files that hold text, where they hold what they say
TEXT_EXTENSIONS = ("csv", "txt")
BIG5 = "big5hkscs"


@dataclass(frozen=True)
class Parsed:
    """A file's allow-listed content.

    `table`: row_no (1, 2, …), sheet, line, is_misfit, then every contracted column as it was sent (null where
    blank or absent). `misfit_count`: rows with more cells than the header has columns.
    """

    table: pa.Table
    header: Header
    sheet: str | None
    encoding: str | None
    blanked_count: int
    misfit_count: int
    notes: tuple[str, ...]


def parse(data: bytes, extension: str, feed: Feed, limits: IntakeSettings) -> Parsed:
    """Read a file by its feed's contract. What its bytes are decides how, not what its name ends with.

    Raises:
        NotTaken: with an outcome of `unreadable`; see reasons.yaml.
    """
    index, kind = HeaderIndex(feed, limits.max_columns), kind_of(data)
    if kind in ("zip", "ole") or (not data and extension not in TEXT_EXTENSIONS):
        grid, at, header = _choose_sheet(open_workbook(data, limits), index)
        return _read(grid, at, header, feed, limits, grid.notes)
    if kind == "html":
        grid, at, header = _choose_sheet(open_page(data, limits), index)
        return _read(grid, at, header, feed, limits, ())
    if kind != "text":
        raise mismatch("not_csv" if extension in TEXT_EXTENSIONS else "not_xlsx", kind)
    try:
        return _parse_text(data, index, limits)
    except NotTaken as finding:
        # what is no GB18030 beyond doubt may be the other encoding of Chinese: a known header settles it
        if finding.code != "header_not_found":
            raise
        try:
            return _parse_text(data, index, limits, BIG5)
        except (NotTaken, UnicodeError):
            raise finding from None


def _parse_text(data: bytes, index: HeaderIndex, limits: IntakeSettings, encoding: str | None = None) -> Parsed:
    # blank lines are no rows, yet each is looked at: twice as many lines as rows are enough for any that was typed
    if max(data.count(b"\n"), data.count(b"\r")) > 2 * (limits.max_rows + SEARCHED_ROWS):
        raise NotTaken("too_many_rows", limit=limits.max_rows)
    try:
        grid = open_csv(data, index.matched_count, encoding=encoding)
        return _read(grid, *find_header(grid.head, index), index.feed, limits, ())
    except QuotesUnbalancedError:
        grid = open_csv(data, index.matched_count, is_quoted=False, encoding=encoding)
        return _read(grid, *find_header(grid.head, index), index.feed, limits, ("quotes_unbalanced",))


def _choose_sheet(grids: list[Grid], index: HeaderIndex) -> tuple[Grid, int, Header]:
    """The one sheet with the feed's header; of several, the one that has rows under it."""
    if not grids:
        raise NotTaken("empty_file")
    found, findings = [], []
    for number, grid in enumerate(grids, start=1):
        try:
            at, header = find_header(grid.head, index)
            found.append((number, grid, at, header))
        except NotTaken as finding:
            findings.append(finding)
    if not found:
        # the sheet that came nearest says most about what is wrong
        raise min(findings, key=lambda f: (f.code != "columns_absent", len(f.detail.get("columns", ()))))
    if len(found) > 1:
        with_rows = [one for one in found if _has_rows(one[1], one[2])]
        if len(with_rows) > 1:
            numbers = [number for number, *_ in with_rows]
            raise NotTaken("several_sheets", count=len(with_rows), sheets=numbers)
        found = with_rows or found
    return found[0][1], found[0][2], found[0][3]


def _has_rows(grid: Grid, at: int) -> bool:
    return any(
        joined and not is_layout(row)
        for lines, rows in grid.chunks()
        for line, row in zip(lines, rows, strict=True)
        if line > at + 1 and (joined := "".join(row).strip())
    )


def _read(
    grid: Grid, header_at: int, header: Header, feed: Feed, limits: IntakeSettings, notes: tuple[str, ...]
) -> Parsed:
    reader = _Reader(header, feed, limits)
    if grid.plain is not None and can_read(grid.plain, header) and not has_examples(grid.plain.text):
        bulk = read_bulk(grid.plain, header, header_at + 2, layout_starts())
        if bulk is not None:
            reader.take(bulk.odd_lines, bulk.odd_rows)
            reader.take_table(bulk.table, may_carry_words([grid.plain.text]))
            return reader.parsed(grid, notes)
    # the header lies within the first chunk
    skipped = header_at + 1
    for lines, rows in grid.chunks():
        reader.take(lines[skipped:], rows[skipped:])
        skipped = 0
    return reader.parsed(grid, notes)


class _Reader:
    """Takes a file's rows chunk by chunk into Arrow columns."""

    def __init__(self, header: Header, feed: Feed, limits: IntakeSettings) -> None:
        self.header, self.feed, self.limits = header, feed, limits
        self.names = list(header.positions)
        self.pick = list(header.positions.values())
        self.header_text = "".join(header.cells).strip()
        self.batches: list[pa.Table] = []
        self.row_count = self.blanked = self.misfits = 0
        self.schema = pa.schema(
            [("row_no", pa.int32()), ("sheet", pa.string()), ("line", pa.int32()), ("is_misfit", pa.bool_())]
            + [(name, pa.string()) for name in feed.columns]
        )

    def take(self, lines: Sequence[int], rows: Rows) -> None:
        """Keep those lines below the header that are rows of the register."""
        joined = ["".join(row).strip() for row in rows]
        first, limit = layout_starts(), self.limits.max_cell_chars
        drop = [
            i
            for i, text in enumerate(joined)
            if not text
            or text == self.header_text
            or is_example(text, rows[i])
            or (text[0] in first and is_layout(rows[i]))
        ]
        if drop:
            dropped = set(drop)
            lines = [line for i, line in enumerate(lines) if i not in dropped]
            rows = [row for i, row in enumerate(rows) if i not in dropped]
            joined = [text for i, text in enumerate(joined) if i not in dropped]
        if not rows:
            return
        rows, misfit = self._fit(rows)
        if max(map(len, joined)) > limit:
            self._check_lengths(lines, rows)
        self._check_twins(rows)
        self._keep(lines, rows, misfit, may_carry_words(joined))

    def _fit(self, rows: Rows) -> tuple[Rows, list[bool]]:
        """Bring every row to the header's width. A row with more cells than that is a misfit."""
        width, misfit = self.header.width, [False] * len(rows)
        if set(map(len, rows)) == {width}:
            return rows, misfit
        fitted = []
        for i, row in enumerate(rows):
            if any(cell.strip() for cell in row[width:]):
                misfit[i] = True
                # somewhere a cell became two, so what follows stands in a wrong column: from the first column that
                # is not contracted on, a cell could be one that may not be kept
                safe = self.header.first_uncontracted
                row = row[:safe] + [""] * (width - safe)
            fitted.append(row[:width] + [""] * (width - len(row)))
        return fitted, misfit

    def _check_lengths(self, lines: Sequence[int], rows: Rows) -> None:
        limit = self.limits.max_cell_chars
        for line, row in zip(lines, rows, strict=True):
            for name, position in self.header.positions.items():
                if len(row[position]) > limit:
                    raise self._too_long(line, name)

    def _too_long(self, line: int, name: str) -> NotTaken:
        column = self.feed.columns[name].zh
        return NotTaken("cell_too_long", line=line, column=column, limit=self.limits.max_cell_chars)

    def _check_twins(self, rows: Rows) -> None:
        for name, position in self.header.twins:
            other = self.header.positions[name]
            if any(row[position].strip() != row[other].strip() for row in rows):
                raise NotTaken("header_twice", header=self.feed.columns[name].zh)

    def _keep(self, lines: Sequence[int], rows: Rows, misfit: list[bool], has_words: bool) -> None:
        getter = itemgetter(*self.pick)
        columns = zip(*map(getter, rows), strict=True) if len(self.pick) > 1 else [list(map(getter, rows))]
        picked = {}
        for name, column in zip(self.names, columns, strict=True):
            cells = self._without_words(name, column) if has_words else column
            picked[name] = pa.array([cell if cell and not cell.isspace() else None for cell in cells], pa.string())
        self._add(pa.array(lines, pa.int32()), picked, pa.array(misfit, pa.bool_()))
        self.misfits += sum(misfit)

    def take_table(self, table: pa.Table, has_words: bool) -> None:
        """Keep rows that are cut into columns already (`bulk.Bulk.table`)."""
        lines, picked = table["line"], {}
        for name in self.names:
            cells = table[name]
            too_long = pc.greater(pc.utf8_length(cells), self.limits.max_cell_chars)
            if pc.any(too_long).as_py():
                raise self._too_long(lines[pc.index(too_long, True).as_py()].as_py(), name)
            if has_words:
                kept = self._without_words(name, [cell or "" for cell in cells.to_pylist()])
                cells = pa.array([cell or None for cell in kept], pa.string())
            picked[name] = cells
        self._add(lines, picked, pa.array([False]).take(pa.array([0] * len(lines), pa.int8())))

    def _without_words(self, name: str, cells: Sequence[str]) -> Sequence[str]:
        cell_type = self.feed.columns[name].type
        # a count is no place for words: 三胎 under 胎数 is a number of children born at once
        if cell_type == "int":
            return cells
        cells, blanked = blank_refused(cells, cell_type)
        self.blanked += blanked
        return cells

    def _add(self, lines: pa.Array, cells: dict[str, pa.Array], misfit: pa.Array) -> None:
        count = len(lines)
        self.row_count += count
        if self.row_count > self.limits.max_rows:
            raise NotTaken("too_many_rows", limit=self.limits.max_rows)
        blank = pa.nulls(count, pa.string())
        arrays = [pa.nulls(count, pa.int32()), blank, lines, misfit]
        arrays += [cells.get(name, blank) for name in self.feed.columns]
        self.batches.append(pa.Table.from_arrays(arrays, schema=self.schema))

    def parsed(self, grid: Grid, notes: tuple[str, ...]) -> Parsed:
        """Everything that was taken, as one table."""
        table = pa.concat_tables([self.schema.empty_table(), *self.batches]).sort_by("line").combine_chunks()
        table = table.set_column(0, self.schema.field(0), pa.array(range(1, table.num_rows + 1), pa.int32()))
        if grid.sheet is not None:
            sheet = pa.array([grid.sheet] * table.num_rows, pa.string())
            table = table.set_column(1, self.schema.field(1), sheet)
        return Parsed(table, self.header, grid.sheet, grid.encoding, self.blanked, self.misfits, notes)
