"""Completeness of registers: how many births nobody reported, and what verification on the spot says of records."""
