"""Cohort years: histories read from the warehouse, models run and averaged, estimates written with their vintage.

Not here: the estimators themselves.
"""
