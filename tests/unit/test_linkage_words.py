"""Every name that linkage gives has its words in both languages."""

import pytest

from pipeline.linkage.children.conflicts import conflicts
from pipeline.linkage.inputs import fill_input
from pipeline.linkage.labels import columns_of, rung_words, vocabulary, words
from pipeline.linkage.model.comparisons import LADDERS
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


@pytest.mark.parametrize("ladder", LADDERS, ids=lambda ladder: ladder.name)
def test_a_ladder_and_its_rungs_have_words(ladder):
    known = vocabulary()["ladders"].get(ladder.name, {})
    absent = set(ladder.labels) - set(known.get("rungs", {}))
    assert not absent, f"add to {ladder.name} in pipeline/linkage/labels.yaml: {absent}"
    assert all(rung_words(ladder.name, label).zh for label in ladder.labels)


def test_the_columns_that_are_shown_are_those_of_the_linkage_input(con):
    put_records(con, [])
    fill_input(con, records="intermediate.int_records_standardised", table="linkage_input")
    have = {row[0] for row in con.execute("DESCRIBE linkage_input").fetchall()}
    assert {column for ladder in LADDERS for column in columns_of(ladder.name)} <= have


def test_a_name_without_words_is_shown_as_it_stands():
    assert words("rules", "of_the_future").en == "of the future"
    assert rung_words("of_the_future", "nearly").zh == "nearly"
    assert "填" in rung_words("sex", None).zh
