"""The command line `rollcall`: which commands there are. What they do is in `commands/`, each a thin door."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pipeline.commands import (
    bench,
    bulletin,
    explain,
    export,
    key,
    linkage,
    night,
    release,
    review,
    service,
    submissions,
    upkeep,
    verify,
)
from pipeline.commands.terminal import example, state

app = typer.Typer(
    name="rollcall",
    help="Calls the roll of a county's birth registers: who is missing from which, and which unit falls short.",
    epilog=example("rollcall demo --home data", "rollcall ui --home data"),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    # a traceback would show values
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command(epilog=example("rollcall demo --home data --seed 7"))(night.demo)
app.command(epilog=example("rollcall run --home county --as-of 2026-01-31"))(night.run)
app.command(epilog=example("rollcall reread birth_certificate 2024-03 --home county"))(night.reread)
app.command(epilog=example("rollcall ui --home data --port 3000"))(night.ui)
app.command(epilog=example("rollcall links --home county --out links.csv"))(linkage.links)
app.command(
    epilog=example("rollcall train --shadow --home county", "rollcall train --promote m1f8f7c629e80 --home county")
)(linkage.train)
app.command(
    epilog=example(
        "rollcall explain delivery:F100-001 --home county", "rollcall explain delivery:F100-001 immunization:J100-007"
    )
)(explain.explain)
app.add_typer(submissions.app, name="submissions")
app.command(epilog=example("rollcall templates --out forms"))(submissions.templates)
app.add_typer(review.app, name="review")
app.add_typer(verify.app, name="verify")
app.command(epilog=example("rollcall bulletin --period 2025-12 --home county"))(bulletin.bulletin)
app.add_typer(release.app, name="release")
app.command(
    epilog=example(
        "rollcall export --home county --format parquet --out marts",
        "rollcall export --home county --format xlsx --public --out public_tables",
        "rollcall export --home county --format dhis2 --mapping mapping.yaml --out to_dhis2",
    )
)(export.export)
app.add_typer(service.app, name="service")
app.add_typer(upkeep.archive, name="archive")
app.add_typer(key.app, name="key")
app.command(epilog=example("rollcall rebuild --home county", "rollcall rebuild --home county --into county-again"))(
    upkeep.rebuild
)
app.command(epilog=example("rollcall audit --home county --since 2026-01-01"))(upkeep.audit)
app.command(epilog=example("rollcall backup --home county --to /backups/2026-01-31"))(upkeep.backup)
app.command(
    epilog=example("rollcall restore --from /backups/2026-01-31 --home county-again --secret pseudonym.secret")
)(upkeep.restore)
app.command(epilog=example("rollcall bench", "rollcall bench --records 10000"))(bench.bench)
app.command(epilog=example("rollcall sbom --out rollcall.cdx.json"))(upkeep.sbom)
app.command(epilog=example("rollcall doctor --home county", "rollcall doctor --quick --home county"))(upkeep.doctor)


def _show_version(wanted: bool) -> None:
    if wanted:
        from pipeline import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show where in the code a failure was; never a value.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Options of every command."""
    state["debug"] = debug


def main() -> None:
    """The console script: exit status 0, 1 (the work failed) or 2 (usage)."""
    app(prog_name="rollcall" if sys.argv[0].endswith(".py") else None)


if __name__ == "__main__":
    main()
