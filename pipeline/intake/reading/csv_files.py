"""CSV files: encodings, delimiters, quotes, and line numbers as a person counts them.

Belongs here: from bytes to rows of text. Does not: what a row means (`reading/tables.py`).
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections.abc import Callable, Iterator, Sequence

from pipeline.intake.reading.grids import CHUNK_ROWS, Grid, PlainText, Rows, kind_of, mismatch, wide_text_order
from pipeline.intake.reading.headers import SEARCHED_ROWS
from pipeline.intake.reasons import NotTaken

DELIMITERS = (",", ";", "\t", "|", "，", "；")
# a small first chunk, so that a look at a file's head does not cut all of it
_HEAD_ROWS = 100
# cells of a line that show by which delimiter it is cut; a line of a million tells no more
_MOST_SCORED = 5_000
_BREAKS = re.compile(r"\r\n|\r|\n")


class QuotesUnbalancedError(Exception):
    """Quotation marks do not pair: the file is to be read again with quotes as ordinary characters."""


def decode(data: bytes) -> tuple[str, str]:
    """Text and encoding of a CSV: UTF-8 with or without BOM, UTF-16 with BOM, else GB18030.

    Raises:
        NotTaken: encoding_broken, with the line and byte where the text breaks off.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decode(data, "utf-16", 0), "utf-16"
    if encoding := wide_text_order(data):
        return _decode(data, encoding, 0), "utf-16"
    start = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    try:
        return data[start:].decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        # good to the last character, which is cut: UTF-8 beyond doubt, if it had any character that is not ASCII
        is_cut = error.end == len(data) - start and "unexpected end" in error.reason
        if start or (is_cut and not data[: error.start].isascii()):
            raise _broken(data, start + error.start, "UTF-8") from None
    return _decode(data, "gb18030", 0), "gb18030"


def _euro_of_windows(error: UnicodeError) -> tuple[str, int]:
    """0x80, which Windows' Chinese code page has for the euro sign and GB18030 for nothing."""
    if isinstance(error, UnicodeDecodeError) and error.object[error.start] == 0x80:
        return "€", error.start + 1
    raise error


codecs.register_error("euro_of_windows", _euro_of_windows)


def _decode(data: bytes, encoding: str, start: int) -> str:
    try:
        return data[start:].decode(encoding, "euro_of_windows" if encoding == "gb18030" else "strict")
    except UnicodeDecodeError as error:
        raise _broken(data, start + error.start, encoding.upper()) from None


def _broken(data: bytes, at: int, encoding: str) -> NotTaken:
    return NotTaken("encoding_broken", line=data.count(b"\n", 0, at) + 1, position=at + 1, encoding=encoding)


def open_csv(
    data: bytes, score: Callable[[Sequence[str]], int], *, is_quoted: bool = True, encoding: str | None = None
) -> Grid:
    """A CSV as a grid. The delimiter is the one under which some first row names most contracted columns.

    Args:
        encoding: read by this one, whatever the bytes look like.

    Raises:
        NotTaken: empty_file, not_csv, encoding_broken.
    """
    if not data.strip(b"\xef\xbb\xbf\x00 \t\r\n\x1a"):
        raise NotTaken("empty_file")
    if (kind := kind_of(data)) != "text":
        raise mismatch("not_csv", kind)
    text, encoding = (_decode(data, encoding, 0), encoding) if encoding else decode(data)
    text = text.lstrip("\ufeff").replace("\0", "").rstrip("\x1a")
    has_quotes = '"' in text
    is_csv_quoted = has_quotes and is_quoted
    if not is_csv_quoted:
        text = text.replace("\r\n", "\n").replace("\r", "\n")

    def chunks(delimiter: str) -> Iterator[tuple[Sequence[int], Rows]]:
        if is_csv_quoted:
            return _quoted_chunks(text, delimiter)
        return _plain_chunks(text, delimiter, is_stripped=has_quotes)

    # the delimiter shows without regard to quotes; to read by another one would find quotes amid cells
    top = _BREAKS.split(text, SEARCHED_ROWS)[:SEARCHED_ROWS]
    best = max(
        DELIMITERS,
        key=lambda d: max(score([cell.strip(' "') for cell in line.split(d, _MOST_SCORED)]) for line in top),
    )
    head = next((rows[:SEARCHED_ROWS] for _, rows in chunks(best)), [])
    plain = None if has_quotes or not best.isascii() else PlainText(text, best)
    return Grid(head, lambda: chunks(best), encoding=encoding, plain=plain)


def _plain_chunks(text: str, delimiter: str, *, is_stripped: bool) -> Iterator[tuple[Sequence[int], Rows]]:
    def cut(lines: list[str]) -> Rows:
        rows = [line.split(delimiter) for line in lines]
        return [[cell.strip('"') for cell in row] for row in rows] if is_stripped else rows

    *head, rest = text.split("\n", _HEAD_ROWS)
    if len(head) < _HEAD_ROWS:
        head.append(rest)
        rest = ""
    yield range(1, len(head) + 1), cut(head)
    lines = rest.split("\n") if rest else []
    for start in range(0, len(lines), CHUNK_ROWS):
        rows = cut(lines[start : start + CHUNK_ROWS])
        yield range(_HEAD_ROWS + start + 1, _HEAD_ROWS + start + 1 + len(rows)), rows


def _quoted_chunks(text: str, delimiter: str) -> Iterator[tuple[Sequence[int], Rows]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    size = _HEAD_ROWS
    while True:
        before = reader.line_num
        try:
            rows = list(itertools.islice(reader, size))
        except csv.Error as error:
            raise QuotesUnbalancedError from error
        if not rows:
            return
        if reader.line_num - before == len(rows):
            yield range(before + 1, reader.line_num + 1), rows
        else:
            yield _line_numbers(rows, before + 1, delimiter), rows
        size = CHUNK_ROWS


def _line_numbers(rows: Rows, first: int, delimiter: str) -> list[int]:
    """The line on which each row begins, where some cell has a line break in it."""
    numbers, line = [], first
    for row in rows:
        numbers.append(line)
        for cell in row:
            if breaks := len(_BREAKS.findall(cell)):
                # two stray quotes have swallowed the rows between them
                if cell.count(delimiter) >= max(2, len(rows[0]) - 1):
                    raise QuotesUnbalancedError
                line += breaks
        line += 1
    return numbers
