"""Standardised records made by hand, for tests of linkage."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import duckdb

from pipeline.standardise.characters import syllable

TYPES = {
    "record_key": "BIGINT", "feed": "VARCHAR", "agency": "VARCHAR", "unit_code": "VARCHAR", "period": "VARCHAR",
    "record_no": "VARCHAR", "revision_id": "BIGINT", "row_no": "INTEGER", "event_date": "DATE",
    "child_name_std": "VARCHAR", "child_surname": "VARCHAR", "child_given_name": "VARCHAR",
    "child_name_pinyin": "VARCHAR", "child_given_pinyin": "VARCHAR", "is_placeholder": "BOOLEAN",
    "placeholder_rank": "INTEGER",
    "child_nickname": "VARCHAR", "child_sex": "VARCHAR", "birth_date": "DATE", "birth_minute": "INTEGER",
    "birth_date_lunar_as_solar": "DATE", "child_id_no": "VARCHAR", "child_id_no_is_valid": "BOOLEAN",
    "certificate_no": "VARCHAR", "mother_name_std": "VARCHAR", "mother_name_pinyin": "VARCHAR",
    "mother_name_from_placeholder": "VARCHAR",
    "mother_id_no": "VARCHAR", "mother_id_no_is_valid": "BOOLEAN", "father_name_std": "VARCHAR",
    "father_name_pinyin": "VARCHAR", "father_id_no": "VARCHAR", "father_id_no_is_valid": "BOOLEAN",
    "guardian_name_std": "VARCHAR", "guardian_name_pinyin": "VARCHAR", "guardian_relation": "VARCHAR",
    "phone": "VARCHAR", "township_code": "VARCHAR", "village_code": "VARCHAR", "village_name_std": "VARCHAR",
    "is_in_county": "BOOLEAN", "birth_weight_g": "INTEGER", "gestation_weeks": "INTEGER", "plurality": "INTEGER",
    "birth_rank": "INTEGER", "is_stillbirth": "BOOLEAN",
}  # fmt: skip
PINYIN = {"王": "wang", "芳": "fang", "李": "li", "强": "qiang", "雨": "yu", "晨": "chen", "欣": "xin", "宇": "yu"}
PINYIN |= {
    "张": "zhang",
    "静": "jing",
    "子": "zi",
    "涵": "han",
    "轩": "xuan",
    "辰": "chen",
    "章": "zhang",
    "小": "xiao",
}


def pinyin(name: str | None) -> str | None:
    """The sound of a name; that of the characters that most tests use without a look at the library's tables."""
    return None if name is None else " ".join(PINYIN.get(character) or syllable(character) for character in name)


def record(feed: str, record_no: str, period: str = "2024-03", **columns: Any) -> dict[str, Any]:
    """A standardised record, its key as dbt makes it; names bring their pinyin with them."""
    key = f"{feed}|clinic-100|{period}|{record_no}|1"
    row: dict[str, Any] = {
        "record_key": int.from_bytes(hashlib.md5(key.encode()).digest()[8:], "little") >> 1,
        "feed": feed,
        "unit_code": "clinic-100",
        "period": period,
        "record_no": record_no,
        "is_placeholder": False,
        "is_stillbirth": False,
        "township_code": "999977100",
        "village_code": "999977100200",
        **columns,
    }
    for person in ("child", "mother", "father", "guardian"):
        row.setdefault(f"{person}_name_pinyin", pinyin(row.get(f"{person}_name_std")))
    if row.get("child_name_std"):
        row["child_given_name"] = row["child_name_std"][1:]
        row["child_given_pinyin"] = pinyin(row["child_given_name"])
    return row


def child(**columns: Any) -> dict[str, Any]:
    """What every record of one child says."""
    return {
        "child_sex": "1",
        "birth_date": "2024-03-05",
        "mother_name_std": "王芳",
        "mother_id_no": "999977199001010028",
        "father_name_std": "李强",
    } | columns


def make_table(con: duckdb.DuckDBPyConnection) -> None:
    """An empty table of standardised records."""
    columns = ", ".join(f"{name} {kind}" for name, kind in TYPES.items())
    con.execute("CREATE SCHEMA IF NOT EXISTS intermediate")
    con.execute(f"CREATE OR REPLACE TABLE intermediate.int_records_standardised ({columns})")


def put_records(con: duckdb.DuckDBPyConnection, records: Iterable[dict[str, Any]]) -> None:
    """Make these the standardised records, and no others."""
    make_table(con)
    for row in records:
        marks = ", ".join("?" * len(row))
        con.execute(
            f"INSERT INTO intermediate.int_records_standardised ({', '.join(row)}) VALUES ({marks})",
            list(row.values()),
        )
