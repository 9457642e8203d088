"""The one table that linkage reads: a row per record, an integer key, only what is compared.

Belongs here: which columns of the standardised records linkage uses, and what is derived from them for comparing.
Does not: how two records are compared (`model/comparisons.py`) or found (`pairs/blocking.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import duckdb

from pipeline.standardise.dates import leap_months

RECORDS = "intermediate.int_records_standardised"
# the in-memory database that holds everything between the records and the result
WORKSHOP = "linkage_workshop"
INPUT = "linkage_input"
# rows that one thread works on: a night's few are shared among all
ROW_GROUP = 16_384

# text columns of which a frozen term frequency is kept: a rare name that agrees says more than a common one
TERM_COLUMNS = ("child_name_std", "mother_name_std", "father_name_std")

# a valid id number was issued on a checked date of birth; the date written beside it may be a slip
_BORN = """CASE WHEN child_id_no_is_valid
        THEN coalesce(try_strptime(substr(child_id_no, 7, 8), '%Y%m%d')::DATE, birth_date)
        ELSE birth_date END"""


def sound_sql(pinyin: str) -> str:
    """SQL of a name's syllables with the sounds folded that many speakers do not tell apart, as
    `standardise.characters.blurred` folds those of places; plain replacements, since every record passes through."""
    for written, folded in (("ang", "an"), ("eng", "en"), ("ing", "in"), ("zh", "z"), ("ch", "c"), ("sh", "s")):
        pinyin = f"replace({pinyin}, '{written}', '{folded}')"
    return f"replace(' ' || {pinyin}, ' n', ' l')"


def _leap_days() -> str:
    """SQL: by written month, the days from a lunar month to the leap month that bears the same number."""
    cases = " ".join(f"WHEN {year * 100 + month} THEN {days}" for (year, month), days in leap_months().items())
    return f"CASE year(birth_date) * 100 + month(birth_date) {cases} END"


_COLUMNS = f"""
    record_key, feed, unit_code, period, record_no,
    {_BORN} AS birth_date,
    CASE WHEN child_id_no_is_valid
        AND try_strptime(substr(child_id_no, 7, 8), '%Y%m%d')::DATE <> birth_date
        THEN birth_date END AS birth_date_beside,
    birth_date_lunar_as_solar AS birth_date_lunar,
    birth_date_lunar_as_solar + ({_leap_days()}) AS birth_date_leap,
    -- of these lists one value in common is enough; a null in them meets nothing
    [{_BORN}, birth_date_beside, birth_date_lunar, birth_date_leap] AS birth_dates,
    birth_minute, child_sex,
    child_name_std, child_given_name, child_name_pinyin, child_given_pinyin, child_nickname,
    {sound_sql("child_name_pinyin")} AS child_name_sound,
    is_placeholder,
    child_id_no, coalesce(child_id_no_is_valid, false) AS child_id_no_is_valid, certificate_no,
    -- 王芳之子 names a mother whom the record may name nowhere else
    coalesce(mother_name_std, mother_name_from_placeholder) AS mother_name_std,
    mother_name_pinyin, {sound_sql("mother_name_pinyin")} AS mother_name_sound, mother_id_no,
    father_name_std, father_name_pinyin, {sound_sql("father_name_pinyin")} AS father_name_sound, father_id_no,
    guardian_name_std, guardian_name_pinyin,
    [mother_name_sound, father_name_sound, {sound_sql("guardian_name_pinyin")}] AS parent_sounds,
    phone, township_code, village_code, village_name_std,
    birth_weight_g, gestation_weeks, plurality,
    coalesce(birth_rank, placeholder_rank) AS birth_rank
"""


@contextmanager
def workshop(con: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """A second connection to the same instance whose tables lie in memory and are gone afterwards.

    The first connection may read them as `linkage_workshop.main.<table>` until then.
    """
    work = con.cursor()
    work.execute(f"ATTACH ':memory:' AS {WORKSHOP} (ROW_GROUP_SIZE {ROW_GROUP})")
    try:
        work.execute(f"USE {WORKSHOP}")
        yield work
    finally:
        work.execute("USE memory")
        work.execute(f"DETACH {WORKSHOP}")
        work.close()


def input_sql(records: str, where: str = "true") -> str:
    """A query of standardised records as linkage reads them, stillbirths left out."""
    return f"SELECT {_COLUMNS} FROM {records} WHERE NOT coalesce(is_stillbirth, false) AND ({where})"


def fill_input(
    work: duckdb.DuckDBPyConnection, *, records: str = f"warehouse.{RECORDS}", table: str = INPUT, where: str = "true"
) -> int:
    """Create the input table from the standardised records, stillbirths left out.

    Returns:
        the number of records.
    """
    work.execute(f"CREATE OR REPLACE TABLE {table} AS {input_sql(records, where)}")
    return work.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]


def fingerprint_sql(work: duckdb.DuckDBPyConnection, records: str = f"warehouse.{RECORDS}") -> str:
    """SQL of a 63-bit number over all that linkage reads of a standardised record; equal within one engine's version.

    The columns are those that the input's own definition names: a column added there is watched at once.
    """
    columns = [row[0] for row in work.execute(f"DESCRIBE {records}").fetchall()]
    read = sorted(column for column in columns if re.search(rf"\b{column}\b", _COLUMNS))
    return f"(hash({', '.join(read)}) >> 1)::BIGINT"


def put_table(work: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, tuple[str, Any]]) -> None:
    """Create a table of the workshop from arrays or lists.

    Args:
        columns: by name, DuckDB's type and the values; NaN stays NaN, None is null.
    """
    import pyarrow as pa

    work.register("put_values", pa.table({column: pa.array(values) for column, (_, values) in columns.items()}))
    casts = ", ".join(f"{column}::{kind} AS {column}" for column, (kind, _) in columns.items())
    work.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT {casts} FROM put_values")
    work.unregister("put_values")


def delivery_kind(records: str) -> str:
    """SQL over grouped records of one delivery: what is known of it (the keys of `DELIVERIES`)."""
    return (
        f"CASE WHEN bool_or(coalesce({records}.plurality > 1 OR {records}.birth_rank > 1, false)) THEN 'multiple' "
        f"WHEN bool_or(coalesce({records}.plurality = 1, false)) THEN 'single' ELSE 'unknown' END"
    )
