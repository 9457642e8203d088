"""What a verification round is drawn from: records and likely omissions of residents, each in its stratum.

Belongs here: the frame, as SQL over what the last night left. Does not: how many are drawn (`completeness.sampling`).

Records of birth registers fall into one stratum each: not corroborated by another unit, of a unit and feed that an
alarm of `uncorroborated` stands over, or of another; known to many units; all others. Gaps are likely omissions of a
register on which a right of the child hangs; the document that is looked for is behind a record that another register
has of the child, at a provider of care where there is one. Children without a township of the county are in neither.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from pipeline.accountability.vocabulary import Rule, Severity
from pipeline.settings.verification import VerificationSettings
from pipeline.statements import Statements

_STATEMENTS = Statements(__file__)


@dataclass(frozen=True, order=True)
class Unit:
    """One unit of the frame: a record, or a gap (`register` is then the one that lacks the child, else blank)."""

    record_key: int
    register: str
    child_id: str
    unit_code: str
    feed: str
    period: str
    record_no: str


def read_frame(con: duckdb.DuckDBPyConnection, settings: VerificationSettings) -> list[tuple[str, str, Unit]]:
    """Stratum, township and unit of everything that may be drawn, in a fixed order."""
    rows = con.execute(
        _STATEMENTS["frame"],
        {
            "rule": Rule.UNCORROBORATED.value,
            "severity": Severity.ALARM.value,
            "known_good": settings.known_good_units,
            "registers": list(settings.registers),
        },
    ).fetchall()
    return [(stratum, township, Unit(*unit)) for stratum, township, *unit in rows]
