"""The night's own scoring: the same levels and weights as Splink gives, whatever the chunks, threads and table."""

from __future__ import annotations

import random
from itertools import product

import duckdb
import numpy as np
import pytest

from pipeline.linkage.inputs import INPUT, fill_input
from pipeline.linkage.model.comparison_levels import one_character_between
from pipeline.linkage.model.comparisons import COMPARISONS
from pipeline.linkage.model.frozen_model import DEFAULT_MODEL, Model, read_model
from pipeline.linkage.pairs import scoring
from pipeline.linkage.pairs.blocking import RULES
from pipeline.linkage.pairs.blocking_keys import find_candidates
from pipeline.linkage.pairs.comparison_vectors import WORDS, cheaper, columns_compared, put_terms, vectors_sql
from pipeline.linkage.pairs.first_look import LOOKS, vectors_of
from tests.linkage_records import put_records, record

RECORDS, SEED = 90, 7
SURNAMES, CHARACTERS = "王李张", "芳强静雨晨欣宇子"
FEEDS = ("delivery", "birth_certificate", "immunization", "household_registration", "school_enrolment")


def changed(rng: random.Random, text: str | None) -> str | None:
    """A text as it is, or with a slip: a character replaced, exchanged with the next, lost, or all of it."""
    if text is None or rng.random() < 0.6:
        return text
    at = rng.randrange(len(text))
    other = rng.choice("0123456789" if text.isdigit() else CHARACTERS)
    return rng.choice([
        text[:at] + other + text[at + 1 :],
        text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :],
        text[:at] + text[at + 1 :] or None,
        None,
    ])  # fmt: skip


def name(rng: random.Random) -> str:
    return rng.choice(SURNAMES) + "".join(rng.choices(CHARACTERS, k=rng.choice((1, 2, 2, 3))))


def made_records(seed: int = SEED) -> list[dict[str, object]]:
    """Records of a dozen children, two of each family, full of slips."""
    rng = random.Random(seed)
    rows = []
    for number in range(RECORDS):
        child, family = random.Random(f"{seed} child {number % 12}"), random.Random(f"{seed} family {number % 12 // 2}")
        mother, father, given = name(family), name(family), name(child)
        mother_id, father_id = (f"99997719{family.randrange(10**9, 10**10)}" for _ in range(2))
        day, month, year = child.randrange(1, 29), child.randrange(1, 13), child.choice((2023, 2024))
        if rng.random() < 0.3:
            day, month = rng.choice(((month, min(day, 12)), (day % 28 + 1, month), (day, month % 12 + 1)))
        is_named = rng.random() < 0.8
        written = changed(rng, given) if is_named else None
        columns: dict[str, object] = {
            "child_sex": rng.choice(("1", "2", None)),
            "birth_date": None if rng.random() < 0.05 else f"{year}-{month:02d}-{day:02d}",
            "birth_date_lunar_as_solar": f"{year}-{month:02d}-{(day + 20) % 28 + 1:02d}"
            if rng.random() < 0.2
            else None,
            "birth_minute": rng.choice((None, 600, 630, 900)),
            "child_name_std": written,
            "child_nickname": rng.choice((None, given[-1])) if not is_named else None,
            "child_id_no": changed(rng, f"999977{year}{month:02d}{day:02d}{child.randrange(1000, 9999)}"),
            "child_id_no_is_valid": rng.random() < 0.2,
            "certificate_no": changed(rng, f"J{child.randrange(10**8, 10**9)}"),
            "mother_name_std": changed(rng, mother),
            "mother_id_no": changed(rng, mother_id),
            "father_name_std": changed(rng, father),
            "father_id_no": changed(rng, father_id),
            "guardian_name_std": changed(rng, rng.choice((mother, father))) if rng.random() < 0.4 else None,
            "phone": changed(rng, f"1{family.randrange(10**9, 10**10)}"),
            "village_code": rng.choice(("999977100200", "999977100201", None)),
            "village_name_std": rng.choice(("南寨", "北寨", None)),
            "township_code": rng.choice(("999977100", "999977101")),
            "birth_weight_g": rng.choice((None, 3000, 3050, 3400)),
            "gestation_weeks": rng.choice((None, 39, 40)),
            "plurality": rng.choice((None, 1, 2)),
            "birth_rank": rng.choice((None, 1, 2)),
        }
        rows.append(record(rng.choice(FEEDS), str(number), **columns))
    return rows


@pytest.fixture(scope="module")
def work() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(config={"threads": 2})
    put_records(con, made_records())
    fill_input(con, records="intermediate.int_records_standardised")
    con.execute(f"""
        CREATE TABLE every_pair AS SELECT l.record_key AS record_key_l, r.record_key AS record_key_r
        FROM {INPUT} AS l JOIN {INPUT} AS r ON l.record_key < r.record_key
    """)
    return con


