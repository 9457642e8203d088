"""The nights: the ledger of them, what each saw, and the proof that the archive is what it was.

Not here: running one (`pipeline.orchestration.nights`).
"""
