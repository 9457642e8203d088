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
    format_: Annotated[str, typer.Option("--format", help="parquet, csv, xlsx or dhis2.")] = "csv",
    public: Annotated[
        bool, typer.Option("--public", help="The approved public tables of public/ instead of the release.")
    ] = False,
    mapping: Annotated[
        Path | None,
        typer.Option(
            "--mapping", help="For dhis2: what measures and units are called there (a YAML file).", show_default=False
        ),
    ] = None,
) -> None:
    """Write the current release one file a table, with a datapackage.json that describes every column.

    Children are under pseudonyms; what may leave the office is in public/ alone: --public.
    """
    from pipeline.home import Home
    from pipeline.publish.export.dhis2 import FORMAT, export_values
    from pipeline.publish.export.words import refused
    from pipeline.publish.export.write import export as write

    county = Home(home)
    county.make_folders()
    if (format_ == FORMAT) != (mapping is not None) or (public and mapping):
        raise refused("mapping_asked")
    if mapping is not None:
        values = export_values(county, mapping, out)
        messages().print(
            f"{values.values:,} values of {values.months} months, of {values.version}.", markup=False, soft_wrap=True
        )
        if values.left_out:
            messages().print(f"{values.left_out} units have no organisation unit of their own in the mapping.")
        output.print(str(values.folder), soft_wrap=True, markup=False)
        return
    done = write(county, format_, out, is_public=public)
    messages().print(f"{done.tables} tables, {done.rows:,} rows of {done.version}.", markup=False)
    output.print(str(done.folder), soft_wrap=True, markup=False)
