"""The model that ships, its card, and the counties that it is learned from and measured on."""

from benchmarks.labelled import recipes
from pipeline.linkage.model.comparisons import COMPARISONS, definitions_digest
from pipeline.linkage.model.frozen_model import DEFAULT_MODEL, DISTRIBUTIONS, read_model
from pipeline.linkage.training.cards import card_markdown
from pipeline.linkage.training.default_model import CARD


def test_the_card_is_what_the_model_says():
    text = card_markdown(read_model(DEFAULT_MODEL))
    assert CARD.read_text(encoding="utf-8") == text, "run: python -m pipeline.linkage.training.default_model"


def test_the_model_was_learned_on_these_comparisons():
    model = read_model(DEFAULT_MODEL)
    assert model.comparisons == definitions_digest(), "run: make model"
    for comparison in COMPARISONS:
        for name in DISTRIBUTIONS:
            assert abs(sum(level[name] for level in model.worth[comparison.name].values()) - 1) < 1e-9


def test_no_county_is_both_learned_from_and_measured_on():
    training, accuracy = recipes("training"), recipes("accuracy")
    assert not {plan.seed for plan in training.values()} & {plan.seed for plan in accuracy.values()}
    assert len({plan.seed for plan in accuracy.values()}) == len(accuracy) >= 20
    assert read_model(DEFAULT_MODEL).trained_on["counties"] == len(training)
