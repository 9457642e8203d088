"""A county's own model: learned from its records, without labels.

Belongs here: `train`. Does not: learning from labels (`training/training.py`). No night comes here.

Families that the model in use finds to have more than one child are left out: the rest holds neither siblings nor
twins, so that expectation-maximisation cannot mistake them for errors. What it finds is mixed with a part of the model
that ships, so that a level that this county happens not to show stays possible.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipeline.errors import RollcallError
from pipeline.home import Home
from pipeline.linkage.children.partition import PAIRS, RESOLVED, partition
from pipeline.linkage.inputs import INPUT, TERM_COLUMNS, fill_input, workshop
from pipeline.linkage.model.comparisons import COMPARISONS
from pipeline.linkage.model.frozen_model import ALTERNATIVES, DEFAULT_MODEL, Model, keep_model, read_model
from pipeline.linkage.pairs.scoring import quiet
from pipeline.linkage.training.cards import card, card_json, card_markdown
from pipeline.linkage.training.drift import count, with_reference
from pipeline.linkage.training.training import count_names, terms_of
from pipeline.statements import Statements
from pipeline.whole_files import write_whole

_STATEMENTS = Statements(__file__)
TRAINING_INPUT = "training_input"
# records below which a county's own figures say too little
MINIMUM_RECORDS = 2_000
RANDOM_PAIRS, BLOCKED_PAIRS = 1_000_000, 500_000
# pairs of one child's records that a comparison must have seen before its shares are learned here
MINIMUM_PAIRS = 300
# what of the shipped model stays in every share
SHIPPED_PART = 0.2
# blocks on which shares are learned: each column is outside at least two of them
TRAINING_BLOCKS = (
    ("certificate_no",),
    ("mother_id_no",),
    ("birth_date", "mother_name_std"),
    ("birth_date", "child_name_std"),
    ("father_name_std", "village_code"),
)


@dataclass(frozen=True)
class ModelCard:
    """A trained model: its version, its file, its card, and whether nights use it from now on."""

    version: str
    path: Path
    card: dict[str, Any]
    is_promoted: bool


def train(con: duckdb.DuckDBPyConnection, home: Home, *, seed: int, promote: bool = True) -> ModelCard:
    """Learn a model from the county's standardised records, and keep it with its card in the archive.

    Args:
        con: the warehouse, in use.
        seed: of the random pairs.
        promote: let the next nights use it.

    Raises:
        RollcallError: there are too few records.
    """
    shipped = read_model(DEFAULT_MODEL)
    with workshop(con) as work:
        records = fill_input(work)
        if records < MINIMUM_RECORDS:
            raise RollcallError(
                f"The county has {records} records; a model of its own needs {MINIMUM_RECORDS}.",
                "Use the model that ships until there are more.",
            )
        partition(work, shipped, home.settings.linkage)
        used = _leave_out_larger_families(work)
        learned, skipped = _learn(work, shipped, seed)
        prior = work.execute(f"""
            SELECT sum(n * (n - 1) / 2) / ({records}::DOUBLE * ({records} - 1) / 2)
            FROM (SELECT count(*) AS n FROM {RESOLVED} GROUP BY child)
        """).fetchall()[0][0]
        seen = _compared_pairs(work)
        terms = {column: terms_of(count_names(work, column)) for column in TERM_COLUMNS}
        known = {name: levels for name, levels in learned.items() if seen[name] >= MINIMUM_PAIRS}
        model = Model(
            prior=float(prior),
            worth=mixed(known, shipped, float(prior)),
            odds=shipped.odds,
            terms=terms,
            trained_on={
                "what": "this county's records, without labels",
                "records": records,
                "records_of_one_child_families": used,
                "blocks_not_used": skipped,
                "comparisons_not_learned": sorted(set(learned) - set(known)),
                "seed": seed,
                "fixed_from": shipped.version,
            },
        )
        partition(work, model, home.settings.linkage)
        model = with_reference(model, count(work, pairs=PAIRS, records=INPUT, of=INPUT))
    path = keep_model(home, model, promote=promote)
    write_whole(path.with_suffix(".card.json"), card_json(model))
    write_whole(path.with_suffix(".card.md"), card_markdown(model))
    return ModelCard(model.version, path, card(model), promote)


def _leave_out_larger_families(work: duckdb.DuckDBPyConnection) -> int:
    """Fill the training input with the records of families in which one child was found; returns how many."""
    work.execute(_STATEMENTS["training_input"])
    return work.execute(f"SELECT count(*) FROM {TRAINING_INPUT}").fetchall()[0][0]


def _learn(
    work: duckdb.DuckDBPyConnection, start: Model, seed: int
) -> tuple[dict[str, dict[str, dict[str, float]]], list[str]]:
    """By comparison and label, `m` and `u` as Splink learns them (None: never met), and blocks that taught nothing."""
    skipped: list[str] = []
    with quiet():
        from splink import Linker, block_on
        from splink.backends.duckdb import DuckDBAPI

        # the order of rows decides which pairs a seed draws: one thread, so that the same seed gives the same model
        threads = work.execute("SELECT current_setting('threads')").fetchall()[0][0]
        work.execute("SET threads = 1")
        try:
            table = DuckDBAPI(work).register(TRAINING_INPUT)

            def fresh(settings: dict[str, Any]) -> Any:
                return Linker(table, settings, log_level=None, validate_settings=False)

            linker = fresh(start.splink_settings())
            linker.training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS, seed=seed)
            saved = linker.misc.save_model_to_json()
            for columns in TRAINING_BLOCKS:
                try:
                    linker.training.estimate_parameters_using_expectation_maximisation(
                        block_on(*columns), estimate_without_term_frequencies=True, max_pairs=BLOCKED_PAIRS
                    )
                    saved = linker.misc.save_model_to_json()
                except ValueError:
                    # in a small county a level's share runs out to nothing within a block, which Splink refuses and
                    # which leaves its linker in pieces; what the blocks before taught still holds
                    skipped.append(" + ".join(columns))
                    linker = fresh(saved)
        finally:
            work.execute(f"SET threads = {threads}")
    learned = {
        comparison["output_column_name"]: {
            level["label_for_charts"]: {
                "m": level.get("m_probability"), "u": level.get("u_probability"),
            }
            for level in comparison["comparison_levels"]
            if not level.get("is_null_level")
        }
        for comparison in saved["comparisons"]
    }  # fmt: skip
    return learned, skipped


def _compared_pairs(work: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """By comparison, pairs of one child's records in the training input where there was something to compare."""
    columns = [row[0] for row in work.execute(f"DESCRIBE {TRAINING_INPUT}").fetchall()]
    sides = ", ".join(f"l.{column} AS {column}_l, r.{column} AS {column}_r" for column in columns)
    counts = ", ".join(f"count(*) FILTER (NOT ({comparison.missing}))" for comparison in COMPARISONS)
    row = work.execute(f"""
        SELECT {counts} FROM (
            SELECT {sides} FROM {TRAINING_INPUT} AS l JOIN {RESOLVED} AS a ON a.record_key = l.record_key
            JOIN {RESOLVED} AS b ON b.child = a.child AND b.record_key > a.record_key
            JOIN {TRAINING_INPUT} AS r ON r.record_key = b.record_key
        )
    """).fetchall()[0]
    return dict(zip((comparison.name for comparison in COMPARISONS), row, strict=True))


