"""The expectation files: complete, in both languages, and understood."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.checks.expectations import EXPECTATIONS, Selector, load_checks
from pipeline.checks.messages import known_codes, messages
from pipeline.checks.vocabulary import STATE_LABELS, SetAside, State, StateReason
from pipeline.contracts import load_feeds
from pipeline.errors import RollcallError

FEEDS = load_feeds()


@pytest.mark.parametrize("feed", FEEDS.values(), ids=FEEDS)
def test_every_code_has_words_in_both_languages(feed):
    for code in known_codes(feed.feed):
        words = messages(code, feed.feed, feed.event_date)
        assert all(max(words[key]) >= "\u4e00" for key in ("zh", "remedy_zh"))
        assert all(words[key].isascii() or "–" in words[key] for key in ("en", "remedy_en"))
        assert not any("{" in text for text in words.values())


def test_words_name_the_column_and_its_limits():
    words = messages("out_of_range", "delivery", "birth_weight_g")
    assert "出生体重(克)" in words["zh"]
    assert "300–7000" in words["zh"]
    assert "birth_weight_g" in words["en"]
    assert messages("no_such_code") is None


def test_vocabularies_have_words():
    assert set(STATE_LABELS) == set(State)
    assert all(messages(code) for code in (*SetAside, *StateReason, "same_bytes_elsewhere"))


@pytest.mark.parametrize("feed", FEEDS.values(), ids=FEEDS)
def test_required_cells_alone_set_rows_aside(feed):
    asiders = {check.column for check in load_checks(feed).checks if check.sets_aside}
    required = {c.name for c in feed.columns.values() if c.level == "required"}
    assert asiders == required


@pytest.mark.parametrize("feed", FEEDS.values(), ids=FEEDS)
def test_no_check_stands_twice(feed):
    keys = [(check.code, check.column) for check in load_checks(feed).checks]
    duplicates = {key for key in keys if keys.count(key) > 1}
    assert not duplicates


def test_a_failure_counts_against_its_measures_rule_unless_its_code_names_another():
    rules = {(check.code, check.measure): check.rule for feed in FEEDS.values() for check in load_checks(feed).checks}
    assert {rule for (_, measure), rule in rules.items() if measure != "validity"} == {"item_missing", "duplicates"}
    assert rules["id_no_check_digit_wrong", "validity"] == "invalid_id_number"
    # two cells differ, and nobody can say which is wrong
    assert rules["child_id_no_birth_date_differs", "validity"] == "invalid_value"


def test_selector_asks_for_all_that_it_names():
    feed = FEEDS["delivery"]
    assert Selector(type=("int",), has=("min",)).selects(feed.columns["plurality"], feed)
    assert not Selector(type=("int",), level=("required",)).selects(feed.columns["plurality"], feed)
    assert Selector(role=("event_date",)).selects(feed.columns["delivered_at"], feed)
    assert not Selector(role=("event_date",)).selects(feed.columns["outcome"], feed)


def copied(tmp_path: Path, old: str, new: str) -> Path:
    """The expectations with one text of delivery's file replaced."""
    folder = tmp_path / "expectations"
    shutil.copytree(EXPECTATIONS, folder)
    file = folder / "health" / "delivery.yml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("column_A: plurality", "column_A: plurallity", "plurallity"),
        ("column: birth_rank\n", "column: rank\n", "rank"),
        ("feed: delivery", "feed: deliveries", "deliveries"),
        ("    measure: validity\n", "", "birth_rank_above_plurality"),
        ("measure: validity", "measure: valditiy", "birth_rank_above_plurality"),
        ("code: female_id_no_expected", "code: required_blank", "required_blank"),
        ("expectations:", "expectations: 3 #", "delivery.yml"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, old: str, new: str, named: str):
    with pytest.raises(RollcallError, match=named):
        load_checks(FEEDS["delivery"], copied(tmp_path, old, new))


def test_an_absent_file_is_named(tmp_path: Path):
    folder = copied(tmp_path, "feed: delivery", "feed: delivery")
    (folder / "health" / "delivery.yml").unlink()
    with pytest.raises(RollcallError, match="absent"):
        load_checks(FEEDS["delivery"], folder)
