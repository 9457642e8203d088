"""`rollcall release`: what was published, going back to an earlier release, and letting a period out of the office."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands.terminal import HomeOption, example, guarded, messages, restricted, table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from pipeline.home import Home

app = typer.Typer(
    no_args_is_help=True,
    help="See what was published; make an earlier release current again; let a period's public tables out.",
)

Period = Annotated[str, typer.Argument(help="The month of the bulletin, 2024-03.", show_default=False)]
Unit = Annotated[str, typer.Argument(help="The unit's code, as in units.csv.", show_default=False)]
By = Annotated[str, typer.Option("--by", help="Who answers for it: a name.", show_default=False)]


@app.command("list", epilog=example("rollcall release list --home county"))
@guarded
def list_(home: HomeOption = None) -> None:
    """List the releases that are there, oldest first; the current one is marked. `release show` says all of one."""
    from pipeline.home import Home
    from pipeline.publish import list_releases

    rows = [
        (
            "current" if found["is_current"] else "",
            found["release"],
            found["as_of"],
            found["made_at"][:16].replace("T", " "),
            found.get("parent"),
            found["model_version"],
            found.get("program", {}).get("version"),
            found.get("settings", {}).get("digest", "")[:8],
            found.get("ledger", {}).get("receipts"),
            found["tables"].get("children", {}).get("rows"),
        )
        for found in list_releases(Home(home))
    ]
    heads = ("", "release", "as of", "made at", "after", "model", "program", "settings", "files", "children")
    table("Releases", heads, rows, "Nothing was published yet.")


@app.command(
    epilog=example("rollcall release show --home county", "rollcall release show N0003-1a2b3c4d --home county")
)
@guarded
def show(
    release: Annotated[str, typer.Argument(help="The release; without it, the current one.")] = "",
    home: HomeOption = None,
) -> None:
    """Show what a release was made from: inputs, program, model, every setting in force, seeds, and its tables.

    Equal inputs give equal lines but for those marked *, which say when the release was made.
    """
    from pipeline.home import Home
    from pipeline.publish import find_release
    from pipeline.publish.release.manifest import laid_out

    found = find_release(Home(home), release)
    rows = [("*" if is_of_making else "", name, value) for name, value, is_of_making in laid_out(found)]
    table(f"Release {found['release']}", ("", "what", "value"), rows)


@app.command(epilog=example("rollcall release rollback --home county"))
@restricted
def rollback(
    release: Annotated[
        str, typer.Argument(help="The release to go back to; without it, the one before the last night.")
    ] = "",
    home: HomeOption = None,
) -> None:
    """Take back the last night, or all nights after a release: warehouse, tickets, child ids and marts.

    What units sent stays in the archive; the next night reads it again. The last night is taken back in seconds,
    earlier ones by replaying the archive.
    """
    from pipeline.home import Home
    from pipeline.orchestration.runs.rollback import roll_back
    from pipeline.publish import Night

    def told(night: Night, of: int) -> None:
        messages().print(f"Night {night.night_no} of {of}: {night.run_id}, as of {night.as_of}")

    done = roll_back(Home(home), release or None, told=told)
    for night in done.withdrawn:
        messages().print(f"Taken back: {night.run_id}, as of {night.as_of}.", markup=False)
    stands = f"{done.back_to.release} is current again." if done.back_to else "No night is left; nothing is published."
    messages().print(
        f"{stands} What units sent since is in the archive; the next night reads it again and writes feedback and "
        "reports anew.",
        markup=False,
    )


@contextmanager
def current_marts(root: Path | None) -> Iterator[tuple[Home, DuckDBPyConnection]]:
    """The home under its lock, and the marts of its current release to read from."""
    import duckdb

    from pipeline.errors import UsageError
    from pipeline.home import Home
    from pipeline.orchestration.nights.lock import holding

    home = Home(root)
    home.make_folders()
    if not home.current_marts.exists():
        raise UsageError(f"Nothing was published on {home.root} yet.", f"Run a night: rollcall run --home {home.root}")
    with holding(home), duckdb.connect(str(home.current_marts), read_only=True) as con:
        yield home, con


@app.command(epilog=example("rollcall release prepare 2025-12 --home county"))
@guarded
def prepare(period: Period, home: HomeOption = None) -> None:
    """Prepare a month's public tables, controlled against all that is out, to be looked at before they are approved."""
    from pipeline.publish.approval.controlled import decide, revision_cost
    from pipeline.publish.approval.prepared import prepare as write
    from pipeline.publish.approval.prepared import prepared_folder

    with current_marts(home) as (county, con):
        tables = write(con, county, period)
        cost = revision_cost(county, period, decide(con, county, period, county.today()).cells)
    rows = [(name, len(one.rows), one.suppressed_count) for name, one in tables.tables.items()]
    table(f"Prepared for {period}", ("table", "rows", "numbers suppressed"), rows)
    for note in tables.notes[1:]:
        messages().print(note.en, markup=False, soft_wrap=True)
    if cost:
        messages().print(cost.sentence, markup=False, soft_wrap=True)
    messages().print(f"Look at {prepared_folder(county, period)}", markup=False, soft_wrap=True)
    messages().print(
        f"Then: rollcall release approve {period} --by NAME --home {county.root}", markup=False, soft_wrap=True
    )


