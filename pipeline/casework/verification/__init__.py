"""Back-to-back verification: rounds drawn, two teams' workbooks out and back in, disputes, outcomes.

Not here: what a verified sample says of the rest (`pipeline.completeness.verification`).
"""
