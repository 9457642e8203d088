"""Dagster's definitions of rollcall: what the webserver, the daemon and `dg` load. Loading them needs no home."""

from pipeline.orchestration.assembly import definitions

defs = definitions()
