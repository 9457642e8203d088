"""Public tables that count nobody: what units did, and what became of it.

Belongs here: reading them, and refusing a column that could be a count. Does not: tables of people (`counting.py`).
"""

from __future__ import annotations

import duckdb

from pipeline.errors import RollcallError
from pipeline.publish.disclosure.declared import FactTable
from pipeline.publish.disclosure.output import PublicColumn, PublicTable

# a number has no place here: it would pass by disclosure control
_ALLOWED = {"VARCHAR", "DATE", "BOOLEAN"}


def is_there(con: duckdb.DuckDBPyConnection, mart: str) -> bool:
    """Whether a release has this mart."""
    return bool(
        con.execute(
            "SELECT count(*) FROM duckdb_columns() WHERE database_name = current_database() "
            "AND schema_name = 'marts' AND table_name = ?",
            [mart],
        ).fetchall()[0][0]
    )


def fact_table(
    con: duckdb.DuckDBPyConnection, name: str, table: FactTable, first_month: str, period: str
) -> PublicTable:
    """One table of facts, its rows by their key, every cell text.

    Raises:
        RollcallError: a column is a number.
    """
    columns = ", ".join(f'{column.sql} AS "{label}"' for label, column in table.columns.items())
    wanted = {key: value for key, value in (("period", period), ("first", first_month)) if f"${key}" in table.where}
    order = ", ".join(f'"{column}" NULLS LAST' for column in table.key)
    found = con.execute(f"SELECT {columns} FROM marts.{table.mart} WHERE {table.where} ORDER BY {order}", wanted)
    for label, data_type in [(one[0], str(one[1])) for one in found.description or []]:
        if data_type not in _ALLOWED:
            raise RollcallError(
                f"The public table {name} has {label} of type {data_type}.",
                "A table of facts holds no numbers; declare it under counts in public_tables.yaml.",
            )
    rows = tuple(tuple(_text(cell) for cell in row) for row in found.fetchall())
    labels = tuple(PublicColumn(label, column.label, "text") for label, column in table.columns.items())
    return PublicTable(name, table.title, table.note, labels, rows)


def _text(cell: object) -> str | None:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return None if cell is None else str(cell)
