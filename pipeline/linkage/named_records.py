"""Finding the record that a person names as FEED:RECORD_NO.

Belongs here: reading such a name and saying why it names none or several; what became of a record that is no longer
reported. Does not: anything about its child (`explanations/explanation.py`). A sentence of these never repeats the
number: a certificate's number is a person's.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from pipeline.contracts import Feed, load_feeds
from pipeline.errors import RollcallError, UsageError

KINDS = ("birth", "later_contact")
# names that a sentence lists of those that a number may mean
LISTED = 6
# rows of one number in one submission, at most
MOST_OCCURRENCES = 100
_HALF = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz- "
_FULL = "".join("\u3000" if sign == " " else chr(ord(sign) + 0xFEE0) for sign in _HALF)


@dataclass(frozen=True)
class NamedRecord:
    """A record that was found.

    Args:
        occurrence: which of the different rows under one number of one submission, from 1.
        is_current: whether linkage has it now; else it was linked once and is no longer reported.
    """

    record_key: int
    feed: str
    record_no: str
    unit_code: str
    period: str
    occurrence: int
    is_current: bool

    @property
    def name(self) -> str:
        """The name that means this record and no other."""
        last = f"@{self.occurrence}" if self.occurrence > 1 else ""
        return f"{self.feed}:{self.record_no}@{self.unit_code}@{self.period}{last}"


def key_sql(table: str, occurrence: str) -> str:
    """SQL of a record's key from a table's feed, unit_code, period, record_no (dbt's macro `record_key`)."""
    parts = (*(f"{table}.{column}" for column in ("feed", "unit_code", "period", "record_no")), occurrence)
    joined = " || '|' || ".join(parts)
    return f"(md5_number_lower({joined}) >> 1)::BIGINT"


def occurrences_sql(table: str) -> str:
    """SQL that joins to the records of a table their occurrence, `n`."""
    key = key_sql(table, "n")
    return f"JOIN (SELECT unnest(range(1, {MOST_OCCURRENCES})) AS n) AS occurrences ON {table}.record_key = {key}"


def number_sql(column: str) -> str:
    """SQL of a record number out of the cell that was sent (dbt's macro `cleaned_code`)."""
    return f"trim(translate({column}, '{_FULL}', '{_HALF}'))"


def find(con: duckdb.DuckDBPyConnection, text: str) -> NamedRecord:
    """The record that `FEED:RECORD_NO[@UNIT[@PERIOD[@N]]]` names.

    Args:
        con: the warehouse, in use.

    Raises:
        UsageError: no such feed or record, or several.
    """
    feed, number, unit, period, occurrence = _read(text)
    current = _current(con, feed, number, unit, period)
    found = current or _withdrawn(con, feed, number, unit, period)
    if occurrence is not None:
        found = [record for record in found if record.occurrence == occurrence]
    if not found:
        raise _absent(con, feed, number, unit, period)
    if len(found) > 1:
        raise _several(found)
    return found[0]


def _read(text: str) -> tuple[Feed, str, str | None, str | None, int | None]:
    name, colon, rest = text.partition(":")
    feeds = {feed.feed: feed for feed in load_feeds().values() if feed.kind in KINDS}
    if not colon or not rest:
        raise UsageError("A record is named by its feed and number.", "Write it as FEED:RECORD_NO.")
    if name not in feeds:
        known = ", ".join(sorted(feeds))
        raise UsageError(f"{name!r} is no register of children.", f"Write FEED:RECORD_NO with one of: {known}.")
    number, *more = rest.translate(str.maketrans(_FULL, _HALF)).strip().split("@")
    if len(more) > 3 or (len(more) == 3 and not more[2].isdigit()):
        raise UsageError(
            "The record's name has more parts than it can.", "Write it as FEED:RECORD_NO@UNIT@2024-03, and @2 behind."
        )
    unit, period, last = (*more, None, None, None)[:3]
    return feeds[name], number, unit, period, int(last) if last else None


def _current(
    con: duckdb.DuckDBPyConnection, feed: Feed, number: str, unit: str | None, period: str | None
) -> list[NamedRecord]:
    rows = con.execute(
        f"""
        SELECT record_key, feed, record_no, unit_code, period, n, true
        FROM linkage.child_records AS links {occurrences_sql("links")}
        WHERE feed = $feed AND record_no = $number
            AND coalesce(unit_code = $unit, true) AND coalesce(period = $period, true)
        ORDER BY unit_code, period, n
        """,
        {"feed": feed.feed, "number": number, "unit": unit, "period": period},
    ).fetchall()
    return [NamedRecord(*row) for row in rows]


def _withdrawn(
    con: duckdb.DuckDBPyConnection, feed: Feed, number: str, unit: str | None, period: str | None
) -> list[NamedRecord]:
    """Records of the number that were linked once, by what any revision ever held."""
    rows = con.execute(
        f"""
        WITH sent AS (SELECT DISTINCT feed, unit_code, period, $number AS record_no FROM ({_sent(feed)})),
        keyed AS (
            SELECT {key_sql("sent", "n")} AS record_key, sent.*, n
            FROM sent CROSS JOIN (SELECT unnest(range(1, {MOST_OCCURRENCES})) AS n)
        )
        SELECT record_key, feed, record_no, unit_code, period, n, false FROM keyed
        SEMI JOIN linkage.identity_events USING (record_key)
        WHERE coalesce(unit_code = $unit, true) AND coalesce(period = $period, true)
        ORDER BY unit_code, period, n
        """,
        {"number": number, "unit": unit, "period": period},
    ).fetchall()
    return [NamedRecord(*row) for row in rows]


def _sent(feed: Feed) -> str:
    """Every row ever sent under a number, whatever became of its revision."""
    return f"""
        SELECT feed, unit_code, period, revision_id, row_no
        FROM {feed.raw_table} JOIN checks.submission_states USING (revision_id)
        WHERE {number_sql(feed.record_no)} = $number
    """


def _absent(
    con: duckdb.DuckDBPyConnection, feed: Feed, number: str, unit: str | None, period: str | None
) -> RollcallError:
    known = con.execute(
        """
        SELECT bool_or(is_stillbirth) FROM intermediate.int_records_standardised
        WHERE feed = $feed AND record_no = $number
            AND coalesce(unit_code = $unit, true) AND coalesce(period = $period, true)
        """,
        {"feed": feed.feed, "number": number, "unit": unit, "period": period},
    ).fetchall()[0][0]
    if known:
        return UsageError("That record is of no live birth.", "Linkage leaves such records out.")
    sent = con.execute(
        f"SELECT count(*) FROM ({_sent(feed)})",
        {"number": number},
    ).fetchall()[0][0]
    if sent and unit is None:
        return UsageError(
            f"{feed.feed} has that number only in files that were never taken in, or in a row set aside.",
            "See what became of them with: rollcall submissions list",
        )
    where = " of that unit and period" if unit else ""
    return UsageError(f"No record of {feed.feed}{where} has that number.", "Write the number as the register has it.")


def _several(found: list[NamedRecord]) -> RollcallError:
    ends = [record.name.split("@", 1)[1] for record in found]
    listed = ", ".join(f"@{end}" for end in ends[:LISTED]) + (", …" if len(ends) > LISTED else "")
    return UsageError(
        f"{len(found)} records of {found[0].feed} have that number.",
        f"Name one by its unit, and its period where needed, after the number: {listed}.",
    )
