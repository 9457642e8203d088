"""`rollcall export`: a release, or the approved public tables, as files that other programs read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.terminal import HomeOption, guarded, messages, output


@guarded
def export(
    out: Annotated[
        Path,
        typer.Option("--out", help="The folder to write; an earlier export is replaced whole.", show_default=False),
    ],
    home: HomeOption = None,
    format_: Annotated[str, typer.Option("--format", help="parquet, csv or xlsx.")] = "csv",
    public: Annotated[
        bool, typer.Option("--public", help="The approved public tables of public/ instead of the release.")
    ] = False,
) -> None:
    """Write the current release one file a table, with a datapackage.json that describes every column.

    Children are under pseudonyms; what may leave the office is in public/ alone: --public.
    """
    from pipeline.home import Home
    from pipeline.publish.export.write import export as write

    county = Home(home)
    county.make_folders()
    done = write(county, format_, out, is_public=public)
    messages().print(f"{done.tables} tables, {done.rows:,} rows of {done.version}.", markup=False)
    output.print(str(done.folder), soft_wrap=True, markup=False)
