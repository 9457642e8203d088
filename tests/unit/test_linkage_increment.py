"""A night that scores what is new leaves what a full rerun would leave, whatever came in which order."""

import hashlib
import random
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.home import Home
from pipeline.linkage import link
from pipeline.warehouse import open_warehouse
from tests.linkage_records import child, put_records, record

COMPARED = ("pairs", "record_states", "quality_sums", "constraints_obeyed", "blocking_keys", "state")
KEPT = (*COMPARED, "child_records", "identity_events", "quality")
GIVEN = "芳静强雨晨欣宇涵轩辰小"
NAMES = tuple(f"李{one}{other}" for one in GIVEN for other in GIVEN)
MOTHERS = tuple(f"{surname}{one}{other}" for surname in "王张章" for one in GIVEN for other in GIVEN)
FATHERS = (*(f"李{one}{other}" for one in GIVEN for other in GIVEN), None)
SLIPS = {
    "mother_id_no": None, "father_name_std": None, "birth_date": "2024-03-15", "child_name_std": "李雨辰",
    "village_code": "999977100201", "certificate_no": None, "phone": "13800000000", "birth_weight_g": None,
    "mother_name_std": "章静", "child_sex": None,
}  # fmt: skip


def families(rng):
    """Records of some thirty children: brothers and sisters, twins, records sent twice, certificates issued again."""
    records, number = [], 0
    for family in range(12):
        # numbers of two families have little in common; families do share names, days and the village
        digits = str(int(hashlib.md5(f"family {family}".encode()).hexdigest(), 16))
        mother_id = f"{digits[:17]}X"
        both = child(
            mother_name_std=rng.choice(MOTHERS), father_name_std=rng.choice(FATHERS), mother_id_no=mother_id,
            village_code=f"9999771002{family:02d}", phone=f"1{digits[20:30]}",
        )  # fmt: skip
        for delivery in range(rng.choice((1, 1, 2))):
            day = f"20{24 + 2 * delivery}-{rng.randint(1, 6):02d}-{rng.randint(1, 28):02d}"
            plurality, minute, weight = rng.choice((1, 1, 2)), rng.randint(1, 1400), rng.randint(230, 400) * 10
            for rank in range(1, plurality + 1):
                number += 1
                both |= {"birth_date": day, "child_sex": rng.choice("12")}
                said = both | {"birth_weight_g": weight + 300 * rank, "birth_minute": minute + 9 * rank}
                name, certificate = rng.choice(NAMES), f"T{number:09d}"
                plural = {"plurality": plurality, "birth_rank": rank} if plurality > 1 else {}
                records += [
                    record("delivery", f"D{number}", **said, **plural),
                    record("birth_certificate", certificate, **said, certificate_no=certificate, child_name_std=name),
                    record("immunization", f"V{number}", **both, child_name_std=name),
                    record("household_registration", f"H{number}", "2024-06", **both,
                           child_name_std=name, certificate_no=rng.choice((certificate, None))),
                ]  # fmt: skip
                if rng.random() < 0.3:
                    again = f"T{number:08d}9"
                    records.append(record("birth_certificate", again, "2024-04", **said, certificate_no=again,
                                          child_name_std=name))  # fmt: skip
                if rng.random() < 0.3:
                    records.append(record("immunization", f"W{number}", **both))
    return [revised(one, rng) if rng.random() < 0.3 else one for one in records]


def revised(one, rng):
    """The record as a later revision has it: a slip more, under the same key."""
    column = rng.choice(sorted(SLIPS))
    changed = dict(one, **{column: SLIPS[column]})
    again = record(changed["feed"], changed["record_no"], changed["period"], **{
        key: value for key, value in changed.items()
        if key not in ("feed", "record_no", "period", "record_key") and not key.endswith(("_pinyin", "_given_name"))
    })  # fmt: skip
    return again | {"record_key": one["record_key"]}


def decide(con, decisions):
    con.execute("CREATE SCHEMA IF NOT EXISTS casework")
    con.execute("CREATE TABLE IF NOT EXISTS casework.link_constraints (record_key_l BIGINT, record_key_r BIGINT, "
                "is_same BOOLEAN, decided_on DATE, entry BIGINT)")  # fmt: skip
    con.execute("DELETE FROM casework.link_constraints")
    for entry, (left, right, is_same) in enumerate(decisions):
        con.execute("INSERT INTO casework.link_constraints VALUES (?, ?, ?, '2026-01-01', ?)",
                    [min(left, right), max(left, right), is_same, entry])  # fmt: skip


def rows(con, table):
    return con.execute(f"FROM linkage.{table} ORDER BY ALL").fetchall()


def partition_of(con):
    found = con.execute("SELECT child_id, list(record_key) FROM linkage.child_records GROUP BY child_id").fetchall()
    return {frozenset(keys): child_id for child_id, keys in found}


def replayed(con):
    """Who is in which child, told from the events alone."""
    place = {}
    for event, child_id, key in con.execute(
        "SELECT event, child_id, record_key FROM linkage.identity_events WHERE event IN ('left', 'joined') "
        "ORDER BY night_no, event DESC"
    ).fetchall():
        # of one night, leaving comes before joining
        if event == "left":
            assert place.pop(key) == child_id
        else:
            assert place.setdefault(key, child_id) == child_id
    return place


