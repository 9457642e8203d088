"""The one table that linkage reads: a row per record, an integer key, only what is compared.

Belongs here: which columns of the standardised records linkage uses, and what is derived from them for comparing.
Does not: how two records are compared (`comparisons.py`) or found (`blocking.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import duckdb

RECORDS = "intermediate.int_records_standardised"
# the in-memory database that holds everything between the records and the result
WORKSHOP = "linkage_workshop"
INPUT = "linkage_input"

# text columns of which a frozen term frequency is kept: a rare name that agrees says more than a common one
TERM_COLUMNS = ("child_name_std", "mother_name_std", "father_name_std")

_COLUMNS = """
    record_key, feed, unit_code, period, record_no,
    -- a valid id number was issued on a checked date of birth; the date written beside it may be a slip
    CASE WHEN child_id_no_is_valid
        THEN coalesce(try_strptime(substr(child_id_no, 7, 8), '%Y%m%d')::DATE, birth_date)
        ELSE birth_date END AS birth_date,
    CASE WHEN child_id_no_is_valid
        AND try_strptime(substr(child_id_no, 7, 8), '%Y%m%d')::DATE <> birth_date
        THEN birth_date END AS birth_date_beside,
    birth_date_lunar_as_solar AS birth_date_lunar,
    birth_minute, child_sex,
    child_name_std, child_given_name, child_name_pinyin, child_given_pinyin, child_nickname,
    is_placeholder,
    child_id_no, coalesce(child_id_no_is_valid, false) AS child_id_no_is_valid, certificate_no,
    mother_name_std, mother_name_pinyin, mother_id_no,
    father_name_std, father_name_pinyin, father_id_no,
    guardian_name_std, guardian_name_pinyin,
    list_sort(list_distinct(list_filter(
        [mother_name_pinyin, father_name_pinyin, guardian_name_pinyin], lambda name: name IS NOT NULL
    ))) AS parent_pinyins,
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
    work.execute(f"ATTACH ':memory:' AS {WORKSHOP}")
    try:
        work.execute(f"USE {WORKSHOP}")
        yield work
    finally:
        work.execute("USE memory")
        work.execute(f"DETACH {WORKSHOP}")
        work.close()


def fill_input(
    work: duckdb.DuckDBPyConnection, *, records: str = f"warehouse.{RECORDS}", table: str = INPUT, where: str = "true"
) -> int:
    """Create the input table from the standardised records, stillbirths left out.

    Returns:
        the number of records.
    """
    work.execute(f"""
        CREATE OR REPLACE TABLE {table} AS
        SELECT *, (md5_number_lower(read::VARCHAR) >> 1)::BIGINT AS fingerprint
        FROM (
            SELECT {_COLUMNS} FROM {records} WHERE NOT coalesce(is_stillbirth, false) AND ({where})
        ) AS read
        ORDER BY record_key
    """)
    return work.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]


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
