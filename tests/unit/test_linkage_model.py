"""The frozen model: its file, its version, the pointer, and what Splink is given."""

import json
import math
from itertools import pairwise

import pytest

from pipeline.errors import RollcallError
from pipeline.linkage.model.comparisons import COMPARISONS
from pipeline.linkage.model.frozen_model import (
    DEFAULT_MODEL,
    POINTER,
    WEIGHTS_APART,
    keep_model,
    model_in_use,
    model_version,
    read_model,
)
from pipeline.linkage.training.cards import card_json, card_markdown
from pipeline.linkage.training.county_model import SHIPPED_PART, mixed
from pipeline.linkage.training.training import Counts, from_counts, terms_of, untrained


@pytest.fixture(scope="module")
def shipped():
    return read_model(DEFAULT_MODEL)


def test_the_model_that_ships_is_used_until_another_is_promoted(home, shipped):
    assert model_version(home) == shipped.version
    other = untrained()
    keep_model(home, other, promote=False)
    assert model_version(home) == shipped.version
    keep_model(home, other, promote=True)
    assert model_version(home) == other.version
    assert model_in_use(home).text == other.text


def test_a_model_reads_back_as_it_was_written(tmp_path, shipped):
    path = tmp_path / "model.json"
    path.write_text(shipped.text, encoding="utf-8")
    assert read_model(path).version == shipped.version


def test_the_version_follows_from_the_content():
    assert untrained().version == untrained().version
    assert untrained().version != from_counts(Counts(), {}).version


@pytest.mark.parametrize("damage", [{"ladders": "other"}, {"format": 0}, {"terms": None}])
def test_a_model_of_another_program_is_refused_with_a_remedy(tmp_path, shipped, damage):
    path = tmp_path / "model.json"
    path.write_text(json.dumps(shipped.as_dict() | damage), encoding="utf-8")
    with pytest.raises(RollcallError, match="rollcall train"):
        read_model(path)


def test_a_pointer_to_nothing_is_said(home):
    (home.models).mkdir(parents=True)
    (home.models / POINTER).write_text('{"version": "m0"}', encoding="utf-8")
    with pytest.raises(RollcallError, match="cannot be read"):
        model_version(home)


def test_levels_can_be_told_from_the_weights_that_splink_reports(shipped):
    for model in (shipped, untrained()):
        for comparison in COMPARISONS:
            weights = [math.log2(s["m"] / s["u"]) for s in model.comparable[comparison.name].values()]
            apart = sorted([*weights, 0.0])
            assert all(b - a > WEIGHTS_APART / 2 for a, b in pairwise(apart)), comparison.name


def test_what_the_shipped_model_learned_makes_sense(shipped):
    for comparison in ("mother_id_no", "certificate_no", "child_id_no", "birth_date", "child_name"):
        weights = [shipped.weight(comparison, label, "u") for label in ("the same", "different")]
        assert weights[0] > 8
        assert weights[1] < -4
    # what twins share says nothing between them, what tells them apart does
    assert abs(shipped.weight("mother_id_no", "the same", "twins")) < 0.5
    assert shipped.weight("birth_rank", "different", "twins") < -5
    assert shipped.weight("register", "different", "twins") < -3


def test_rare_names_share_a_floor():
    terms = terms_of({"王芳": 30, "李静": 2, "张静": 1})
    assert terms.frequencies == {"王芳": 30 / 33}
    assert terms.floor == pytest.approx(1.5 / 33)


def test_a_county_that_shows_nothing_keeps_the_shipped_shares(shipped):
    worth = mixed({}, shipped, prior=1e-4)
    for comparison in COMPARISONS:
        for label in comparison.labels:
            assert worth[comparison.name][label]["m"] == pytest.approx(shipped.worth[comparison.name][label]["m"])
            assert worth[comparison.name][label]["u"] == pytest.approx(shipped.worth[comparison.name][label]["u"])


def test_weights_against_twins_stay_fixed_when_a_county_learns(shipped):
    learned = {"sex": {"the same": {"m": 0.9, "u": 0.5}, "different": {"m": 0.1, "u": 0.5}}}
    worth = mixed(learned, shipped, prior=0.0)["sex"]
    assert worth["different"]["m"] == pytest.approx(0.1 * (1 - SHIPPED_PART), rel=0.1)
    for label in ("the same", "different"):
        fixed = math.log2(worth[label]["m"] / worth[label]["twins"])
        assert fixed == pytest.approx(shipped.weight("sex", label, "twins"))


def test_cards_name_every_level_and_nobody(shipped):
    text = card_markdown(shipped)
    assert all(label in text for comparison in COMPARISONS for label in comparison.labels)
    assert not any(name in text + card_json(shipped) for name in shipped.terms["child_name_std"].frequencies)