def run_nights(tmp_path_factory, home, rng, nights):
    """Nights of arrivals, revisions, supplements, withdrawals and decisions, each against a fresh full link."""
    roots = [tmp_path_factory.mktemp(name) / "home" for name in ("nightly", "fresh")]
    for root in roots:
        shutil.copytree(home.root, root)
    pool = families(rng)
    waiting = rng.sample(pool, len(pool))
    present, decisions, scored = {}, [], []
    with open_warehouse(Home(roots[0])) as con, open_warehouse(Home(roots[1])) as fresh:
        for night in range(1, nights + 1):
            share = rng.choice((0.1, 0.3, 0.6)) if night < nights else 1
            for one in waiting[: round(len(waiting) * share)]:
                present[one["record_key"]] = one
            waiting = waiting[round(len(waiting) * share) :]
            for key in rng.sample(sorted(present), len(present) // 12):
                present[key] = revised(present[key], rng)
            for key in rng.sample(sorted(present), len(present) // 15):
                waiting.append(present.pop(key))
            decisions = [one for one in decisions if rng.random() < 0.8]
            decisions += [(*rng.sample(sorted(one["record_key"] for one in pool), 2), rng.random() < 0.6)
                          for _ in range(rng.choice((0, 1, 3)))]  # fmt: skip
            records = rng.sample(list(present.values()), len(present))
            before = partition_of(con)
            for each in (con, fresh):
                put_records(each, records)
                decide(each, decisions)
            summary = link(con, Home(roots[0]), night, f"run-{night}")
            scored.append(summary.records_scored)
            for table in KEPT:
                fresh.execute(f"DELETE FROM linkage.{table}")
            assert link(fresh, Home(roots[1]), 1, "run-1").is_full
            for table in COMPARED:
                assert rows(con, table) == rows(fresh, table), (night, table)
            now = partition_of(con)
            assert set(now) == set(partition_of(fresh))
            assert {keys: now[keys] for keys in now if keys in before} == {
                keys: before[keys] for keys in now if keys in before
            }
            assert replayed(con) == {key: child_id for keys, child_id in now.items() for key in keys}
            assert link(con, Home(roots[0]), night, f"run-{night}").events == {}
    return scored


quick = settings(max_examples=3, suppress_health_check=list(HealthCheck))


@quick
@given(rng=st.randoms(use_true_random=False), nights=st.integers(2, 4))
def test_every_night_leaves_what_a_full_rerun_leaves(tmp_path_factory, home, rng, nights):
    run_nights(tmp_path_factory, home, rng, nights)


@pytest.mark.long
@pytest.mark.timeout(1800)
@settings(quick, max_examples=40)
@given(rng=st.randoms(use_true_random=False), nights=st.integers(2, 7))
def test_many_nights_leave_what_full_reruns_leave(tmp_path_factory, home, rng, nights):
    run_nights(tmp_path_factory, home, rng, nights)


def test_a_night_scores_what_is_new_and_touches_what_it_meets(tmp_path, home):
    records = families(random.Random(3))
    with open_warehouse(home) as con:
        put_records(con, records[:-6])
        assert link(con, home, 1, "run-1").is_full
        put_records(con, records)
        summary = link(con, home, 2, "run-2")
        assert (summary.is_full, summary.records_new, summary.records_scored) == (False, 6, 6)
        assert 6 <= summary.records_touched < len(records) / 2
        assert link(con, home, 3, "run-3").records_touched == 0


@pytest.mark.parametrize("change", ["UPDATE linkage.state SET digest = ''", "DELETE FROM linkage.record_states"])
def test_links_made_under_other_rules_are_made_again(home, change):
    records = families(random.Random(4))
    with open_warehouse(home) as con:
        put_records(con, records)
        link(con, home, 1, "run-1")
        before = {table: rows(con, table) for table in (*COMPARED, "child_records")}
        con.execute(change)
        summary = link(con, home, 2, "run-2")
        assert (summary.is_full, summary.events, summary.records_new) == (True, {}, 0)
        assert before == {table: rows(con, table) for table in (*COMPARED, "child_records")}


def test_decisions_of_reviewers_are_obeyed_and_may_be_taken_back(home):
    one = child(child_name_std="李雨晨", child_id_no_is_valid=True)
    records = [
        record("household_registration", "H1", **one, child_id_no="99997720240305001X"),
        record("school_enrolment", "S1", "2030", **one, child_id_no="999977202403050036"),
        record("immunization", "J1", **child(child_name_std="李雨晨")),
        record("immunization", "X1", **child(mother_name_std="张静", mother_id_no="999977199202020026",
                                             birth_date="2025-07-01", father_name_std=None)),
    ]  # fmt: skip
    h1, s1, j1, x1 = (one["record_key"] for one in records)

    def together(con):
        return {frozenset(keys) for keys in partition_of(con)}

    with open_warehouse(home) as con:
        put_records(con, records)
        link(con, home, 1, "run-1")
        alone = together(con)
        assert frozenset({x1}) in alone
        # over a hard conflict, and where the model sees nothing in common
        decide(con, [(h1, s1, True), (h1, x1, True)])
        link(con, home, 2, "run-2")
        assert any({h1, s1, x1} <= keys for keys in together(con))
        # a later decision that contradicts is left out; one against holds
        decide(con, [(h1, s1, True), (s1, x1, False), (h1, x1, True)])
        link(con, home, 3, "run-3")
        assert any({h1, s1} <= keys for keys in together(con))
        assert not any({s1, x1} <= keys or {h1, x1} <= keys for keys in together(con))
        decide(con, [(h1, j1, False), (s1, j1, False), (h1, 12345, True)])
        link(con, home, 4, "run-4")
        assert together(con) == {frozenset({key}) for key in (h1, s1, j1, x1)}
        decide(con, [])
        assert not link(con, home, 5, "run-5").is_full
        assert together(con) == alone
