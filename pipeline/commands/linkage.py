"""`rollcall links` and `rollcall train`: the links as a file, and a linkage model learned from the county."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands.terminal import HomeOption, Steps, messages, output, restricted, table, warehouse

if TYPE_CHECKING:
    from pipeline.linkage import Trial

LEARNING, TRYING = "Learning from the county's records", "Linking with both models"


@restricted
def links(
    out: Annotated[Path, typer.Option("--out", help="The CSV file to write.", show_default=False)],
    home: HomeOption = None,
) -> None:
    """Write which record is of which child: feed, record_no, unit_code, period, child_id. Restricted: keep it so."""
    from pipeline.linkage import export_links

    with warehouse(home) as con:
        count = export_links(con, out)
    messages().print(f"{count:,} records written to {out}.", markup=False, soft_wrap=True)


@restricted
def train(
    home: HomeOption = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the random pairs; equal seeds learn equal models.")] = 1,
    keep: Annotated[bool, typer.Option("--keep", help="Only keep the model with its card.")] = False,
    shadow: Annotated[
        bool, typer.Option("--shadow", help="Keep it, and show what it would change beside the model in use.")
    ] = False,
    promote: Annotated[
        str | None,
        typer.Option("--promote", metavar="VERSION", help="Learn nothing: use this kept model.", show_default=False),
    ] = None,
) -> None:
    """Learn a linkage model from the county's own records, and let the next nights link by it. A night never learns."""
    from pipeline.errors import UsageError
    from pipeline.home import Home
    from pipeline.linkage import promote_model, try_model
    from pipeline.linkage import train as learn
    from pipeline.orchestration.nights.lock import holding
    from pipeline.warehouse import open_warehouse

    if sum((keep, shadow, promote is not None)) > 1:
        raise UsageError("--keep, --shadow and --promote are three different things.", "Choose one of them.")
    county, steps = Home(home), Steps()
    with warehouse(home):
        # says so where no night has run yet
        pass
    if promote is not None:
        with holding(county):
            promote_model(county, promote)
        messages().print(f"The next night links by {promote}.", markup=False)
        return
    steps.began(LEARNING)
    with holding(county), open_warehouse(county) as con:
        learned = learn(con, county, seed=seed, promote=not (keep or shadow))
        steps.ended(LEARNING, steps.seconds, f"model {learned.version}")
        if shadow:
            steps.began(TRYING)
            tried = try_model(con, county, learned.version)
            steps.ended(TRYING, steps.seconds, f"against {tried.against}")
            _show(tried)
    use = "The next night links by it." if learned.is_promoted else "It is kept; nights go on with the model in use."
    messages().print(use)
    if shadow:
        messages().print(f"To use it: rollcall train --promote {learned.version}", markup=False)
    output.print(str(learned.path), soft_wrap=True, markup=False)


def _show(tried: Trial) -> None:
    """Counts of what would change, and where the lists are."""
    counts = {"all": tried.diff.overall, **tried.diff.strata}
    table(
        f"Model {tried.model_version} beside {tried.against}",
        ("children with", "now", "then", "unchanged", "gained", "lost", "merged", "split", "records moved"),
        [
            (name, *(f"{n:,}" for n in (c.old, c.new, c.unchanged, c.gained, c.lost, c.merged, c.split, c.moved)))
            for name, c in counts.items()
        ],
    )
    table(
        "Pairs of records by registers",
        ("registers", "gained", "lost"),
        [(f"{one} – {other}", *pairs) for (one, other), pairs in tried.diff.register_pairs.items()],
        "No pair of records would be gained or lost.",
    )
    messages().print(f"The records concerned are in {tried.records}: restricted.", markup=False, soft_wrap=True)
    messages().print(f"The counts are in {tried.summary}.", markup=False, soft_wrap=True)
