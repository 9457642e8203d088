"""From failing rows to what is written of them: per expectation and revision, per row, and which rows are set aside.

Pure functions over frames. Not here: running expectations (`validate.py`), or reading and writing tables (`run.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.checks.expectations import Check, FeedChecks
from pipeline.contracts import Feed

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


@dataclass(frozen=True)
class Found:
    """Frames shaped as the tables of `checks`.

    `results` has revision_id, position (of the check), code, column_name, severity, measure, evaluated_count,
    failed_count, is_passed; `row_findings` and `set_aside` are as their tables.
    """

    row_count: int
    results: pd.DataFrame
    row_findings: pd.DataFrame
    set_aside: pd.DataFrame


def findings_of(
    raw: pd.DataFrame, revisions: pd.DataFrame, feed: Feed, checks: FeedChecks,
    frame: pd.DataFrame, failing: list[np.ndarray],
) -> Found:  # fmt: skip
    """Group what failed.

    Args:
        raw: the rows that were looked at: revision_id, row_no, line.
        revisions: revision_id of every revision looked at, also of those without a row.
        frame: the columns that the checks looked at.
        failing: positions of failing rows, by check.
    """
    import numpy as np
    import pandas as pd

    owner = np.searchsorted(revisions["revision_id"].to_numpy(), raw["revision_id"].to_numpy())
    rows = raw[["revision_id", "row_no", "line"]]
    named = [
        rows.iloc[np.sort(failing[position])].assign(code=check.code, column_name=check.column)
        for position, check in enumerate(checks.checks)
        if check.severity == "row" and len(failing[position])
    ]
    empty = rows.iloc[:0].assign(code="", column_name="")
    return Found(
        len(raw),
        _results(revisions, checks.checks, frame, owner, failing),
        pd.concat([empty, *named], ignore_index=True),
        _set_aside(rows, feed, checks, failing),
    )


def _results(
    revisions: pd.DataFrame, checks: Sequence[Check], frame: pd.DataFrame, owner: np.ndarray, failing: list[np.ndarray]
) -> pd.DataFrame:
    """One line for every check and revision; a row counts as evaluated where there was something to look at."""
    import numpy as np
    import pandas as pd

    count = len(revisions)
    filled = {name: frame[name].notna().to_numpy() for name in frame.columns}
    lines: dict[str, list] = {"evaluated_count": [], "failed_count": [], "is_passed": []}
    for check, failed_rows in zip(checks, failing, strict=True):
        looked_at = np.bincount(owner[_evaluated(check, filled, len(frame))], minlength=count)
        failed = np.bincount(owner[failed_rows], minlength=count)
        lines["evaluated_count"].append(looked_at)
        lines["failed_count"].append(failed)
        lines["is_passed"].append(_passed(check, looked_at, failed))
    facts = {
        "position": range(len(checks)),
        "code": [check.code for check in checks],
        "column_name": [check.column for check in checks],
        "severity": [check.severity for check in checks],
        "measure": [check.measure for check in checks],
    }
    return pd.DataFrame(
        {"revision_id": np.tile(revisions["revision_id"].to_numpy(), len(checks))}
        | {name: np.repeat(np.array(values), count) for name, values in facts.items()}
        | {name: np.concatenate(parts) for name, parts in lines.items()}
    )


def _evaluated(check: Check, filled: dict[str, np.ndarray], rows: int) -> np.ndarray:
    """Which rows had something to look at: a blank is that only where blanks are looked for."""
    import numpy as np

    if check.looks_for_blanks:
        return np.ones(rows, dtype=bool)
    return np.logical_and.reduce([filled[name] for name in check.frame_columns])


def _passed(check: Check, looked_at: np.ndarray, failed: np.ndarray) -> np.ndarray:
    """A file fails by its share of failing rows, where there are enough of them to tell; a row check by any row."""
    if check.severity == "file":
        return (failed < check.minimum_failed) | (failed <= (1 - check.mostly) * looked_at)
    return failed == 0


def _set_aside(rows: pd.DataFrame, feed: Feed, checks: FeedChecks, failing: list[np.ndarray]) -> pd.DataFrame:
    """Rows that are set aside, each with its first reason in the contract's order of columns."""
    import numpy as np

    order = {name: number for number, name in enumerate(feed.columns)}
    asiders = sorted(
        (order[check.column], position) for position, check in enumerate(checks.checks) if check.sets_aside
    )
    positions = [position for _, position in asiders]
    first = np.full(len(rows), len(positions))
    for rank, position in enumerate(positions):
        np.minimum.at(first, failing[position], rank)
    found = np.flatnonzero(first < len(positions))
    reasons = [checks.checks[positions[rank]] for rank in first[found]]
    return rows.iloc[found].assign(
        column_name=[check.column for check in reasons], code=[check.code for check in reasons]
    )
