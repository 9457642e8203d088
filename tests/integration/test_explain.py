"""Explanations on a county after its night: keys are dbt's, weights are the night's, pages speak of nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipeline.casework.explanations.page import page
from pipeline.home import Home
from pipeline.linkage import explain
from pipeline.linkage.named_records import find, number_sql, occurrences_sql
from pipeline.warehouse import open_warehouse

# 配偶 is how a hospital's form heads the father's name: the page has its own word for it
FORBIDDEN = re.compile(r"marri|husband|wife|spouse|sibling|parity|婚|配偶|丈夫|孩次|胎次|计划外|准生", re.I)


@pytest.fixture(scope="module")
def warehouse(night_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_warehouse(Home(night_home), read_only=True) as con:
        yield con


def test_a_records_key_is_made_as_dbt_makes_it(warehouse):
    total, keyed = warehouse.execute(f"""
        SELECT (SELECT count(*) FROM linkage.child_records), count(*)
        FROM linkage.child_records AS links {occurrences_sql("links")}
    """).fetchall()[0]
    assert total == keyed > 500


def test_a_record_number_is_read_out_of_its_cell_as_dbt_reads_it(warehouse):
    other = warehouse.execute(f"""
        SELECT count(*) FROM intermediate.int_records_standardised AS read
        JOIN intake.raw_delivery AS sent USING (revision_id, row_no)
        WHERE read.feed = 'delivery' AND read.record_no <> {number_sql("delivery_no")}
    """).fetchall()[0][0]
    assert other == 0


def test_pages_of_a_county(warehouse, night_home):
    home = Home(night_home)
    largest = warehouse.execute("""
        SELECT child_id FROM linkage.child_records GROUP BY child_id ORDER BY count(*) DESC, child_id LIMIT 1
    """).fetchall()[0][0]
    names = [
        f"{feed}:{number}@{unit}@{period}"
        for feed, number, unit, period in warehouse.execute(
            "SELECT feed, record_no, unit_code, period FROM linkage.child_records WHERE child_id = ? "
            "GROUP BY ALL HAVING count(*) = 1 ORDER BY ALL",
            [largest],
        ).fetchall()
    ]
    assert find(warehouse, names[0]).is_current
    for asked in ([names[0]], [names[0], names[-1]]):
        found = explain(warehouse, home, asked)
        assert found.records
        for pair in found.pairs.values():
            if pair.stored_weight is not None:
                assert pair.waterfall.total == pytest.approx(pair.stored_weight, abs=1e-9)
        text = page(found, home, {})
        assert not FORBIDDEN.search(text)
        assert not re.search(r"https?://|<script", text)
        assert found.records[found.asked[0]].name.record_no in text
