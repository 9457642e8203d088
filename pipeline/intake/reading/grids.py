"""A file as rows of text, whatever its format, and what its first bytes say that it is.

Belongs here: what both formats have alike. Does not: how each is opened (`reading/csv_files.py`,
`reading/workbooks.py`), or what a row means (`reading/tables.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.intake.reasons import NotTaken

Rows = list[list[str]]
CHUNK_ROWS = 50_000
# what a file holds, by its first bytes, beside what its name says
_SIGNATURES = (
    (b"%PDF", "pdf"),
    (b"PK\x03\x04", "zip"),
    (b"\xd0\xcf\x11\xe0", "ole"),
    (b"{\\rtf", "rtf"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
)
_FOUND = {
    "pdf": ("PDF 文件", "a PDF"),
    "zip": ("Excel 工作簿或压缩包", "an Excel workbook or another archive"),
    "ole": ("旧版 (.xls) 或加密的 Excel 文件", "an old (.xls) or encrypted Excel file"),
    "rtf": ("Word 文档", "a Word document"),
    "image": ("图片", "a picture"),
    "html": ("网页 (HTML)", "a web page (HTML)"),
    "text": ("纯文本", "plain text"),
    "binary": ("无法识别的数据", "data of an unknown kind"),
}
# a text of this share of NULs is no text in an encoding without them
_NUL_SHARE = 0.05


@dataclass(frozen=True)
class PlainText:
    """A CSV without quotes: its text with line feeds only, so that each line is a row."""

    text: str
    delimiter: str


@dataclass(frozen=True)
class Grid:
    """A sheet, or a CSV file, as rows of text.

    `head`: its first rows (SEARCHED_ROWS). `chunks`: all rows again from the first one, each chunk as line numbers
    (from 1, as a person counts them) and rows; one pass each call. `notes`: codes of what the receipt remarks on it.
    """

    head: Rows
    chunks: Callable[[], Iterator[tuple[Sequence[int], Rows]]]
    sheet: str | None = None
    encoding: str | None = None
    plain: PlainText | None = None
    notes: tuple[str, ...] = ()


def kind_of(data: bytes) -> str:
    """What the first bytes say a file is: pdf, zip, ole, rtf, image, html, text or binary."""
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    start = data[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<?xml")):
        return "html"
    has_wide_text = data.startswith((b"\xff\xfe", b"\xfe\xff")) or wide_text_order(data) is not None
    return "binary" if not has_wide_text and data[:4096].count(0) > len(data[:4096]) * _NUL_SHARE else "text"


def wide_text_order(data: bytes) -> str | None:
    """The encoding of UTF-16 without a mark at its beginning: every other byte of its digits and commas is a NUL."""
    start = data[:4096]
    for encoding, nul in (("utf-16-le", 1), ("utf-16-be", 0)):
        wide = len(start[nul::2])
        if (
            len(data) % 2 == 0
            and wide
            and start[nul::2].count(0) > wide * _NUL_SHARE
            and not start[1 - nul :: 2].count(0)
        ):
            return encoding
    return None


def mismatch(code: str, kind: str) -> NotTaken:
    """What is said of a file that holds something else than its name says."""
    zh, en = _FOUND[kind]
    return NotTaken(code, found=kind, found_zh=zh, found_en=en)
