"""`rollcall service`: files with which an administrator has the machine run the nights and take uploads in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.terminal import HomeOption, example, guarded, messages, output

app = typer.Typer(
    no_args_is_help=True, help="Files for the machine's administrator: services of systemd, uploads by SFTP."
)

Out = Annotated[Path, typer.Option("--out", help="The folder to write the files into.", show_default=False)]


@app.command(epilog=example("rollcall service write --home county --out services"))
@guarded
def write(out: Out, home: HomeOption = None) -> None:
    """Write units of systemd for the nights and for Dagster's pages, shut off from the rest of the machine.

    Nothing is installed: docs/runbooks/service.md says what to look at and where the files go.
    """
    from pipeline.home import Home
    from pipeline.orchestration.services.systemd import write_units

    for path in write_units(Home(home), out):
        output.print(str(path), soft_wrap=True, markup=False)


@app.command(epilog=example("rollcall service sftp --home county --out sftp"))
@guarded
def sftp(out: Out, home: HomeOption = None) -> None:
    """Write what sshd needs so that each unit of units.csv uploads into its own folder and sees no other."""
    from pipeline.home import Home
    from pipeline.orchestration.services.sftp import write_sftp

    count, paths = write_sftp(Home(home), out)
    messages().print(f"{count} accounts.")
    for path in paths:
        output.print(str(path), soft_wrap=True, markup=False)


@app.command(epilog=example("rollcall service prepare --home county"))
@guarded
def prepare(home: HomeOption = None) -> None:
    """Prepare a home for Dagster's own programs; the service does so each time it starts."""
    from pipeline.home import Home
    from pipeline.orchestration.services.systemd import prepare as make_ready

    county = Home(home)
    make_ready(county)
    messages().print(f"Dagster's home is {county.dagster}", markup=False, soft_wrap=True)
