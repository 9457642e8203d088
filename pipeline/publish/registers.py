"""How a register is called on the pages that the office publishes.

Belongs here: a feed's name in both languages. Does not: what a feed holds (`contracts/`).
"""

from __future__ import annotations

from pipeline.checks.vocabulary import Label
from pipeline.contracts import load_feeds


def register_label(feed: str) -> Label:
    """A feed's name in both languages; a feed that no contract has stands for itself."""
    known = load_feeds().get(feed)
    return Label(known.zh if known else feed, feed.replace("_", " "))
