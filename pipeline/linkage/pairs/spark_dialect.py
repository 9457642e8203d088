"""DuckDB's SQL as Spark reads it: one definition of blocking and comparing, for both engines.

Belongs here: what the two name or do differently. Does not: any rule or level. sqlglot knows most of it; what it cannot
know is replaced here by an expression that is equal where linkage uses it, and refused anywhere else.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

# DuckDB counts edits of bytes; here each byte is made a character, which changes nothing where all are ASCII
_BYTES = "decode(encode({text}, 'UTF-8'), 'ISO-8859-1')"
# an exchange of two neighbours is one edit here, as DuckDB has it; everything else is counted without exchanges
_ONE_TRANSPOSITION = """
    CASE WHEN {a} = {b} THEN 0
        WHEN length({a}) = length({b}) AND length({a}) > 1 AND exists(sequence(1, length({a}) - 1), place ->
            concat(substr({a}, 1, place - 1), substr({a}, place + 1, 1), substr({a}, place, 1),
                substr({a}, place + 2)) = {b}) THEN 1
        ELSE levenshtein({a}, {b}) END
"""


def spark_sql(sql: str, dates: Iterable[str]) -> str:
    """A statement that linkage made for DuckDB, for Spark.

    Args:
        dates: the columns that hold dates, without their side: their difference is a number of days.

    Raises:
        NotImplementedError: it uses an edit distance in a way that has no equal there.
    """
    import sqlglot
    from sqlglot import exp

    days = {f"{column}{side}" for column in dates for side in ("", "_l", "_r")}

    def is_date(node: Any) -> bool:
        return isinstance(node, exp.Column) and node.name in days

    def as_bytes(text: Any) -> Any:
        return sqlglot.parse_one(_BYTES.format(text=text.sql(dialect="spark")), read="spark")

    def for_spark(node: Any) -> Any:
        if isinstance(node, exp.Sub) and is_date(node.this) and is_date(node.expression):
            return exp.Anonymous(this="datediff", expressions=[node.this, node.expression])
        if isinstance(node, exp.Levenshtein):
            return exp.Levenshtein(this=as_bytes(node.this), expression=as_bytes(node.expression))
        if not isinstance(node, exp.Anonymous):
            return node
        name = str(node.this).lower()
        if name == "hash":
            # Spark's own `hash` has 32 bits: too few to stand for what is hashed
            return exp.Anonymous(this="xxhash64", expressions=node.expressions)
        if name in ("damerau_levenshtein", "hamming"):
            _must_be_one(node)
            left, right = (as_bytes(side).sql(dialect="spark") for side in node.expressions)
            # of texts of one length, one edit is one character replaced
            text = _ONE_TRANSPOSITION if name == "damerau_levenshtein" else "levenshtein({a}, {b})"
            return exp.paren(sqlglot.parse_one(text.format(a=left, b=right), read="spark"))
        return node

    return sqlglot.parse_one(sql, read="duckdb").transform(for_spark).sql(dialect="spark")


def _must_be_one(node: Any) -> None:
    from sqlglot import exp

    compared = node.parent
    if not (isinstance(compared, exp.EQ) and compared.expression.sql() == "1"):
        raise NotImplementedError(f"{node.this} is known to Spark only where it is compared with 1")
