"""The release that analysts read: marts copied, checked, swapped in, and what they must be.

Not here: what leaves the office (`approval`, `disclosure`).
"""
