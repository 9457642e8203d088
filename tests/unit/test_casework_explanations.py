"""The page of an explanation: self-contained, restricted, in the county's languages, silent on what it is not for."""

import html.parser
import itertools
import re
import stat

import pytest

from pipeline.casework import write_explanation
from pipeline.casework.explanations.waterfall_chart import BEGINS, ENDS, bars_of
from pipeline.home import Home
from pipeline.intake.loading import make_raw_tables
from pipeline.linkage import explain, link
from tests.linkage_records import child, put_records, record

# what the purpose forbids a page to speak of: a couple's marriage, a woman's other children
FORBIDDEN = re.compile(
    r"marri|husband|wife|spouse|wedlock|divorc|sibling|brother|sister|parity|policy|permit|"
    r"婚|配偶|丈夫|妻|兄|弟|姐|妹|孩次|胎次|二孩|多孩|计划外|准生",
    re.I,
)


def county():
    both = child(mother_name_std="张静", mother_id_no="999977199202020026", birth_date="2024-03-09")
    elder = both | {"birth_minute": 600, "birth_weight_g": 2400}
    younger = both | {"birth_minute": 607, "birth_weight_g": 2800}
    return [
        record("delivery", "T1", **elder, plurality=2, birth_rank=1),
        record("delivery", "T2", **younger, plurality=2, birth_rank=2),
        record("birth_certificate", "T000000001", **elder, certificate_no="T000000001", child_name_std="李雨晨"),
        record("birth_certificate", "T000000002", **younger, certificate_no="T000000002", child_name_std="李雨欣"),
        record("immunization", "J1", **both, child_name_std="李雨晨"),
        record("immunization", "J2", **both | {"is_placeholder": True}),
    ]


@pytest.fixture
def linked(con, home):
    make_raw_tables(con)
    put_records(con, county())
    link(con, home, 1, "run-1")
    return con


def read(path):
    return path.read_text(encoding="utf-8")


class Well(html.parser.HTMLParser):
    """Notes which elements are opened and closed, and every attribute that leads somewhere."""

    VOID = ("meta", "line", "rect")

    def __init__(self):
        super().__init__()
        self.open, self.links = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href", "srcset", "xlink:href")]

    def handle_startendtag(self, tag, attrs):
        self.links += [value for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize(
    "asked",
    [["delivery:T1"], ["immunization:J2"], ["delivery:T1", "delivery:T2"], ["delivery:T1", "immunization:J1"]],
    ids=" ".join,
)
def test_a_page_is_whole_restricted_and_needs_nothing_else(linked, home, asked):
    path = write_explanation(linked, home, asked)
    assert path.parent == home.casework / "explanations"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    text = read(path)
    page = Well()
    page.feed(text)
    assert page.open == []
    assert page.links == []
    assert not re.search(r"https?:|//|url\(|@import|<script|javascript|\bon\w+=", text)
    assert not FORBIDDEN.search(text)
    assert "@page { size: A4" in text
    assert "max-width: 640px" in text


def test_a_page_of_two_shows_differences_bits_and_conflict(linked, home):
    text = read(write_explanation(linked, home, ["delivery:T1", "delivery:T2"]))
    assert "不是同一儿童" in text
    assert "Not one child" in text
    assert "10:0<mark>0</mark>" in text
    assert "10:0<mark>7</mark>" in text
    assert "two ranks within one delivery" in text
    total = explain(linked, home, ["delivery:T1", "delivery:T2"]).pair(*explain(
        linked, home, ["delivery:T1", "delivery:T2"]
    ).asked).waterfall.total  # fmt: skip
    assert f"{total:+.1f}".replace("-", "−") in text


def test_a_page_of_one_shows_its_child_and_no_word_of_the_other_but_its_number(linked, home):
    text = read(write_explanation(linked, home, ["immunization:J1"]))
    assert "delivery:T1" in text
    assert "李雨晨" in text
    assert "李雨欣" not in text
    assert "rollcall explain immunization:J1 " in text


def test_a_nameless_newborn_is_shown_as_one(linked, home):
    assert "尚无姓名" in read(write_explanation(linked, home, ["immunization:J2"]))


@pytest.mark.parametrize(
    ("languages", "there", "absent"), [("[zh]", "关联说明", "Why records"), ("[en]", "Why records", "关联")]
)
def test_a_county_may_have_one_language_only(linked, home, languages, there, absent):
    with open(home.county_yaml, "a", encoding="utf-8") as file:
        file.write(f"languages: {languages}\n")
    county_of_one = Home(home.root)
    for asked in (["delivery:T1"], ["delivery:T1", "delivery:T2"]):
        text = read(write_explanation(linked, county_of_one, asked))
        assert there in text
        assert absent not in text
        assert not FORBIDDEN.search(text)


def test_the_bars_run_from_the_start_to_the_sum_and_stay_in_their_column(linked, home):
    found = explain(linked, home, ["delivery:T1", "immunization:J1"])
    bars = bars_of(found.pair(*found.asked).waterfall)
    *parts, total = bars.rows
    for column, zero in bars.zero.items():
        assert parts[0].bars[column].start == zero == total.bars[column].start
        for before, after in itertools.pairwise(parts):
            assert before.bars[column].end == after.bars[column].start
        assert parts[-1].bars[column].end == pytest.approx(total.bars[column].end, abs=0.1)
        for row in bars.rows:
            assert BEGINS <= row.bars[column].left <= row.bars[column].left + row.bars[column].width <= ENDS + 0.01


def test_a_long_number_of_a_file_name_is_made_safe(linked, home):
    odd = record("immunization", "../J 9/八", **child(child_name_std="李子轩"))
    put_records(linked, [*county(), odd])
    link(linked, home, 2, "run-2")
    path = write_explanation(linked, home, ["immunization:../J 9/八"])
    assert path.parent == home.casework / "explanations"
    assert "/" not in path.name
    assert " " not in path.name
