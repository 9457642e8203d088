"""The monthly bulletin: which sections it has, in which order, and what stands at its head.

Belongs here: putting a bulletin together for everybody, an agency or a township. Does not: what a section says
(`units.py`, `children.py`, `bulletin/funnels.py`), disclosure control (`approval/controlled.py`), the looks of
pages and workbooks, or what stays in the office (`bulletin/office.py`).

Numbers of people come from the controlled tables alone; everything else counts submissions, flags and tickets. Units
stand in the order of their codes: nothing is ranked.
"""

from __future__ import annotations

from collections import Counter

from pipeline.accountability.obligations.statuses import STATUS_LABELS, Status
from pipeline.checks.vocabulary import Label
from pipeline.publish.bulletin import children, units
from pipeline.publish.bulletin.facts import Facts, Scope, View, scopes
from pipeline.publish.bulletin.funnels import punctuality_part
from pipeline.publish.bulletin.messages import key_messages
from pipeline.publish.bulletin.parts import Bulletin, Tile, word, words
from pipeline.publish.bulletin.units import STATUS_SIGNS, TICKET_TONES
from pipeline.reference import Reference


def make_bulletins(facts: Facts, reference: Reference, county: str) -> list[Bulletin]:
    """The bulletins of everybody: the county's, the agencies', the townships'."""
    return [make_bulletin(facts, reference, county, scope) for scope in scopes(reference, county)]


def make_bulletin(facts: Facts, reference: Reference, county: str, scope: Scope) -> Bulletin:
    """One bulletin from facts that may leave the office."""
    view = View(facts, reference, scope)
    parts = (
        units.trends_part(view),
        units.submissions_part(view),
        units.flags_part(view),
        units.changes_part(view),
        units.tickets_part(view),
        units.verdicts_part(view),
        punctuality_part(view.punctuality()),
        units.grades_part(view),
        children.coverage_part(view),
        children.gaps_part(view),
    )
    method = (*(Label(**entry) for entry in words()["method"]), *facts.tables.notes)
    return Bulletin(scope.path, scope.name, county, facts.period, key_messages(view), _summary(view), parts, method)


def _summary(view: View) -> tuple[Tile, ...]:
    """What is counted at a glance."""
    statuses = Counter(row["status"] for row in view.latest_submissions().values())
    found = [
        _tile("submissions", STATUS_LABELS[Status(status)], statuses[status], tone)
        for status, (_, tone) in STATUS_SIGNS.items()
        if statuses[status]
    ]
    if (flags := view.mine("unit_flags")) is not None:
        alarms = sum(row["severity"] == "alarm" for row in flags)
        found.append(_tile("flags", word("severities", "alarm"), alarms, "bad"))
    if (tickets := view.mine("rectifications")) is not None:
        opened = sum((row["opened_on"] or "")[:7] >= view.facts.period for row in tickets)
        found.append(_tile("tickets", word("tickets", "opened"), opened, ""))
        for status, tone in TICKET_TONES.items():
            count = sum(row["status"] == status for row in tickets)
            found.append(_tile("tickets", word("tickets", status), count, tone))
    return tuple(found)


def _tile(group: str, status: Label, count: int, tone: str) -> Tile:
    frame = word("summary", group)
    label = Label(frame.zh.format(status=status.zh), frame.en.format(status=status.en))
    return label, str(count), tone if count else "none"
