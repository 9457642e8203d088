"""The words for what becomes of a revision and of a row. Defined once, for Python, SQL, receipts and reports.

Not here: the words for obligations (`accountability/vocabulary.py`), nor any expectation's message (`expectations/`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

# languages of everything that a person reads; a `Label` has one field for each
LANGUAGES = ("zh", "en")


class Label(NamedTuple):
    """A term in both languages."""

    zh: str
    en: str


class State(StrEnum):
    """The state of a revision."""

    ACCEPTED = "accepted"
    ACCEPTED_WITH_ROWS_SET_ASIDE = "accepted_with_rows_set_aside"
    NIL = "nil"
    APPENDED = "appended"
    HELD = "held"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    DUPLICATE = "duplicate"


STATE_LABELS: dict[State, Label] = {
    State.ACCEPTED: Label("已接收", "accepted"),
    State.ACCEPTED_WITH_ROWS_SET_ASIDE: Label("已接收，部分行搁置", "accepted, some rows set aside"),
    State.NIL: Label("零报告", "nothing to report"),
    State.APPENDED: Label("补报已并入", "supplement added"),
    State.HELD: Label("待确认", "waiting for confirmation"),
    State.REJECTED: Label("已退回", "rejected"),
    State.SUPERSEDED: Label("已被替换", "superseded"),
    State.DUPLICATE: Label("重复文件", "the same file again"),
}

# states in which a revision has been, at some time, part of the submission's content
RECEIVED_STATES = (
    State.ACCEPTED,
    State.ACCEPTED_WITH_ROWS_SET_ASIDE,
    State.NIL,
    State.APPENDED,
    State.SUPERSEDED,
)


class SetAside(StrEnum):
    """Why a row is set aside; each is a code of `expectations/_common.yml`."""

    REQUIRED_BLANK = "required_blank"
    REQUIRED_UNREADABLE = "required_unreadable"
    REQUIRED_DATE_AMBIGUOUS = "required_date_ambiguous"
    TOO_MANY_CELLS = "too_many_cells"


# codes of dates of which day and month may be either
AMBIGUOUS_DATES = (SetAside.REQUIRED_DATE_AMBIGUOUS.value, "date_ambiguous")


class StateReason(StrEnum):
    """Why a revision is not current, where neither intake nor a file-level expectation says; codes of `_common.yml`."""

    DROPS_RECORDS = "drops_records"
    SAME_BYTES = "same_bytes"
    WITHDRAWN = "withdrawn"


class Decision(StrEnum):
    """What a person may say of a revision through `rollcall submissions`."""

    CONFIRM = "confirm"
    WITHDRAW = "withdraw"