@pytest.fixture(scope="module")
def model() -> Model:
    return read_model(DEFAULT_MODEL)


def rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[tuple]:
    return con.execute(sql).fetchall()


def test_weights_are_those_of_splink(work, model):
    """The reference: Splink compares and weighs; its vector, by the model's other tables, gives the rest."""
    scoring.scored(work, model, pairs="every_pair", into="ours")
    vectors = scoring.compare(work, model, pairs="every_pair")

    def against(alternative: str) -> str:
        parts = [repr(model.odds[alternative])]
        for comparison in COMPARISONS:
            weights = {label: repr(model.weight(comparison.name, label, alternative)) for label in comparison.labels}
            parts.append(model.level_sql(comparison, weights, missing="0"))
        return " + ".join(parts)

    count, delivery, twins = rows(
        work,
        f"""
        SELECT count(*), max(abs(delivery_weight - {scoring.odds_sql("match_weight", against("siblings"))})),
            max(abs(twins_weight - ({against("twins")})))
        FROM ours JOIN {vectors} USING (record_key_l, record_key_r)
        """,
    )[0]
    assert count == RECORDS * (RECORDS - 1) / 2
    assert max(delivery, twins) < 1e-9


def test_cheaper_conditions_hold_where_the_comparisons_own_do(work):
    available = [row[0] for row in rows(work, f"DESCRIBE {INPUT}")]
    columns = columns_compared(available)
    sides = ", ".join(f"l.{column} AS {column}_l, r.{column} AS {column}_r" for column in columns)
    numbers = [column for column in columns if column.endswith("_no") or column == "phone"]
    edits = ", ".join(f"levenshtein(l.{column}, r.{column}) AS edits_{column}" for column in numbers)
    pairs = f"(SELECT {sides}, {edits} FROM {INPUT} AS l JOIN {INPUT} AS r ON l.record_key < r.record_key)"
    met = 0
    for comparison in COMPARISONS:
        for level in comparison.levels:
            plain, cheap = (
                f"coalesce({condition}, false)" for condition in (level.condition, cheaper(level.condition))
            )
            total, differing = rows(work, f"SELECT sum(({plain})::INT), sum(({plain} <> {cheap})::INT) FROM {pairs}")[0]
            assert differing == 0, f"{comparison.name}: {level.label}"
            met += total > 0
    assert met > len(COMPARISONS), "the records must show the levels"


def test_the_look_before_one_character_loses_no_name():
    con = duckdb.connect()
    texts = ["".join(letters) for size in range(1, 6) for letters in product("ab", repeat=size)]
    con.execute("CREATE TABLE names AS SELECT unnest(?) AS name", [texts])
    con.execute("""
        CREATE TABLE both_names AS
        SELECT l.name AS mother_name_std_l, r.name AS mother_name_std_r FROM names AS l CROSS JOIN names AS r
    """)
    test = one_character_between("mother_name_std_l", "mother_name_std_r")
    assert cheaper(test) != test
    met, differing = rows(con, f"SELECT sum(({test})::INT), sum((({test}) <> ({cheaper(test)}))::INT) FROM both_names")[
        0
    ]
    assert met > 100
    assert differing == 0


def test_edits_counted_once_tell_a_transposition():
    con = duckdb.connect()
    texts = ["".join(digits) for size in (3, 4) for digits in product("123", repeat=size)]
    con.execute("CREATE TABLE numbers AS SELECT unnest(?) AS number", [texts])
    test = "damerau_levenshtein(phone_l, phone_r) = 1"
    differing = rows(
        con,
        f"""
        SELECT count(*) FILTER (({test}) <> ({cheaper(test)})) FROM (
            SELECT l.number AS phone_l, r.number AS phone_r, levenshtein(l.number, r.number) AS edits_phone
            FROM numbers AS l CROSS JOIN numbers AS r
        )
        """,
    )[0][0]
    assert cheaper(test) != test
    assert differing == 0


@pytest.mark.parametrize(("threads", "many"), [(1, 0), (2, 10**6)])
def test_weights_are_the_same_to_the_bit_whatever_the_table_and_threads(work, model, monkeypatch, threads, many):
    scoring.scored(work, model, pairs="every_pair", into="usual")
    monkeypatch.setattr(scoring, "MANY_RECORDS", many)
    work.execute(f"SET threads = {threads}")
    try:
        scoring.scored(work, model, pairs="every_pair", into="unusual")
    finally:
        work.execute("SET threads = 2")
    assert rows(work, "FROM usual ORDER BY ALL") == rows(work, "FROM unusual ORDER BY ALL")


