"""`rollcall run`, `reread`, `demo`, `ui`: one night, one feed and period again, a synthetic county, Dagster's pages."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from pipeline.commands.terminal import AsOfOption, HomeOption, Steps, day, guarded, messages, output, restricted

if TYPE_CHECKING:
    from pipeline.home import Home
    from pipeline.orchestration.runs.night import Ended

DEFAULT_PORT = 3000


@guarded
def run(
    home: HomeOption = None,
    as_of: AsOfOption = None,
    again: Annotated[bool, typer.Option("--again", help="Run even where there is nothing new.")] = False,
) -> None:
    """Run one night: from what the units landed to a published release."""
    from pipeline.home import Home
    from pipeline.orchestration.runs.night import run_night

    county, steps = Home(home), Steps()
    _tell(county, run_night(county, day(as_of), listener=steps, is_forced=again), steps)


def _tell(home: Home, ended: Ended, steps: Steps) -> None:
    """What a night's end means for the reader, and what to open next."""
    if not ended.is_new:
        messages().print(f"Nothing new: the night is noted, nothing else was touched. {steps.seconds:.1f} s")
        return
    for found in ended.found:
        mark = "[red]●[/]" if found.is_red else "[yellow]●[/]"
        see = f"  [dim]→ {escape(found.see)}[/]" if found.see else ""
        messages().print(f"{mark} {escape(found.words)}{see}", soft_wrap=True)
    red = sum(found.is_red for found in ended.found)
    if ended.found:
        messages().print(f"{red} red: somebody has to act; {len(ended.found) - red} amber: somebody should look.")
    messages().print(f"The night is done. {steps.seconds:.0f} s")
    output.print(str(home.front_page), soft_wrap=True, markup=False)


@restricted
def reread(
    feed: Annotated[str, typer.Argument(help="The feed, such as birth_certificate.")],
    period: Annotated[str, typer.Argument(help="The period, 2024-03 or 2024.")],
    home: HomeOption = None,
    unit: Annotated[str, typer.Option("--unit", help="Only this unit's files.")] = "",
    as_of: AsOfOption = None,
) -> None:
    """Read a feed and period again from the originals that are kept, after a parser was mended; then run the night."""
    from pipeline.home import Home
    from pipeline.orchestration.runs.night import run_reread

    county, steps = Home(home), Steps()
    _tell(county, run_reread(county, feed, period, unit, day(as_of), listener=steps), steps)


@guarded
def demo(
    home: HomeOption = None,
    plan: Annotated[
        str | None,
        typer.Option("--plan", help="The kind of county: demo, usual, hard, large, digits_lost.", show_default=False),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Equal seeds make equal counties on a day.", show_default=False)
    ] = None,
    births: Annotated[int | None, typer.Option("--births", min=1, help="Births in all.", show_default=False)] = None,
    as_of: AsOfOption = None,
) -> None:
    """Make a synthetic county, with no real person in it, and run a night on it; on one that is there, the next night.

    Its months end with the last whole month before today.
    """
    from pipeline.home import Home
    from pipeline.orchestration.runs.demo import make_demo
    from pipeline.orchestration.runs.night import run_night

    county, steps = Home(home), Steps()
    night_of = make_demo(county, plan=plan, seed=seed, births=births, as_of=day(as_of), listener=steps)
    _tell(county, run_night(county, night_of, listener=steps), steps)
    for words, what in (
        ("the front page, with links to the rest", str(county.front_page)),
        ("the night in Dagster", f"{Path(sys.argv[0]).name} ui --home {county.root}   (or: make ui)"),
        ("what analysts query", str(county.current_marts)),
    ):
        messages().print(f"Open next, {words}: {what}", markup=False, soft_wrap=True)


@guarded
def ui(
    home: HomeOption = None,
    port: Annotated[int, typer.Option("--port", min=1, max=65_535, help="The port of the pages.")] = DEFAULT_PORT,
    host: Annotated[
        str, typer.Option("--host", help="The address to listen on; others' machines only if you must.")
    ] = "127.0.0.1",
) -> None:
    """Open Dagster on the home: the graph of the night, its runs, the schedule, the sensors. Ctrl-C ends it."""
    import os
    import sys

    from pipeline.home import SHIPPED, Home
    from pipeline.orchestration.dbt import prepare_manifest
    from pipeline.orchestration.instance import check_port, environment, write_configuration

    county = Home(home)
    check_port(host, port)
    write_configuration(county)
    prepare_manifest()
    messages().print(f"Dagster on {county.root}: http://{host}:{port}  (Ctrl-C ends it)", markup=False, soft_wrap=True)
    command = [sys.executable, "-W", "ignore", "-m", "dagster", "dev", "-w", str(SHIPPED / "workspace.yaml")]
    # Dagster takes this process's place, so that a signal to it is a signal to Dagster
    os.chdir(SHIPPED)
    os.execve(sys.executable, [*command, "--host", host, "--port", str(port)], environment(county))
