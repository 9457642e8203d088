"""Estimators: pure functions of counts, each with its source.

Not here: which counts they are given (`cohorts`).
"""
