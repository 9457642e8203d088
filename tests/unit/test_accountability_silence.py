"""Silence is no good mark: nights without a file from a unit better no verdict of it and close no ticket of it."""

import datetime as dt

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.accountability.limits.common_causes import common_causes
from pipeline.accountability.limits.rule_results import judge_rules
from pipeline.accountability.measures.counts import Counts
from pipeline.accountability.measures.trailing_windows import all_periods
from pipeline.accountability.obligations.calendar import WorkingDays
from pipeline.accountability.obligations.statuses import Status
from pipeline.accountability.rectification.follow_up import Evidence, Finding, Terms, event_findings, fold
from pipeline.accountability.rectification.retest import Case
from pipeline.accountability.rectification.tickets import Change, Kind
from pipeline.accountability.vocabulary import EVENT_RULES, Rule, Verdict
from pipeline.settings.accountability import AccountabilitySettings
from pipeline.settings.rectification import RectificationSettings

SETTINGS = AccountabilitySettings()
ORDER = [Verdict.TOO_FEW, Verdict.IN_CONTROL, Verdict.WARNING, Verdict.ALARM]
MONTHS = 30
ROWS = 20
UNIT, FEED = "clinic-100", "immunization"


def county(statuses, blank):
    """Counts of monthly submissions: what became of each, and how many of its 20 rows have an item blank.

    Args:
        statuses: (units, months) of `on_time`, `late`, `rejected`, `missing`.
        blank: (units, months), looked at where something came.
    """
    units = len(statuses)
    came = np.isin(statuses, ["on_time", "late"])
    by_rule = {
        Rule.LATE: (statuses == "late", came),
        Rule.MISSING_SUBMISSION: (statuses == "missing", np.ones_like(came)),
        Rule.REJECTED_FILE: (statuses == "rejected", came | (statuses == "rejected")),
        Rule.ITEM_MISSING: (np.where(came, blank, 0), np.where(came, ROWS, 0)),
    }
    series = pd.DataFrame(
        [
            (f"u{unit:02d}", FEED, rule.value, "phone" if rule is Rule.ITEM_MISSING else "")
            for rule in by_rule
            for unit in range(units)
        ],
        columns=["unit_code", "feed", "rule", "item"],
    )
    failed = np.concatenate([np.asarray(failed, float) for failed, _ in by_rule.values()])
    evaluated = np.concatenate([np.asarray(evaluated, float) for _, evaluated in by_rule.values()])
    periods = all_periods("2022-01", "2029-12")[: statuses.shape[1]]
    counts = Counts(periods, series, failed, evaluated, failed)
    return judge_rules(counts, np.tile(came, (len(by_rule), 1)), 12, SETTINGS)


def levels(judged):
    return np.argmax(judged.verdict[:, :, None] == np.array([each.value for each in ORDER], dtype=object), axis=2)


@settings(max_examples=60)
@given(st.integers(0, 2**31), st.integers(1, 16), st.booleans(), st.integers(2, 25))
def test_no_verdict_of_a_unit_betters_while_it_is_silent(seed, silent, all_are, units):
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet([8, 2, 1, 1], size=units)
    kinds = np.array(["on_time", "late", "rejected", "missing"])
    statuses = np.stack([rng.choice(kinds, MONTHS, p=share) for share in shares])
    blank = rng.binomial(ROWS, rng.choice([0.05, 0.1, 0.6], size=(units, 1)), size=(units, MONTHS))
    start = MONTHS - silent
    statuses[slice(None) if all_are else 0, start:] = "missing"
    judged = county(statuses, blank)
    own = levels(judged)[(judged.series["unit_code"] == "u00").to_numpy()]
    assert (np.diff(own, axis=1)[:, start - 1 :] >= 0).all()


