"""Telling the county's own address that a night failed, or what the archive's heads are after one that did not.

A JSON message to `alert_webhook`, where one is set. It holds sentences that are safe to show anywhere
(`nights/failures.py`) and hashes, no value of any record. Heads that lie at another place than the archive show later
whether it was cut.
"""

from __future__ import annotations

import json
import logging
import urllib.error
import urllib.request
from collections.abc import Mapping

from pipeline.errors import RollcallError
from pipeline.home import Home
from pipeline.publish.nights.archive_proof import heads

SECONDS = 10
logger = logging.getLogger(__name__)


def post_failure(home: Home, run_id: str, sentences: list[str]) -> bool:
    """Post a failed night to the county's webhook.

    Returns:
        Whether it was delivered; a webhook that is away is logged and fails nothing.
    """
    try:
        url = home.settings.alert_webhook
    except RollcallError:
        # what is wrong may be county.yaml itself
        return False
    if not url:
        return False
    return _post(
        url,
        {
            "event": "night_failed",
            "county_code": home.settings.county_code,
            "run_id": run_id,
            "failures": sentences,
            "text": f"rollcall: the night of {home.settings.county_code} failed. " + " ".join(sentences),
        },
    )


def post_heads(home: Home) -> bool:
    """Post the heads of the archive's chains after a night that changed something.

    Returns:
        Whether they were delivered.
    """
    url = home.settings.alert_webhook
    if not url:
        return False
    found = heads(home)
    text = ", ".join(f"{name} {head}" for name, head in found.items())
    said = f"rollcall: the night of {home.settings.county_code} is done. Heads of the archive: {text}"
    body = {"event": "night_completed", "county_code": home.settings.county_code, "heads": found, "text": said}
    return _post(url, body)


def _post(url: str, body: Mapping[str, object]) -> bool:
    request = urllib.request.Request(
        url, json.dumps(body, ensure_ascii=False).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=SECONDS):
            return True
    except (urllib.error.URLError, OSError, ValueError) as error:
        logger.warning("The alert could not be delivered: %s.", type(error).__name__)
        return False
