"""A county that never was, with a known truth: people, what registers hold of them, errors, submissions.

Belongs here: making `reference/`, `landing/` and `truth/` of a synthetic county. Does not: reading any of it.
`make_county` is the door; plans are data files in `plans/`.
"""

from pipeline.synthetic.county import CountySummary, make_county
from pipeline.synthetic.plan import CountyPlan, load_plan, named_plans
from pipeline.synthetic.reference_files import write_reference

__all__ = ["CountyPlan", "CountySummary", "load_plan", "make_county", "named_plans", "write_reference"]
