"""Grades of units, and the sums by township and department.

Not here: the verdicts that they weigh (`limits`).
"""
