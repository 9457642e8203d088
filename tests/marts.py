"""Marts without dbt: tables made from their specification, with a few rows, for tests of what is done with them."""

from __future__ import annotations

import datetime as dt

import duckdb

from pipeline.publish import Night, assign_child_keys, begin_night
from pipeline.publish.release.marts_spec import load_marts

AS_OF = dt.date(2026, 1, 31)
FINGERPRINT = {"archive": "a" * 64, "code": "b" * 64}
CHILDREN = ("child-1", "child-2", "child-3")


def make_marts(con: duckdb.DuckDBPyConnection) -> None:
    """Three children, one register's coverage, two obligations; `runs` is the view that it is in life."""
    con.execute("CREATE SCHEMA IF NOT EXISTS marts")
    for mart in load_marts().values():
        if mart.name != "runs":
            columns = ", ".join(f'"{column.name}" {column.data_type}' for column in mart.columns)
            con.execute(f"CREATE TABLE marts.{mart.name} ({columns})")
    con.execute("CREATE VIEW marts.runs AS SELECT * EXCLUDE (fingerprint) FROM publish.nights")
    statuses = ", ".join("'held'" for column in load_marts()["children"].columns if column.name.startswith("in_"))
    con.execute(
        f"""
        INSERT INTO marts.children
        SELECT child_key, '2025-03', '1', '999977100', true, 1, {statuses}, 4, '0-30' FROM publish.child_keys
        """
    )
    con.execute("INSERT INTO marts.register_coverage VALUES ('2025-03', '999977100', 'delivery', 3, 3, 3, 0, 1.0)")
    con.execute("INSERT INTO marts.gap_summary VALUES ('2025-03', NULL, 'delivery', 'likely_omitted', 1)")
    con.execute(
        """
        INSERT INTO accountability.obligations (unit_code, feed, period, status, due_on) VALUES
            ('clinic-100', 'delivery', '2025-03', 'on_time', '2025-04-07'),
            ('school-100', 'school_enrolment', '2025', 'missing', '2025-09-22')
        """
    )
    con.execute(
        """
        INSERT INTO marts.submissions
        SELECT unit_code, '单位', 'health', '999977100', feed, period,
            if(length(period) = 4, 'year', 'month'), status, due_on, NULL, NULL, NULL, NULL
        FROM accountability.obligations
        """
    )
    verdicts = ", ".join(
        f"'too_few' AS {column.name}"
        for column in load_marts()["unit_scorecards"].columns
        if column.name.endswith("_verdict")
    )
    con.execute(
        f"""
        INSERT INTO marts.unit_scorecards BY NAME
        SELECT unit_code, feed, period, if(length(period) = 4, 'year', 'month') AS period_kind, {verdicts}
        FROM accountability.obligations
        """
    )
    con.execute(
        "INSERT INTO marts.linkage_quality VALUES ('N0001-0123abcd', 'overall', 12, 3, 0.99, 0.98, 0, "
        "NULL, NULL, NULL, NULL, NULL, NULL)"
    )


def make_night(con: duckdb.DuckDBPyConnection, home) -> Night:
    """The first night of a home, with linked records, keys and marts."""
    night = begin_night(con, home, AS_OF, FINGERPRINT)
    con.executemany(
        "INSERT INTO linkage.child_records VALUES (?, 'delivery', ?, 'clinic-100', '2025-03', ?)",
        [(number, f"F{number}", child) for number, child in enumerate(CHILDREN, start=1)],
    )
    assign_child_keys(con, home)
    make_marts(con)
    return night
