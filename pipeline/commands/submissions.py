"""`rollcall submissions`: what was received, what became of it, and what a person decides of it."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.terminal import HomeOption, example, guarded, messages, table, warehouse

app = typer.Typer(no_args_is_help=True, help="See what units sent and what became of it; confirm or withdraw.")

Unit = Annotated[str, typer.Argument(help="The unit's code, as in units.csv.", show_default=False)]
Feed = Annotated[str, typer.Argument(help="The feed.", show_default=False)]
Period = Annotated[str, typer.Argument(help="The period, 2024-03 or 2024.", show_default=False)]
Revision = Annotated[
    int | None,
    typer.Option(
        "--revision-id", help="The revision that is meant. Default: the last one to arrive.", show_default=False
    ),
]
By = Annotated[str | None, typer.Option("--by", help="Who decides. Default: the login name.", show_default=False)]
Note = Annotated[str | None, typer.Option("--note", help="Why, for the record.", show_default=False)]

_STATES = """
    SELECT unit_code, feed, period, revision, revision_id, state, reason_code, row_count, set_aside_count,
           strftime(arrived_at, '%Y-%m-%d %H:%M') AS arrived
    FROM checks.submission_states
    WHERE coalesce(unit_code = $unit, true) AND coalesce(feed = $feed, true)
      AND coalesce(period = $period, true) AND coalesce(state = $state, true)
    ORDER BY unit_code, feed, period, revision
"""
_COLUMNS = ("unit", "feed", "period", "revision", "id", "state", "reason", "rows", "set aside", "arrived")


def _states(home: Path | None, **wanted: str | None) -> list[tuple]:
    with warehouse(home) as con:
        asked = {name: wanted.get(name) for name in ("unit", "feed", "period", "state")}
        return con.execute(_STATES, asked).fetchall()


@app.command(
    "list", epilog=example("rollcall submissions list --state held", "rollcall submissions list --unit clinic-100")
)
@guarded
def list_(
    home: HomeOption = None,
    unit: Annotated[str | None, typer.Option("--unit", help="Only this unit's.", show_default=False)] = None,
    feed: Annotated[str | None, typer.Option("--feed", help="Only this feed's.", show_default=False)] = None,
    period: Annotated[str | None, typer.Option("--period", help="Only this period's.", show_default=False)] = None,
    state: Annotated[
        str | None, typer.Option("--state", help="Only in this state, such as held.", show_default=False)
    ] = None,
) -> None:
    """List revisions and their states, as the last night decided them."""
    found = _states(home, unit=unit, feed=feed, period=period, state=state)
    table("Submissions", _COLUMNS, found, "No such submission.")


@app.command(epilog=example("rollcall submissions show clinic-100 delivery 2024-03"))
@guarded
def show(unit: Unit, feed: Feed, period: Period, home: HomeOption = None) -> None:
    """Show one submission: its revisions and what the checks found in each."""
    from pipeline.errors import UsageError

    found = _states(home, unit=unit, feed=feed, period=period)
    if not found:
        raise UsageError(f"{unit} has sent nothing for {feed} {period}.", "rollcall submissions list shows what was.")
    table(f"{unit} {feed} {period}", _COLUMNS, found)
    with warehouse(home) as con:
        failed = con.execute(
            "SELECT revision_id, code, column_name, severity, evaluated_count, failed_count FROM checks.results "
            "WHERE unit_code = ? AND feed = ? AND period = ? AND NOT is_passed ORDER BY revision_id, severity, code",
            [unit, feed, period],
        ).fetchall()
    table("What failed", ("id", "code", "column", "severity", "evaluated", "failed"), failed, "No expectation failed.")


@app.command(
    epilog=example("rollcall submissions confirm clinic-100 delivery 2024-03 --note 'telephoned, the fall is real'")
)
@guarded
def confirm(
    unit: Unit,
    feed: Feed,
    period: Period,
    home: HomeOption = None,
    revision_id: Revision = None,
    by: By = None,
    note: Note = None,
) -> None:
    """Confirm a held revision: the next night takes it as the current content."""
    _decide("confirm", unit, feed, period, home, revision_id, by, note)


@app.command(epilog=example("rollcall submissions withdraw clinic-100 delivery 2024-03 --note 'sent by mistake'"))
@guarded
def withdraw(
    unit: Unit,
    feed: Feed,
    period: Period,
    home: HomeOption = None,
    revision_id: Revision = None,
    by: By = None,
    note: Note = None,
) -> None:
    """Withdraw a revision: from the next night on, it counts as never sent."""
    _decide("withdraw", unit, feed, period, home, revision_id, by, note)


def _decide(
    decision: str, unit: str, feed: str, period: str, root: Path | None, revision_id: int | None, *words: str | None
) -> None:
    from pipeline.home import Home
    from pipeline.intake import decide
    from pipeline.orchestration.nights.lock import holding

    home = Home(root)
    with holding(home):
        by, note = words
        entry = decide(home, unit, feed, period, decision, by or getpass.getuser(), note, revision_id=revision_id)
    messages().print(
        f"Noted: {decision} of revision {entry['revision_id']} of {unit} {feed} {period}. The next night acts on it.",
        markup=False,
    )
