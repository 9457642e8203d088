"""The workbook of a verification team: a line a case, where its document is looked for, and what is seen on it.

Belongs here: how it looks, and where its cells are (reading it back needs the same places). Does not: which cases are
asked about, or checking what comes back (`verification/reading.py`).

A line has only what is needed to find the document: facility, register, number and period. No name, no id number, and
nothing that the register says of the items to verify. Nothing is asked about marriage or other children.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.casework.verification.rounds import ADJUDICATOR, TEAMS, Case, Round
from pipeline.casework.verification.state import ABSENT, CANNOT_TELL, FOUND, NO, NOT_SHOWN, NOT_STATED, YES, Given, Seen
from pipeline.contracts import load_feeds
from pipeline.written_workbooks import lay_out_on_paper, new_workbook, write_line

COVER, CASES = "说明 Read first", "个案 Cases"
# rows of the cover's values, in its second column, counted from 0
ROUND_ROW, TEAM_ROW = 2, 3
# columns of the sheet of cases, counted from 0
CASE, FACILITY, FEED, NUMBER, PERIOD, REGISTER, DOCUMENT, SEX, BIRTH_DATE, LIVES_HERE, IS_HELD, NUMBER_THERE, NOTE = (
    range(13)
)
FILLED_IN = range(DOCUMENT, NOTE + 1)
DOCUMENTS = {
    FOUND: "有 found",
    ABSENT: "没有 absent",
    NOT_SHOWN: "未提供 not shown",
    CANNOT_TELL: "无法判断 cannot tell",
}
SEXES = {"1": "男 male", "2": "女 female", NOT_STATED: "未写明 not stated"}
STATEMENTS = {YES: "是 yes", NO: "否 no", NOT_STATED: "未写明 not stated"}
CHOICES = {DOCUMENT: DOCUMENTS, SEX: SEXES, LIVES_HERE: STATEMENTS, IS_HELD: STATEMENTS}
NOTE_CHARS, NUMBER_CHARS = 500, 40

_HEADINGS = (
    "编号 No.", "查验单位 Facility", "登记册 Register", "登记号 Number", "报送期 Period", "另一登记册 Other register",
    "原始凭证 Document", "凭证上的性别 Sex on it", "凭证上的出生日期 Date of birth on it",
    "住址在本县 Lives in the county", "材料显示已在另一登记册 Papers show it in the other register",
    "在该册的号码 Number there (if shown)", "备注 Note (optional)",
)  # fmt: skip
_WIDTHS = (18, 26, 24, 22, 10, 26, 20, 18, 18, 18, 24, 22, 36)
_COVER_WIDTH = 60
_SAID = ("甲队 Team A", "乙队 Team B")

_INSTRUCTIONS = (
    (
        "请到每个查验单位，按登记册和登记号查找原始凭证（分娩记录、出生证存根、接种卡、登记底册等）。",
        "At each facility look for the document behind each number: delivery record, certificate stub, card, book.",
    ),
    (
        "看到凭证才选“有”，并照凭证填写性别、出生日期等；凭证上没有写的选“未写明”。",
        "Choose found only when you have seen it, and fill in what it says; choose not stated for what it does not.",
    ),
    (
        "“没有”指已查遍应存放处而无此凭证；单位未让查看的选“未提供”，以后补看可再填交。",
        "Absent: you searched where it should be. Not shown: you were not let see it; you may answer anew later.",
    ),
    (
        "“另一登记册”只看现有材料（如户口页、接种本复印件）是否显示；没有材料的选“未写明”，不要另行打听。",
        "For the other register go by the papers that are there; choose not stated where there are none. Ask nobody.",
    ),
    (
        "不得询问婚姻、其他子女或生育情况。查验不影响任何家庭，登记不设任何前置条件。",
        "Ask nothing about marriage, other children or births. No family is affected; registering has no condition.",
    ),
    (
        "两队各自查验，不得互看答案。只填写黄色单元格；不要增删行列，不要改动编号。",
        "The teams work apart and do not see each other's answers. Fill in yellow cells only; change no row or number.",
    ),
)  # fmt: skip


def answer_rows(round_: Round, team: str) -> dict[str, int]:
    """By case, its row, counted from 0."""
    return {case.case_no: 1 + place for place, case in enumerate(round_.order_for(team))}


def locked_cells(case: Case, unit_names: Mapping[str, str]) -> tuple[str, ...]:
    """What a case's line shows, from its number to the other register."""
    feeds = load_feeds()
    return (
        case.case_no,
        unit_names.get(case.unit_code, case.unit_code),
        f"{feeds[case.feed].zh} {case.feed}",
        case.record_no,
        case.period,
        f"{feeds[case.register].zh} {case.register}",
    )


def team_workbook(round_: Round, team: str, unit_names: Mapping[str, str], county: str) -> bytes:
    """The workbook of one of the two teams: every case, the same bytes for the same round."""
    return _workbook(round_, team, round_.order_for(team), unit_names, county, {})


