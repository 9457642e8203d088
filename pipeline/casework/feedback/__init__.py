"""Feedback to units: a workbook of each unit's own rows, what is wrong with them, and its tickets.

Not here: receipts of single files (`receipts.py`).
"""
