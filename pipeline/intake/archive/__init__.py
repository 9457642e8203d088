"""The archive: the hash-chained ledger, copies under their SHA-256, answers of people as entries.

Not here: the raw tables that are made from it (`loading.py`).
"""
