"""Files that no writer makes on purpose: whole ones with bytes changed, cut or put in, and grids of odd cells."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from tests.landing import csv_bytes, headers, record, records, xlsx_bytes

FILES = Path(__file__).parent / "spec" / "files"
FEED = "delivery"
# cells that readers have stumbled over
_ODD = (
    "", " ", "\x00", "\ufeff", "\u202e王芳", "=1+1", "=cmd|' /C x'!A0", '"', '""', "'", "\t", "\n", "1e400", "NaN",
    "9" * 40, "9.99911E+17", "2024-02-30", "0000-00-00", "25/3/7", "二〇二五年三月", "合计", "例：", "𠮷", "\ue000",
    "'; DROP TABLE x; --", "../..", "王" * 3000, "x" * 40_000, "\ud7ff", "١٢٣", "\r", "1,2", "#REF!", "TRUE",
)  # fmt: skip
_BYTES = (b"\x00", b"\xff\xfe", b'"', b"\r", b"\n", b",", b"\t", b"PK\x03\x04", b"<td>", b"</table>", b"\x1a", b"\x80")


def seeds() -> list[bytes]:
    """Whole files of each kind that is read."""
    rows = [headers(FEED), *records(FEED, 6)]
    table = "".join("<tr>" + "".join(f"<td colspan=1>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    whole = [
        csv_bytes(rows), csv_bytes(rows, "gb18030", "\t"), csv_bytes(rows, "utf-16"), csv_bytes(rows, "utf-8-sig", ";"),
        xlsx_bytes({"Sheet1": rows}), xlsx_bytes({"说明": [["x"]], "表": rows}),
        f"<html><body><table>{table}</table></body></html>".encode(),
    ]  # fmt: skip
    return whole + [path.read_bytes() for path in sorted(FILES.iterdir()) if path.is_file()]


def inputs(count: int, seed: int) -> Iterator[bytes]:
    """So many files, the same ones for the same seed: half of changed bytes, half of odd cells."""
    draw, whole = random.Random(seed), seeds()
    for number in range(count):
        yield _changed(draw, draw.choice(whole)) if number % 2 else _odd_grid(draw)


def _changed(draw: random.Random, data: bytes) -> bytes:
    """A file with some of its bytes changed; a workbook sometimes inside its parts, so that the parts are read too."""
    if data.startswith(b"PK") and draw.random() < 0.5:
        return _changed_inside(draw, data)
    found = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 5, 50))):
        at = draw.randrange(len(found) + 1)
        match draw.randrange(5):
            case 0:
                found[at : at + 1] = bytes([draw.randrange(256)])
            case 1:
                found[at:at] = draw.choice(_BYTES) * draw.choice((1, 1, 3, 400))
            case 2:
                del found[at : at + draw.choice((1, 8, 300))]
            case 3:
                found[at:at] = found[: draw.randrange(200)]
            case _:
                del found[at:]
    return bytes(found)


def _changed_inside(draw: random.Random, data: bytes) -> bytes:
    sink = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as book, zipfile.ZipFile(sink, "w") as made:
        names = book.namelist()
        hit = draw.choice(names)
        for name in names:
            part = book.read(name)
            made.writestr(name, _changed(draw, part) if name == hit and not part.startswith(b"PK") else part)
    return sink.getvalue()


def _odd_grid(draw: random.Random) -> bytes:
    rows = [headers(FEED)]
    for _ in range(draw.randrange(6)):
        row = record(FEED)
        for _ in range(draw.randrange(5)):
            row[draw.randrange(len(row))] = draw.choice(_ODD)
        rows.append(row[: draw.choice((len(row), len(row), draw.randrange(len(row) + 1)))])
    if draw.random() < 0.2:
        rows.insert(draw.randrange(len(rows) + 1), [draw.choice(_ODD) for _ in range(draw.randrange(40))])
    return csv_bytes(rows, draw.choice(("utf-8", "utf-8", "gb18030", "utf-16")), draw.choice((",", "\t", ";")))
