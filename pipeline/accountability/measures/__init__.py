"""Measures: counts by unit, feed, rule and period, summed over trailing windows, by strata where records differ.

Not here: whether a count is out of limits (`limits`).
"""
