"""`rollcall archive` and `rollcall doctor`: whether what is kept is what was received, and whether all is in order."""

from __future__ import annotations

import typer

from pipeline.commands.terminal import FAILED, HomeOption, example, guarded, messages, output

archive = typer.Typer(no_args_is_help=True, help="The archive of everything that was ever received.")
_MARKS = {"ok": "[green]✓[/]", "warning": "[yellow]![/]", "failed": "[red]✗[/]"}


@archive.command(epilog=example("rollcall archive verify --home county"))
@guarded
def verify(home: HomeOption = None) -> None:
    """Prove that no receipt, no order and no byte of the archive was changed, added or removed."""
    from pipeline.home import Home
    from pipeline.intake import verify_archive
    from pipeline.publish.approvals import verify_approvals

    county = Home(home)
    found = verify_archive(county)
    problems = (*found.problems, *verify_approvals(county))
    for problem in problems:
        output.print(f"[red]✗[/] {problem}", soft_wrap=True)
    if problems:
        messages().print("The archive is not what was received. Restore it from a backup.", style="red")
        raise typer.Exit(FAILED)
    output.print(
        f"[green]✓[/] {found.entries:,} entries, {found.copies:,} copies, {found.originals:,} originals.\n"
        f"  Head: {found.head}",
        soft_wrap=True,
    )


@guarded
def doctor(home: HomeOption = None) -> None:
    """Check the installation, the home, its reference files, disk room and DuckDB's extensions."""
    from rich.table import Table

    from pipeline.home import Home
    from pipeline.orchestration.doctor import examine

    findings = list(examine(Home(home)))
    drawn = Table(show_header=False, box=None, padding=(0, 1))
    for finding in findings:
        remedy = f"\n[dim]→ {finding.remedy}[/]" if finding.remedy else ""
        drawn.add_row(_MARKS[finding.verdict], finding.subject, f"{finding.said}{remedy}")
    output.print(drawn)
    if any(finding.verdict == "failed" for finding in findings):
        raise typer.Exit(FAILED)
