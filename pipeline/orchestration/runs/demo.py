"""A synthetic county to look at: made once in a home, with no real person in it.

Not here: how it is made (`synthetic`), or the night that follows.
"""

from __future__ import annotations

import datetime as dt
import time

from pipeline.home import Home
from pipeline.orchestration.nights.progress import Listener
from pipeline.synthetic import load_plan, make_county

DEFAULT_PLAN = "demo"
MAKING = "Making a synthetic county"


def make_demo(home: Home, *, plan: str | None, seed: int | None, births: int | None, listener: Listener) -> dt.date:
    """Make the county, or take the one that a demo without wishes finds there.

    Args:
        plan: the kind of county; DEFAULT_PLAN where None.
        seed, births: over the plan's own.

    Returns:
        The day as of which its night is to be run.

    Raises:
        UsageError: another county lies there, or there is no such plan.
    """
    wishes = {key: value for key, value in {"seed": seed, "births": births}.items() if value is not None}
    as_of_file = home.root / "truth" / "as_of.txt"
    if not (plan or wishes) and as_of_file.exists():
        return dt.date.fromisoformat(as_of_file.read_text(encoding="ascii").strip())
    began = time.monotonic()
    listener.began(MAKING)
    made = make_county(home.root, load_plan(plan or DEFAULT_PLAN, **wishes))
    said = f"{made.births:,} births, {made.records:,} records, {made.files:,} files"
    listener.ended(MAKING, time.monotonic() - began, said)
    return dt.date.fromisoformat(made.as_of)
