"""Metrics of a night: as Prometheus reads them, of the county alone, and no reason to fail a night."""

import dataclasses
import datetime as dt
import re

import pytest

from pipeline.contracts import load_feeds
from pipeline.publish import begin_night, complete_night
from pipeline.publish.metrics import metrics, write_metrics
from pipeline.warehouse import open_warehouse

DAY = dt.date(2026, 1, 31)
STARTED = dt.datetime(2026, 2, 1, 2, 0, tzinfo=dt.UTC)
ENDED = STARTED + dt.timedelta(seconds=95.5)
LINE = re.compile(r'([a-z_]+)(?:\{([a-z]+)="([a-z_]+)"\})? (-?\d+(?:\.\d+)?)')
NEW, OLD = dt.datetime(2026, 2, 1, 1, tzinfo=dt.UTC), dt.datetime(2026, 1, 20, tzinfo=dt.UTC)


@pytest.fixture
def warehouse(home):
    with open_warehouse(home) as con:
        con.executemany(
            "INSERT INTO accountability.registers VALUES (?, ?, 'birth', 'residence', 'month', 0, '2025-12')",
            [(feed.feed, feed.agency) for feed in load_feeds().values()],
        )
        yield con


def night_of(con, home, day, seen, ended=ENDED):
    night = begin_night(con, home, day, {"archive": seen}, STARTED)
    return dataclasses.replace(night, ended_at=ended, release=night.run_id)


def arrive(con, revision, feed, rows, at):
    con.execute(
        "INSERT INTO checks.submission_states BY NAME SELECT ? AS revision_id, 'clinic-100' AS unit_code, ? AS feed, "
        "'2025-12' AS period, 1 AS revision, 'accepted' AS state, 'accepted' AS first_state, true AS is_current, "
        "? AS row_count, 0 AS set_aside_count, ?::TIMESTAMPTZ AS arrived_at",
        [revision, feed, rows, at],
    )


def read(home):
    """Values by name and label; every line is one that Prometheus reads."""
    found, typed = {}, set()
    for line in home.metrics_file.read_text(encoding="utf-8").splitlines():
        if line.startswith("# TYPE"):
            typed.add(line.split()[2])
            assert line.endswith(" gauge")
        elif not line.startswith("# HELP"):
            matched = LINE.fullmatch(line)
            assert matched, line
            assert matched[1] in typed
            assert (matched[1], matched[3]) not in found
            found[matched[1], matched[3]] = float(matched[4])
    return found


def test_metrics_are_those_of_the_night(warehouse, home):
    first = night_of(warehouse, home, DAY - dt.timedelta(days=1), "x")
    complete_night(warehouse, home, first)
    arrive(warehouse, 1, "delivery", 40, OLD)
    arrive(warehouse, 2, "delivery", 7, NEW)
    arrive(warehouse, 3, "delivery", 5, NEW)
    for feed, period, rule, severity in (
        ("delivery", "2025-12", "late", "alarm"),
        ("delivery", "2025-11", "late", "alarm"),
        ("delivery", "2025-12", "duplicates", "warning"),
        ("immunization", "2025-12", "late", "alarm"),
    ):
        warehouse.execute(
            "INSERT INTO accountability.flags VALUES ('clinic-100', ?, ?, ?, ?, 1, 2, '字', 'word')",
            [feed, period, rule, severity],
        )
    for number, status in enumerate(("open", "open", "overdue", "closed")):
        warehouse.execute(
            "INSERT INTO accountability.tickets BY NAME SELECT ? AS ticket_id, 'clinic-100' AS unit_code, "
            "'delivery' AS feed, '2025-12' AS period, 'late' AS rule, 'event' AS kind, DATE '2026-01-09' AS opened_on, "
            "DATE '2026-01-09' AS since, DATE '2026-01-19' AS due_on, ? AS status, 0 AS reopened_count, "
            "[]::VARCHAR[] AS items, 1 AS failed, 1 AS evaluated",
            [f"T{number}", status],
        )
    night = night_of(warehouse, home, DAY, "y")
    complete_night(warehouse, home, night)
    assert write_metrics(warehouse, home, night, {"red": 2, "amber": 3}) == home.metrics_file
    found = read(home)
    assert {name for name, _ in found} == set(metrics())
    wanted = {
        ("rollcall_night_last_success_timestamp_seconds", None): ENDED.timestamp(),
        ("rollcall_night_seconds", None): 95.5,
        ("rollcall_night_rows_received", "delivery"): 12,
        ("rollcall_night_files_received", "delivery"): 2,
        ("rollcall_night_rows_received", "immunization"): 0,
        ("rollcall_night_checks_not_passed", "red"): 2,
        ("rollcall_night_checks_not_passed", "amber"): 3,
        ("rollcall_alarms", "delivery"): 1,
        ("rollcall_alarms", "immunization"): 1,
        ("rollcall_alarms", "marriage"): 0,
        ("rollcall_tickets_open", "open"): 2,
        ("rollcall_tickets_open", "overdue"): 1,
    }
    assert {key: found[key] for key in wanted} == wanted
    assert "clinic" not in home.metrics_file.read_text(encoding="utf-8")
    assert home.metrics_file.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in home.reports.iterdir()] == ["metrics.prom"]


def test_the_first_night_counts_all_that_came(warehouse, home):
    arrive(warehouse, 1, "delivery", 40, OLD)
    write_metrics(warehouse, home, night_of(warehouse, home, DAY, "x"), {"red": 0, "amber": 0})
    assert read(home)["rollcall_night_rows_received", "delivery"] == 40


def test_labels_are_feeds_and_kinds_only():
    assert {label for metric in metrics().values() for label in metric.get("labels", ())} == {
        "feed", "severity", "status",
    }  # fmt: skip
    assert all(
        metric["zh"] and metric["en"] and ("sql" in metric) != ("fact" in metric) for metric in metrics().values()
    )
