"""Names, characters and placeholders."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.standardise.characters import blurred, pinyin, to_simplified
from pipeline.standardise.names import read_name, split_name
from pipeline.standardise.placeholders import read_placeholder
from pipeline.standardise.rules import read_rules

RULES = read_rules("placeholders")["rules"]
EXAMPLES = [(rule["rule"], text, says) for rule in RULES for text, says in rule["examples"].items()]


@pytest.mark.parametrize(("rule", "text", "says"), EXAMPLES)
def test_every_rule_reads_its_own_examples(rule, text, says):
    found = read_placeholder(text)
    assert found is not None
    assert found.rule == rule
    told = {"parent": found.parent, "sex": found.sex, "rank": found.rank, "nickname": found.nickname}
    assert {key: value for key, value in told.items() if value is not None} == says


@pytest.mark.parametrize(
    "name",
    [
        "王芳",
        "欧阳娜娜",
        "王子",
        "王子轩",
        "周晨子",
        "张宝",
        "李贝贝",
        "朱一一",
        "王之涣",
        "马未",
        "吴名",
        "上官婉女",
        "李大",
        "陈无忌",
    ],
)
def test_a_name_is_no_placeholder(name):
    assert read_name(name).name_std == name


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (" 王　芳 ", "王芳"),
        ("王\u200b芳", "王芳"),
        ("王芳女士", "王芳"),
        ("王芳(孕妇)", "王芳"),
        ("王芳（2）", "王芳"),
        ("王芳1", "王芳"),
        ("王.芳", "王芳"),
        ("陳麗華", "陈丽华"),
        ("蕭鍾", "萧钟"),
        ("乾隆", "乾隆"),
        ("於倩", "於倩"),
        ("阿依古丽·买买提", "阿依古丽买买提"),
        ("Anna Lee", "ANNA LEE"),
        ("ＡＮＮＡ", "ANNA"),
        ("𠅤𬱖", "𠅤𬱖"),
    ],
)
def test_cleaning(raw, expected):
    assert read_name(raw).name_std == expected


@pytest.mark.parametrize("raw", [None, "", "  ", "　", "/", "-", "。", "\ufffd"])
def test_blank(raw):
    name = read_name(raw)
    assert name.name_std is None
    assert not name.is_placeholder


@pytest.mark.parametrize("raw", ["无", "不详", "待定", "王某某", "王*芳", "王某", "N/A", "鸣鸣", "之子", "王 芳 之 女"])
def test_no_name_is_kept_of_what_is_none(raw):
    name = read_name(raw)
    assert name.is_placeholder
    assert name.name_std is None
    assert name.name_pinyin is None


@pytest.mark.parametrize(
    ("raw", "surname", "given", "sound"),
    [
        ("单雄信", "单", "雄信", "shan xiong xin"),
        ("仇英", "仇", "英", "qiu ying"),
        ("曾国强", "曾", "国强", "zeng guo qiang"),
        ("尉迟敬德", "尉迟", "敬德", "yu chi jing de"),
        ("万俟雅", "万俟", "雅", "mo qi ya"),
        ("欧阳", "欧", "阳", "ou yang"),
        ("吕芳", "吕", "芳", "lv fang"),
        ("王", "王", None, "wang"),
    ],
)
def test_surname_and_sound(raw, surname, given, sound):
    name = read_name(raw)
    assert (name.surname, name.given_name, name.name_pinyin) == (surname, given, sound)


def test_transcribed_names_have_no_surname():
    name = read_name("阿依古丽·买买提")
    assert name.surname is None
    assert name.given_name == "阿依古丽"


def test_a_slip_in_one_character_changes_one_syllable():
    assert pinyin("招芳秀").split()[1:] == pinyin("赵芳秀").split()[1:]
    assert read_name("磺燕").name_pinyin == read_name("黄燕").name_pinyin


def test_sounds_that_speakers_do_not_tell_apart():
    assert blurred("zhang ning") == blurred("zan lin")
    assert blurred("shui chang") == "sui can"


@given(st.text(max_size=20))
@example("U¨𠀀")
def test_reading_never_fails_and_is_settled(text):
    name = read_name(text)
    if name.name_std:
        assert read_name(name.name_std).name_std in (name.name_std, None)
        assert name.name_pinyin


@given(st.text(alphabet="王芳單龍鳳后發髮於乾", min_size=1, max_size=6))
def test_simplifying_keeps_length_and_is_settled(text):
    once = to_simplified(text)
    assert len(once) == len(text)
    assert to_simplified(once) == once


@given(st.text(alphabet="欧阳司马王李芳娜子", min_size=2, max_size=4))
def test_the_parts_make_the_name(name):
    surname, given_name = split_name(name)
    assert surname + given_name == name
    assert surname
