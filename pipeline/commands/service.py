"""`rollcall service`: files with which an administrator has the machine run the nights and take uploads in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.terminal import FAILED, HomeOption, example, guarded, messages, output

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


@app.command(epilog=example("rollcall service receipts --home county"))
@guarded
def receipts(home: HomeOption = None) -> None:
    """Copy each unit's receipts to where its upload account sees them; the timer does so every ten minutes."""
    from pipeline.home import Home
    from pipeline.orchestration.services.sftp import lay_receipts

    copied, absent = lay_receipts(Home(home))
    messages().print(f"{copied:,} receipts were copied.")
    for folder in absent:
        messages().print(f"{folder} is not there: systemd-tmpfiles --create makes it.", markup=False, soft_wrap=True)


@app.command(epilog=example("rollcall service alert --home county"))
@guarded
def alert(home: HomeOption = None) -> None:
    """Send a trial message by each way that county.yaml sets, as a failed night would; it asks for nothing."""
    from pipeline.errors import UsageError
    from pipeline.home import Home
    from pipeline.orchestration.nights.alerts import post_test

    county = Home(home)
    county.check()
    told = post_test(county)
    if not told:
        raise UsageError(
            "Nobody is told when a night fails.",
            "Set alert_webhook or alerts.smtp_host in county.yaml (docs/settings.md).",
        )
    for way, reason in told.items():
        output.print(f"{way}: not taken ({reason})" if reason else f"{way}: taken", markup=False)
    if any(told.values()):
        raise typer.Exit(FAILED)


@app.command(epilog=example("rollcall service prepare --home county"))
@guarded
def prepare(home: HomeOption = None) -> None:
    """Prepare a home for Dagster's own programs; the service does so each time it starts."""
    from pipeline.home import Home
    from pipeline.orchestration.services.systemd import prepare as make_ready

    county = Home(home)
    make_ready(county)
    messages().print(f"Dagster's home is {county.dagster}", markup=False, soft_wrap=True)
