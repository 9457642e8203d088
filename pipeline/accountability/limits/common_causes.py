"""Common causes: what falls short at a feed's units together, which no comparison of units with each other can show.

Belongs here: finding feeds and rules of which all units together are above the level that no target may be above
(`limits/targets.py`), and since when. Does not: verdicts on units. In quality control's words: limits around the
units' own level find special causes, of one unit; a level that is itself too high is a common cause, and it is for
the county, or for the agency, to act on (Shewhart 1931; Spiegelhalter 2005, Stat. Med. 24:1185, on external targets).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.accountability.limits.rule_results import Judged
from pipeline.settings.accountability import AccountabilitySettings

# what one unit does is an alarm of that unit
FEWEST_UNITS = 2
COLUMNS = ["feed", "rule", "item", "period", "since", "units", "units_above", "failed", "evaluated", "highest"]
_GROUP = ["feed", "rule", "item"]


def common_causes(judged: Judged, is_due: np.ndarray, settings: AccountabilitySettings) -> pd.DataFrame:
    """One row per feed, rule, item and period at which most units that can be judged, and all together, fall short.

    Args:
        judged: what was said of every series.
        is_due: (series, periods), where the unit's feed is due: a period that nobody owes yet tells nothing.

    Returns:
        `COLUMNS`: `since` is the first period of the unbroken run of such periods, `units` those with cases enough,
        `units_above` those of them whose own share is above the level, `failed` and `evaluated` their trailing sums.
    """
    is_told = np.isfinite(judged.target) & is_due
    found: list[tuple] = []
    for _, rows in sorted(judged.series.groupby(_GROUP).groups.items()):
        at = np.asarray(rows)
        feed, rule, item = judged.series.loc[at[0], _GROUP].astype(str)
        highest = min(settings.acceptable_share[rule] + settings.most_above_acceptable[rule], 1.0)
        told = is_told[at]
        failed = np.where(told, judged.window.x[at], 0.0)
        evaluated = np.where(told, judged.window.n[at], 0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            above = (failed / evaluated > highest) & told
        units = told.sum(axis=0)
        # most of the units, and all of them together: one large unit that fails is that unit's alarm
        is_together = failed.sum(axis=0) > highest * evaluated.sum(axis=0)
        is_common = (units >= FEWEST_UNITS) & (2 * above.sum(axis=0) > units) & is_together
        since: str | None = None
        for period in range(len(judged.periods)):
            since = (since or judged.periods[period]) if is_common[period] else None
            if since:
                found.append(
                    (feed, rule, item, judged.periods[period], since, int(units[period]), int(above[:, period].sum()),
                     int(failed[:, period].sum()), int(evaluated[:, period].sum()), highest)
                )  # fmt: skip
    return pd.DataFrame(found, columns=COLUMNS)
