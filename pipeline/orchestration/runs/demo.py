"""A synthetic county to look at: made once in a home, with no real person in it.

Not here: how it is made (`synthetic`), or the night that follows.
"""

from __future__ import annotations

import datetime as dt
import time
from zoneinfo import ZoneInfo

from pipeline.home import Home
from pipeline.orchestration.nights.progress import Listener
from pipeline.publish.nights.ledger import last_day
from pipeline.settings.county import CountySettings
from pipeline.synthetic import load_plan, make_county

DEFAULT_PLAN = "demo"
MAKING = "Making a synthetic county"


def make_demo(
    home: Home,
    *,
    plan: str | None,
    seed: int | None,
    births: int | None,
    as_of: dt.date | None = None,
    listener: Listener,
) -> dt.date:
    """Make the county, or take the one that a demo without wishes finds there.

    Its months end with the last whole month before the night, so that it lives on: what units send about that month
    comes in over the days that follow, as in any county.

    Args:
        plan: the kind of county; DEFAULT_PLAN where None.
        seed, births: over the plan's own.
        as_of: the day of the night; today where None.

    Returns:
        The day as of which its night is to be run.

    Raises:
        UsageError: another county lies there, or there is no such plan.
    """
    wishes = {key: value for key, value in {"seed": seed, "births": births}.items() if value is not None}
    truth_until = home.root / "truth" / "as_of.txt"
    day = as_of or _today(home)
    if not (plan or wishes) and truth_until.exists():
        if as_of is not None or last_day(home) is not None:
            return day
        return min(dt.date.fromisoformat(truth_until.read_text(encoding="ascii").strip()), day)
    began = time.monotonic()
    listener.began(MAKING)
    chosen = load_plan(plan or DEFAULT_PLAN, **wishes)
    made = make_county(home.root, load_plan(plan or DEFAULT_PLAN, **wishes, first_period=_first(day, chosen.months)))
    said = f"{made.births:,} births, {made.records:,} records, {made.files:,} files"
    listener.ended(MAKING, time.monotonic() - began, said)
    return min(dt.date.fromisoformat(made.as_of), day)


def _today(home: Home) -> dt.date:
    """Today in the county's time zone; one that is still to be made will have the zone that counties have."""
    if home.county_yaml.exists():
        return home.today()
    return dt.datetime.now(ZoneInfo(CountySettings.model_fields["timezone"].default)).date()


def _first(day: dt.date, months: int) -> str:
    """The first of so many months of which the last is the one before a day's."""
    month = day.year * 12 + day.month - 1 - months
    return f"{month // 12:04d}-{month % 12 + 1:02d}"
