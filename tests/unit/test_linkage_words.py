"""Every name that linkage gives has its words in both languages."""

import pytest

from pipeline.linkage.children.conflicts import conflicts
from pipeline.linkage.inputs import fill_input
from pipeline.linkage.labels import columns_of, level_words, vocabulary, words
from pipeline.linkage.model.comparisons import COMPARISONS
from pipeline.linkage.model.frozen_model import ALTERNATIVES, DELIVERIES
from pipeline.linkage.pairs.blocking import RULES
from pipeline.linkage.pairs.scoring import THROUGH_A_THIRD
from tests.linkage_records import put_records

NAMES = {
    "rules": [*(rule.name for rule in RULES), THROUGH_A_THIRD, "by_no_rule"],
    "conflicts": [*(conflict.name for conflict in conflicts(400)), "cannot_link"],
    "alternatives": ["strangers", *ALTERNATIVES],
    "deliveries": list(DELIVERIES),
    "events": ["minted", "merged", "absorbed", "split", "parted", "joined", "joined_from", "left", "left_to"],
    "parts": ["prior", "term_frequency", "delivery", "total"],
}


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in NAMES.items() for name in names])
def test_a_name_has_words(kind, name):
    assert name in vocabulary()[kind], f"add {name} to {kind} in pipeline/linkage/labels.yaml"
    said = words(kind, name, other="c1")
    assert said.zh
    assert said.en
    assert said.zh != said.en


@pytest.mark.parametrize("comparison", COMPARISONS, ids=lambda comparison: comparison.name)
def test_a_comparison_and_its_levels_have_words(comparison):
    known = vocabulary()["comparisons"].get(comparison.name, {})
    absent = set(comparison.labels) - set(known.get("levels", {}))
    assert not absent, f"add to {comparison.name} in pipeline/linkage/labels.yaml: {absent}"
    assert all(level_words(comparison.name, label).zh for label in comparison.labels)


def test_the_columns_that_are_shown_are_those_of_the_linkage_input(con):
    put_records(con, [])
    fill_input(con, records="intermediate.int_records_standardised", table="linkage_input")
    have = {row[0] for row in con.execute("DESCRIBE linkage_input").fetchall()}
    assert {column for comparison in COMPARISONS for column in columns_of(comparison.name)} <= have


def test_a_name_without_words_is_shown_as_it_stands():
    assert words("rules", "of_the_future").en == "of the future"
    assert level_words("of_the_future", "nearly").zh == "nearly"
    assert "填" in level_words("sex", None).zh
