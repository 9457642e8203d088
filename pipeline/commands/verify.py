"""`rollcall verify`: rounds of back-to-back verification out to two teams, their answers in, and how far they are."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.terminal import HomeOption, day, example, guarded, messages, output, restricted, table, warehouse

app = typer.Typer(
    no_args_is_help=True, help="Back-to-back verification: two teams look at documents, blind to each other."
)


@app.command(
    epilog=example(
        "rollcall verify draw --round 2025H2 --per-township 20 --home county",
        "rollcall verify draw --round 2025H2 --per-township 20 --seed 7 --villages 8",
    )
)
@restricted
def draw(
    round_: Annotated[str, typer.Option("--round", help="The round's name, such as 2025H2.", show_default=False)],
    per_township: Annotated[
        int, typer.Option("--per-township", min=1, help="Cases of each township, over all strata.", show_default=False)
    ],
    home: HomeOption = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the draw; equal seeds draw equal cases.")] = 1,
    villages: Annotated[
        int, typer.Option("--villages", min=0, help="Random villages of an area canvass; 0 for none.")
    ] = 0,
) -> None:
    """Draw a round from what the last night left, and write a workbook for each team. No name is in them."""
    from pipeline.casework import draw_round
    from pipeline.home import Home
    from pipeline.orchestration.nights.lock import holding

    county = Home(home)
    with holding(county), warehouse(home) as con:
        done = draw_round(con, county, round_, per_township, seed=seed, villages=villages)
    said = "" if done.is_new else " It was drawn before."
    messages().print(
        f"Round {round_}: {len(done.round.cases)} cases; documents may be shown until {done.round.due_on}.{said}",
        markup=False,
    )
    for path in done.paths:
        if path not in done.written:
            messages().print("This workbook was there already and is left as it is:")
        output.print(str(path), soft_wrap=True, markup=False)


@app.command("import", epilog=example("rollcall verify import casework/returned/2025H2_A.xlsx --home county"))
@restricted
def import_(
    file: Annotated[Path, typer.Argument(help="The workbook that a team handed in.", show_default=False)],
    home: HomeOption = None,
    by: Annotated[
        str | None, typer.Option("--by", help="Who takes it in. Default: the login name.", show_default=False)
    ] = None,
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="DATE", help="The day it came back. Default: today.", show_default=False),
    ] = None,
) -> None:
    """Take a returned workbook in, whole or not at all. The next night measures what was found."""
    from pipeline.casework import import_verification
    from pipeline.home import Home
    from pipeline.orchestration.nights.lock import holding

    county = Home(home)
    with holding(county):
        county.make_folders()
        done = import_verification(county, file, by or getpass.getuser(), day(on))
    if not done.answers and done.entry is not None:
        messages().print(f"It is stored already or names no child (entry {done.entry}).")
        return
    if done.entry is None:
        messages().print("It holds no answer that is new. Nothing was stored.")
        return
    noun, blank = ("children", "villages") if done.team == "canvass" else ("answers", "cases")
    messages().print(
        f"{done.answers} {noun} of {done.team} for round {done.round.name} are stored (entry {done.entry}); "
        f"{done.blank} {blank} are blank.",
        markup=False,
    )
    if done.third:
        messages().print(f"The two teams differ on {done.disputes} cases: a third person settles them.")
        output.print(str(done.third), soft_wrap=True, markup=False)
    messages().print("The next night measures what was found.")


@app.command("list", epilog=example("rollcall verify list --home county"))
@guarded
def list_(home: HomeOption = None) -> None:
    """List rounds: how many cases came back and are settled, and how far the two teams agree."""
    from pipeline.casework.verification.answers import agreement_of
    from pipeline.casework.verification.state import SETTLING, Verification
    from pipeline.home import Home

    county = Home(home)
    county.make_folders()
    state = Verification.read(county)
    rows = []
    for name, (_, round_) in state.rounds.items():
        cases = [(name, case.case_no) for case in round_.cases]
        outcomes = [state.outcome(*case) for case in cases]
        found = agreement_of(state, cases)
        figures = ["" if figure is None else f"{figure:.3f}" for figure in (found.share, found.kappa, found.ac1)]
        settled = sum(each is not None and each.seen.document in SETTLING for each in outcomes)
        rows.append(
            (name, round_.drawn_on, round_.due_on, len(cases), found.items, settled, *figures,
             len(state.disputes(name)) or "")
        )  # fmt: skip
    table(
        "Verification rounds",
        ("round", "as of", "due", "cases", "returned", "settled", "agree", "kappa", "AC1", "in dispute"),
        rows,
        "No round was drawn yet.",
    )
