"""Pairs: which records are compared, and what each pair weighs.

Not here: what a comparison is (`model`), or which pairs are one child (`children`).
"""
