"""What stands out on the night that a submission comes."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.accountability.obligations.arrivals import Arrival, other_months, sudden_changes, two_sided_p
from pipeline.settings.accountability import ArrivalSettings

SETTINGS = ArrivalSettings()
STEADY = [20, 18, 22, 25, 19, 21, 17, 23]


def put(con: duckdb.DuckDBPyConnection, revision_id: int, period: str, rows: int, outside: int = 0) -> None:
    arrived = f"{period}-28 10:00:00+08"
    con.execute(
        """
        INSERT INTO checks.submission_states (revision_id, unit_code, feed, period, revision, state, first_state,
            is_current, row_count, set_aside_count, arrived_at)
        VALUES (?, 'clinic-100', 'immunization', ?, 1, 'accepted', 'accepted', true, ?, 0, ?)
        """,
        [revision_id, period, rows, arrived],
    )
    con.execute(
        "INSERT INTO checks.results VALUES (?, 'clinic-100', 'immunization', ?, 'event_outside_period', 'enrolled_on', "
        "'row', 'validity', ?, ?, ?)",
        [revision_id, period, rows, outside, not outside],
    )


def fill(con: duckdb.DuckDBPyConnection, last: int, outside: int = 0) -> None:
    for number, rows in enumerate([*STEADY, last], start=1):
        put(con, number, f"2024-{number:02d}", rows, outside if number == len(STEADY) + 1 else 0)


def test_a_month_like_the_others_is_not_named(con: duckdb.DuckDBPyConnection) -> None:
    fill(con, 24)
    assert sudden_changes(con, SETTINGS, None) == []
    assert other_months(con, SETTINGS, None) == []


@pytest.mark.parametrize("rows", [0, 80])
def test_a_sudden_change_is_named_with_what_was_usual(con: duckdb.DuckDBPyConnection, rows: int) -> None:
    fill(con, rows)
    assert sudden_changes(con, SETTINGS, None) == [
        Arrival("clinic-100", "immunization", "2024-09", rows, usual=sum(STEADY) / len(STEADY))
    ]


def test_only_what_came_since_the_last_night_is_looked_at(con: duckdb.DuckDBPyConnection) -> None:
    fill(con, 80, outside=70)
    later = dt.datetime(2024, 10, 1, tzinfo=dt.UTC)
    assert sudden_changes(con, SETTINGS, later) == []
    assert other_months(con, SETTINGS, later) == []


def test_too_short_a_history_says_nothing(con: duckdb.DuckDBPyConnection) -> None:
    for number, rows in enumerate([20, 18, 90], start=1):
        put(con, number, f"2024-{number:02d}", rows)
    assert sudden_changes(con, SETTINGS, None) == []


def test_a_file_of_another_month_is_named(con: duckdb.DuckDBPyConnection) -> None:
    fill(con, 20, outside=18)
    assert other_months(con, SETTINGS, None) == [
        Arrival("clinic-100", "immunization", "2024-09", 20, share_outside=0.9)
    ]


@given(st.lists(st.integers(0, 200), min_size=2, max_size=12))
def test_the_usual_is_never_surprising(history: list[int]) -> None:
    usual = round(sum(history) / len(history))
    assert two_sided_p(usual, history) > SETTINGS.sudden_change_level


@given(st.lists(st.integers(1, 200), min_size=6, max_size=12), st.integers(0, 500), st.integers(1, 500))
def test_further_away_is_never_likelier(history: list[int], rows: int, more: int) -> None:
    if rows >= max(history):
        assert two_sided_p(rows + more, history) <= two_sided_p(rows, history)
