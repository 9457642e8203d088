"""Casework: what goes out to units and caseworkers, and what they send back.

Belongs here: pages and workbooks that people read and fill in. Does not: what is published (`pipeline.publish`).
"""

from pipeline.casework.receipts import write_receipts

__all__ = ["write_receipts"]
