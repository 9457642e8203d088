"""Identities: child ids carried from night to night, what changed, and which records a night must look at anew.

Not here: how a partition is found (`children`).
"""
