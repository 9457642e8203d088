"""What analysts get: pseudonyms, the ledger of nights, and releases swapped in whole after their checks."""

from pipeline.publish.nights.ledger import (
    Night,
    begin_night,
    check_warehouse,
    complete_night,
    completed_nights,
    last_night,
    log_nothing_new,
)
from pipeline.publish.release.pseudonyms import assign_child_keys
from pipeline.publish.release.releases import (
    Release,
    check_release,
    find_release,
    list_releases,
    make_current,
    make_release,
    prune_releases,
    withdraw,
)
from pipeline.publish.release.sql_settings import write_settings

__all__ = [
    "Night",
    "Release",
    "assign_child_keys",
    "begin_night",
    "check_release",
    "check_warehouse",
    "complete_night",
    "completed_nights",
    "find_release",
    "last_night",
    "list_releases",
    "log_nothing_new",
    "make_current",
    "make_release",
    "prune_releases",
    "withdraw",
    "write_settings",
]
