"""Links as a night leaves them, and reviewers who fill in workbooks, for tests of clerical review."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
import openpyxl

from pipeline.casework.review.batches import Asked, Batch
from pipeline.casework.review.workbook import ANSWER, ANSWERS, PAIRS, answer_rows
from pipeline.intake.loading import make_raw_tables
from pipeline.linkage.model.frozen_model import model_version
from pipeline.linkage.review.expected_quality import TRAITS
from tests.linkage_records import put_records, record

# by child, its records: feed, number, and what the record says
CHILDREN = {
    "wang": [("delivery", "D1", {}), ("immunization", "J1", {}), ("household_registration", "H1", {})],
    "li": [("delivery", "D2", {"child_sex": "2"}), ("immunization", "J2", {"child_sex": "2"})],
    "zhang": [("delivery", "D3", {"mother_name_std": "张静"})],
    "chen": [("population_register", "P3", {"mother_name_std": "张静", "is_placeholder": True})],
}
# pairs by record number, with the weight of each
WEIGHTS = {
    ("D1", "J1"): 12.0, ("D1", "H1"): 0.2, ("J1", "H1"): -9.0, ("D2", "J2"): 3.0, ("D1", "D2"): -0.5,
    ("J1", "D2"): -6.0, ("D3", "P3"): 8.0,
}  # fmt: skip
MARGINS = {"D3": 1.0, "P3": 0.5, "D1": 30.0}


def key(feed: str, record_no: str) -> int:
    """The key of a record made by `tests.linkage_records.record`."""
    return record(feed, record_no)["record_key"]


def keys() -> dict[str, int]:
    """Record keys by record number."""
    return {number: key(feed, number) for records in CHILDREN.values() for feed, number, _ in records}


def put_links(con: duckdb.DuckDBPyConnection, home, changed: Mapping[str, dict] | None = None) -> None:
    """Records, children and weighed pairs, as a night leaves them; `changed`: what else a record says."""
    make_raw_tables(con)
    rows = [
        record(feed, number, birth_date="2024-03-05", mother_name_pinyin=None, revision_id=1, row_no=1,
               **({"mother_name_std": "王芳"} | says | (changed or {}).get(number, {})))
        for records in CHILDREN.values() for feed, number, says in records
    ]  # fmt: skip
    put_records(con, rows)
    for table in ("child_records", "record_states", "pairs"):
        con.execute(f"DELETE FROM linkage.{table}")
    for child, records in CHILDREN.items():
        for feed, number, _ in records:
            con.execute(
                "INSERT INTO linkage.child_records BY NAME SELECT ? AS record_key, ? AS feed, ? AS record_no, "
                "'clinic-100' AS unit_code, '2024-03' AS period, ? AS child_id",
                [key(feed, number), feed, number, child],
            )
            con.execute(
                "INSERT INTO linkage.record_states BY NAME "
                "SELECT ? AS record_key, 1 AS fingerprint, 1 AS component, ? AS traits, ? AS margin_bits",
                [key(feed, number), TRAITS["placeholder_names"] * (number == "P3"), MARGINS.get(number)],
            )
    known = keys()
    for (one, other), weight in WEIGHTS.items():
        left, right = sorted((known[one], known[other]))
        con.execute(
            "INSERT INTO linkage.pairs BY NAME SELECT ? AS record_key_l, ? AS record_key_r, ? AS match_weight, "
            "? AS match_probability, 'phone' AS blocking_rule",
            [left, right, weight, 1 / (1 + 2**-weight)],
        )
    con.execute("DELETE FROM publish.nights")
    con.execute(
        "INSERT INTO publish.nights BY NAME SELECT 1 AS night_no, 'N0001-0123abcd' AS run_id, "
        "DATE '2024-04-30' AS as_of, now() AS started_at, ? AS model_version, 'R' AS release",
        [model_version(home)],
    )


def numbers(asked: Asked) -> frozenset[str]:
    """The record numbers of a pair."""
    return frozenset({asked.left_no.split(":")[1], asked.right_no.split(":")[1]})


def fill(path: Path, batch: Batch, reviewer: str, says: Callable[[str, Asked], str | None], out: Path) -> Path:
    """Fill a workbook in as a reviewer would, with Excel's own means, and save it elsewhere."""
    book = openpyxl.load_workbook(path)
    asked = batch.by_name()
    for pair, row in answer_rows(batch, reviewer).items():
        answer = says(pair, asked[pair])
        if answer:
            book[PAIRS].cell(row + 1, ANSWER + 1, ANSWERS[answer])
    out.parent.mkdir(parents=True, exist_ok=True)
    book.save(out)
    return out