def mixed(
    learned: dict[str, dict[str, dict[str, float]]], shipped: Model, prior: float
) -> dict[str, dict[str, dict[str, float]]]:
    """Learned shares with a part of the shipped ones; the weights against twins and siblings as they ship.

    Random pairs hold some of one child's too, `prior` of them: what those contribute is taken out of `u`.
    """
    worth: dict[str, dict[str, dict[str, float]]] = {}
    for comparison in COMPARISONS:
        shipped_levels, found = shipped.worth[comparison.name], learned.get(comparison.name, {})
        shares: dict[str, dict[str, float]] = {label: {} for label in comparison.labels}
        for name in ("m", "u"):
            ships = {label: shipped_levels[label][name] for label in comparison.labels}
            own = {label: found.get(label, {}).get(name) or share for label, share in ships.items()}
            if name == "u" and found:
                own = {label: max(u - prior * shares[label]["m"], 0.0) for label, u in own.items()}
            total = sum(own.values())
            for label, share in own.items():
                shares[label][name] = (1 - SHIPPED_PART) * share / total + SHIPPED_PART * ships[label]
        for label, level in shares.items():
            for name in ALTERNATIVES:
                level[name] = level["m"] * shipped_levels[label][name] / shipped_levels[label]["m"]
        worth[comparison.name] = shares
    return worth
