"""The monthly bulletin: its facts, sections, pages and workbooks, and the office's own edition.

Not here: letting it out (`approval`).
"""
