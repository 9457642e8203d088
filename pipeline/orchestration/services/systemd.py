"""Dagster as services: units of systemd for the daemon, which runs the nights, and for the webserver's pages.

Belongs here: what the units need to know of the home and the machine. Does not: their text (`*.service.j2`).
"""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.home import SHIPPED, Home
from pipeline.orchestration.services.files import write_files

UNITS = ("rollcall-daemon.service", "rollcall-webserver.service")
ACCOUNT = "rollcall-account.conf"


def write_units(home: Home, out: Path) -> list[Path]:
    """Write both units, and the account that they run under, for systemd-sysusers.

    Raises:
        UsageError: the folder may not be used, or the daemon may not have the memory that DuckDB may take.
        ReferenceFileError: a setting is wrong.
        RollcallError: the folder cannot be written.
    """
    home.check()
    service, duckdb_mb = home.settings.service, home.settings.duckdb.memory_limit_mb
    if service.daemon_memory_mb <= duckdb_mb:
        raise UsageError(
            f"service.daemon_memory_mb is {service.daemon_memory_mb}; DuckDB alone may take {duckdb_mb} "
            "(duckdb.memory_limit_mb).",
            "Give the daemon more, or DuckDB less, in county.yaml.",
        )
    templates = {name: f"{name}.j2" for name in (*UNITS, ACCOUNT)}
    programs = Path(sys.executable).parent
    return write_files(home, out, templates, project=SHIPPED, programs=programs, service=service)


def prepare(home: Home) -> None:
    """What Dagster needs before it starts on a home: its folders, its configuration, and dbt's manifest."""
    from pipeline.orchestration.dbt import prepare_manifest
    from pipeline.orchestration.instance import write_configuration

    write_configuration(home)
    prepare_manifest()
