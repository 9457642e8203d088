"""Funnel plots of the bulletin: units' rates against their own control limits, as the night judged them.

Belongs here: reading rates and limits of a release and laying them out by panel. Does not: how a panel is drawn
(`charts.py`), or how limits are reached (`accountability.limits`). A panel is a matter that is judged as one rate: a
rule, of one feed, of one column or fact. Timeliness is judged over all feeds together, so there a panel is a rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb

from pipeline.accountability.limits.flags import item_label
from pipeline.accountability.vocabulary import EVENT_RULES, Rule, Verdict
from pipeline.checks.vocabulary import Label
from pipeline.publish.bulletin.parts import Part, word
from pipeline.publish.charts import Panel, Point, funnels
from pipeline.publish.disclosure.facts import is_there
from pipeline.publish.registers import register_label

MART = "rule_results"
_TOLD = (Verdict.ALARM, Verdict.WARNING)
# what is not judged has no limits to be drawn
_JUDGED = (*_TOLD, Verdict.IN_CONTROL)


@dataclass(frozen=True)
class Plotted:
    """A unit's rate under a rule, of a feed and an item, over the window that ends with the month."""

    unit_code: str
    feed: str
    rule: Rule
    item: str
    point: Point

    @property
    def is_told(self) -> bool:
        return self.point.verdict in _TOLD


def read_plotted(con: duckdb.DuckDBPyConnection, period: str, rules: Iterable[Rule]) -> list[Plotted] | None:
    """What was judged under rules at a month, and at its year of yearly feeds; None where the release has no limits."""
    if not is_there(con, MART):
        return None
    rows = con.execute(
        f"""
        SELECT unit_code, feed, rule, item, failed, evaluated, expected, low_998, low_95, high_95, high_998, verdict
        FROM marts.{MART}
        WHERE period IN ($period, substr($period, 1, 4)) AND rule IN (SELECT unnest($rules::VARCHAR[]))
            AND verdict IN (SELECT unnest($judged::VARCHAR[])) AND evaluated > 0 AND expected IS NOT NULL
        ORDER BY rule, feed, item, unit_code
        """,
        {"period": period, "rules": [rule.value for rule in rules], "judged": [each.value for each in _JUDGED]},
    ).fetchall()
    return [
        Plotted(
            unit, feed, Rule(rule), item,
            Point(unit, failed / evaluated, evaluated, expected, low_998, low_95, high_95, high_998, Verdict(verdict)),
        )
        for unit, feed, rule, item, failed, evaluated, expected, low_998, low_95, high_95, high_998, verdict in rows
    ]  # fmt: skip


def punctuality_part(plotted: Sequence[Plotted] | None) -> Part:
    """Late, missing and rejected submissions: counts of submissions, so that it may leave the office."""
    return _part("punctuality", plotted, EVENT_RULES)


def funnels_part(con: duckdb.DuckDBPyConnection, period: str) -> Part:
    """Every rule: what is one rate always, and of rules with many items those beyond whose limits somebody is."""
    rules = [rule for rule in Rule if rule not in EVENT_RULES]
    return _part("funnels", read_plotted(con, period, rules), rules)


def _part(name: str, plotted: Sequence[Plotted] | None, rules: Iterable[Rule]) -> Part:
    if plotted is None:
        return Part(name, is_absent=True)
    panels = [panel for rule in rules for panel in _panels(rule, [one for one in plotted if one.rule is rule])]
    return Part(name, charts=(funnels(panels),) if panels else ())


def _panels(rule: Rule, plotted: Sequence[Plotted]) -> list[Panel]:
    if rule in EVENT_RULES:
        # one case a submission: how many were owed hardly differs, so that feeds stand across
        own = tuple(one.point for one in plotted)
        return [Panel(word("rules", rule), own, tuple(register_label(one.feed) for one in plotted))] if own else []
    by_panel: dict[tuple[str, str], list[Plotted]] = {}
    for one in plotted:
        by_panel.setdefault((one.feed, one.item), []).append(one)
    return [
        Panel(_title(rule, feed, item), tuple(one.point for one in own))
        for (feed, item), own in by_panel.items()
        if not item or any(one.is_told for one in own)
    ]


def _title(rule: Rule, feed: str, item: str) -> Label:
    parts = [word("rules", rule), register_label(feed), *([item_label(feed, item)] if item else [])]
    return Label(" · ".join(part.zh for part in parts), " · ".join(part.en for part in parts))
