"""`rollcall submissions`: what was received, what became of it, and what a person decides of it."""

from __future__ import annotations

import difflib
import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands.terminal import HomeOption, example, guarded, messages, restricted, table, warehouse
from pipeline.statements import Statements

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

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

_STATEMENTS = Statements(__file__)
_COLUMNS = ("unit", "feed", "period", "status", "due", "revision", "id", "state", "reason", "rows", "set aside",
            "arrived")  # fmt: skip
_SUMMARY_COLUMNS = ("feed", "due", "on time", "late", "rejected", "missing", "not due yet", "held revisions")


@app.command(
    "list",
    epilog=example("rollcall submissions list --status missing", "rollcall submissions list --unit clinic-100"),
)
@guarded
def list_(
    home: HomeOption = None,
    unit: Annotated[str | None, typer.Option("--unit", help="Only this unit's.", show_default=False)] = None,
    feed: Annotated[str | None, typer.Option("--feed", help="Only this feed's.", show_default=False)] = None,
    period: Annotated[str | None, typer.Option("--period", help="Only this period's.", show_default=False)] = None,
    state: Annotated[
        str | None, typer.Option("--state", help="Only revisions in this state, such as held.", show_default=False)
    ] = None,
    status: Annotated[
        str | None,
        typer.Option("--status", help="Only what is owed with this status, such as missing.", show_default=False),
    ] = None,
) -> None:
    """List what units owe and what they sent, as the last night found it; a summary first."""
    wanted = {"unit": unit, "feed": feed, "period": period, "state": state, "status": status}
    with warehouse(home) as con:
        _check_known(con, wanted)
        table("By feed", _SUMMARY_COLUMNS, con.execute(_STATEMENTS["by_feed"]).fetchall(), "Nothing is owed yet.")
        found = con.execute(_STATEMENTS["submissions"], wanted).fetchall()
    table("Submissions", _COLUMNS, found, "No such submission.")


def _check_known(con: DuckDBPyConnection, wanted: dict[str, str | None]) -> None:
    """Refuse a filter that can match nothing, naming what there is.

    Raises:
        UsageError: no unit, feed, period, state or status of that name.
    """
    from pipeline.accountability.obligations.statuses import Status
    from pipeline.checks.vocabulary import State
    from pipeline.errors import UsageError

    listed = (
        "SELECT DISTINCT {0}::VARCHAR FROM accountability.obligations UNION SELECT {0} FROM checks.submission_states"
    )
    known = {
        "state": [str(one) for one in State],
        "status": [str(one) for one in Status],
        **{
            option: [str(name) for (name,) in con.execute(listed.format(column)).fetchall() if name]
            for option, column in (("unit", "unit_code"), ("feed", "feed"), ("period", "period"))
            if wanted[option]
        },
    }
    for option, value in wanted.items():
        if value and value not in known[option]:
            near = difflib.get_close_matches(value, known[option], 3, 0.4) or sorted(known[option])[:8]
            raise UsageError(f"There is no {option} {value}.", f"There is, among others: {', '.join(near)}.")


def _revisions(home: Path | None, unit: str, feed: str, period: str) -> list[tuple]:
    with warehouse(home) as con:
        wanted = {"unit": unit, "feed": feed, "period": period, "state": None, "status": None}
        return [
            row
            for row in con.execute(_STATEMENTS["submissions"], wanted).fetchall()
            if row[_COLUMNS.index("id")] is not None
        ]


@app.command(epilog=example("rollcall submissions show clinic-100 delivery 2024-03"))
@guarded
def show(unit: Unit, feed: Feed, period: Period, home: HomeOption = None) -> None:
    """Show one submission: its revisions and what the checks found in each."""
    from pipeline.errors import UsageError

    found = _revisions(home, unit, feed, period)
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
@restricted
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
    revision_id = _held(home, unit, feed, period, revision_id)
    _decide("confirm", unit, feed, period, home, revision_id, by, note)


@app.command(epilog=example("rollcall submissions withdraw clinic-100 delivery 2024-03 --note 'sent by mistake'"))
@restricted
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


def _held(home: Path | None, unit: str, feed: str, period: str, revision_id: int | None) -> int | None:
    """The revision to confirm: the one that is meant, or the last one that is held.

    Raises:
        UsageError: it is not held, so there is nothing to confirm.
    """
    from pipeline.errors import UsageError

    states = {row[_COLUMNS.index("id")]: row[_COLUMNS.index("state")] for row in _revisions(home, unit, feed, period)}
    held = [number for number, state in states.items() if state == "held"]
    if revision_id is None and held:
        return held[-1]
    if revision_id in held or not states:
        # whether anything was sent at all is told where the decision is entered
        return revision_id
    which = f"Revision {revision_id}" if revision_id is not None else "No revision"
    said = f" ({states[revision_id]})" if revision_id in states else ""
    raise UsageError(
        f"{which} of {unit} {feed} {period} is held{said}: there is nothing to confirm."
        if revision_id is None
        else f"{which} of {unit} {feed} {period} is not held{said}: there is nothing to confirm.",
        "What waits for confirmation: rollcall submissions list --state held",
    )


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


@guarded
def templates(
    out: Annotated[Path, typer.Option("--out", help="The folder that the workbooks are written into.")],
    home: HomeOption = None,
) -> None:
    """Write an empty workbook for each feed, for units to fill in: headers, drop-downs, and how to fill it in."""
    from pipeline.casework.form_templates.form import write_forms
    from pipeline.home import Home

    county = Home(home)
    for path in write_forms(out, county if county.county_yaml.exists() else None):
        messages().print(str(path), markup=False, soft_wrap=True)
