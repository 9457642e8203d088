"""The peer: Splink set up as its own getting-started page says, trained and applied on the spot.

Belongs here: that set-up, carried over to these columns one by one and no further. The page compares names with
`NameComparison`, the date of birth with `DateOfBirthComparison`, a place by equality with term frequencies; it blocks
on a name with the date and on a second name alone, trains on a name and on the most telling column, keeps what weighs
more than -5 bits and clusters at 0.95. Numbers, which the page does not have, are compared by edits and blocked on.

The second name alone (here the mother's) brings ever more strangers together the larger the county is. So it is also
measured with the date beside it, as a user would come to have it who reads on about blocking.
"""

from __future__ import annotations

import duckdb

from pipeline.linkage.pairs.scoring import quiet

RANDOM_PAIRS = 1e6
KEEP_BITS, CLUSTER_PROBABILITY = -5, 0.95
RECORDS, CLUSTERS = "splink_records", "splink_clusters"
COLUMNS = (
    "record_key", "child_name_std", "mother_name_std", "father_name_std", "birth_date", "child_sex", "village_code",
    "mother_id_no", "child_id_no", "certificate_no", "phone",
)  # fmt: skip


def blocks(*, date_beside_names: bool) -> tuple[tuple[str, ...], ...]:
    """By rule, the columns that pairs agree on: see `link`."""
    second_name = ("mother_name_std", "birth_date") if date_beside_names else ("mother_name_std",)
    numbers = (("mother_id_no",), ("child_id_no",), ("certificate_no",), ("phone",))
    return (("child_name_std", "birth_date"), second_name, *numbers)


def link(work: duckdb.DuckDBPyConnection, records: str, *, date_beside_names: bool = False) -> str:
    """Read, train, predict and cluster.

    Args:
        records: the standardised records, as SQL of a relation.
        date_beside_names: whether the rule of the second name has the date of birth beside it.

    Returns:
        a table (record_key, child).
    """
    work.execute(f"CREATE OR REPLACE TABLE {RECORDS} AS SELECT {', '.join(COLUMNS)} FROM {records}")
    with quiet():
        import splink.comparison_library as cl
        from splink import Linker, SettingsCreator, block_on
        from splink.backends.duckdb import DuckDBAPI

        settings = SettingsCreator(
            link_type="dedupe_only",
            unique_id_column_name="record_key",
            comparisons=[
                cl.NameComparison("child_name_std"),
                cl.NameComparison("mother_name_std"),
                cl.NameComparison("father_name_std"),
                cl.DateOfBirthComparison("birth_date", input_is_string=False),
                cl.ExactMatch("child_sex"),
                cl.ExactMatch("village_code").configure(term_frequency_adjustments=True),
                cl.LevenshteinAtThresholds("mother_id_no", [1, 2]),
                cl.LevenshteinAtThresholds("child_id_no", [1, 2]),
                cl.LevenshteinAtThresholds("certificate_no", [1, 2]),
                cl.LevenshteinAtThresholds("phone", 1),
            ],
            blocking_rules_to_generate_predictions=[
                block_on(*rule) for rule in blocks(date_beside_names=date_beside_names)
            ],
        )
        linker = Linker(DuckDBAPI(work).register(RECORDS), settings, log_level=None)
        linker.training.estimate_probability_two_random_records_match(
            [block_on("certificate_no"), block_on("mother_id_no", "birth_date")], recall=0.7
        )
        linker.training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS, seed=1)
        linker.training.estimate_parameters_using_expectation_maximisation(block_on("mother_name_std", "birth_date"))
        linker.training.estimate_parameters_using_expectation_maximisation(block_on("mother_id_no"))
        pairs = linker.inference.predict(threshold_match_weight=KEEP_BITS)
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, CLUSTER_PROBABILITY)
        work.execute(
            f"CREATE OR REPLACE TABLE {CLUSTERS} AS "
            f"SELECT record_key, cluster_id AS child FROM {clusters.physical_name}"
        )
    return CLUSTERS
