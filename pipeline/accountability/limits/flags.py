"""Flags: of each unit, feed, period and rule the highest of event, warning and alarm, with a sentence for the clerk.

Belongs here: choosing and wording. Does not: verdicts (`limits/rule_results.py`), the words themselves (`flags.yaml`),
tickets. A late, missing or rejected submission is an event of its own period, a fact. A warning or an alarm is of the
rate over the trailing window that ends with the period.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from pipeline.accountability.vocabulary import EVENT_RULES, Severity, Verdict
from pipeline.checks.vocabulary import LANGUAGES, Label
from pipeline.contracts import load_feeds

WORDS_FILE = Path(__file__).with_name("flags.yaml")
COLUMNS = ["unit_code", "feed", "period", "rule", "severity", "evidence_count", "denominator", "message_zh",
           "message_en"]  # fmt: skip
_KEY = ["unit_code", "feed", "period", "rule"]
_VERDICTS = [Verdict.ALARM.value, Verdict.WARNING.value]


@cache
def words() -> dict[str, Any]:
    """The sentences, by rule and kind."""
    return yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8"))


def make_flags(rules: pd.DataFrame) -> pd.DataFrame:
    """One row per unit, feed, period and rule that is worth a word.

    Args:
        rules: one row per obligation, rule and item: `rule_results` with `first` (the window's first period),
            `failed_of_period` and `is_due`.
    """
    due = rules[rules["is_due"]]
    # the item that is furthest beyond its limit speaks for the rule
    rates = due[due["verdict"].isin(_VERDICTS)].sort_values(
        [*_KEY, "verdict", "p_value", "failed", "item"], ascending=[True] * 6 + [False, True]
    )
    rates = rates.assign(more=rates.groupby(_KEY)["item"].transform("size") - 1).drop_duplicates(_KEY)
    events = due[due["rule"].isin([rule.value for rule in EVENT_RULES]) & (due["failed_of_period"] > 0)]
    rates, events = rates.set_index(_KEY), events.set_index(_KEY)
    is_alarm = rates["verdict"] == Verdict.ALARM.value
    told = [
        _rows(rates[is_alarm], Severity.ALARM),
        _rows(events[~events.index.isin(rates[is_alarm].index)], Severity.EVENT),
        _rows(rates[~is_alarm & ~rates.index.isin(events.index)], Severity.WARNING),
    ]
    return pd.DataFrame([row for rows in told for row in rows], columns=COLUMNS).sort_values(_KEY, ignore_index=True)


def _rows(chosen: pd.DataFrame, severity: Severity) -> list[tuple]:
    is_event = severity is Severity.EVENT
    rows = []
    row: Any
    for row in chosen.reset_index().itertuples(index=False):
        messages = [_message(row, "event" if is_event else "rate", language) for language in LANGUAGES]
        failed, evaluated = (1, 1) if is_event else (int(row.failed), int(row.evaluated))
        rows.append((row.unit_code, row.feed, row.period, row.rule, severity.value, failed, evaluated, *messages))
    return rows


def _message(row: Any, kind: str, language: str) -> str:
    more = getattr(row, "more", 0)
    return words()["rules"][row.rule][kind][language].format(
        feed=load_feeds()[row.feed].zh if language == "zh" else row.feed.replace("_", " "),
        period=row.period,
        first=row.first,
        item=getattr(item_label(row.feed, row.item), language),
        failed=f"{int(row.failed):,}",
        evaluated=f"{int(row.evaluated):,}",
        share=_percent(row.failed / row.evaluated) if row.evaluated else "",
        expected=_percent(row.expected) if pd.notna(row.expected) else "",
        others=words()["others"][language].format(more=int(more)) if more else "",
    )


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.1 else f"{share:.1%}"


def item_label(feed: str, item: str) -> Label:
    """How an item of a rule is called: a fact that registers are compared by, or a column of the feed's contract."""
    column = load_feeds()[feed].columns.get(item)
    if column is not None:
        return Label(column.zh, column.name)
    known = words()["items"].get(item)
    return Label(known["zh"], known["en"]) if known else Label(item, item)
