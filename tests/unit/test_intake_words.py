"""What is never taken in, and what must not be taken for it."""

from __future__ import annotations

import pytest

from pipeline.contracts import load_feeds
from pipeline.intake.reading.refused import blank_refused, header_category, is_refused_cell, may_carry_words


@pytest.mark.parametrize(
    ("header", "category"),
    [
        ("准生证号", "permit"),
        ("再生育审批", "permit"),
        ("Birth_Permit_No", "permit"),
        ("孩 次", "parity"),
        ("parity", "parity"),
        ("Birth order", "parity"),
        ("是否符合政策", "policy"),
        ("计划内外", "policy"),
        ("避孕措施", "contraception"),
        ("是否上环", "contraception"),
        ("contraceptive_method", "contraception"),
        ("结扎日期", "surgery"),
        ("sterilisation", "surgery"),
        ("社会抚养费", "fees"),
        ("罚款金额", "fees"),
        ("fee", "fees"),
        ("备注", None),
        ("多胎次序", None),
        ("infant feeding", None),
        ("coffee", None),
        ("政府机构", None),
        ("民族", None),
    ],
)
def test_headers(header: str, category: str | None) -> None:
    assert header_category(header) == category


BLANKED = [
    "计划外", "上村(计划外)", "计 划\u200b外", "二孩", "已交社会抚养费", "已结扎", "IUD", "no birth permit", "超生",
    "第三孩", "準生證", "Out-of-plan birth", "王超生超生",
]  # fmt: skip


@pytest.mark.parametrize("text", BLANKED)
@pytest.mark.parametrize("cell_type", ["text", "name", "code"])
def test_cells_that_are_blanked(text: str, cell_type: str) -> None:
    assert is_refused_cell(text, cell_type)
    assert may_carry_words(["王芳", text, "李强"])
    assert blank_refused(["王芳", text], cell_type) == (["王芳", ""], 1)


@pytest.mark.parametrize(
    ("text", "cell_type"),
    [
        ("计划村", "text"),
        ("上环村", "text"),
        ("二孩沟", "text"),
        ("县妇幼保健计划生育服务中心", "text"),
        ("镇计生服务站", "text"),
        ("双胎", "text"),
        ("县人民医院手术室", "text"),
        ("王超生", "name"),
        ("李二孩", "name"),
        ("王芳之子", "name"),
        ("Studio", "text"),
    ],
)
def test_cells_that_are_kept(text: str, cell_type: str) -> None:
    assert not is_refused_cell(text, cell_type)
    assert blank_refused([text], cell_type) == ([text], 0)


def test_words_at_the_seam_of_two_cells_blank_neither() -> None:
    assert blank_refused(["村里第二", "孩子", "abc", "iud"], "text") == (["村里第二", "孩子", "abc", ""], 1)


def test_no_contracted_value_is_refused() -> None:
    for feed in load_feeds().values():
        for column in feed.columns.values():
            for value in column.values or {}:
                assert not is_refused_cell(value, column.type)