def test_codes_and_the_statement_for_spark_give_the_same_vectors(work, model):
    """Every level of every pair by the comparison's SQL, against a look at codes and SQL for what it leaves open."""
    put_terms(work, model)
    available = [row[0] for row in rows(work, f"DESCRIBE {INPUT}")]
    words = ", ".join(WORDS)
    places = "SELECT l.rowid AS place_l, r.rowid AS place_r FROM every_pair AS pairs"
    found = work.execute(f"""
        {places} JOIN {INPUT} AS l ON l.record_key = record_key_l JOIN {INPUT} AS r ON r.record_key = record_key_r
    """).fetchnumpy()
    vectors = vectors_of(work, model, INPUT, found["place_l"], found["place_r"])
    keys = work.execute(f"SELECT record_key FROM {INPUT} ORDER BY rowid").fetchnumpy()["record_key"]
    ours = sorted(
        zip(
            keys[vectors.left].tolist(),
            keys[vectors.right].tolist(),
            *(word.tolist() for word in vectors.words),
            vectors.terms.tolist(),
            strict=True,
        )
    )
    sql = vectors_sql(model, "every_pair", INPUT, available, kept="0 AS rule")
    assert ours == rows(work, f"SELECT record_key_l, record_key_r, {words}, terms FROM ({sql}) ORDER BY ALL")


def test_a_look_at_codes_tells_something_of_every_comparison():
    """A comparison whose conditions a look cannot read would be right, but worked out for every pair."""
    for look in LOOKS:
        assert look.either or look.both or look.place.comparison.missing == "false", look.place.comparison.name
    told = {look.place.comparison.name for look in LOOKS if look.equal or look.unequal}
    assert {c.name for c in COMPARISONS} - told == {"child_nickname", "guardian", "plurality"}


def test_two_absent_values_are_never_the_same(work, model):
    """A code of an absent value is no value's code."""
    work.execute(f"""
        CREATE OR REPLACE TABLE empty_records AS SELECT * REPLACE (NULL AS birth_date, NULL AS phone, NULL AS feed)
        FROM {INPUT} LIMIT 2
    """)
    place = np.array([0], dtype=np.int32)
    vectors = vectors_of(work, model, "empty_records", place, place + 1)
    levels = {
        look.place.comparison.name: vectors.words[look.place.word][0] // look.place.factor % look.place.radix
        for look in LOOKS
    }
    assert (levels["birth_date"], levels["phone"], levels["register"]) == (0, 0, 2)


def test_a_pair_weighs_the_same_among_few_records_as_among_many(work, model):
    """What the next night asks for is what a full rerun would have said."""
    scoring.scored(work, model, pairs="every_pair", into="among_many")
    work.execute(f"CREATE OR REPLACE TABLE some_records AS FROM {INPUT} ORDER BY record_key LIMIT 20")
    work.execute("""
        CREATE OR REPLACE TABLE some_pairs AS FROM every_pair
        SEMI JOIN some_records AS l ON l.record_key = record_key_l
        SEMI JOIN some_records AS r ON r.record_key = record_key_r
    """)
    scoring.scored(work, model, pairs="some_pairs", table="some_records", into="among_few")
    assert rows(work, "SELECT count(*) FROM among_few") == [(190,)]
    assert not rows(work, "FROM among_few EXCEPT FROM among_many")


def test_only_pairs_of_some_weight_are_kept(work, model):
    all_of_them = scoring.scored(work, model, pairs="every_pair", into="all_weights")
    kept = scoring.scored(work, model, pairs="every_pair", into="heavy", at_least=0.0)
    assert 0 < kept < all_of_them
    assert rows(work, "FROM heavy ORDER BY ALL") == rows(
        work, "FROM all_weights WHERE delivery_weight >= 0 ORDER BY ALL"
    )


def test_each_rule_finds_what_it_says_and_the_first_names_the_pair(work):
    conditions = [
        " AND ".join(
            [f"l.{column} = r.{column}" for column in rule.columns]
            + [f"list_has_any(list_filter(l.{column}, lambda x: x IS NOT NULL), r.{column})" for column in rule.explode]
        )
        for rule in RULES
    ]
    cases = " ".join(f"WHEN {condition} THEN {number}" for number, condition in enumerate(conditions))
    expected = rows(
        work,
        f"""
        SELECT record_key_l, record_key_r, rule FROM (
            SELECT l.record_key AS record_key_l, r.record_key AS record_key_r, CASE {cases} END AS rule
            FROM {INPUT} AS l JOIN {INPUT} AS r ON l.record_key < r.record_key
        ) WHERE rule IS NOT NULL ORDER BY ALL
        """,
    )
    found = rows(work, f"FROM {find_candidates(work, table=INPUT)} ORDER BY ALL")
    assert found == expected
    assert len({rule for *_, rule in found}) > len(RULES) / 2
