"""The workbook that a reviewer fills in: two records side by side, one answer a pair, everything else locked.

Belongs here: how it looks, and where its cells are (reading it back needs the same places). Does not: what is asked
(`review/batches.py`), or checking what comes back (`review/reading.py`).

Every text is written as text: what a unit typed never runs as a formula. The same batch gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from typing import Any

from pipeline.casework.review.batches import ADJUDICATION, Asked, Batch
from pipeline.casework.review.record_facts import FACTS, Record, mark
from pipeline.written_workbooks import lay_out_on_paper, new_workbook, write_line

COVER, PAIRS = "说明 Read first", "记录对 Pairs"
# rows of the cover's values, in its second column, counted from 0
BATCH_ROW, REVIEWER_ROW = 2, 3
# columns of the sheet of pairs, counted from 0
PAIR, LINE, LEFT, RIGHT, MARK, ANSWER, NOTE = range(7)
SAME, DIFFERENT, CANNOT_TELL = "same", "different", "cannot_tell"
ANSWERS = {SAME: "同一人 same", DIFFERENT: "不同 different", CANNOT_TELL: "无法判断 cannot tell"}
NOTE_CHARS = 500
_COVER_WIDTH = 60
_HEADINGS = (
    "编号 No.",
    "项目 Item",
    "记录一 Record 1",
    "记录二 Record 2",
    "比较",
    "回答 Answer",
    "备注 Note (optional)",
)
_WIDTHS = (18, 30, 40, 40, 6, 22, 40)

_INSTRUCTIONS = (
    ("每组有两条记录。请判断它们是不是同一个孩子。", "Each block shows two records: are they of one child?"),
    (
        "在“回答”列的下拉框中选择：同一人、不同、无法判断。不确定时请选“无法判断”，不要猜。",
        "Choose in the answer column: same, different, or cannot tell. Where you are not sure, do not guess.",
    ),
    (
        "“≠”表示两边写的不同，“=”表示相同；一边没有填写时不作比较。双胞胎是两个孩子。",
        "≠ marks what differs, = what agrees; where one side is blank nothing is compared. Twins are two children.",
    ),
    (
        "请独立判断，不要与其他审核人讨论。可以留空，以后再交。",
        "Judge on your own, without talking it over. Answers may be left blank and handed in later.",
    ),
    (
        "只填写黄色单元格；不要增删行列，不要改动编号。按 Tab 键到下一个回答。",
        "Fill in the yellow cells only; add or remove no row or column and change no number. Tab goes to the next one.",
    ),
    (
        "本文件含有姓名和身份证号：不得外传，不得放在共享文件夹，填完交回数据工程师。",
        "This file holds names and id numbers: pass it to nobody else, keep it off shared folders, hand it back.",
    ),
    (
        "母亲和姓名都相同、号码或出生日期不同的，可能是同一孩子登记了两次，也可能是同名的兄弟姐妹。请查原始凭证再判断。",
        "One mother and one name under two numbers or dates may be a child registered twice, or siblings given one "
        "name: look at the documents before you answer.",
    ),
)  # fmt: skip


def lines_of(batch: Batch) -> int:
    """Rows that each pair's block has on the sheet of pairs, the blank one below it included."""
    return 1 + len(FACTS) + 1 + batch.shows_scores + (batch.kind == ADJUDICATION) + 1


def answer_rows(batch: Batch, reviewer: str) -> dict[str, int]:
    """By pair, the row of its number and answer, counted from 0."""
    return {pair: 1 + place * lines_of(batch) for place, pair in enumerate(batch.order_for(reviewer))}


def workbook(batch: Batch, reviewer: str, records: Mapping[int, Record], county: str) -> bytes:
    """The workbook of one reviewer.

    Args:
        records: by key, with their rows as sent; every record of the batch.
    """
    target = io.BytesIO()
    book = new_workbook(target, dt.datetime.fromisoformat(batch.made_on))
    sheets = _Sheets(book)
    sheets.cover(batch, reviewer, county)
    sheets.pairs(batch, reviewer, records)
    book.close()
    return target.getvalue()