def test_a_county_in_which_everybody_is_silent_is_not_in_control():
    statuses = np.full((30, MONTHS), "on_time", dtype=object)
    statuses[:, 12:] = "missing"
    judged = county(statuses, np.ones((30, MONTHS)))
    missing = (judged.series["rule"] == Rule.MISSING_SUBMISSION).to_numpy()
    assert (judged.verdict[missing, -1] == Verdict.ALARM).all()
    # what came was in time: silence makes no lateness, and no good mark either
    late = (judged.series["rule"] == Rule.LATE).to_numpy()
    assert (judged.window.n[late, -1] == 12).all()
    told = common_causes(judged, np.ones(judged.failed.shape, bool), SETTINGS)
    last = told[told["period"] == judged.periods[-1]]
    assert last[["rule", "units", "units_above", "failed", "evaluated"]].values.tolist() == [
        ["missing_submission", 30, 30, 360, 360]
    ]
    # one missing month in twelve is more than the level allows of all together
    assert last["since"].tolist() == [judged.periods[12]]


def test_a_county_in_which_everybody_is_late_is_told_so_and_one_late_unit_is_not_the_county():
    statuses = np.full((30, MONTHS), "on_time", dtype=object)
    statuses[0] = "late"
    alone = county(statuses, np.ones((30, MONTHS)))
    assert common_causes(alone, np.ones(alone.failed.shape, bool), SETTINGS).empty
    statuses[:, np.arange(MONTHS) % 4 > 0] = "late"
    together = county(statuses, np.ones((30, MONTHS)))
    assert set(common_causes(together, np.ones(together.failed.shape, bool), SETTINGS)["rule"]) == {"late"}
    late = (together.series["rule"] == Rule.LATE).to_numpy()
    assert (together.verdict[late, -1] == Verdict.ALARM).all()


CASE = st.tuples(st.integers(0, 20), st.floats(0.01, 0.3))


@settings(max_examples=200)
@given(
    st.sampled_from([Rule.ITEM_MISSING, *EVENT_RULES]),
    st.lists(CASE, min_size=1, max_size=10),
    st.lists(st.floats(0.01, 0.9), min_size=1, max_size=12),
    st.integers(1, 20),
)
def test_no_ticket_closes_on_a_night_after_which_nothing_came(rule, sent, silent, failed):
    terms = Terms(SETTINGS, RectificationSettings(), WorkingDays({}))
    periods = all_periods("2024-01", "2026-12")
    is_event = rule in EVENT_RULES
    tickets, cases, statuses = {}, [], {}
    found = Finding(UNIT, FEED, periods[0], rule.value, Kind.ALARM, ("",), failed=failed, evaluated=20)

    def night(number):
        nonlocal tickets
        evidence = Evidence({(UNIT, FEED): dict(statuses)}, {(UNIT, FEED, rule.value): list(cases)})
        findings = [*event_findings(evidence.statuses), *([found] if not number else [])]
        as_of = dt.date(2024, 1, 31) + dt.timedelta(days=31 * number)
        tickets, events = fold(tickets, findings, evidence, as_of, terms)
        return [event.event for event in events]

    for number, period in enumerate(periods[: len(sent) + len(silent)]):
        due = dt.date(2024, 1, 20) + dt.timedelta(days=31 * number)
        if number < len(sent):
            wrong, target = sent[number]
            counts = (int(wrong > 10), 1) if is_event else (wrong, 20)
            status = Status.LATE if rule is Rule.LATE and counts[0] else Status.ON_TIME
            if rule in (Rule.MISSING_SUBMISSION, Rule.REJECTED_FILE) and counts[0]:
                status = Status.MISSING if rule is Rule.MISSING_SUBMISSION else Status.REJECTED
            came = due if status in (Status.ON_TIME, Status.LATE) else None
        else:
            target, status, came = silent[number - len(sent)], Status.MISSING, None
            counts = (1, 1) if rule is Rule.MISSING_SUBMISSION else (0, 0)
        statuses[period] = status
        cases.append(Case(period, "", *counts, due, came, target))
        changes = night(number)
        if number >= len(sent):
            assert Change.CLOSED not in changes
