"""Commands on what is kept, and on the program itself: archive, rebuild, backup, restore, audit, sbom, doctor."""

from __future__ import annotations

import datetime as dt
import getpass
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.terminal import (
    FAILED,
    AsOfOption,
    HomeOption,
    Steps,
    day,
    example,
    guarded,
    messages,
    output,
    restricted,
)

archive = typer.Typer(no_args_is_help=True, help="The archive of everything that was ever received.")
_MARKS = {"ok": "[green]✓[/]", "warning": "[yellow]![/]", "failed": "[red]✗[/]"}


@archive.command(epilog=example("rollcall archive verify --home county"))
@guarded
def verify(
    home: HomeOption = None,
    head: Annotated[
        list[str] | None,
        typer.Option("--head", help="A head that was written down outside: it must still be in its chain."),
    ] = None,
) -> None:
    """Prove that no receipt, no order and no byte of the archive was changed, added or removed.

    Write the heads down where nobody who can write the archive can write: they show later that nothing was cut off.
    """
    from pipeline.home import Home
    from pipeline.publish.nights.archive_proof import verify_whole

    found = verify_whole(Home(home), head or ())
    for problem in found.problems:
        output.print("[red]✗[/] ", end="")
        output.print(problem, markup=False, soft_wrap=True)
    if found.problems:
        messages().print("The archive is not what was received. Restore it from a backup.", style="red")
        raise typer.Exit(FAILED)
    output.print(
        f"[green]✓[/] {found.entries:,} entries, {found.copies:,} copies, {found.originals:,} originals, "
        f"{found.nights:,} nights.",
        soft_wrap=True,
    )
    if found.removed:
        output.print(
            f"  {found.removed:,} contents were removed by order; their receipts and hashes stay.", soft_wrap=True
        )
    for name, value in found.heads.items():
        output.print(f"  Head of {name}: {value}", soft_wrap=True)
    for value, count in found.since.items():
        output.print(f"  {value[:16]}… is there, with {count:,} entries after it.", soft_wrap=True)


@archive.command(
    "expire",
    epilog=example("rollcall archive expire --home county", "rollcall archive expire --apply --by NAME --home county"),
)
@restricted
def archive_expire(
    home: HomeOption = None,
    apply: Annotated[bool, typer.Option("--apply", help="Remove them; without it they are only counted.")] = False,
    by: Annotated[
        str | None,
        typer.Option("--by", help="Who orders it, for the ledger. Default: the account.", show_default=False),
    ] = None,
    as_of: AsOfOption = None,
) -> None:
    """Remove contents of submissions past retention_months; receipts and hashes stay, and the order is in the ledger.

    Without --apply nothing is changed. The next night forgets the rows of what was removed.
    """
    from pipeline.home import Home
    from pipeline.intake import expired, remove_expired
    from pipeline.orchestration.nights.gate import check_day, clock_day
    from pipeline.orchestration.nights.lock import holding

    county = Home(home)
    county.check()
    on = day(as_of)
    if on is not None:
        check_day(county, on)
    on = on or clock_day(county)
    if apply:
        with holding(county):
            found = remove_expired(county, on, by or getpass.getuser())
    else:
        found = expired(county, on)
    output.print(
        f"Received before {found.before} ({county.settings.retention_months} months): {len(found.receipts):,} "
        f"submissions, {len(found.answers):,} returned workbooks; {len(found.files):,} files, "
        f"{found.size / 1e6:,.1f} MB.",
        soft_wrap=True,
    )
    if found.first:
        output.print(f"Received from {found.first} to {found.last}.")
    if apply:
        messages().print(
            "They are removed, and the order is in the ledger. Run a night, so that the warehouse forgets."
        )
    elif found.files or found.receipts:
        messages().print("Nothing was changed. To remove them: the same with --apply.")


@restricted
def rebuild(
    home: HomeOption = None,
    into: Annotated[
        Path | None,
        typer.Option("--into", help="A new home beside, instead of in the home itself.", show_default=False),
    ] = None,
    from_what_remains: Annotated[
        bool,
        typer.Option(
            "--from-what-remains",
            help="Go on even where contents were removed by order: their records do not come back.",
        ),
    ] = False,
) -> None:
    """Make the warehouse and all releases again from archive/ alone, by replaying every night as it was noted.

    Child ids, tickets and decisions come out as they were. Pseudonyms do where state/pseudonym.secret is there.
    """
    from pipeline.home import Home
    from pipeline.orchestration.runs.rebuild import rebuild as replay_nights
    from pipeline.publish import Night

    def told(night: Night, of: int) -> None:
        messages().print(f"Night {night.night_no} of {of}: {night.run_id}, as of {night.as_of}")

    steps = Steps()
    done = replay_nights(Home(home), into, listener=steps, told=told, from_what_remains=from_what_remains)
    for sentence in done.differences:
        messages().print(f"[yellow]![/] {sentence}", soft_wrap=True)
    messages().print(f"{done.nights} nights were replayed. {steps.seconds:.0f} s")
    output.print(str(done.root), soft_wrap=True, markup=False)


