"""Rectification: tickets, the re-test on what a unit sends next, and every change as history.

Not here: the workbook that tells the unit (`pipeline.casework.feedback`).
"""
