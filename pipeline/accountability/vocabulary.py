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

# what a rule is called on every page, workbook and bulletin
RULE_LABELS = {
    Rule.LATE: Label("迟报", "late"),
    Rule.MISSING_SUBMISSION: Label("未报", "missing submission"),
    Rule.REJECTED_FILE: Label("文件退回", "rejected file"),
    Rule.ITEM_MISSING: Label("项目缺填", "item missing"),
    Rule.INVALID_ID_NUMBER: Label("证件号码无效", "invalid id number"),
    Rule.INVALID_VALUE: Label("无效值", "invalid value"),
    Rule.DUPLICATES: Label("重复登记", "duplicates"),
    Rule.INCONSISTENT: Label("与其他登记册不一致", "disagrees with other registers"),
    Rule.UNCORROBORATED: Label("无其他单位佐证", "not known to any other unit"),
    Rule.LOW_COVERAGE: Label("覆盖率低", "low coverage"),
    Rule.DATE_HEAPING: Label("日期堆积", "date heaping"),
}
SEVERITY_LABELS = {
    Severity.ALARM: Label("警报", "alarm"),
    Severity.EVENT: Label("事件", "event"),
    Severity.WARNING: Label("提醒", "warning"),
}
# of a ticket, by its status
TICKET_LABELS = {
    "open": Label("整改中", "open"),
    "overdue": Label("已逾期", "overdue"),
    "closed": Label("已办结", "closed"),
}


def shared_words() -> dict[str, dict[str, dict[str, str]]]:
    """The words above by group and key, in the shape of a file of labels: `rules`, `severities`, `tickets`."""
    groups: dict[str, dict[str, Label]] = {
        "rules": {rule.value: label for rule, label in RULE_LABELS.items()},
        "severities": {severity.value: label for severity, label in SEVERITY_LABELS.items()},
        "tickets": TICKET_LABELS,
    }
    return {group: {key: {"zh": one.zh, "en": one.en} for key, one in own.items()} for group, own in groups.items()}
