"""`rollcall release`: what was published, and going back to an earlier release."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.commands.terminal import HomeOption, example, guarded, messages, table

app = typer.Typer(no_args_is_help=True, help="See what was published; make an earlier release current again.")


@app.command("list", epilog=example("rollcall release list --home county"))
@guarded
def list_(home: HomeOption = None) -> None:
    """List the releases that are there, oldest first; the current one is marked."""
    from pipeline.home import Home
    from pipeline.publish import list_releases

    rows = [
        (
            "current" if found["is_current"] else "",
            found["release"],
            found["as_of"],
            found["made_at"][:16].replace("T", " "),
            found["model_version"],
            found["tables"].get("children", {}).get("rows"),
        )
        for found in list_releases(Home(home))
    ]
    table("Releases", ("", "release", "as of", "made at", "model", "children"), rows, "Nothing was published yet.")


@app.command(epilog=example("rollcall release rollback N0003-1a2b3c4d"))
@guarded
def rollback(
    release: Annotated[str, typer.Argument(help="The release to make current again.", show_default=False)],
    home: HomeOption = None,
) -> None:
    """Make an earlier release current again; the next night's release replaces it."""
    from pipeline.home import Home
    from pipeline.orchestration.lock import holding
    from pipeline.publish import rollback as go_back

    county = Home(home)
    with holding(county):
        go_back(county, release)
    messages().print(f"{release} is current again.", markup=False)
