"""The three sentences that a bulletin begins with: how units reported, what stands out of limits, whom registers miss.

Belongs here: choosing and counting what the sentences say, of facts that may leave the office alone. Does not: the
words (`bulletin/labels.yaml`), or the sections (`bulletin/contents.py`).
"""

from __future__ import annotations

from collections import Counter

from pipeline.accountability.obligations.calendar import first_day, month_after, month_of
from pipeline.checks.vocabulary import LANGUAGES, Label
from pipeline.publish.bulletin.facts import View
from pipeline.publish.bulletin.parts import Message, plain, word
from pipeline.publish.disclosure.output import Shown


def key_messages(view: View) -> tuple[Message, ...]:
    """Submissions, alarms and tickets, coverage: one sentence each, with a tone."""
    return (_submissions(view), _alarms(view), _coverage(view))


def _submissions(view: View) -> Message:
    """What was due for the month, what of it came on time, and the share of the month before."""
    period = view.facts.period
    owed = {month: [one for one in view.owed() if one.period == month] for month in (period, _before(period))}
    due, on_time = (sum(getattr(one, count) for one in owed[period]) for count in ("owed", "on_time"))
    if not due:
        return word("messages", "nothing_due"), "none"
    earlier = sum(one.owed for one in owed[_before(period)])
    share = plain(f"{sum(one.on_time for one in owed[_before(period)]) / earlier:.0%}" if earlier else "–")
    said = {"due": plain(due), "on_time": plain(on_time), "share": plain(f"{on_time / due:.0%}"), "before": share}
    return _filled("submissions", said), "good" if on_time == due else "wait"


def _alarms(view: View) -> Message:
    """Alarms of the month, of how many units and how many of them new, and the tickets that stand open."""
    flags, tickets = view.mine("unit_flags"), view.mine("rectifications")
    if flags is None:
        return word("messages", "no_flags"), "none"
    alarms, before = (
        {(row["unit_code"], row["feed"], row["rule"]) for row in rows if row["severity"] == "alarm"}
        for rows in (flags, view.before("unit_flags"))
    )
    by_status = Counter(row["status"] for row in tickets or ())
    said = {
        "alarms": len(alarms), "units": len({unit for unit, *_ in alarms}), "new": len(alarms - before),
        "open": by_status["open"], "overdue": by_status["overdue"],
    }  # fmt: skip
    tone = "bad" if by_status["overdue"] else "wait" if alarms or by_status["open"] else "good"
    return _filled("alarms", {name: plain(number) for name, number in said.items()}), tone


def _coverage(view: View) -> Message:
    """The register that holds the smallest share of the children due, in the last year of birth that is published."""
    found: list[tuple[str, float, str, str]] = []
    for cohort, place, register, _known, _due, _held, share in view.facts.tables.tables["register_coverage"].rows:
        is_of_scope = cohort in view.years() and place == view.scope.places[0] and register in view.scope.registers
        if is_of_scope and isinstance(share, Shown) and share.value is not None:
            found.append((str(cohort), float(share.value), str(register), str(place)))
    if not found:
        return word("messages", "no_coverage"), "none"
    last = max(year for year, *_ in found)
    year, lowest, register, place = min(one for one in found if one[0] == last)
    said = {
        "year": plain(year), "share": plain(f"{lowest:.1%}"), "register": view.feed(register).text,
        "place": view.place(place).text,
    }  # fmt: skip
    return _filled("coverage", said), ""


def _before(period: str) -> str:
    return month_of(month_after(first_day(period), -1))


def _filled(name: str, said: dict[str, Label]) -> Label:
    """A sentence of the labels with its blanks filled in each language."""
    frame = word("messages", name)
    texts = (
        getattr(frame, one).format(**{key: getattr(label, one) for key, label in said.items()}) for one in LANGUAGES
    )
    return Label(**dict(zip(LANGUAGES, texts, strict=True)))
