"""Casework: what goes out to units and caseworkers, and what they send back.

Belongs here: pages and workbooks that people read and fill in. Does not: what is published (`pipeline.publish`).
"""

from pipeline.casework.explanations import write_explanation
from pipeline.casework.feedback import write_feedback
from pipeline.casework.receipts import write_receipts
from pipeline.casework.review_answers import import_workbook, withdraw
from pipeline.casework.review_export import export_adjudication, export_batch
from pipeline.casework.review_tables import read_in, surface

__all__ = [
    "export_adjudication",
    "export_batch",
    "import_workbook",
    "read_in",
    "surface",
    "withdraw",
    "write_explanation",
    "write_feedback",
    "write_receipts",
]
