"""Files and names that were made to do harm: each is refused with a reason or read as plain text, and costs little.

Odd bytes at large are `test_intake_fuzz.py`'s; links, pipes and folders in the place of files are
`test_intake_receive.py`'s; what a unit typed in the office's workbooks is `test_workbooks.py`'s.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import time
import zipfile
from collections.abc import Callable

import pytest

from pipeline.casework import write_receipts
from pipeline.home import Home
from pipeline.intake import Chain, load, receive, scan, verify_archive
from pipeline.reference import Reference, write_reference
from pipeline.warehouse import open_warehouse
from tests.landing import ARRIVED, AS_OF, arrive, csv_bytes, headers, land, record, records, xlsx_bytes
from tests.unit.test_intake_fuzz import most_memory, read

# of the processor, so that another process's work does not count; some times what an idle machine needs
MOST_SECONDS, MOST_BYTES = 20.0, 1 << 30
LANDED = int(os.environ.get("ROLLCALL_LANDED", "100000"))
ROWS = [headers("delivery"), *records("delivery", 3)]


def rezipped(data: bytes, change: Callable[[str, bytes], bytes], more: dict[str, bytes] | None = None) -> bytes:
    """A workbook with some parts otherwise and some more."""
    sink = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as book,
        zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made,
    ):
        for name in book.namelist():
            made.writestr(name, change(name, book.read(name)))
        for name, part in (more or {}).items():
            made.writestr(name, part)
    return sink.getvalue()


def zeros_beside() -> bytes:
    """A workbook with a part that unpacks to 1.2 GB, as its directory says."""
    sink = io.BytesIO(xlsx_bytes({"Sheet1": ROWS}))
    with zipfile.ZipFile(sink, "a", zipfile.ZIP_DEFLATED) as made, made.open("xl/media/image1.xml", "w") as part:
        for _ in range(60):
            part.write(b" " * 1_000_000)
        part.close()
        # so that the test need not pack them all
        made.getinfo("xl/media/image1.xml").file_size = 1_200_000_000
    return sink.getvalue()


def zeros_declared_small() -> bytes:
    """A sheet of blanks of which the directory says that it holds a hundred bytes."""
    name = "xl/worksheets/sheet1.xml"
    sink = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(xlsx_bytes({"Sheet1": ROWS}))) as book,
        zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for each in book.namelist():
            if each != name:
                made.writestr(each, book.read(each))
        with made.open(name, "w") as part:
            for _ in range(60):
                part.write(b" " * 1_000_000)
        made.getinfo(name).file_size = 100
    return sink.getvalue()


def entities() -> bytes:
    """A sheet whose entities stand for three billion characters, and one that asks for a file of the machine."""
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<!DOCTYPE x [<!ENTITY a0 "haha">{laughs}<!ENTITY f SYSTEM "file:///etc/passwd">]>'.encode()

    def change(name: str, part: bytes) -> bytes:
        if name == "xl/sharedStrings.xml":
            at = part.index(b"<sst")
            return part[:at] + head + part[at:].replace("王芳".encode(), b"&a9;&f;")
        return part

    return rezipped(xlsx_bytes({"Sheet1": ROWS}), change)


def far_cell() -> bytes:
    """A sheet that says its cell stands in a column that no spreadsheet has, and is a billion rows high."""

    def change(name: str, part: bytes) -> bytes:
        return part.replace(b'r="A2"', b'r="ZZZZZZ999999999"') if name.endswith("sheet1.xml") else part

    return rezipped(xlsx_bytes({"Sheet1": ROWS}), change)


def deep_zip() -> bytes:
    """A workbook beside ten thousand parts that nobody asks for."""
    return rezipped(
        xlsx_bytes({"Sheet1": ROWS}), lambda _, part: part, {f"xl/media/{n}.bin": b"x" for n in range(10_000)}
    )


WHOLE = csv_bytes(ROWS)
# by name: the bytes, the name's end, and what comes of them: a reason, or the number of rows
HOSTILE: dict[str, tuple[Callable[[], bytes], str, str | int | None]] = {
    "a part of 1.2 GB": (zeros_beside, "xlsx", "unpacks_too_large"),
    "a sheet of 60 MB that says it is small": (zeros_declared_small, "xlsx", "workbook_damaged"),
    # whatever is made of the entities, nothing of them is
    "entities that stand for billions": (entities, "xlsx", None),
    "a cell beyond the last column": (far_cell, "xlsx", None),
    "ten thousand parts": (deep_zip, "xlsx", 3),
    "a million columns": (lambda: b",".join([b"x"] * 1_000_000) + b"\n1\n", "csv", "header_not_found"),
    "a million columns under a header": (lambda: WHOLE + b"," * 1_000_000 + b"\n", "csv", None),
    "a header with a million more": (
        lambda: csv_bytes([[*headers("delivery"), *["x"] * 1_000_000], record("delivery")]), "csv", "too_many_columns",
    ),
    "one line of 90 MB": (lambda: b"x" * 90_000_000, "csv", "header_not_found"),
    "one cell of 90 MB": (
        lambda: WHOLE + ",".join(record("delivery", mother_name="x" * 90_000_000)).encode(), "csv", "cell_too_long",
    ),
    "one quoted cell that never ends": (lambda: WHOLE + b'"' + b"x,\n" * 1_000_000, "csv", "too_many_rows"),
    "90 MB of line ends": (lambda: WHOLE + b"\n" * 90_000_000, "csv", "too_many_rows"),
    "90 MB of NULs": (lambda: b"\x00" * 90_000_000, "csv", "not_csv"),
    "NULs between": (lambda: WHOLE.replace(b",", b"\x00,"), "csv", "not_csv"),
}  # fmt: skip


def _read(name: str, tell) -> None:
    make, extension, _ = HOSTILE[name]
    data = make()
    before, began = most_memory(), time.process_time()
    found = read(data, extension)
    seconds = time.process_time() - began
    said = getattr(found, "code", None) or found.table.num_rows
    text = "" if isinstance(said, str) else str(found.table.to_pydict())
    tell.put((said, seconds, most_memory(), before, "haha" in text or "root:" in text))


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_or_read_and_costs_little(name):
    """In a process of its own: its memory is its own."""
    context = multiprocessing.get_context("spawn")
    tell = context.Queue()
    process = context.Process(target=_read, args=(name, tell))
    process.start()
    try:
        said, seconds, memory, before, leaked = tell.get(timeout=240)
    finally:
        process.kill()
    print(f"{name}: {said}, {seconds:.1f} s, {memory / 2**20:.0f} MiB ({before / 2**20:.0f} before)")
    expected = HOSTILE[name][2]
    assert expected is None or said == expected
    assert not leaked
    assert seconds < MOST_SECONDS
    assert memory < MOST_BYTES


def test_a_file_of_terabytes_with_nothing_in_it_is_not_opened(home: Home, reference: Reference):
    """Sparse files: two gigabytes of one line, and ten terabytes; and one just under the limit, which is read."""
    path = land(home, "clinic-100", "delivery_202401.csv", b"x")
    for name, size in (("202401", 2_000_000_000), ("202312", 10**13), ("202311", 99_000_000)):
        path = land(home, "clinic-100", f"delivery_{name}.csv", b"x")
        os.truncate(path, size)
        arrive(home, path, ARRIVED)
    began = time.process_time()
    receive(home, reference, AS_OF)
    assert time.process_time() - began < MOST_SECONDS
    found = {entry["file_name"]: entry["reason_code"] for entry in Chain(home.ledger_file).read()}
    assert found == {"delivery_202401.csv": "too_large", "delivery_202312.csv": "too_large",
                     "delivery_202311.csv": "not_csv"}  # fmt: skip
    # no copy of the emptiness is kept as it lies: what is kept of an original is its own size at most
    assert verify_archive(home).is_sound


NAMES = (
    "x..\\..\\delivery_202401.csv", "delivery_202401.csv\n.csv", "delivery_202401\u202exslx.csv", "-rf.csv",
    "%2e%2e%2f.csv",
    "$(touch x)_202401.csv", "'; DROP TABLE intake.receipts; --_202401.csv", "<img src=x onerror=alert(1)>_202401.csv",
    "CON.csv", "delivery_202401.csv\x07", "\u200bdelivery_202401.csv", "王" * 60 + "_202401.csv",
    "=cmd|'x'!A0_202401.csv",
)  # fmt: skip


def test_names_do_nothing_but_name(home: Home, reference: Reference):
    for name in NAMES:
        land(home, "clinic-100", name, WHOLE)
    outside = set(home.root.parent.iterdir())
    receive(home, reference, AS_OF)
    entries = Chain(home.ledger_file).read()
    assert len(entries) == len(NAMES)
    with open_warehouse(home) as con:
        write_reference(con, reference)
        load(con, home)
        write_receipts(con, home)
        assert con.execute("SELECT count(*) FROM intake.receipts").fetchall() == [(len(NAMES),)]
    pages = sorted((home.outgoing / "clinic-100" / "receipts").iterdir())
    assert len(pages) == len(NAMES)
    for page in pages:
        assert page.name.isprintable()
        assert not set(page.name) & set("\\<>$'\u202e\u200b\n")
        text = page.read_text(encoding="utf-8")
        assert "<img src" not in text
    # nothing was written but where pages are written
    assert set(home.root.parent.iterdir()) == outside
    assert not list(home.root.rglob("x"))


VALUES = (
    "'; DROP TABLE intake.receipts; --", "x'); DELETE FROM intake.raw_delivery; --", "=HYPERLINK(\"http://x\")",
    "=cmd|' /C calc'!A0", "@SUM(1)", "${jndi:ldap://x}", "{{ 7*7 }}", "%s%n", "../../etc/passwd", "\u202egnp.exe",
)  # fmt: skip


def test_values_and_headers_are_text(home: Home, reference: Reference):
    """As they were sent, in every place that a statement or a template might take them for its own."""
    rows = [
        [*headers("delivery"), "'); DROP TABLE intake.receipts; --", '"; DROP SCHEMA intake CASCADE; --'],
        *([*record("delivery", delivery_no=f"F{n:04d}", mother_name=value.replace(",", "，")), value, value]
          for n, value in enumerate(VALUES)),
    ]  # fmt: skip
    data = csv_bytes([[cell.replace(",", "，") for cell in row] for row in rows])
    land(home, "clinic-100", "delivery_202401.csv", data)
    received = receive(home, reference, AS_OF)
    assert received.outcomes == {"parsed": 1}
    with open_warehouse(home) as con:
        write_reference(con, reference)
        load(con, home)
        write_receipts(con, home)
        found = con.execute("SELECT mother_name FROM intake.raw_delivery ORDER BY row_no").fetchall()
        assert [name for (name,) in found] == [value.replace(",", "，") for value in VALUES]
        assert con.execute("SELECT count(*) FROM intake.receipts").fetchall() == [(1,)]
        ignored = con.execute("SELECT ignored_headers FROM intake.receipts").fetchall()[0][0]
    assert len(ignored) == 2


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_landing_folder_with_a_hundred_thousand_files(home: Home, reference: Reference):
    """Most of them rubbish, a hundred of them submissions: all get a receipt, and a look at them stays cheap."""
    folder = home.landing / "clinic-100"
    folder.mkdir(parents=True)
    for number in range(LANDED):
        (folder / f"{number:06d}.csv").write_bytes(b"x")
    months = [f"{year}{month:02d}" for year in range(2016, 2024) for month in range(1, 13)]
    for month in months:
        (folder / f"delivery_{month}.csv").write_bytes(WHOLE)
    for entry in os.scandir(folder):
        os.utime(entry.path, (1_706_900_000, 1_706_900_000))
    began = time.process_time()
    received = receive(home, reference, AS_OF)
    taken = time.process_time() - began
    assert received.outcomes == {"parsed": len(months), "not_parsed": LANDED}
    began = time.process_time()
    assert scan(home, reference, AS_OF) == 0
    looked = time.process_time() - began
    print(f"{LANDED:,} files: received in {taken:.0f} s of the processor, a look {looked:.1f} s, "
          f"{most_memory() / 2**20:.0f} MiB at most")  # fmt: skip
    # a look is taken every minute
    assert looked < 30
    assert verify_archive(home).is_sound
