"""The states of submissions, case by case, as `submission_states.yaml` tells them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pipeline.checks.fold import Decided, HoldLimits, Revision, fold
from pipeline.settings.intake import IntakeSettings

CASES = yaml.safe_load((Path(__file__).parent / "submission_states.yaml").read_text(encoding="utf-8"))
LAST = 1_000


def revision_of(file: dict) -> Revision:
    """A file of a case as the fold takes it."""
    kind, records = file.get("kind", "parsed"), file.get("records", 0)
    numbers = range(1, records + 1) if isinstance(records, int) else records
    lost = file.get("lost", 0)
    return Revision(
        revision_id=file["file"],
        outcome=kind,
        sha256=f"bytes-{file.get('same_as', file['file'])}",
        is_supplement=file.get("bu", False),
        row_count=len(numbers) + lost,
        set_aside_count=lost,
        failed_file_code=file.get("failed"),
        record_numbers=frozenset(map(str, numbers)),
    )


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_case(case: dict):
    limits = IntakeSettings()
    files = case["files"]
    decisions = {f["file"]: Decided(f.get("at", LAST), f["decide"]) for f in files if "decide" in f}
    judged = fold([revision_of(f) for f in files], decisions, HoldLimits(limits.held_share, limits.held_minimum))
    found = [(j.revision_id, j.state, j.is_current, j.first_state) for j in judged]
    assert found == [(f["file"], f["is"], f.get("current", False), f.get("first", f["is"])) for f in files]
