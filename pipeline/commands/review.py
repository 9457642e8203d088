"""`rollcall review`: workbooks of doubtful pairs out to reviewers, their answers in, and what came of them."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands.terminal import HomeOption, example, guarded, messages, output, restricted, table, warehouse

if TYPE_CHECKING:
    from pipeline.casework.review.batches import Batch
    from pipeline.casework.review.decisions import Reviews

app = typer.Typer(no_args_is_help=True, help="Clerical review: ask people about pairs of records, and obey them.")

By = Annotated[str | None, typer.Option("--by", help="Who does it. Default: the login name.", show_default=False)]


@app.command(
    epilog=example(
        "rollcall review export --home county --reviewer li",
        "rollcall review export --home county --reviewer li --second-reviewer zhao --size 200",
    )
)
@restricted
def export(
    home: HomeOption = None,
    reviewer: Annotated[str, typer.Option("--reviewer", help="Who answers: a short name.")] = "A",
    second_reviewer: Annotated[
        str | None,
        typer.Option("--second-reviewer", help="Who answers the same pairs, blind to the first.", show_default=False),
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(
            "--size", min=1, help="Pairs at most. Default: review.batch_pairs of county.yaml.", show_default=False
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the random part; equal seeds draw equal pairs.")] = 1,
    show_scores: Annotated[
        bool, typer.Option("--show-scores", help="Show what the model thinks. It sways people: better not.")
    ] = False,
) -> None:
    """Write a workbook for each reviewer. Restricted: it holds names and id numbers."""
    from pipeline.casework import export_batch
    from pipeline.home import Home
    from pipeline.orchestration.nights.lock import holding

    county = Home(home)
    with holding(county), warehouse(home) as con:
        reviewers = [reviewer, second_reviewer] if second_reviewer else [reviewer]
        done = export_batch(con, county, reviewers, size=size, seed=seed, shows_scores=show_scores)
    messages().print(f"Batch {done.batch.name}: {len(done.batch.pairs)} pairs.")
    for path in done.paths:
        if path not in done.written:
            messages().print("This workbook was there already and is left as it is:")
        output.print(str(path), soft_wrap=True, markup=False)


@app.command("import", epilog=example("rollcall review import casework/returned/R0123456789_li.xlsx --home county"))
@restricted
def import_(
    file: Annotated[Path, typer.Argument(help="The workbook that a reviewer handed in.", show_default=False)],
    home: HomeOption = None,
    by: By = None,
) -> None:
    """Take a returned workbook in, whole or not at all. The next night obeys what was decided."""
    from pipeline.casework import export_adjudication, import_workbook
    from pipeline.home import Home
    from pipeline.orchestration.nights.lock import holding

    county = Home(home)
    with holding(county):
        county.make_folders()
        done = import_workbook(county, file, by or getpass.getuser())
        if not done.answers:
            was = f"It was imported before (entry {done.entry})." if done.entry else "It holds no answer that is new."
            messages().print(f"{was} Nothing was stored.")
            return
        messages().print(
            f"{done.answers} answers of reviewer {done.reviewer} to batch {done.batch.name} are stored "
            f"(entry {done.entry}); {done.blank} pairs are blank.",
            markup=False,
        )
        if done.waits_for:
            messages().print(f"They count once reviewer {done.waits_for[0]} has answered too.", markup=False)
            return
        if done.disagreements:
            with warehouse(home) as con:
                third = export_adjudication(con, county, done.batch.name)
            messages().print(
                f"The two reviewers disagree on {len(done.disagreements)} pairs: a third person settles them."
            )
            if third:
                output.print(str(third.paths[0]), soft_wrap=True, markup=False)
    messages().print("The next night obeys what was decided.")


@app.command("list", epilog=example("rollcall review list --home county", "rollcall review list --decisions"))
@guarded
def list_(
    home: HomeOption = None,
    decisions: Annotated[bool, typer.Option("--decisions", help="Every decision that stands, too.")] = False,
) -> None:
    """List batches, how far reviewers agree, and decisions that something now speaks against."""
    from pipeline.casework.review.batches import kept_batches
    from pipeline.casework.review.decisions import Reviews
    from pipeline.home import Home

    county = Home(home)
    county.make_folders()
    reviews = Reviews.read(county)
    known = {batch.name: batch for batch in [*kept_batches(county), *reviews.batches.values()]}
    table(
        "Review batches",
        ("batch", "as of", "kind", "pairs", "answered", "agree", "kappa", "AC1", "in dispute"),
        [_line(reviews, batch) for batch in known.values()],
        "No batch was exported yet.",
    )
    if decisions:
        rows = [
            (each.pair, asked.left_no, asked.right_no, "same" if each.is_same else "different", each.on, each.entry)
            for each in sorted(reviews.decisions.values(), key=lambda each: each.pair)
            for asked in [each.asked]
        ]
        table("Decisions", ("pair", "record", "record", "decided", "on", "entry"), rows, "No decision stands.")
    _contradicted(home, reviews)


def _line(reviews: Reviews, batch: Batch) -> tuple[object, ...]:
    from pipeline.casework.review.answers import agreement_of

    answered = ", ".join(
        f"{reviewer} {sum(reviewer in reviews.answers.get(pair, {}) for pair in batch.pair_names())}"
        for reviewer in batch.reviewers
    )
    found = agreement_of(reviews, batch) if batch.name in reviews.batches else None
    figures = (found.share, found.kappa, found.ac1) if found else (None, None, None)
    shown = ["" if figure is None else f"{figure:.3f}" for figure in figures]
    disputes = len(reviews.disagreements(batch.name)) if batch.name in reviews.batches else 0
    return batch.name, batch.made_on, batch.kind, len(batch.pairs), answered, *shown, disputes or ""


def _contradicted(home: Path | None, reviews: Reviews) -> None:
    from pipeline.home import Home

    if not Home(home).warehouse_file.exists():
        return
    with warehouse(home) as con:
        # the last night may have been an earlier version's
        has_table = con.execute(
            "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'contradicted_decisions'"
        ).fetchall()[0][0]
        wanted = "SELECT pair, reason FROM casework.contradicted_decisions ORDER BY pair"
        found = con.execute(wanted).fetchall() if has_table else []
    rows = [
        (pair, asked.left_no, asked.right_no, reason)
        for pair, reason in found
        if pair in reviews.pairs
        for asked in [reviews.pairs[pair][1]]
    ]
    table(
        "Decisions that something speaks against, as of the last night",
        ("pair", "record", "record", "reason"),
        rows,
        "Nothing speaks against a decision.",
    )


@app.command(
    epilog=example("rollcall review withdraw R0123456789-0007 --home county --note 'the mother brought the paper'")
)
@restricted
def withdraw(
    pair: Annotated[list[str], typer.Argument(help="The pair's number in the workbook.", show_default=False)],
    home: HomeOption = None,
    by: By = None,
    note: Annotated[str | None, typer.Option("--note", help="Why, for the record.", show_default=False)] = None,
) -> None:
    """Take back what was answered of a pair, by all its reviewers. The next night no longer obeys it."""
    from pipeline.casework import withdraw as take_back
    from pipeline.home import Home
    from pipeline.orchestration.nights.lock import holding

    county = Home(home)
    with holding(county):
        county.make_folders()
        entry = take_back(county, pair, by or getpass.getuser(), note)
    messages().print(f"Noted (entry {entry['seq']}): {len(pair)} taken back. The next night acts on it.", markup=False)
