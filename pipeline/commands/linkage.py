"""`rollcall links` and `rollcall train`: the links as a file, and a linkage model learned from the county."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.terminal import HomeOption, Steps, guarded, messages, output, warehouse

LEARNING = "Learning from the county's records"


@guarded
def links(
    out: Annotated[Path, typer.Option("--out", help="The CSV file to write.", show_default=False)],
    home: HomeOption = None,
) -> None:
    """Write which record is of which child: feed, record_no, unit_code, period, child_id. Restricted: keep it so."""
    from pipeline.linkage import export_links

    with warehouse(home) as con:
        count = export_links(con, out)
    messages().print(f"{count:,} records written to {out}.", markup=False, soft_wrap=True)


@guarded
def train(
    home: HomeOption = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the random pairs; equal seeds learn equal models.")] = 1,
    promote: Annotated[
        bool, typer.Option("--promote/--keep", help="Let the next nights link by it, or only keep it with its card.")
    ] = True,
) -> None:
    """Learn a linkage model from the county's own records. A night itself never learns."""
    from pipeline.home import Home
    from pipeline.linkage import train as learn
    from pipeline.orchestration.lock import holding
    from pipeline.warehouse import open_warehouse

    county, steps = Home(home), Steps()
    with warehouse(home):
        # says so where no night has run yet
        pass
    steps.began(LEARNING)
    with holding(county), open_warehouse(county) as con:
        learned = learn(con, county, seed=seed, promote=promote)
    steps.ended(LEARNING, steps.seconds, f"model {learned.version}")
    use = "The next night links by it." if learned.is_promoted else "It is kept; nights go on with the model in use."
    messages().print(use)
    output.print(str(learned.path), soft_wrap=True, markup=False)
