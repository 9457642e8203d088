"""What holds for the states of any submission, whatever arrives."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.checks.fold import Decided, HoldLimits, Revision, fold
from pipeline.checks.vocabulary import RECEIVED_STATES, State

LIMITS = HoldLimits(0.1, 3)


@st.composite
def submissions(draw: st.DrawFn) -> list[Revision]:
    """Up to six files: readable, nil or not, some supplements, some the same bytes again."""
    found: list[Revision] = []
    for number in range(1, draw(st.integers(1, 6)) + 1):
        if found and draw(st.integers(0, 4)) == 0:
            one = draw(st.sampled_from(found))
            found.append(Revision(number, *[getattr(one, f) for f in list(one.__dataclass_fields__)[1:]]))
            continue
        outcome = draw(st.sampled_from(["parsed", "parsed", "parsed", "nil", "unreadable"]))
        numbers = draw(st.frozensets(st.integers(1, 30).map(str), min_size=1)) if outcome == "parsed" else frozenset()
        found.append(
            Revision(
                number, outcome, f"bytes-{number}", draw(st.booleans()), len(numbers), 0,
                draw(st.sampled_from([None, None, None, "file_code"])) if outcome == "parsed" else None,
                None, numbers,
            )
        )  # fmt: skip
    return found


def current_numbers(revisions: list[Revision], judged: list) -> frozenset[str]:
    current = {j.revision_id for j in judged if j.is_current}
    return frozenset().union(*(r.record_numbers for r in revisions if r.revision_id in current))


@given(submissions())
def test_current_is_what_was_received_and_not_replaced(revisions):
    judged = fold(revisions, {}, LIMITS)
    assert [j.revision_id for j in judged] == [r.revision_id for r in revisions]
    for judgement in judged:
        assert judgement.is_current == (judgement.state in RECEIVED_STATES and judgement.state is not State.SUPERSEDED)
    bases = [j for j, r in zip(judged, revisions, strict=True) if j.is_current and j.state is not State.APPENDED]
    assert len(bases) <= 1


@given(submissions())
def test_nothing_vanishes_without_a_person(revisions):
    """From one arrival to the next, content shrinks by no more than the limits allow."""
    for count in range(1, len(revisions)):
        before = current_numbers(revisions, fold(revisions[:count], {}, LIMITS))
        after = current_numbers(revisions, fold(revisions[: count + 1], {}, LIMITS))
        lost = len(before - after)
        assert lost <= LIMITS.minimum or lost <= LIMITS.share * len(before)


@given(submissions(), st.data())
def test_a_withdrawn_file_was_never_there(revisions, data):
    """For the files that are not its copies, its withdrawal is its absence."""
    one = data.draw(st.sampled_from(revisions))
    judged = fold(revisions, {one.revision_id: Decided(1_000, "withdraw")}, LIMITS)
    copies = {r.revision_id for r in revisions if r.sha256 == one.sha256 and r.revision_id >= one.revision_id}
    if any(r.sha256 == one.sha256 and r.revision_id < one.revision_id for r in revisions):
        copies = {one.revision_id}
    without = fold([r for r in revisions if r.revision_id not in copies], {}, LIMITS)
    assert [j for j in judged if j.revision_id not in copies] == without


@given(submissions(), st.data())
def test_confirming_takes_the_file_in(revisions, data):
    held = [j.revision_id for j in fold(revisions, {}, LIMITS) if j.state is State.HELD]
    if held:
        chosen = data.draw(st.sampled_from(held))
        judged = {j.revision_id: j for j in fold(revisions, {chosen: Decided(1_000, "confirm")}, LIMITS)}
        assert judged[chosen].state in RECEIVED_STATES
        assert judged[chosen].first_state is State.HELD
