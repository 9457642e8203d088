"""Contents past their time, removed by order: the next night forgets them, and nothing that remains is disturbed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pytest

from pipeline.contracts import load_feeds
from pipeline.errors import RollcallError
from pipeline.home import Home
from pipeline.intake import expired, receive, remove_expired
from pipeline.keys import make_key
from pipeline.orchestration.runs.night import run_night
from pipeline.orchestration.runs.rebuild import rebuild
from pipeline.publish.nights.archive_proof import heads, verify_whole
from pipeline.reference import load_reference
from pipeline.synthetic import load_plan, make_county
from pipeline.warehouse import ALIAS, open_warehouse

OLD, NIGHT, ON = dt.date(2024, 4, 30), dt.date(2024, 5, 31), dt.date(2024, 6, 30)

# two homes of several nights each; what an order removes is held without nights too (tests/unit/test_intake_removal.py)
pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module", params=["clear", "sealed"])
def lived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    """A home after its night: what was received a month before that is past its time a month after it."""
    folder = tmp_path_factory.mktemp(f"limits_{request.param}")
    with pytest.MonkeyPatch.context() as patched:
        if request.param == "sealed":
            make_key(folder / "county.key")
            patched.setenv("ROLLCALL_KEY_FILE", str(folder / "county.key"))
        home = Home(folder / "county")
        make_county(home.root, load_plan("demo", births=60, months=5, seed=5))
        with home.county_yaml.open("a", encoding="utf-8") as file:
            file.write("retention_months: 1\n")
        home = Home(home.root)
        assert receive(home, load_reference(home), OLD).row_count
        assert run_night(home, NIGHT).is_new
        yield Home(home.root)


def id_numbers(con: duckdb.DuckDBPyConnection) -> set[str]:
    """Every id number in the raw tables, as it was sent."""
    columns = [
        (feed.raw_table, column.name)
        for feed in load_feeds().values()
        for column in feed.columns.values()
        if column.type == "id_no"
    ]
    union = " UNION ".join(f'SELECT "{column}" AS raw FROM {table}' for table, column in columns)
    return {raw for (raw,) in con.execute(f"FROM ({union}) WHERE length(raw) = 18").fetchall()}


def everything(con: duckdb.DuckDBPyConnection) -> str:
    """All that stands in the warehouse's tables, as text."""
    tables = con.execute(
        "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE database_name = ?", [ALIAS]
    ).fetchall()
    return "\n".join(str(con.execute(f"FROM {table}").fetchall()) for (table,) in tables)


def owed(con: duckdb.DuckDBPyConnection) -> list[tuple]:
    return con.execute(
        "SELECT unit_code, feed, period, row_count FROM accountability.obligations "
        "WHERE status = 'on_time' OR status = 'late' ORDER BY ALL"
    ).fetchall()


def test_a_night_after_the_order_forgets_and_keeps_its_footing(lived: Home):
    home, written_down = lived, list(heads(lived).values())
    with open_warehouse(home, read_only=True) as con:
        before, delivered = id_numbers(con), owed(con)
    found = remove_expired(home, ON, "office")
    assert found.receipts
    assert found.first == found.last == OLD
    assert expired(home, ON).files == ()
    ended = run_night(home, ON)
    assert ended.is_new
    proof = verify_whole(home, written_down)
    assert proof.problems == ()
    assert proof.removed == len(found.files)
    with open_warehouse(home, read_only=True) as con:
        kept, said = id_numbers(con), everything(con)
        forgotten = before - kept
        assert len(forgotten) > 10
        assert [number for number in sorted(forgotten) if number in said] == []
        # a receipt stays a receipt: nobody is held to have sent nothing
        assert set(delivered) <= set(owed(con))
        # and nobody is asked after whom a removed submission may have held
        asked = con.execute(
            """
            SELECT count(*) FROM intermediate.int_child_registers AS c
            JOIN (
                SELECT r.feed, max(r.period) AS last_period
                FROM intake.removals JOIN intake.receipts AS r USING (receipt_no) GROUP BY r.feed
            ) AS removed ON c.register = removed.feed
            WHERE c.status = 'not_held' AND c.expected_from <= removed.last_period
            """
        ).fetchall()
        assert asked == [(0,)]
        assert con.execute("SELECT count(*) > 0 FROM intermediate.int_child_registers").fetchall() == [(True,)]
    assert not run_night(home, ON).is_new


def test_a_rebuild_from_what_remains_says_what_did_not_come_back(lived: Home, tmp_path: Path):
    """The second test of the file: it looks at the home that the first one left."""
    with pytest.raises(RollcallError, match=r"were removed by order.*rollcall restore"):
        rebuild(lived, tmp_path / "never")
    assert not (tmp_path / "never").exists()
    done = rebuild(lived, tmp_path / "made", from_what_remains=True)
    assert "were removed by order" in done.differences[0]
    made = Home(tmp_path / "made")
    assert heads(made) == heads(lived)
    assert verify_whole(made).problems == ()
    with open_warehouse(lived, read_only=True) as one, open_warehouse(made, read_only=True) as other:
        for feed in load_feeds().values():
            rows = f"FROM {feed.raw_table} ORDER BY revision_id, row_no"
            assert other.execute(rows).fetchall() == one.execute(rows).fetchall()
        assert owed(other) == owed(one)
