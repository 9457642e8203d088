"""The model that ships: learned from synthetic counties whose truth is known.

Belongs here: counting over several counties. Run it after the comparisons or the standardised record changed:
    python -m pipeline.linkage.training.default_model HOME [HOME ...]
where each HOME is a synthetic county that has been run up to its standardised records, with its `truth/`. Without homes
it writes the card of the model that is there (`docs/model_card.md`). `make model` does both on the training counties of
`benchmarks/labelled.yaml`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipeline.errors import UsageError
from pipeline.home import PROJECT
from pipeline.linkage.children.partition import PAIRS, partition
from pipeline.linkage.inputs import INPUT, fill_input, workshop
from pipeline.linkage.model.frozen_model import DEFAULT_MODEL, Model, read_model
from pipeline.linkage.training import drift
from pipeline.linkage.training.cards import card_markdown
from pipeline.linkage.training.training import Counts, count_labelled, from_counts
from pipeline.settings.linkage import LinkageSettings

LABELS = "labels"
CARD = PROJECT / "docs" / "model_card.md"


def train_default(homes: Iterable[Path]) -> Model:
    """Count over labelled counties, and make the model.

    Args:
        homes: folders with `warehouse/warehouse.duckdb` and `truth/records.csv, births.csv`.

    Raises:
        UsageError: a folder lacks one of these.
    """
    counts, counties = Counts(), 0
    for home in homes:
        warehouse, truth = home / "warehouse" / "warehouse.duckdb", home / "truth"
        for needed in (warehouse, truth / "records.csv", truth / "births.csv"):
            if not needed.is_file():
                raise UsageError(f"{needed} is absent.", "Make a synthetic county and run it first.")
        counts.add(_count(warehouse, truth))
        counties += 1
    return from_counts(
        counts,
        {
            "what": "labelled pairs of synthetic counties",
            "counties": counties,
            "records": counts.records,
            "pairs": dict(sorted(counts.pairs.items())),
        },
    )


def referenced(model: Model, homes: Iterable[Path]) -> Model:
    """The model with what linking its own counties by it looks like: the reference that nights are measured by."""
    tally = drift.Tally()
    for home in homes:
        with _records(home / "warehouse" / "warehouse.duckdb") as work:
            partition(work, model, LinkageSettings())
            tally.add(drift.count(work, pairs=PAIRS, records=INPUT, of=INPUT))
    return drift.with_reference(model, tally)


def _count(warehouse: Path, truth: Path) -> Counts:
    with _records(warehouse) as work:
        label(work, truth)
        return count_labelled(work, LABELS)


@contextmanager
def _records(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A workshop whose linkage input holds a county's records."""
    con = duckdb.connect(":memory:")
    try:
        con.execute(f"ATTACH '{warehouse}' AS warehouse (READ_ONLY)")
        with workshop(con) as work:
            fill_input(work)
            yield work
    finally:
        con.close()


def label(work: duckdb.DuckDBPyConnection, truth: Path) -> None:
    """Fill the table `labels` (record_key, child, delivery, mother) from a county's truth."""
    work.execute(
        f"""
        CREATE OR REPLACE TABLE {LABELS} AS
        SELECT record_key, records.child, births.mother,
            CASE WHEN births.child IS NOT NULL THEN births.mother || '|' || births.birth_date END AS delivery
        FROM {INPUT}
        JOIN read_csv($records, all_varchar = true) AS records USING (feed, record_no)
        LEFT JOIN read_csv($births, all_varchar = true) AS births ON births.child = records.child
        """,
        {"records": str(truth / "records.csv"), "births": str(truth / "births.csv")},
    )


def main(arguments: Sequence[str]) -> None:
    """Write the model that ships, and its card; without counties only the card."""
    homes = [Path(argument) for argument in arguments]
    if homes:
        model = referenced(train_default(homes), homes)
        DEFAULT_MODEL.write_text(model.text, encoding="utf-8")
    model = read_model(DEFAULT_MODEL)
    CARD.write_text(card_markdown(model), encoding="utf-8")
    print(f"{DEFAULT_MODEL.name}: {model.version}")


if __name__ == "__main__":
    main(sys.argv[1:])
