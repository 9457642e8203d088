"""Drift: nothing is told where a night is as training was, and what is told names the rule and the figures."""

import math

import pytest

from pipeline.linkage import link, measure_drift
from pipeline.linkage.model.frozen_model import DEFAULT_MODEL, read_model
from pipeline.linkage.training.drift import BINS, REFERENCE, Tally, compare_with, count, stability_index, with_reference
from pipeline.settings.linkage import DriftSettings
from tests.linkage_records import child, put_records, record

FEW = DriftSettings(records=1, pairs=1)
DAYS = [f"2024-03-{day:02}" for day in range(1, 21)]


def families(period, days=DAYS):
    """A boy a day: his birth certificate and a vaccination card in the month after."""
    for number, day in enumerate(days):
        mother = f"{99997719 + number * 7_919_513 % 10**7:08}{int(period[-1]) * 99_991 + number:010}"
        said = child(birth_date=day, mother_id_no=mother, mother_name_std=None, father_name_std=None)
        yield record("birth_certificate", f"T{period}{number}", period, **said)
        yield record("immunization", f"J{period}{number}", f"{period[:-1]}{int(period[-1]) + 1}", **said)


def tally(records, pairs):
    """A tally of one register: pairs by bin and by rule."""
    found = Tally()
    found.records["delivery"] = records
    for (name, rule), met in pairs.items():
        found.weights["delivery", name] += met
        found.rules["delivery", rule] += met
    return found


TRAINED = tally(100, {("7 to 12", "child_and_date_wrong"): 80, ("20 to 30", "parents_ids_missing"): 40})


@pytest.fixture(scope="module")
def shipped():
    return read_model(DEFAULT_MODEL)


def reference(shipped, of=TRAINED):
    return with_reference(shipped, of).trained_on[REFERENCE]


def test_the_reference_is_frozen_in_the_model_and_changes_its_version(shipped):
    model = with_reference(shipped, TRAINED)
    assert model.version != with_reference(shipped, tally(100, {})).version
    assert model.trained_on[REFERENCE]["delivery"]["weights"]["7 to 12"] == 0.8
    assert model.trained_on[REFERENCE]["delivery"]["rules"] == {
        "child_and_date_wrong": 0.8, "parents_ids_missing": 0.4,
    }  # fmt: skip


def test_a_night_like_the_training_has_not_drifted(shipped):
    found = compare_with(reference(shipped), TRAINED, FEW)
    assert found.is_judged
    assert found.index == pytest.approx(0, abs=1e-6)
    assert not found.is_drifted
    assert math.fsum(met for _, met in found.shares.values()) == pytest.approx(1)


def test_weights_that_moved_are_told(shipped):
    moved = tally(100, {("0 to 3", "child_and_date_wrong"): 80, ("20 to 30", "parents_ids_missing"): 40})
    found = compare_with(reference(shipped), moved, FEW)
    assert found.is_drifted
    assert found.index > 0.25
    assert found.outside == ()


def test_a_rule_that_finds_too_much_is_named(shipped):
    more = tally(100, {("7 to 12", "child_and_date_wrong"): 80, ("20 to 30", "parents_ids_missing"): 140})
    found = compare_with(reference(shipped), more, DriftSettings(records=1, pairs=1, index=100))
    assert found.outside == ("parents_ids_missing",)
    assert found.is_drifted
    volume = next(one for one in found.volumes if one.rule == "parents_ids_missing")
    assert (volume.expected, volume.met) == (pytest.approx(0.4), 1.4)


@pytest.mark.parametrize(("records", "of"), [(0.4, 3), (3.0, 30)])
def test_chance_is_not_drift(shipped, records, of):
    """Few records, or a rule that finds few pairs, are not judged."""
    found = compare_with(
        reference(shipped), tally(of, {("7 to 12", "child_and_date_wrong"): of}), DriftSettings(records=10, pairs=50)
    )
    assert found.is_judged == (of == 30)
    assert found.volumes == ()


def test_a_model_without_a_reference_is_not_judged():
    found = compare_with(None, TRAINED, FEW)
    assert not found.is_judged
    assert not found.is_drifted
    assert "reference" in found.why_not


def test_a_register_that_training_never_saw_is_left_out(shipped):
    stranger = Tally()
    stranger.add(TRAINED)
    stranger.records["new_register"] = 500
    stranger.weights["new_register", "under -3"] = 5_000
    assert compare_with(reference(shipped), stranger, FEW).index == pytest.approx(0, abs=1e-6)


def test_the_stability_index_of_a_textbook_example():
    # (0.6 - 0.5) ln(0.6 / 0.5) + (0.4 - 0.5) ln(0.4 / 0.5)
    assert stability_index({"a": (0.5, 0.6), "b": (0.5, 0.4)}) == pytest.approx(0.1 * math.log(1.5))
    assert [limit for _, limit in BINS] == sorted(limit for _, limit in BINS)


def test_nights_are_counted_as_training_is(con, home, shipped):
    """All months at once, or one a night: a record is counted with the same partners."""
    first, second = list(families("2024-03")), list(families("2024-05", [day.replace("-03-", "-05-") for day in DAYS]))
    put_records(con, first + second)
    link(con, home, 1, "run-1")
    model = with_reference(
        shipped, count(con, pairs="linkage.pairs", records="linkage.child_records", of="linkage.child_records")
    )
    # a card comes after its certificate: the pair is the card's
    assert model.trained_on[REFERENCE]["birth_certificate"]["rules"] == {}
    assert model.trained_on[REFERENCE]["immunization"]["rules"] == {"child_and_date_wrong": 1.0}
    for table in ("child_records", "record_states", "identity_events", "pairs", "state", "quality_sums"):
        con.execute(f"DELETE FROM linkage.{table}")
    put_records(con, first)
    link(con, home, 1, "run-1")
    put_records(con, first + second)
    link(con, home, 2, "run-2")
    for night in (1, 2):
        found = measure_drift(con, model, FEW, night)
        assert found.records == 40
        assert not found.is_drifted
        assert found.index == pytest.approx(0, abs=1e-3)
