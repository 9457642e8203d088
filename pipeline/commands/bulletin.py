"""`rollcall bulletin`: a month's bulletin for the county, its agencies and its townships."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.commands.terminal import HomeOption, guarded, messages


@guarded
def bulletin(
    period: Annotated[str, typer.Option("--period", help="The month, 2024-03.", show_default=False)],
    home: HomeOption = None,
) -> None:
    """Write a month's bulletins to be looked at; they go out with `rollcall release approve`."""
    from pipeline.commands.release import current_marts
    from pipeline.orchestration.assets.bulletin import note_bulletin
    from pipeline.publish.bulletin.files import write_bulletins

    with current_marts(home) as (county, con):
        done = write_bulletins(con, county, period)
        note_bulletin(county, period, done)
    said = f"{done.bulletins} bulletins for {period}, {done.files} files. Look at {done.folder}"
    messages().print(said, markup=False, soft_wrap=True)
    if done.absent:
        messages().print(f"Left out, the release has no table: {', '.join(done.absent)}.", markup=False)
    messages().print(
        f"Then: rollcall release approve {period} --by NAME --home {county.root}", markup=False, soft_wrap=True
    )
