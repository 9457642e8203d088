"""The feedback workbook: every cell is text, the same content gives the same bytes, both languages are there."""

from __future__ import annotations

import datetime as dt
import io

from python_calamine import load_workbook

from pipeline.accountability.rectification.retest import Outcome
from pipeline.accountability.rectification.tickets import TicketStatus
from pipeline.accountability.vocabulary import Rule
from pipeline.casework.feedback.files import digest_of
from pipeline.casework.feedback.labels import words
from pipeline.casework.feedback.rows import Feedback
from pipeline.casework.feedback.workbook import sheet_name, workbook

DAY = dt.date(2024, 3, 1)
FORMULA = '=HYPERLINK("http://example.org")'


def feedback():
    return Feedback(
        [("T-0123456789ab", "户籍登记\nhousehold registration", *["x"] * 8)],
        [("T-0123456789ab", "户籍登记", "2024-01", FORMULA, "7", "+1-2", "", "@SUM(1)", "-2+3")],
    )


def read(content, sheet):
    return load_workbook(io.BytesIO(content)).get_sheet_by_name(sheet_name(sheet)).to_python()


def test_what_began_as_a_unit_s_text_stays_text():
    content = workbook(feedback(), "=1+1", "试验县", DAY)
    assert read(content, "rows")[1] == list(feedback().rows[0])
    assert "=1+1" in [row[1] for row in read(content, "cover")]
    assert b"<f>" not in content


def test_the_same_content_gives_the_same_bytes_and_digest():
    assert workbook(feedback(), "x", "y", DAY) == workbook(feedback(), "x", "y", DAY)
    assert digest_of(feedback()) == digest_of(feedback())
    assert digest_of(feedback()) != digest_of(Feedback(feedback().tickets))


def test_every_code_has_its_words_in_both_languages():
    assert set(words()["rules"]) == {rule.value for rule in Rule}
    assert set(words()["statuses"]) == {status.value for status in TicketStatus} | {"warning"}
    assert set(words()["retests"]) == {outcome.value for outcome in Outcome}
    texts = [*words()["instructions"], *words()["rules"].values(), *words()["rows"].values()]
    assert all(text["zh"] and text["en"] for text in texts)
    assert len(words()["ticket_headings"]) == len(feedback().tickets[0])
    assert len(words()["row_headings"]) == len(feedback().rows[0])
