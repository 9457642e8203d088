"""`rollcall explain`: why two records are, or are not, of one child, as a page."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.commands.terminal import HomeOption, messages, output, restricted, warehouse


@restricted
def explain(
    record: Annotated[
        str,
        typer.Argument(
            metavar="FEED:RECORD_NO",
            help="A record. Where units share a number: FEED:RECORD_NO@UNIT, or FEED:RECORD_NO@UNIT@PERIOD.",
            show_default=False,
        ),
    ],
    other: Annotated[
        str | None,
        typer.Argument(
            metavar="FEED:RECORD_NO", help="A second record, to compare the first with.", show_default=False
        ),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Write a page that says why two records are, or are not, of one child. Restricted: it names people."""
    from pipeline.casework import write_explanation
    from pipeline.home import Home

    with warehouse(home) as con:
        path = write_explanation(con, Home(home), [record, other] if other else [record])
    messages().print("The page names people: it stays in casework.")
    output.print(str(path), soft_wrap=True, markup=False)
