"""One word for one thing: what pages, receipts, workbooks and bulletins say in Chinese is the glossary's word."""

import re

import yaml

from pipeline.accountability.vocabulary import TICKET_LABELS, Rule
from pipeline.casework.feedback.labels import words as feedback_words
from pipeline.home import PROJECT
from pipeline.publish.bulletin.parts import words as bulletin_words

SURFACES = ("pipeline", "expectations")
SUFFIXES = {".py", ".yaml", ".yml", ".j2", ".html"}
# other words that were met for a term of the glossary, and one that means something else altogether
OTHER_WORDS = {
    "报送期": ("报告期", "申报期"),
    "搁置": ("暂存",),
    "待确认": ("暂缓",),
    "报送单位": ("填报机构",),
    "补报": ("追加报送",),
    "核准": (),
    "人工审核": ("办案",),
}


# a comma, colon or question mark of Latin text between Chinese characters
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff”）][,;:?!][\u4e00-\u9fff“（]")
# a unit's file as a unit writes it, not rollcall's words
NOT_SAID_BY_ROLLCALL = ("pipeline/synthetic",)


def glossary() -> set[str]:
    text = (PROJECT / "docs" / "glossary.md").read_text(encoding="utf-8")
    cells = [line.split("|")[2] for line in text.splitlines() if line.startswith("| ") and line.count("|") >= 4]
    return {word.strip() for cell in cells for word in re.split("[、，]", cell)}


def test_the_words_are_the_glossary_s():
    assert set(OTHER_WORDS) <= glossary()


def test_no_surface_uses_another_word():
    found = []
    for folder in SURFACES:
        for path in sorted((PROJECT / folder).rglob("*")):
            if path.suffix in SUFFIXES and path.is_file():
                text = path.read_text(encoding="utf-8")
                found += [(path.name, word) for words in OTHER_WORDS.values() for word in words if word in text]
    assert found == []


def test_chinese_sentences_have_full_width_punctuation():
    found = []
    for path in sorted((PROJECT / "pipeline").rglob("*")):
        where = path.relative_to(PROJECT).as_posix()
        if path.suffix in SUFFIXES and path.is_file() and not where.startswith(NOT_SAID_BY_ROLLCALL):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
                found += [f"{where}:{number} {match[0]}" for match in HALF_WIDTH.finditer(line)]
    assert found == []


def test_rules_and_tickets_have_one_name_on_every_surface():
    bulletin, feedback = bulletin_words(), feedback_words()
    assert set(bulletin["rules"]) == {rule.value for rule in Rule} == set(feedback["rules"])
    assert bulletin["rules"] == feedback["rules"]
    for status, label in TICKET_LABELS.items():
        assert bulletin["tickets"][status] == feedback["statuses"][status] == {"zh": label.zh, "en": label.en}
    # their names stand in the code once: no file of labels has its own
    files = sorted((PROJECT / "pipeline").rglob("labels.yaml"))
    groups = {path: yaml.safe_load(path.read_text(encoding="utf-8")) for path in files}
    assert len(groups) > 3
    names = {rule.value for rule in Rule}
    assert [path for path, own in groups.items() if names & set(map(str, own.get("rules", ())))] == []
