"""What SQL cannot say of a cell: sounds of names, check digits, lunar dates, places. Once per distinct value.

Belongs here: pure functions from a raw value to what it means, and the look-up tables that hold their results.
Does not: anything about a row or a submission; row-level work is SQL (dbt's staging and intermediate models).
"""

from pipeline.standardise.look_ups import fill

__all__ = ["fill"]
