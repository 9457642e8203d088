"""Dagster's own storage in a home: its configuration, and what an interrupted or old run leaves there.

Not here: what a run does. Imports Dagster only where an instance is opened.
"""

from __future__ import annotations

import datetime as dt
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from pipeline.errors import UsageError
from pipeline.home import Home

if TYPE_CHECKING:
    import dagster as dg

TEMPLATE = Path(__file__).with_name("dagster.yaml.j2")
# a year of nights can be looked back on; what they published is kept elsewhere, for as long as the county says
KEEP_RUNS = dt.timedelta(days=400)


def write_configuration(home: Home) -> Path:
    """Write `dagster.yaml` of a home; returns the folder that is Dagster's home."""
    home.make_folders()
    text = jinja2.Template(TEMPLATE.read_text(encoding="utf-8"), keep_trailing_newline=True).render(
        folder=str(home.dagster)
    )
    target = home.dagster / "dagster.yaml"
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        target.write_text(text, encoding="utf-8")
    return home.dagster


def environment(home: Home) -> dict[str, str]:
    """What Dagster's own processes need to know to work on this home."""
    return {**os.environ, "DAGSTER_HOME": str(home.dagster), "ROLLCALL_HOME": str(home.root)}


def check_port(host: str, port: int) -> None:
    """Refuse an address on which another program listens: Dagster would start its daemon and then fail.

    Raises:
        UsageError: the port is taken, or the address is none of this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(address)
    except OSError as error:
        raise UsageError(
            f"The pages cannot be opened on {host}:{port}: {error.strerror or error}.",
            f"Where another program has the port, give another one: rollcall ui --port {port + 1}   "
            f"(make ui PORT={port + 1})",
        ) from None


def open_instance(home: Home) -> dg.DagsterInstance:
    """The home's own instance: the same that `rollcall ui` shows."""
    import dagster as dg

    write_configuration(home)
    return dg.DagsterInstance.from_config(str(home.dagster))


def close_interrupted(instance: dg.DagsterInstance) -> int:
    """Mark runs that a crash left unfinished as failed, so that the queue does not wait for them for ever.

    The caller holds the home's lock, so none of them can be running.
    """
    import dagster as dg

    unfinished = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING])
    runs = instance.get_runs(unfinished)
    for run in runs:
        instance.report_run_failed(run, "The process ended before the run did.")
    return len(runs)


def forget_old(instance: dg.DagsterInstance) -> int:
    """Delete runs that are older than is kept; the materializations they told of go with them."""
    import dagster as dg

    before = dt.datetime.now(dt.UTC) - KEEP_RUNS
    runs = instance.get_runs(dg.RunsFilter(created_before=before))
    for run in runs:
        instance.delete_run(run.run_id)
    return len(runs)
