"""What waits to be done, by whom, and where: one line a kind, the gravest first.

Belongs here: counting what waits, from the warehouse and the home's ledgers. Does not: how it is shown
(`front_page/page.py`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import duckdb

from pipeline.casework.review.decisions import waiting_batches
from pipeline.home import Home
from pipeline.publish.approval.approvals import APPROVED, ledger

SOON = dt.timedelta(days=7)
# months that the page asks to have approved: older ones were let lie on purpose
MONTHS = 3


@dataclass(frozen=True)
class Task:
    """What waits: a kind of `labels.yaml`, how many, who does it, where, and whether it is red."""

    kind: str
    number: int
    who: str
    where: str
    is_red: bool


_COUNTS = {
    "held": "SELECT count(*) FROM checks.submission_states WHERE state = 'held'",
    "rejected": "SELECT count(*) FROM accountability.obligations WHERE status = 'rejected'",
    "missing": """
        SELECT count(*) FROM accountability.obligations JOIN accountability.registers USING (feed)
        WHERE period = due_through AND status = 'missing'
    """,
    "overdue": "SELECT count(*) FROM accountability.tickets WHERE status = 'overdue'",
    "due_soon": "SELECT count(*) FROM accountability.tickets WHERE status = 'open' AND due_on <= $soon",
    "critical": """
        SELECT count(DISTINCT unit_code) FROM accountability.grades
        JOIN (
            SELECT unit_code, feed, max(period) AS period FROM accountability.obligations
            WHERE status <> 'not_due' GROUP BY ALL
        ) USING (unit_code, feed, period)
        WHERE is_critical
    """,
    "county_alarms": """
        SELECT count(*) FROM accountability.common_causes JOIN accountability.registers USING (feed)
        WHERE period = due_through
    """,
    "contradicted": "SELECT count(*) FROM casework.contradicted_decisions",
    "verification": """
        SELECT count(*) FROM casework.verification_cases
        ANTI JOIN casework.verification_answers USING (round, case_no)
    """,
    "not_parsed": """
        SELECT count(*) FROM intake.receipts WHERE outcome = 'not_parsed' AND arrived_at >= $since
    """,
}
# kind, who, where, whether it is red; in the order of the page
_KINDS = (
    ("county_alarms", "agency", "marts.county_alarms", True),
    ("critical", "agency", "casework/outgoing", True),
    ("overdue", "units", "casework/outgoing", True),
    ("held", "office", "rollcall submissions list --state held", True),
    ("rejected", "units", "rollcall submissions list --status rejected", True),
    ("missing", "units", "rollcall submissions list --status missing", True),
    ("not_parsed", "units", "casework/outgoing", True),
    ("due_soon", "units", "casework/outgoing", False),
    ("review", "reviewers", "rollcall review list", False),
    ("contradicted", "reviewers", "rollcall review list", False),
    ("verification", "teams", "rollcall verify list", False),
    ("approve", "office", "rollcall bulletin; rollcall release prepare", False),
)


def tasks(con: duckdb.DuckDBPyConnection, home: Home, as_of: dt.date, since: dt.datetime) -> list[Task]:
    """What waits on a day, in the order of the page; kinds of which nothing waits are left out.

    Args:
        since: from when on files came since the night before.
    """
    values = {"soon": as_of + SOON, "since": since}
    numbers = {
        kind: con.execute(sql, {name: value for name, value in values.items() if f"${name}" in sql}).fetchall()[0][0]
        for kind, sql in _COUNTS.items()
    }
    numbers |= {"review": len(waiting_batches(home)), "approve": len(unapproved_months(home, as_of))}
    return [Task(kind, numbers[kind], who, where, is_red) for kind, who, where, is_red in _KINDS if numbers[kind]]


def unapproved_months(home: Home, as_of: dt.date) -> list[str]:
    """The last months that are over and were never approved, oldest first."""
    approved = {entry["period"] for entry in ledger(home).read() if entry["kind"] == APPROVED}
    month = as_of.year * 12 + as_of.month - 1
    last = [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(month - MONTHS, month)]
    return [period for period in last if period not in approved]
