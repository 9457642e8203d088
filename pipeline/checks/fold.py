"""One submission's revisions, folded into their states: a pure function.

Belongs here: the rules of the states. Does not: reading or writing tables (`states.py`).

The rules, beyond the table of states:

- *Current content* is the last accepted or nil file and the supplements appended to it. A file that replaces it
  replaces it whole, supplements included; a supplement's records that the new file lacks count as dropped.
- A supplement that finds no content is the content, until the first main file arrives: that file had nothing to
  replace, so the supplement stays beside it. An empty supplement with nothing to add to says "nothing to report".
- A nil report is held by the same rule as any other file that drops records.
- A confirmed revision counts from its own place in the order of arrival, whenever it was confirmed.
- A withdrawn revision counts as if it had not been sent; what it had replaced is current again. The same bytes
  sent before the withdrawal are withdrawn with it; sent after, they are a new revision.
- Without content there is nothing to drop, so the first good file of a submission is never held.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.checks.vocabulary import Decision, State, StateReason


@dataclass(frozen=True)
class Revision:
    """A revision as intake and the expectations left it; `record_numbers` are those of rows that are not set aside."""

    revision_id: int
    outcome: str
    sha256: str | None = None
    is_supplement: bool = False
    row_count: int = 0
    set_aside_count: int = 0
    failed_file_code: str | None = None
    reason_code: str | None = None
    record_numbers: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Decided:
    """The last decision on a revision."""

    decision_no: int
    decision: str


@dataclass
class Judgement:
    """The state of a revision; `first_state` is the one it took on arrival."""

    revision_id: int
    state: State
    first_state: State
    reason_code: str | None = None
    is_current: bool = False
    dropped_count: int | None = None


@dataclass(frozen=True)
class HoldLimits:
    """A file that drops more than `share` of the current record numbers, and more than `minimum` of them, waits."""

    share: float
    minimum: int


@dataclass
class _Content:
    """The current content while folding."""

    base: Revision | None = None
    supplements: list[Revision] = field(default_factory=list)

    @property
    def revisions(self) -> list[Revision]:
        return ([self.base] if self.base else []) + self.supplements

    @property
    def record_numbers(self) -> frozenset[str]:
        return frozenset().union(*(revision.record_numbers for revision in self.revisions))


@dataclass
class _Seen:
    """Bytes met before in this submission, and those that a decision withdrew, with the decision's number."""

    standing: set[str] = field(default_factory=set)
    withdrawn: dict[str, int] = field(default_factory=dict)

    def repeats(self, revision: Revision) -> bool:
        if revision.sha256 is None:
            return False
        return revision.sha256 in self.standing or revision.revision_id < self.withdrawn.get(revision.sha256, -1)


def fold(revisions: Sequence[Revision], decisions: Mapping[int, Decided], limits: HoldLimits) -> list[Judgement]:
    """The states of one submission's revisions.

    Args:
        revisions: in order of arrival, then file name.
        decisions: the last decision on each revision that has one.
        limits: when a revision is held.
    """
    content, seen = _Content(), _Seen()
    judged: dict[int, Judgement] = {}
    for revision in revisions:
        judgement = _on_arrival(revision, content, seen, limits)
        judged[revision.revision_id] = judgement
        decided = decisions.get(revision.revision_id)
        if decided and decided.decision == Decision.WITHDRAW:
            judgement.state, judgement.reason_code = State.REJECTED, StateReason.WITHDRAWN
            if revision.sha256 and judgement.first_state is not State.DUPLICATE:
                seen.withdrawn[revision.sha256] = decided.decision_no
            continue
        if decided and decided.decision == Decision.CONFIRM and judgement.state is State.HELD:
            judgement.state, judgement.reason_code = _accepted(revision), None
        if revision.sha256:
            seen.standing.add(revision.sha256)
        _take_in(revision, judgement.state, content, judged)
    for revision in content.revisions:
        judged[revision.revision_id].is_current = True
    return list(judged.values())


def _accepted(revision: Revision) -> State:
    if revision.row_count == 0:
        return State.NIL
    return State.ACCEPTED_WITH_ROWS_SET_ASIDE if revision.set_aside_count else State.ACCEPTED


def _on_arrival(revision: Revision, content: _Content, seen: _Seen, limits: HoldLimits) -> Judgement:
    """The state that a revision takes before any decision on it."""

    def judgement(state: State, reason: str | None = None, dropped: int | None = None) -> Judgement:
        return Judgement(revision.revision_id, state, state, reason, dropped_count=dropped)

    if seen.repeats(revision):
        return judgement(State.DUPLICATE, StateReason.SAME_BYTES)
    if revision.outcome == "unreadable":
        return judgement(State.REJECTED, revision.reason_code)
    if revision.failed_file_code:
        return judgement(State.REJECTED, revision.failed_file_code)
    if revision.is_supplement and (revision.row_count or content.revisions):
        return judgement(State.APPENDED)
    if content.base is None:
        return judgement(_accepted(revision))
    current = content.record_numbers
    dropped = len(current - revision.record_numbers)
    if dropped > limits.minimum and dropped > limits.share * len(current):
        return judgement(State.HELD, StateReason.DROPS_RECORDS, dropped)
    return judgement(_accepted(revision), dropped=dropped)


def _take_in(revision: Revision, state: State, content: _Content, judged: dict[int, Judgement]) -> None:
    """Make an accepted revision part of the content, and supersede what it replaces."""
    if state is State.APPENDED:
        content.supplements.append(revision)
    elif state in (State.ACCEPTED, State.ACCEPTED_WITH_ROWS_SET_ASIDE, State.NIL):
        if content.base is not None:
            for replaced in content.revisions:
                judged[replaced.revision_id].state = State.SUPERSEDED
            content.supplements.clear()
        content.base = revision
