"""People that never were: couples, children, id numbers.

Not here: what registers hold of them (`registers`).
"""
