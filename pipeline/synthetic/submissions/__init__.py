"""The files that units send: when, in which format and style, with which mishaps.

Not here: the records in them (`registers`).
"""
