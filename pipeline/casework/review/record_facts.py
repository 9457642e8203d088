"""What a reviewer sees of a record: its standardised values, and its row as the unit sent it.

Belongs here: which facts, their headings, and a digest that tells when they changed. Does not: the workbook.
Marriages are of no record here, and of a mother's children only the two that are compared.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from pipeline.contracts import load_feeds


@dataclass(frozen=True)
class Fact:
    """A line of a record: its headings, and SQL of its text over a standardised record `r`."""

    name: str
    zh: str
    en: str
    sql: str


# in the order in which a person reads them
FACTS = (
    Fact("child_name", "姓名", "child's name", "CASE WHEN NOT r.is_placeholder THEN r.child_name_std END"),
    Fact("no_name_yet", "未取名", "not named yet", "CASE WHEN r.is_placeholder THEN '是 yes' END"),
    Fact("child_sex", "性别", "sex", "CASE r.child_sex WHEN '1' THEN '男 male' WHEN '2' THEN '女 female' END"),
    Fact("birth_date", "出生日期", "date of birth", "strftime(r.birth_date, '%Y-%m-%d')"),
    Fact("birth_time", "出生时间", "time of birth", "printf('%02d:%02d', r.birth_minute // 60, r.birth_minute % 60)"),
    Fact("child_id_no", "公民身份号码", "child's id number", "r.child_id_no"),
    Fact("certificate_no", "出生证编号", "certificate number", "r.certificate_no"),
    Fact("birth_rank", "胎儿序", "rank in the delivery", "coalesce(r.birth_rank, r.placeholder_rank)::VARCHAR"),
    Fact("plurality", "胎数", "children of the delivery", "r.plurality::VARCHAR"),
    Fact("birth_weight_g", "出生体重(克)", "weight at birth, g", "r.birth_weight_g::VARCHAR"),
    Fact("gestation_weeks", "孕周", "weeks of gestation", "r.gestation_weeks::VARCHAR"),
    Fact("mother_name", "母亲姓名", "mother's name", "r.mother_name_std"),
    Fact("mother_id_no", "母亲身份证号", "mother's id number", "r.mother_id_no"),
    Fact("father_name", "父亲姓名", "father's name", "r.father_name_std"),
    Fact("father_id_no", "父亲身份证号", "father's id number", "r.father_id_no"),
    Fact("guardian_name", "监护人姓名", "guardian's name", "r.guardian_name_std"),
    Fact("phone", "联系电话", "phone", "r.phone"),
    Fact("township", "乡镇", "township", "coalesce(t.name, r.township_code)"),
    Fact("village", "村居", "village", "r.village_name_std"),
)


@dataclass(frozen=True)
class Record:
    """A record as a reviewer sees it.

    Attributes:
        record_no: `feed:record_no`.
        heading: register, unit and period.
        facts: by fact, its text; blank where the record does not tell.
        sent: the row as it was sent, one contracted cell a line; blank where it was not asked for.
    """

    record_no: str
    heading: str
    facts: dict[str, str]
    sent: str = ""

    @property
    def digest(self) -> str:
        """Tells a record that changed from one that did not; how it was typed is no change."""
        return hashlib.sha256(json.dumps(self.facts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:16]


def read_records(con: duckdb.DuckDBPyConnection, keys: Iterable[int], *, with_sent: bool = False) -> dict[int, Record]:
    """Records by key, as they are now; keys of records that are gone are left out."""
    facts = ", ".join(f"coalesce({fact.sql}, '')" for fact in FACTS)
    rows = con.execute(
        f"""
        SELECT r.record_key, r.feed, r.record_no, r.period, r.revision_id, r.row_no, coalesce(u.unit_name, r.unit_code),
            {facts}
        FROM intermediate.int_records_standardised AS r
        LEFT JOIN reference.units AS u ON u.unit_code = r.unit_code
        LEFT JOIN reference.divisions AS t ON t.division_code = r.township_code
        WHERE r.record_key IN (SELECT unnest($keys::BIGINT[])) AND NOT r.is_stillbirth
        """,
        {"keys": sorted(set(keys))},
    ).fetchall()
    feeds, found = load_feeds(), {}
    for key, feed, record_no, period, revision_id, row_no, unit, *values in rows:
        found[key] = Record(
            f"{feed}:{record_no}",
            f"{feeds[feed].zh} {feed}\n{unit}\n{period} · {record_no}",
            {fact.name: value for fact, value in zip(FACTS, values, strict=True)},
            _sent(con, feed, revision_id, row_no) if with_sent else "",
        )
    return found


def _sent(con: duckdb.DuckDBPyConnection, feed: str, revision_id: int, row_no: int) -> str:
    contract = load_feeds()[feed]
    cells = ", ".join(f'"{name}"' for name in contract.columns)
    row = con.execute(
        f"SELECT {cells} FROM {contract.raw_table} WHERE revision_id = ? AND row_no = ?", [revision_id, row_no]
    ).fetchone()
    return "\n".join(
        f"{column.zh}: {cell}" for column, cell in zip(contract.columns.values(), row or (), strict=False) if cell
    )


def mark(one: str, other: str) -> str:
    """How two texts of one fact compare: "=", "≠", or blank where one side tells nothing."""
    if not one or not other:
        return ""
    return "=" if one == other else "≠"
