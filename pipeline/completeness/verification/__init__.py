"""Verification measured: drawing a sample, and what the verified sample says of all that it was drawn from.

Not here: workbooks and answers (`pipeline.casework.verification`).
"""
