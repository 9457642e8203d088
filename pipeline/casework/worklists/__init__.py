"""Worklists: children whom a register probably misses, for the health unit or school that already holds them.

Not here: how likely an omission is (dbt's gap models).
"""
