"""Accountability: what units owe and what became of it. Of agencies and units only, never of families."""

from pipeline.accountability.obligations.calendar import WorkingDays, due_on
from pipeline.accountability.obligations.obligations import ObligationSummary, read_obligations, write_obligations
from pipeline.accountability.obligations.statuses import STATUS_LABELS, Status

__all__ = [
    "STATUS_LABELS",
    "ObligationSummary",
    "Status",
    "WorkingDays",
    "due_on",
    "read_obligations",
    "write_obligations",
]
