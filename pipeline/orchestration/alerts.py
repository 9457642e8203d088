"""Telling the county's own address that a night failed: a JSON message to `alert_webhook`, where one is set.

The message holds sentences that are safe to show anywhere (`failures.py`), no value of any record.
"""

from __future__ import annotations

import json
import logging
import urllib.error
import urllib.request

from pipeline.errors import RollcallError
from pipeline.home import Home

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
    body = {
        "event": "night_failed",
        "county_code": home.settings.county_code,
        "run_id": run_id,
        "failures": sentences,
        "text": f"rollcall: the night of {home.settings.county_code} failed. " + " ".join(sentences),
    }
    request = urllib.request.Request(
        url, json.dumps(body, ensure_ascii=False).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=SECONDS):
            return True
    except (urllib.error.URLError, OSError, ValueError) as error:
        logger.warning("The alert could not be delivered: %s.", type(error).__name__)
        return False
