"""Runs that the command line starts: a night, a rebuild from the archive, the demo county.

Not here: what a run consists of (`assets`), or runs that Dagster starts (`jobs.py`).
"""
