"""`rollcall bench`: linkage measured beside its peers, from a checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.terminal import FAILED, guarded


@guarded
def bench(
    home: Annotated[
        Path | None,
        typer.Option(
            "--home",
            help="The folder in which the measured counties are made and kept. Default: build/counties.",
            show_default=False,
        ),
    ] = None,
    records: Annotated[
        list[int] | None,
        typer.Option("--records", help="A county's size; may be given again. Default: 10 thousand to 1 million."),
    ] = None,
    limit: Annotated[float, typer.Option("--limit", help="Seconds that a method may take.")] = 1800,
) -> None:
    """Measure linkage beside Splink, recordlinkage and a plain join: time, memory, and how right the links are.

    Counties are synthetic and made the first time, that of a million in a quarter of an hour. Figures are kept in
    benchmarks/ and docs/benchmarks.md.
    """
    import subprocess
    import sys

    from pipeline.errors import UsageError
    from pipeline.home import PROJECT

    if not (PROJECT / "benchmarks" / "linkage.py").exists():
        raise UsageError("The benchmarks are not installed.", "Run it in a checkout of the project: make bench.")
    words = [sys.executable, "-m", "benchmarks.linkage", "--limit", str(limit)]
    if home is not None:
        words += ["--folder", str(home.resolve())]
    if records:
        words += ["--records", *map(str, records)]
    if subprocess.run(words, cwd=PROJECT, check=False).returncode:
        raise typer.Exit(FAILED)
