"""From a file's bytes to the allow-listed table: encodings, delimiters, headers, layout, limits."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.contracts import load_feeds
from pipeline.intake.archive.archive import copy_bytes
from pipeline.intake.reading import bulk, tables
from pipeline.intake.reading.headers import UNPRINTABLE, normal, printable
from pipeline.intake.reading.layout import is_layout
from pipeline.intake.reading.tables import Parsed, parse
from pipeline.intake.reasons import NotTaken
from pipeline.settings.intake import IntakeSettings
from tests.landing import csv_bytes, headers, record, records, xlsx_bytes

DELIVERY = load_feeds()["delivery"]
LIMITS = IntakeSettings()


def read(data: bytes, extension: str = "csv", limits: IntakeSettings = LIMITS) -> Parsed:
    return parse(data, extension, DELIVERY, limits)


def reason(data: bytes, extension: str = "csv", limits: IntakeSettings = LIMITS) -> str:
    with pytest.raises(NotTaken) as caught:
        read(data, extension, limits)
    return caught.value.code


def cells(parsed: Parsed) -> list[list[str | None]]:
    return [[row[name] for name in DELIVERY.columns] for row in parsed.table.to_pylist()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_encoding_and_delimiter(encoding: str, delimiter: str, end: str) -> None:
    rows = records("delivery", 3)
    text = csv_bytes([headers("delivery"), *rows], "utf-8", delimiter, end).decode()
    parsed = read(text.encode(encoding))
    assert cells(parsed) == rows
    assert parsed.table["line"].to_pylist() == [2, 3, 4]
    assert parsed.encoding == encoding.removesuffix("-sig")


def test_headers_in_any_order_under_any_of_their_names() -> None:
    names = list(DELIVERY.columns)
    mixed = [column.headers[i % len(column.headers)] for i, column in enumerate(DELIVERY.columns.values())]
    mixed[0] = " ＊分娩登 记号： "
    mixed[names.index("birth_weight_g")] = "出生体重\n（克）"
    row = record("delivery")
    order = sorted(range(len(names)), key=lambda i: mixed[i])
    quoted = ",".join(f'"{mixed[i]}"' for i in order) + "\r\n" + ",".join(row[i] for i in order)
    parsed = read(quoted.encode())
    assert cells(parsed) == [row]
    assert parsed.table["line"].to_pylist() == [3]


def test_quoted_cells_with_delimiters_and_line_breaks() -> None:
    first = record("delivery", village_name='"上村,三组"')
    second = record("delivery", village_name='"上村\r\n三组"', delivery_no="F0002")
    third = record("delivery", delivery_no="F0003")
    parsed = read(csv_bytes([headers("delivery"), first, second, third]))
    assert parsed.table["village_name"].to_pylist() == ["上村,三组", "上村\r\n三组", "上村"]
    assert parsed.table["line"].to_pylist() == [2, 3, 5]
    assert parsed.notes == ()


def test_two_stray_quotes_swallow_no_rows() -> None:
    rows = records("delivery", 9)
    rows[2][5], rows[6][5] = '"上村', '下村"'
    parsed = read(csv_bytes([headers("delivery"), *rows]))
    assert parsed.table.num_rows == 9
    assert parsed.notes == ("quotes_unbalanced",)


def test_cells_stay_as_they_were_sent() -> None:
    row = record("delivery", mother_name=" 王　芳 ", mother_id_no="１１０１０５19900307452x", phone="  ")
    parsed = read(csv_bytes([headers("delivery"), row]))
    assert parsed.table["mother_name"].to_pylist() == [" 王　芳 "]
    assert parsed.table["mother_id_no"].to_pylist() == ["１１０１０５19900307452x"]
    assert parsed.table["phone"].to_pylist() == [None]


def test_nuls_are_dropped() -> None:
    data = csv_bytes([headers("delivery"), *records("delivery", 50)]).replace(b"F0007", b"F00\x0007")
    assert read(data).table["delivery_no"].to_pylist()[6] == "F0007"


def test_excel_cells() -> None:
    row: list[object] = list(record("delivery"))
    row[7] = dt.datetime(2024, 1, 7, 10, 30)
    row[9], row[10] = 3250.0, 39.5
    second: list[object] = list(record("delivery"))
    second[7], second[9] = dt.datetime(2024, 1, 8), 3.05
    parsed = read(xlsx_bytes({"一月": [headers("delivery"), row, second]}), "xlsx")
    assert parsed.table["delivered_at"].to_pylist() == ["2024-01-07 10:30", "2024-01-08"]
    assert parsed.table["birth_weight_g"].to_pylist() == ["3250", "3.05"]
    assert parsed.table["gestation_weeks"].to_pylist() == ["39.5", "39"]
    assert parsed.table["sheet"].to_pylist() == ["一月", "一月"]


def test_a_repeated_header_is_no_row() -> None:
    rows = records("delivery", 4)
    parsed = read(csv_bytes([headers("delivery"), *rows[:2], headers("delivery"), *rows[2:]]))
    assert parsed.table["line"].to_pylist() == [2, 3, 5, 6]


def test_the_same_header_twice_over_the_same_cells() -> None:
    rows = [[*row, row[1]] for row in records("delivery", 2)]
    assert read(csv_bytes([[*headers("delivery"), "产妇姓名"], *rows])).table.num_rows == 2


def test_of_two_headers_for_one_column_the_chinese_one_counts() -> None:
    parsed = read(csv_bytes([[*headers("delivery"), "母亲姓名"], [*record("delivery"), "别人"]]))
    assert parsed.table["mother_name"].to_pylist() == ["王芳"]
    assert parsed.header.ignored == ("母亲姓名",)


def test_a_misfit_keeps_only_what_stands_left_of_the_first_column_that_is_not_contracted() -> None:
    head = [*headers("delivery")[:3], "孩次", *headers("delivery")[3:]]
    row = record("delivery")
    broken = [*row[:1], "王", *row[1:3], "9", *row[3:]]
    parsed = read(csv_bytes([head, [*row[:3], "9", *row[3:]], broken]))
    assert parsed.table["is_misfit"].to_pylist() == [False, True]
    assert cells(parsed)[1] == [*broken[:3], *[None] * 11]
    assert parsed.misfit_count == 1


def test_a_short_row_is_filled_up() -> None:
    parsed = read(csv_bytes([headers("delivery"), record("delivery")[:4]]))
    assert cells(parsed) == [record("delivery")[:4] + [None] * 10]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (["填表人：", "", "审核人："], True),
        (["", "填表人:赵敏", "", "审核人: 钱", "", "2024年2月3日"], True),
        (["填表人:赵敏", "王芳", "F0001"], False),
        (["注1：以住院登记为准"], True),
        (["填表人:赵敏", "", "审核人: 钱", "", "填表日期：", "2024年2月3日"], True),
        (["制表单位（盖章）"], True),
        (["合计", "", "35", "12.5%"], True),
        (["合计", "王芳"], False),
        (["备注：以上数据来自住院登记"], True),
        (["注1", "王芳", "110105199003074529"], False),
        (["注册0001", "王芳"], False),
        (["F0001", "填表人:"], False),
        ([], False),
    ],
)
def test_layout_lines(row: list[str], expected: bool) -> None:
    assert is_layout(row) is expected


def test_limits() -> None:
    data = csv_bytes([headers("delivery"), *records("delivery", 5)])
    assert reason(data, limits=IntakeSettings(max_rows=4)) == "too_many_rows"
    assert read(data, limits=IntakeSettings(max_rows=5)).table.num_rows == 5
    assert reason(data, limits=IntakeSettings(max_columns=13)) == "too_many_columns"
    assert reason(data, limits=IntakeSettings(max_cell_chars=10)) == "cell_too_long"


def test_a_workbook_that_unpacks_too_large() -> None:
    data = xlsx_bytes({"s": [headers("delivery"), *records("delivery", 3_000)]})
    assert reason(data, "xlsx", IntakeSettings(max_unpacked_mb=1)) == "unpacks_too_large"
    assert reason(data, "xlsx", IntakeSettings(max_rows=2_000)) == "too_many_rows"


def test_one_cell_in_the_far_corner_of_a_sheet() -> None:
    rows: list[list[object]] = [list(headers("delivery"))]
    far = xlsx_bytes({"s": [*rows, *[[]] * 900_000, [""] * 1_500 + ["x"]]})
    assert reason(far, "xlsx") == "unpacks_too_large"


def test_printable_headers() -> None:
    assert printable(" 备 注 ") == "备 注"
    assert printable("出生证编号2024") == "出生证编号2024"
    assert printable("13912345678") == UNPRINTABLE
    assert printable("长" * 41) == UNPRINTABLE
    assert normal("＊出生体重 【克】：") == "出生体重(克)"


def test_the_same_table_gives_the_same_bytes() -> None:
    data = csv_bytes([headers("delivery"), *records("delivery", 2_000)])
    assert copy_bytes(read(data).table) == copy_bytes(read(data).table)


ODD_ROW = st.one_of(
    st.just([""]),
    st.just(["", "", ""]),
    st.just(["填表人:", "", "审核人:"]),
    st.just(["合计", "12"]),
    st.just(headers("delivery")),
    st.just(record("delivery", delivery_no=" ")),
    st.just(record("delivery", delivery_no="注0001")),
    st.just(record("delivery", delivery_no="填表人", mother_name="")),
    st.just([*record("delivery"), "多"]),
    st.just([*record("delivery"), ""]),
    st.just(record("delivery")[:6]),
    st.just(record("delivery", village_name="计划外", phone="　")),
    st.just(record("delivery", village_name="上环村")),
)


@settings(max_examples=60)
@given(
    st.lists(ODD_ROW | st.just(record("delivery")), max_size=12),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(0, 3),
    st.booleans(),
)
def test_large_files_are_read_to_the_same_end(rows: list[list[str]], end: str, titles: int, has_extra: bool) -> None:
    head = [*headers("delivery"), "备注"] if has_extra else headers("delivery")
    data = csv_bytes([*[["某县登记表"]] * titles, head, *rows], end=end)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk, "BULK_CHARS", 0)
        fast = read(data)
        patch.setattr(tables, "can_read", lambda plain, header: False)
        slow = read(data)
    assert fast.table.to_pylist() == slow.table.to_pylist()
    assert (fast.blanked_count, fast.misfit_count) == (slow.blanked_count, slow.misfit_count)
    assert copy_bytes(fast.table) == copy_bytes(slow.table)
