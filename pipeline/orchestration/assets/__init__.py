"""The night as Dagster assets: one module a stage, and what every stage has alike.

Not here: when and how a night is run (`nights`, `jobs.py`).
"""
