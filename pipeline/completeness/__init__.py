"""Completeness of registers: how many births nobody reported. Its estimators go here; none is in use yet."""
