"""The workbook of an area canvass: random villages, and a line for each child under two that is met there.

Belongs here: how it looks and where its cells are. Does not: which villages (`verification/draw.py`), or reading it
back (`verification/reading.py`). Of a child it asks for sex, month of birth and a link token only: the last characters
of a number on its papers. It holds no name, and nobody is asked for one.
"""

from __future__ import annotations

import io
from collections.abc import Mapping

from pipeline.casework.verification.rounds import CANVASS, Round
from pipeline.casework.verification.state import NO, YES
from pipeline.casework.verification.workbook import Book

VILLAGES, CHILDREN = "村居 Villages", "儿童 Children"
# columns of the sheet of villages, counted from 0
VILLAGE, TOWNSHIP_NAME, VILLAGE_NAME, WALKED = range(4)
# columns of the sheet of children
CHILD_VILLAGE, CHILD_SEX, BIRTH_MONTH, TOKEN = range(4)
WALKED_THROUGH = {YES: "是 yes", NO: "否 no"}
SEXES = {"1": "男 male", "2": "女 female"}
TOKEN_CHARS = 6
# lines for children, more than a village's two years of births
_LINES_A_VILLAGE = 60

_INSTRUCTIONS = (
    (
        "请走遍每个列出的村居，逐户登记未满两周岁的儿童；走完后在“村居”表选“是”，没有儿童也要选。",
        "Walk through each village and note every child under two; then choose yes for the village, even with none.",
    ),
    (
        "每名儿童一行：村居代码、性别、出生年月（如 2024-03）、号码尾数。不写姓名，不问婚姻和其他子女。",
        "A line a child: village code, sex, month of birth (2024-03), token. No name; nothing of marriage or others.",
    ),
    (
        "号码尾数：出生医学证明编号或接种卡号的最后六位；没有任何证件的留空，照样登记。",
        "Token: the last six characters of the certificate or vaccination card number; blank where there is none.",
    ),
    (
        "不要事先查看任何名单：本表必须独立于各登记册。",
        "Look at no list beforehand: this one must be independent of the registers.",
    ),
)  # fmt: skip


def canvass_workbook(round_: Round, division_names: Mapping[str, str], county: str) -> bytes:
    """The workbook; the same round gives the same bytes."""
    target = io.BytesIO()
    book = Book(target, round_)
    facts = {"区县 County": county, "村居数 Villages": str(len(round_.villages))}
    book.cover("入户走访 Area canvass", round_.name, CANVASS, facts, _INSTRUCTIONS)
    sheet = book.sheet(
        VILLAGES, ("村居代码 Code", "乡镇 Township", "村居 Village", "已走遍 Walked through"), (18, 24, 24, 22)
    )
    for row, village in enumerate(round_.villages, start=1):
        codes = (village.township_code, village.village_code)
        for column, text in enumerate((village.village_code, *(division_names.get(code, code) for code in codes))):
            sheet.write_string(row, column, text, book.plain)
        sheet.write_blank(row, WALKED, None, book.answer)
        book.choose(sheet, row, WALKED, WALKED_THROUGH)
    sheet = book.sheet(
        CHILDREN, ("村居代码 Village code", "性别 Sex", "出生年月 Month of birth", "号码尾数 Token"), (22, 16, 20, 20)
    )
    for row in range(1, 1 + _LINES_A_VILLAGE * len(round_.villages)):
        for column in range(TOKEN + 1):
            sheet.write_blank(row, column, None, book.answer)
    last = max(1, _LINES_A_VILLAGE * len(round_.villages))
    sheet.data_validation(1, CHILD_SEX, last, CHILD_SEX, {"validate": "list", "source": list(SEXES.values())})
    book.close()
    return target.getvalue()
