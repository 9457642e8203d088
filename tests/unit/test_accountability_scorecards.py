"""Scorecards and flags from counts: nothing is lost, facts and rates stay apart, and a second run changes nothing."""

import re

import pytest
import yaml

from pipeline.accountability.limits.flags import WORDS_FILE, words
from pipeline.accountability.measures.trailing_windows import all_periods
from pipeline.accountability.scorecards import write_scorecards
from pipeline.accountability.vocabulary import EVENT_RULES, RULES_OF, Measure, Rule
from pipeline.settings.accountability import AccountabilitySettings

MONTHS = all_periods("2024-01", "2025-01")
UNITS = tuple(f"clinic-{number}" for number in range(6))
LATE, BLANK, MISSED_ONCE = UNITS[:3]


def counts_of(unit, period):
    """(rule, item, failed, evaluated) of one immunization submission."""
    month = int(period[5:])
    yield "late", "", int(unit == LATE and month % 2 == 1), 1
    yield "missing_submission", "", int(unit == MISSED_ONCE and period == "2024-05"), 1
    yield "rejected_file", "", 0, 1
    yield "item_missing", "mother_name", 15 if unit == BLANK else 1, 20
    yield "item_missing", "phone", 0, 20
    yield "invalid_id_number", "mother_id_no", 0, 10
    yield "invalid_value", "birth_date", 0, 20
    yield "duplicates", "", 0, 20
    yield "inconsistent", "sex", 0, 15
    yield "low_coverage", "", 2, 20


@pytest.fixture
def counted(con):
    """Six clinics with thirteen months of two feeds, one of residents and one of providers; the last is not yet due."""
    con.execute(
        """
        CREATE SCHEMA measures;
        CREATE TABLE measures.rule_counts (unit_code VARCHAR, feed VARCHAR, period VARCHAR, measure VARCHAR,
            rule VARCHAR, item VARCHAR, failed BIGINT, evaluated BIGINT, failed_in_time BIGINT);
        CREATE TABLE measures.event_days (unit_code VARCHAR, feed VARCHAR, period VARCHAR, event_date DATE,
            events BIGINT);
        CREATE TABLE measures.corroboration_cells (unit_code VARCHAR, feed VARCHAR, period VARCHAR,
            township_code VARCHAR, birth_quarter VARCHAR, is_resident BOOLEAN, has_mother_id BOOLEAN,
            has_child_number BOOLEAN, has_name BOOLEAN, has_phone BOOLEAN, due_elsewhere INTEGER, records BIGINT,
            uncorroborated BIGINT, uncorroborated_in_time BIGINT);
        INSERT INTO accountability.registers VALUES
            ('immunization', 'health', 'birth', 'residence', 'month', 2, '2024-12'),
            ('delivery', 'health', 'birth', 'provider', 'month', 2, '2024-12'),
            ('school_enrolment', 'education', 'later_contact', 'residence', 'year', 84, '2024');
        INSERT INTO accountability.obligations (unit_code, feed, period, status, due_on)
            VALUES ('school-1', 'school_enrolment', '2024', 'on_time', '2024-09-20');
        """
    )
    rows, owed = [], []
    for unit in UNITS:
        for period in MONTHS:
            is_due = period != MONTHS[-1]
            for feed in ("immunization", "delivery"):
                owed.append((unit, feed, period, "on_time" if is_due else "not_due", f"{period}-25"))
            for rule, item, failed, evaluated in counts_of(unit, period):
                rows.append((unit, "immunization", period, "", rule, item, failed * is_due, evaluated * is_due))
                if rule in EVENT_RULES:
                    rows.append((unit, "delivery", period, "", rule, item, 0, int(is_due)))
            con.execute(
                "INSERT INTO measures.event_days VALUES (?, 'immunization', ?, ?, 3)", [unit, period, f"{period}-07"]
            )
            con.execute(
                "INSERT INTO measures.corroboration_cells VALUES "
                "(?, 'immunization', ?, '100', '2024-Q1', true, true, true, true, true, 2, 20, 1, 1)",
                [unit, period],
            )
    rows += [("school-1", "school_enrolment", "2024", "", rule.value, "", 0, 1) for rule in EVENT_RULES]
    con.executemany(
        "INSERT INTO accountability.obligations (unit_code, feed, period, status, due_on) VALUES (?, ?, ?, ?, ?)", owed
    )
    con.executemany("INSERT INTO measures.rule_counts VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $7)", rows)
    return con


def flags(con, unit, rule):
    return dict(
        con.execute(
            "SELECT period, severity FROM accountability.flags WHERE unit_code = ? AND rule = ? ORDER BY period",
            [unit, rule],
        ).fetchall()
    )


