"""Intake: landed files → ledger and archive → parsed revisions → raw tables.

Belongs here: receiving what units send, whole and as it was sent, and nothing that may not come in. Does not:
judging it (`pipeline.checks`).
"""

from pipeline.intake.answers import Reread, decide, received, reread
from pipeline.intake.archive.archive import ArchiveReport, archive_head, prune_originals, verify_archive
from pipeline.intake.archive.chain import Chain
from pipeline.intake.archive.removal import Removal, expired, remove_expired
from pipeline.intake.loading import Loaded, load
from pipeline.intake.reasons import messages
from pipeline.intake.receiving import Received, receive, scan, unseen_files

__all__ = [
    "ArchiveReport",
    "Chain",
    "Loaded",
    "Received",
    "Removal",
    "Reread",
    "archive_head",
    "decide",
    "expired",
    "load",
    "messages",
    "prune_originals",
    "receive",
    "received",
    "remove_expired",
    "reread",
    "scan",
    "unseen_files",
    "verify_archive",
]
