"""A guardian's correction takes the unit's way: a new revision, beside which the old one can still be shown."""

from __future__ import annotations

import duckdb

from pipeline.checks.states import decide_states
from pipeline.home import Home
from pipeline.intake import Chain, load, receive, verify_archive
from pipeline.reference import Reference
from tests.landing import AS_OF, csv_bytes, headers, land, record

WRONG, RIGHT = "2024-01-07 10:30", "2024-01-08 10:30"


def test_a_correction_stands_beside_what_it_corrects(
    home: Home, reference: Reference, con: duckdb.DuckDBPyConnection
) -> None:
    column = headers("delivery").index("分娩时间") if "分娩时间" in headers("delivery") else None
    rows = [headers("delivery"), record("delivery"), record("delivery", delivery_no="F0002")]
    for number, (name, day) in enumerate((("delivery_202401.csv", WRONG), ("delivery_202401_r2.csv", RIGHT))):
        sent = [rows[0], [day if cell == WRONG else cell for cell in rows[1]], rows[2]]
        assert column is None or sent[1][column] == day
        land(home, "clinic-100", name, csv_bytes(sent), arrived=f"2024-02-0{3 + number} 09:30")
        receive(home, reference, AS_OF)
        load(con, home)
        decide_states(con, home)
    # the corrected one counts
    current = con.execute("SELECT revision_id, revision FROM checks.current_revisions").fetchall()
    assert [revision for _, revision in current] == [2]
    states = con.execute("SELECT revision, state FROM checks.submission_states ORDER BY revision").fetchall()
    assert states == [(1, "superseded"), (2, "accepted")]
    # what stood there before, what stands there now, and when that changed
    said = {
        revision: [cell for row in con.execute("FROM intake.raw_delivery WHERE revision_id = ?", [key]).fetchall()
                   for cell in row if cell in (WRONG, RIGHT)]
        for key, revision in con.execute("SELECT revision_id, revision FROM intake.revisions").fetchall()
    }  # fmt: skip
    assert said == {1: [WRONG, WRONG], 2: [RIGHT, WRONG]}
    first, second = Chain(home.ledger_file).read()
    assert first["copy_sha256"] != second["copy_sha256"]
    assert first["arrived_ns"] < second["arrived_ns"]
    assert verify_archive(home).copies == 2