@app.command(epilog=example("rollcall release approve 2025-12 --by 李主任"))
@restricted
def approve(
    period: Period,
    by: By,
    home: HomeOption = None,
    note: Annotated[str, typer.Option("--note", help="For the record; needed where files that are out would go.")] = "",
) -> None:
    """Let what is prepared for a month out into public/, noted in the ledger of approvals; twice changes nothing."""
    from pipeline.publish.approval.approve import approve as let_out

    with current_marts(home) as (county, con):
        done = let_out(con, county, period, by, note=note)
    if done.is_new:
        said = f"{period} is approved (revision {done.revision}), {done.suppressed:,} numbers suppressed."
    else:
        said = f"{period} was approved before with the same numbers (revision {done.revision}); nothing has changed."
    messages().print(f"{said} {done.files} files: {county.public / period}", markup=False, soft_wrap=True)
    if done.cost:
        messages().print(done.cost, markup=False, soft_wrap=True)


@app.command(epilog=example("rollcall release tell police-100 2025-12 --by 李主任"))
@restricted
def tell(unit: Unit, period: Period, by: By, home: HomeOption = None) -> None:
    """Note that a unit was told today that it is critical: from tomorrow it has ten working days to reply."""
    from pipeline.publish.approval.replies import check_critical, note_told
    from pipeline.reference import load_reference

    with current_marts(home) as (county, con):
        check_critical(con, unit, period)
        is_new = note_told(county, load_reference(county), unit, period, county.today(), by)
    said = "Noted" if is_new else "Noted before, that day counts"
    messages().print(f"{said}: {unit} was told that it is critical in {period}.", markup=False)


@app.command(
    epilog=example("rollcall release reply police-100 2025-12 --by 李主任 --note 'entries are being verified'")
)
@restricted
def reply(
    unit: Unit,
    period: Period,
    note: Annotated[str, typer.Option("--note", help="What the unit says, in a sentence.", show_default=False)],
    by: By,
    home: HomeOption = None,
) -> None:
    """Note what a unit that is critical has to say to it; it may then be named outside the office."""
    from pipeline.home import Home
    from pipeline.orchestration.nights.lock import holding
    from pipeline.publish.approval.replies import note_reply
    from pipeline.reference import load_reference

    county = Home(home)
    with holding(county):
        note_reply(county, load_reference(county), unit, period, county.today(), by, note)
    messages().print(f"Noted: the reply of {unit} for {period}.", markup=False)
