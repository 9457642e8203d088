"""The words of accountability: measures, rules, verdicts, severities, and which belong together.

Belongs here: vocabularies, defined once for Python, SQL, marts and bulletins. Does not: how a verdict is reached
(`limits/control_limits.py`), or what a clerk is told (`limits/flags.py`).
"""

from __future__ import annotations

from enum import StrEnum

from pipeline.checks.vocabulary import Label


class Verdict(StrEnum):
    """What can be said of a rate, from the one that asks for most to the one that asks for nothing."""

    ALARM = "alarm"
    WARNING = "warning"
    IN_CONTROL = "in_control"
    TOO_FEW = "too_few"
    NOT_APPLICABLE = "not_applicable"


class Severity(StrEnum):
    """How much a flag asks for. An event is a fact of one period; a warning and an alarm are of a rate."""

    ALARM = "alarm"
    EVENT = "event"
    WARNING = "warning"


class Measure(StrEnum):
    """What a unit's reporting is measured by."""

    TIMELINESS = "timeliness"
    ITEM_COMPLETENESS = "item_completeness"
    VALIDITY = "validity"
    UNIQUENESS = "uniqueness"
    CONSISTENCY = "consistency"
    CORROBORATION = "corroboration"
    COVERAGE = "coverage"
    DATE_HEAPING = "date_heaping"


class Rule(StrEnum):
    """What a flag is about."""

    LATE = "late"
    MISSING_SUBMISSION = "missing_submission"
    REJECTED_FILE = "rejected_file"
    ITEM_MISSING = "item_missing"
    INVALID_ID_NUMBER = "invalid_id_number"
    INVALID_VALUE = "invalid_value"
    DUPLICATES = "duplicates"
    INCONSISTENT = "inconsistent"
    UNCORROBORATED = "uncorroborated"
    LOW_COVERAGE = "low_coverage"
    DATE_HEAPING = "date_heaping"


RULES_OF: dict[Measure, tuple[Rule, ...]] = {
    Measure.TIMELINESS: (Rule.LATE, Rule.MISSING_SUBMISSION, Rule.REJECTED_FILE),
    Measure.ITEM_COMPLETENESS: (Rule.ITEM_MISSING,),
    Measure.VALIDITY: (Rule.INVALID_ID_NUMBER, Rule.INVALID_VALUE),
    Measure.UNIQUENESS: (Rule.DUPLICATES,),
    Measure.CONSISTENCY: (Rule.INCONSISTENT,),
    Measure.CORROBORATION: (Rule.UNCORROBORATED,),
    Measure.COVERAGE: (Rule.LOW_COVERAGE,),
    Measure.DATE_HEAPING: (Rule.DATE_HEAPING,),
}
MEASURE_OF: dict[Rule, Measure] = {rule: measure for measure, rules in RULES_OF.items() for rule in rules}
# what a submission is, not what its rows are: one case a period, and a fact at once when it happens
EVENT_RULES: tuple[Rule, ...] = RULES_OF[Measure.TIMELINESS]

VERDICT_LABELS: dict[Verdict, Label] = {
    Verdict.ALARM: Label("警报", "alarm"),
    Verdict.WARNING: Label("提醒", "warning"),
    Verdict.IN_CONTROL: Label("正常", "in control"),
    Verdict.TOO_FEW: Label("数量不足", "too few to tell"),
    Verdict.NOT_APPLICABLE: Label("不适用", "not applicable"),
}