def adjudication_workbook(
    round_: Round,
    said: Mapping[str, Mapping[str, Given]],
    unit_names: Mapping[str, str],
    county: str,
) -> bytes:
    """The workbook in which a third person settles what the two teams disagree on, with what each of them said.

    Args:
        said: by case in dispute, by team, its answer.
    """
    cases = [case for case in round_.order_for(ADJUDICATOR) if case.case_no in said]
    return _workbook(round_, ADJUDICATOR, cases, unit_names, county, said)


def _workbook(
    round_: Round,
    team: str,
    cases: Sequence[Case],
    unit_names: Mapping[str, str],
    county: str,
    said: Mapping[str, Mapping[str, Given]],
) -> bytes:
    target = io.BytesIO()
    book = Book(target, round_)
    facts = {"区县 County": county, "截止 Due": round_.due_on, "个案数 Cases": str(len(cases))}
    book.cover("出生登记双盲查验 Back-to-back verification", round_.name, team, facts, _INSTRUCTIONS)
    widths = (*_WIDTHS, *((40, 40) if said else ()))
    sheet = book.sheet(CASES, (*_HEADINGS, *(_SAID if said else ())), widths)
    for row, case in enumerate(cases, start=1):
        told = [_told(said[case.case_no][each].seen) for each in TEAMS] if said else []
        texts = (*locked_cells(case, unit_names), *("" for _ in FILLED_IN), *told)
        write_line(sheet, row, texts, widths, (book.heading, book.plain))
        for column in FILLED_IN:
            sheet.write_blank(row, column, None, book.answer)
        for column, choices in CHOICES.items():
            book.choose(sheet, row, column, choices)
    book.close()
    return target.getvalue()


def _told(seen: Seen) -> str:
    texts = [DOCUMENTS[seen.document]]
    texts += [CHOICES[column][value] for column, value in ((SEX, seen.sex),) if value]
    texts += [seen.birth_date or ""]
    for column, value in ((LIVES_HERE, seen.lives_here), (IS_HELD, seen.is_held)):
        texts += [f"{_HEADINGS[column]}: {CHOICES[column][value]}"] if value else []
    texts += [seen.number_there or ""]
    return "\n".join(text for text in texts if text)


class Book:
    """A workbook with locked and yellow cells; every text is written as text, so that none runs as a formula."""

    def __init__(self, target: io.BytesIO, round_: Round) -> None:
        self.book = new_workbook(target, dt.datetime.fromisoformat(round_.drawn_on))
        wrapped: dict[str, Any] = {"text_wrap": True, "valign": "top", "border": 1, "border_color": "#D0D0D0"}
        self.plain = self.book.add_format(wrapped)
        self.heading = self.book.add_format({**wrapped, "bold": True, "bg_color": "#DDEBF7"})
        self.answer = self.book.add_format({**wrapped, "bg_color": "#FFF2CC", "locked": False, "num_format": "@"})
        self.title = self.book.add_format({"bold": True, "font_size": 14})
        self.words = self.book.add_format({"text_wrap": True, "valign": "top"})

    def cover(
        self, title: str, name: str, team: str, facts: Mapping[str, str], instructions: Sequence[tuple[str, str]]
    ) -> None:
        """The sheet that says whose it is and how it is filled in."""
        sheet = self.book.add_worksheet(COVER)
        sheet.set_column(0, 1, _COVER_WIDTH)
        sheet.write_string(0, 0, title, self.title)
        lines = {ROUND_ROW: ("轮次 Round", name), TEAM_ROW: ("查验组 Team", team)}
        lines |= dict(enumerate(facts.items(), start=TEAM_ROW + 1))
        for row, (label, value) in lines.items():
            write_line(sheet, row, (label, value), (_COVER_WIDTH, _COVER_WIDTH), (self.heading, self.plain))
        for row, (zh, en) in enumerate(instructions, start=max(lines) + 2):
            write_line(sheet, row, (zh, en), (_COVER_WIDTH, _COVER_WIDTH), (self.words,))
        lay_out_on_paper(sheet)
        sheet.protect()

    def sheet(self, name: str, headings: Sequence[str], widths: Sequence[int]) -> Any:
        """A locked sheet with a line of headings."""
        sheet = self.book.add_worksheet(name)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        write_line(sheet, 0, headings, widths, (self.heading,))
        sheet.freeze_panes(1, 1)
        lay_out_on_paper(sheet, repeated=1)
        sheet.protect("", {"select_locked_cells": True, "format_columns": True, "format_rows": True})
        return sheet

    def choose(self, sheet: Any, row: int, column: int, texts: Mapping[str, str]) -> None:
        """A drop-down in a cell."""
        sheet.data_validation(
            row, column, row, column,
            {"validate": "list", "source": list(texts.values()), "error_title": "请从列表中选择",
             "error_message": "请从列表中选择，或留空。Choose one of the list, or leave it blank."},
        )  # fmt: skip

    def close(self) -> None:
        """Write it."""
        self.book.close()