@guarded
def audit(
    home: HomeOption = None,
    since: Annotated[
        dt.datetime | None,
        typer.Option("--since", formats=["%Y-%m-%d"], help="From this day on.", show_default=False),
    ] = None,
) -> None:
    """List who ran which command that shows people or decides about them, and when (UTC)."""
    from pipeline.audit import uses
    from pipeline.home import Home

    count = 0
    for use in uses(Home(home), since.date() if since else None):
        count += 1
        account = f"{use.account} (sudo: {use.behind})" if use.behind else use.account
        words = " ".join(f"{name}={value}" for name, value in use.words.items())
        output.print(f"{use.at}  {account}  {use.command}  {words}".rstrip(), soft_wrap=True, markup=False)
    messages().print(f"{count:,} uses. They are noted in casework/audit.jsonl.")


@restricted
def backup(
    to: Annotated[
        Path, typer.Option("--to", help="The folder to make, outside the home; absent or empty.", show_default=False)
    ],
    home: HomeOption = None,
) -> None:
    """Copy the home between two nights into a new folder, with a manifest of every file's SHA-256.

    Not in it: the pseudonyms' secret, which is kept apart, and Dagster's history.
    """
    from pipeline.home import Home
    from pipeline.orchestration.runs.backup import back_up

    done = back_up(Home(home), to)
    messages().print(f"{done.files:,} files, {done.size / 1e6:,.1f} MB. Manifest: {done.digest}", soft_wrap=True)
    for path in done.secrets:
        messages().print(
            f"Not in it, to be kept elsewhere: {path} (the pseudonyms' secret: without it no night runs on what is "
            "restored).",
            markup=False, soft_wrap=True,
        )  # fmt: skip
    if done.is_sealed:
        messages().print("It lies under the home's key, as the home does: keep that key elsewhere, too.")
    output.print(str(done.folder), soft_wrap=True, markup=False)


@guarded
def restore(
    source: Annotated[Path, typer.Option("--from", help="The backup's folder.", show_default=False)],
    home: HomeOption = None,
    secret: Annotated[
        Path | None,
        typer.Option("--secret", help="The pseudonyms' secret, from where it is kept.", show_default=False),
    ] = None,
) -> None:
    """Make a new home from a backup; refused where one file is not what was backed up, or the home is not empty."""
    from pipeline.home import Home
    from pipeline.orchestration.runs.restored import restore as stand_up

    done = stand_up(source, Home(home).root, secret)
    messages().print(f"{done.files:,} files are what was backed up. Manifest: {done.digest}", soft_wrap=True)
    if done.is_secret_missing:
        messages().print(
            f"Put the pseudonyms' secret back before the next night: {done.home.secret_file}",
            markup=False, soft_wrap=True,
        )  # fmt: skip
    output.print(str(done.home.root), soft_wrap=True, markup=False)


@guarded
def sbom(
    out: Annotated[
        Path | None, typer.Option("--out", help="The file to write. Default: the terminal.", show_default=False)
    ] = None,
    home: HomeOption = None,
) -> None:
    """Write what rollcall is made of as CycloneDX JSON: every locked package with version, hashes and licence.

    It is of the program, whatever the home holds.
    """
    import json

    from pipeline.sbom import bill_of_materials
    from pipeline.whole_files import OFFICE_MODE, write_whole

    bill = bill_of_materials()
    text = json.dumps(bill, ensure_ascii=False, indent=1) + "\n"
    if out is None:
        typer.echo(text, nl=False)
        return
    write_whole(out, text, OFFICE_MODE)
    messages().print(f"{len(bill['components'])} packages.")
    output.print(str(out), soft_wrap=True, markup=False)


@guarded
def doctor(
    home: HomeOption = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Only say when the last night ended well; 1 where that is too long ago.")
    ] = False,
    installation: Annotated[
        bool, typer.Option("--installation", help="Only check the installation; there need be no home.")
    ] = False,
) -> None:
    """Check the installation, the home, its reference files, disk room and DuckDB's extensions."""
    from rich.table import Table

    from pipeline.home import Home
    from pipeline.orchestration.doctor import examine, last_night_ended

    if quick:
        found = last_night_ended(Home(home))
        output.print(f"{found.said} {found.remedy}".strip(), markup=False, soft_wrap=True)
        if found.verdict == "failed":
            raise typer.Exit(FAILED)
        return
    findings = list(examine(Home(home), installation_only=installation))
    drawn = Table(show_header=False, box=None, padding=(0, 1))
    for finding in findings:
        remedy = f"\n[dim]→ {finding.remedy}[/]" if finding.remedy else ""
        drawn.add_row(_MARKS[finding.verdict], finding.subject, f"{finding.said}{remedy}")
    output.print(drawn)
    if any(finding.verdict == "failed" for finding in findings):
        raise typer.Exit(FAILED)
