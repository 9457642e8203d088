"""Casework: what goes out to units and caseworkers, and what they send back.

Belongs here: pages and workbooks that people read and fill in. Does not: what is published (`pipeline.publish`).
"""

from pipeline.casework.explanations.page import write_explanation
from pipeline.casework.feedback.files import critical_months, write_feedback
from pipeline.casework.receipts import write_receipts
from pipeline.casework.review.answers import import_workbook, withdraw
from pipeline.casework.review.export import export_adjudication, export_batch
from pipeline.casework.review.tables import read_in, surface
from pipeline.casework.unit_pages import write_unit_pages
from pipeline.casework.verification.answers import import_verification
from pipeline.casework.verification.draw import draw_round
from pipeline.casework.verification.tables import read_in_verification
from pipeline.casework.worklists.files import write_worklists

__all__ = [
    "critical_months",
    "draw_round",
    "export_adjudication",
    "export_batch",
    "import_verification",
    "import_workbook",
    "read_in",
    "read_in_verification",
    "surface",
    "withdraw",
    "write_explanation",
    "write_feedback",
    "write_receipts",
    "write_unit_pages",
    "write_worklists",
]