class _Sheets:
    """Both sheets of a workbook, with its formats."""

    def __init__(self, book: Any) -> None:
        self.book = book
        wrapped: dict[str, Any] = {"text_wrap": True, "valign": "top", "border": 1, "border_color": "#D0D0D0"}
        self.plain = book.add_format(wrapped)
        self.differs = book.add_format({**wrapped, "bg_color": "#FBE5D6", "bold": True})
        self.heading = book.add_format({**wrapped, "bold": True, "bg_color": "#DDEBF7"})
        self.answer = book.add_format({**wrapped, "bg_color": "#FFF2CC", "locked": False, "num_format": "@"})
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.words = book.add_format({"text_wrap": True, "valign": "top"})

    def cover(self, batch: Batch, reviewer: str, county: str) -> None:
        sheet = self.book.add_worksheet(COVER)
        sheet.set_column(0, 1, _COVER_WIDTH)
        sheet.write_string(0, 0, "记录关联人工审核 Clerical review of links", self.title)
        facts = {
            BATCH_ROW: ("批次 Batch", batch.name),
            REVIEWER_ROW: ("审核人 Reviewer", reviewer),
            4: ("区县 County", county),
            5: ("截至 As of", batch.made_on),
            6: ("记录对数 Pairs", str(len(batch.pairs))),
        }
        for row, (label, value) in facts.items():
            write_line(sheet, row, (label, value), (_COVER_WIDTH, _COVER_WIDTH), (self.heading, self.plain))
        for row, (zh, en) in enumerate(_INSTRUCTIONS, start=8):
            write_line(sheet, row, (zh, en), (_COVER_WIDTH, _COVER_WIDTH), (self.words,))
        lay_out_on_paper(sheet)
        sheet.protect()

    def pairs(self, batch: Batch, reviewer: str, records: Mapping[int, Record]) -> None:
        sheet = self.book.add_worksheet(PAIRS)
        for column, width in enumerate(_WIDTHS):
            sheet.set_column(column, column, width)
        write_line(sheet, 0, _HEADINGS, _WIDTHS, (self.heading,))
        sheet.freeze_panes(1, 2)
        asked = batch.by_name()
        for pair, row in answer_rows(batch, reviewer).items():
            self._pair(sheet, row, pair, asked[pair], batch, records)
        lay_out_on_paper(sheet, repeated=1)
        sheet.protect("", {"select_locked_cells": True, "format_columns": True, "format_rows": True})

    def _pair(self, sheet: Any, row: int, pair: str, asked: Asked, batch: Batch, records: Mapping[int, Record]) -> None:
        left, right = records[asked.left], records[asked.right]
        lines = [
            ("登记册 / 单位 / 报送期 · 登记号\nregister / unit / period · number", left.heading, right.heading, "")
        ]
        for fact in FACTS:
            one, other = left.facts[fact.name], right.facts[fact.name]
            lines.append((f"{fact.zh} {fact.en}", one, other, mark(one, other)))
        lines.append(("报送原文 as sent", left.sent, right.sent, ""))
        if batch.shows_scores:
            weight = "" if asked.weight is None else f"{asked.weight:.2f} bits"
            probability = "" if asked.probability is None else f"{asked.probability:.4f}"
            lines.append(("模型 model: 权重 weight, 概率 probability", weight, probability, ""))
        if batch.kind == ADJUDICATION:
            said = [ANSWERS[answer] for answer in asked.said]
            lines.append(("两位审核人的回答 the two reviewers' answers", said[0], said[1], ""))
        for place, (item, one, other, marked) in enumerate(lines):
            look = self.differs if marked == "≠" else self.plain
            texts = (pair if not place else "", item, one, other, marked)
            write_line(sheet, row + place, texts, _WIDTHS, (self.heading, self.heading, look))
        sheet.write_blank(row, ANSWER, None, self.answer)
        sheet.write_blank(row, NOTE, None, self.answer)
        sheet.data_validation(
            row,
            ANSWER,
            row,
            ANSWER,
            {
                "validate": "list",
                "source": list(ANSWERS.values()),
                "error_title": "请从列表中选择",
                "error_message": "请选择：同一人、不同、无法判断。Choose one of the list, or leave it blank.",
            },
        )
        sheet.data_validation(
            row, NOTE, row, NOTE, {"validate": "length", "criteria": "<=", "value": NOTE_CHARS, "ignore_blank": True}
        )
