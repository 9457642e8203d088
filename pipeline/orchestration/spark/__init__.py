"""Spark: the program that finds and scores pairs there, and how a night starts it.

Not here: which pairs, and what they weigh (`linkage/pairs`).
"""
