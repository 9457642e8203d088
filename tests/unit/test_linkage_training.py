"""Learning: counted from labels, or from a county's own records."""

import datetime as dt
import json
import random

import duckdb
import pytest

from pipeline.errors import RollcallError
from pipeline.linkage import link, model_version, train
from pipeline.linkage.inputs import fill_input
from pipeline.linkage.training import county_model
from pipeline.linkage.training.training import FIXED_SHARES, UNKNOWN_PART, Counts, count_labelled, from_counts
from pipeline.warehouse import open_warehouse
from tests.linkage_records import PINYIN, child, put_records, record

CHARACTERS = sorted(set(PINYIN) - set("王李张章"))


def families(count, seed=1):
    """So many children, one a family, each in three registers, some ids mistyped."""
    rng = random.Random(seed)
    for number in range(count):
        mother_id = f"9999771990{rng.randrange(10**8):08}"
        said = child(
            birth_date=(dt.date(2024, 1, 1) + dt.timedelta(days=rng.randrange(700))).isoformat(),
            child_sex=rng.choice("12"),
            mother_name_std=rng.choice("王李张") + "".join(rng.sample(CHARACTERS, 2)),
            mother_id_no=mother_id,
            father_name_std=rng.choice("王李张") + "".join(rng.sample(CHARACTERS, 2)),
            village_code=f"9999771002{rng.randrange(20):02}",
        )
        named = said | {"child_name_std": "李" + "".join(rng.sample(CHARACTERS, 2))}
        certificate = f"T{number:09}"
        yield record("delivery", f"D{number}", **said, birth_weight_g=rng.randrange(2500, 4200), plurality=1)
        yield record("birth_certificate", certificate, **named, certificate_no=certificate)
        slip = mother_id[:-1] + "9" if rng.random() < 0.1 else mother_id
        yield record("immunization", f"J{number}", **(named | {"mother_id_no": slip}), certificate_no=certificate)


@pytest.fixture
def small(monkeypatch):
    """Let a county of a few hundred records learn."""
    monkeypatch.setattr(county_model, "MINIMUM_RECORDS", 300)
    monkeypatch.setattr(county_model, "MINIMUM_PAIRS", 50)


def test_a_county_learns_the_same_from_the_same_seed_and_nights_use_it(home, small):
    with open_warehouse(home) as con:
        put_records(con, families(150))
        shipped = model_version(home)
        kept = train(con, home, seed=7, promote=False)
        assert model_version(home) == shipped != kept.version
        again = train(con, home, seed=7, promote=True)
        assert again.version == kept.version == model_version(home)
        assert link(con, home, 1, "run-1").children == 150
    assert kept.path.is_file()
    card = json.loads(kept.path.with_suffix(".card.json").read_text(encoding="utf-8"))
    assert card["version"] == kept.version
    assert card["trained_on"]["fixed_from"] == shipped
    assert "siblings" in card["fixed"][0]
    # what drift is measured by is frozen with the model, by register
    assert set(card["trained_on"]["reference"]) == {"delivery", "birth_certificate", "immunization"}
    assert "Nights are measured against these" in kept.path.with_suffix(".card.md").read_text(encoding="utf-8")
    # nobody's school was seen: its levels are as they ship
    assert "guardian" in card["trained_on"]["comparisons_not_learned"]
    learned = card["weights"]["mother_id_no"]["one digit wrong"]["share_among_one_child"]
    assert 0.02 < learned < 0.15


def test_a_county_with_few_records_is_told_so(home):
    with open_warehouse(home) as con:
        put_records(con, families(5))
        with pytest.raises(RollcallError, match="15 records"):
            train(con, home, seed=1)


def test_labelled_pairs_are_counted_by_kind():
    con = duckdb.connect()
    shared = {"mother_id_no": "999977199001010028", "birth_date": "2024-03-05"}
    rows = [
        record("delivery", "1", **shared, birth_rank=1, plurality=2),
        record("immunization", "2", **shared),
        record("delivery", "3", **shared, birth_rank=2, plurality=2),
        record("delivery", "4", mother_id_no="999977199001010028", birth_date="2026-05-01"),
        record("delivery", "5", mother_id_no="999977198801010020", birth_date="2024-05-01"),
    ]
    put_records(con, rows)
    fill_input(con, records="intermediate.int_records_standardised")
    children = [("a", "x", "m"), ("a", "x", "m"), ("b", "x", "m"), ("c", "y", "m"), ("d", None, None)]
    con.execute("CREATE TABLE labels (record_key BIGINT, child VARCHAR, delivery VARCHAR, mother VARCHAR)")
    for row, (who, delivery, mother) in zip(rows, children, strict=True):
        con.execute("INSERT INTO labels VALUES (?, ?, ?, ?)", [row["record_key"], who, delivery, mother])
    counts = count_labelled(con, "labels")
    assert (counts.pairs["m"], counts.pairs["twins"], counts.pairs["siblings"]) == (1, 2, 3)
    assert counts.pairs["u"] > 0
    assert counts.levels["twins", "birth_rank", "different"] == 1
    assert counts.levels["m", "birth_date", "the same"] == 1
    assert counts.levels["u", "mother_id_no", "the same"] == 0
    assert counts.by_delivery["twins", "multiple"] == 2
    model = from_counts(counts, {})
    assert model.weight("birth_rank", "different", "twins") < 0
    assert sum(level["m"] for level in model.worth["birth_date"].values()) == pytest.approx(1)


def test_what_synthetic_counties_cannot_show_is_fixed_and_the_rest_still_adds_up():
    model = from_counts(Counts(), {})
    for comparison, label, name, share, why in FIXED_SHARES:
        assert model.worth[comparison][label][name] == pytest.approx(share)
        assert sum(level[name] for level in model.worth[comparison].values()) == pytest.approx(1)
        assert why
    # no slip of the pen is impossible, whatever was never seen
    assert all(level["m"] >= UNKNOWN_PART / len(levels) for levels in model.worth.values() for level in levels.values())
