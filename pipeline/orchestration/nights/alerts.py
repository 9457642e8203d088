"""Telling the county that a night failed, or what the archive's heads are after one that did not.

A message to `alert_webhook` and by mail, where these are set, tried some times. It holds sentences that are safe to
show anywhere (`nights/failures.py`) and hashes, no value of any record. Heads that lie at another place than the
archive show later whether it was cut. Not here: how a message is delivered (`nights/channels.py`).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from pipeline.errors import RollcallError
from pipeline.home import Home
from pipeline.orchestration.nights.channels import Channel, Message, NotTakenError, channels, shapes
from pipeline.publish.nights.archive_proof import heads

FAILED, COMPLETED, TEST = "night_failed", "night_completed", "test"
logger = logging.getLogger(__name__)


def post_failure(home: Home, run_id: str, sentences: list[str]) -> bool:
    """Tell the county of a night that failed.

    Returns:
        Whether every way that is set took it; one that is away is logged and fails nothing.
    """
    try:
        ways = channels(home)
    except RollcallError:
        # what is wrong may be county.yaml itself
        return False
    return _deliver(home, ways, _message(home, FAILED, sentences, run_id=run_id, failures=sentences))


def post_heads(home: Home) -> bool:
    """Tell the heads of the archive's chains after a night that changed something.

    Returns:
        Whether every way that is set took them.
    """
    return _deliver(home, channels(home), _message(home, COMPLETED))


def post_test(home: Home) -> dict[str, str]:
    """Send a message that asks for nothing by each way that is set.

    Returns:
        By way, why it did not take the message; blank where it did.
    """
    ways = channels(home)
    return dict.fromkeys(ways, "") | _try(home, ways, _message(home, TEST))


def _deliver(home: Home, ways: dict[str, Channel], message: Message) -> bool:
    """Deliver a message by every way; whether there is one and all of them took it."""
    missed = _try(home, ways, message)
    for way, reason in missed.items():
        logger.warning("The alert could not be delivered by %s: %s.", way, reason)
    return bool(ways) and not missed


def _try(home: Home, ways: dict[str, Channel], message: Message) -> dict[str, str]:
    """Try all ways in turn, and those that did not take it again; returns why each that never did, did not."""
    settings, missed = home.settings.alerts, dict.fromkeys(ways, "")
    for attempt in range(settings.attempts if ways else 0):
        if attempt:
            time.sleep(settings.wait_seconds * 2 ** (attempt - 1))
        for way in list(missed):
            try:
                ways[way](message)
                del missed[way]
            except NotTakenError as error:
                missed[way] = str(error)
        if not missed:
            break
    return missed


def _message(home: Home, event: str, sentences: Sequence[str] = (), **facts: object) -> Message:
    """The event with the heads of the archive, in both languages; heads that cannot be read are left out."""
    code = home.settings.county_code
    try:
        found = heads(home)
    except RollcallError:
        found = {}
    said = {language: words.format(county=code) for language, words in shapes()["messages"][event].items()}
    lines = [*said.values()]
    if found:
        lines += [" ".join(shapes()["heads"].values()), *(f"{name} {head}" for name, head in found.items())]
    body = {"event": event, "county_code": code, **facts, "heads": found, "text": "\n".join([*lines, *sentences])}
    return Message(body, " ".join(said.values()), str(body["text"]))
