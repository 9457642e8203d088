"""Checks: expectations over what arrived, what they found, and the states of submissions that follow.

Belongs here: judging a submission by itself. Does not: comparing it with other registers (linkage, accountability).
"""

from pipeline.checks.messages import messages
from pipeline.checks.report import write_check_reports
from pipeline.checks.run import CheckSummary, run_checks
from pipeline.checks.states import StateSummary, decide_states
from pipeline.checks.vocabulary import STATE_LABELS, SetAside, State

__all__ = [
    "STATE_LABELS",
    "CheckSummary",
    "SetAside",
    "State",
    "StateSummary",
    "decide_states",
    "messages",
    "run_checks",
    "write_check_reports",
]
