"""Obligations: what each unit owes, when it is due, what became of it, and what stands out on the night it comes.

Not here: rates over a window (`measures`).
"""
