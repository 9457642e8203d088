"""The words for what became of an obligation. Defined once, for Python, SQL, marts and bulletins."""

from __future__ import annotations

from enum import StrEnum

from pipeline.checks.vocabulary import Label


class Status(StrEnum):
    """The status of a unit's feed and period."""

    ON_TIME = "on_time"
    LATE = "late"
    NIL_ON_TIME = "nil_on_time"
    NIL_LATE = "nil_late"
    REJECTED = "rejected"
    MISSING = "missing"
    NOT_DUE = "not_due"


# a submission is there, be it with nothing to report
CAME = (Status.ON_TIME, Status.LATE, Status.NIL_ON_TIME, Status.NIL_LATE)

STATUS_LABELS: dict[Status, Label] = {
    Status.ON_TIME: Label("按时", "on time"),
    Status.LATE: Label("迟报", "late"),
    Status.NIL_ON_TIME: Label("按时零报告", "nothing to report, on time"),
    Status.NIL_LATE: Label("迟报（零报告）", "nothing to report, late"),
    Status.REJECTED: Label("仅有退回文件", "only rejected files"),
    Status.MISSING: Label("未报", "missing"),
    Status.NOT_DUE: Label("未到期", "not yet due"),
}