def test_every_obligation_has_every_measure_once(counted, home):
    summary = write_scorecards(counted, home)
    owed = counted.execute("SELECT count(*) FROM accountability.obligations").fetchall()[0][0]
    assert summary.obligations == owed == 2 * len(UNITS) * len(MONTHS) + 1
    rows = counted.execute(
        "SELECT time_window, measure, count(*), count(DISTINCT (unit_code, feed, period)), "
        "count(*) FILTER (WHERE isnan(value) OR isnan(low) OR isnan(expected)) "
        "FROM accountability.measure_results GROUP BY ALL"
    ).fetchall()
    assert len(rows) == 2 * len(Measure)
    assert {tuple(row[2:]) for row in rows} == {(owed, owed, 0)}


def test_facts_and_rates_stay_apart(counted, home):
    write_scorecards(counted, home)
    assert flags(counted, MISSED_ONCE, "missing_submission") == {"2024-05": "event"}
    late = flags(counted, LATE, "late")
    # from the sixth submission on the rate can be told of; before that each is a fact of its month
    assert [late[month] for month in ("2024-01", "2024-03")] == ["event", "event"]
    assert late["2024-12"] == "alarm"
    assert "2025-01" not in late


def test_a_blank_column_alarms_and_says_which(counted, home):
    write_scorecards(counted, home)
    found = flags(counted, BLANK, "item_missing")
    assert set(found.values()) == {"alarm"}
    # three submissions are needed before anything is told
    assert min(found) == "2024-03"
    told = counted.execute(
        "SELECT evidence_count, denominator, message_zh, message_en FROM accountability.flags "
        "WHERE unit_code = ? AND rule = 'item_missing' AND period = '2024-12'",
        [BLANK],
    ).fetchall()
    count, denominator, zh, en = told[0]
    assert (count, denominator) == (180, 240)
    assert "母亲姓名" in zh
    assert "mother_name" in en
    assert "75%" in zh
    assert "75%" in en
    others = counted.execute(
        "SELECT DISTINCT unit_code FROM accountability.flags WHERE rule = 'item_missing'"
    ).fetchall()
    assert others == [(BLANK,)]


def test_measures_that_say_nothing_of_a_feed_are_not_applicable(counted, home):
    write_scorecards(counted, home)
    said = dict(
        counted.execute(
            "SELECT DISTINCT feed || ' ' || measure, verdict FROM accountability.measure_results "
            "WHERE time_window = 'trailing' AND (feed, measure) IN (('delivery', 'coverage'), "
            "('school_enrolment', 'date_heaping'))"
        ).fetchall()
    )
    assert said == {"delivery coverage": "not_applicable", "school_enrolment date_heaping": "not_applicable"}


def test_one_submission_is_no_rate(counted, home):
    write_scorecards(counted, home)
    assert counted.execute(
        "SELECT count(value), count(*) FILTER (WHERE denominator = 1) > 0 FROM accountability.measure_results "
        "WHERE measure = 'timeliness' AND time_window = 'period'"
    ).fetchall() == [(0, True)]


def test_values_lie_within_their_intervals_and_limits_around_their_targets(counted, home):
    write_scorecards(counted, home)
    assert counted.execute(
        "SELECT count(*) FROM accountability.measure_results WHERE value NOT BETWEEN low - 1e-9 AND high + 1e-9"
    ).fetchall() == [(0,)]
    judged, within = counted.execute(
        "SELECT count(*), count(*) FILTER (WHERE expected BETWEEN low_95 AND high_95 AND low_998 <= low_95 "
        "AND high_95 <= high_998) FROM accountability.rule_results WHERE verdict <> 'too_few'"
    ).fetchall()[0]
    assert judged == within > 0


def test_a_second_run_changes_nothing(counted, home):
    def content():
        return [
            counted.execute(f"SELECT * FROM accountability.{table} ORDER BY ALL").fetchall()
            for table in ("measure_results", "rule_results", "flags")
        ]

    write_scorecards(counted, home)
    before = content()
    write_scorecards(counted, home)
    assert content() == before


def test_a_county_with_nothing_owed_has_empty_scorecards(con, home):
    assert write_scorecards(con, home).obligations == 0


def test_every_rule_has_its_words_in_both_languages():
    assert set(words()["rules"]) == {rule.value for rule in Rule}
    for rule, kinds in words()["rules"].items():
        assert set(kinds) == ({"event", "rate"} if rule in EVENT_RULES else {"rate"})
        for texts in kinds.values():
            # the same facts in both languages
            assert set(re.findall(r"{\w+}", texts["zh"])) == set(re.findall(r"{\w+}", texts["en"])), rule
    assert yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8")) == words()


def test_every_rule_belongs_to_one_measure_and_has_its_settings():
    rules = [rule for of in RULES_OF.values() for rule in of]
    assert sorted(rules) == sorted(Rule)
    for table in ("acceptable_share", "assumed_spread", "minimum_excess"):
        assert set(getattr(AccountabilitySettings(), table)) == {rule.value for rule in Rule}


def test_a_county_changes_single_rules():
    changed = AccountabilitySettings(acceptable_share={"late": 0.2})
    assert changed.acceptable_share["late"] == 0.2
    assert changed.acceptable_share["duplicates"] == 0.02
    with pytest.raises(ValueError, match="no rule"):
        AccountabilitySettings(standard={"tardy": 0.2})
