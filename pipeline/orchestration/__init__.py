"""Orchestration: Dagster's assets, checks, jobs, schedule and sensors, and the gate before a night.

Belongs here: what is run, in which order, on which home, and how its progress and failures are told. Does not:
anything about a record. Every asset calls a domain function; no domain package knows this one.
"""
