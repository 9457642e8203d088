"""The stage linkage as assets: scored pairs, the children they make, and the pseudonym of each child."""

import dagster as dg

from pipeline.linkage import Drift, link, measure_drift, model_in_use
from pipeline.orchestration.assets.check_results import RED, counted, result
from pipeline.orchestration.assets.stage import Outcome, asset, check, small_table, stage, table
from pipeline.orchestration.resources import Run
from pipeline.orchestration.spark.launch import runner
from pipeline.publish import assign_child_keys
from pipeline.settings.linkage import DriftSettings

GROUP = "linkage"
RECORDS = "intermediate.int_records_standardised"
CHILD_RECORDS = "linkage.child_records"


TABLES = {
    "linkage.pairs": "One row per pair of records that was scored and kept.",
    CHILD_RECORDS: "One row per current record of a child: which child it is of.",
    "linkage.identity_events": "One row per thing that happened to a child's identity.",
    "linkage.quality": "One row per night and stratum: what the model expects of itself.",
}
NONE_LOST = check(
    "every_record_has_a_child", CHILD_RECORDS, "No record is lost on the way, and none is there twice.", blocking=True
)
NONE_LARGE = check(
    "no_child_is_implausibly_large", CHILD_RECORDS, "No child has more records than its registers could hold."
)
NOT_DRIFTED = check(
    "new_records_link_as_in_training",
    CHILD_RECORDS,
    "Match weights of new records, and what each blocking rule finds for them, are as the model's training had them.",
)


@stage(
    "Linking records into children",
    assets=[
        asset(
            name,
            GROUP,
            words,
            deps=[RECORDS, "publish.nights", "casework.link_constraints"],
            kinds=("duckdb", "table", "splink"),
        )
        for name, words in TABLES.items()
    ],
    checks=[NONE_LOST, NONE_LARGE, NOT_DRIFTED],
)
def child_records(run: Run) -> Outcome:
    """Every current record of a child, linked by the frozen model; a night never trains."""
    run_spark = runner(run.home, run.context) if run.context else None
    summary = link(run.con, run.home, run.night.night_no, run.night.run_id, run_spark)
    sizes = small_table(
        run.con,
        "SELECT records_of_child, count(*) AS children FROM "
        "(SELECT count(*) AS records_of_child FROM linkage.child_records GROUP BY child_id) GROUP BY ALL ORDER BY ALL",
    )
    run.learn(
        records_new=summary.records_new,
        # of a register, what is gone changed it as much as what was mended
        records_changed=summary.records_changed + summary.records_gone,
        model_version=summary.model_version,
    )
    said = f"{summary.records:,} records, {summary.children:,} children, {summary.records_new:,} new records"
    return Outcome(
        said,
        {CHILD_RECORDS: {"model": summary.model_version, "children by number of records": sizes}},
        [*_sanity(run), _drift(run)],
    )


def _sanity(run: Run) -> list[dg.AssetCheckResult]:
    lost, extra = run.con.execute(
        """
        SELECT
            count(*) FILTER (WHERE links.record_key IS NULL),
            count(*) FILTER (WHERE records.record_key IS NULL)
        FROM (
            SELECT record_key FROM intermediate.int_records_standardised WHERE NOT coalesce(is_stillbirth, false)
        ) records
        FULL JOIN linkage.child_records links USING (record_key)
        """
    ).fetchall()[0]
    large = run.con.execute(
        "SELECT count(*) FROM (SELECT child_id FROM linkage.child_records GROUP BY child_id, feed HAVING count(*) > ?)",
        [run.home.settings.linkage.most_in_register],
    ).fetchall()[0][0]
    wrong = lost + extra
    return [
        result(
            NONE_LOST,
            f"{counted(lost, 'record')} without a child, {counted(extra, 'link')} without a record" if wrong else "",
            severity=RED,
            counts={"records without a child": lost, "children without their record": extra},
        ),
        result(
            NONE_LARGE,
            f"{counted(large, 'child', 'children')} with more records in one register than it could hold"
            if large
            else "",
            counts={"children with too many records in one register": large},
            see="rollcall review export",
        ),
    ]


def _drift(run: Run) -> dg.AssetCheckResult:
    night_no = run.night.night_no
    drift = measure_drift(run.con, model_in_use(run.home), run.home.settings.drift, night_no)
    limits = run.home.settings.drift
    return result(
        NOT_DRIFTED,
        _drift_words(drift, limits) if drift.is_drifted else "",
        counts={"new records": drift.records, **({} if drift.index is None else {"stability index": drift.index})},
        tables=_drift_metadata(drift),
        see="rollcall train --shadow",
    )


def _drift_words(drift: Drift, limits: DriftSettings) -> str:
    """Which rule or weight, how far, and what may be done."""
    said = [
        f"blocking rule {volume.rule} finds {volume.met:.2f} pairs a record, {volume.expected:.2f} in training"
        for volume in drift.volumes
        if volume.rule in drift.outside
    ]
    if drift.index is not None and drift.index > limits.index:
        said.insert(0, f"match weights are distributed otherwise (stability index {drift.index:.2f})")
    return (
        "New records link otherwise than in the model's training: "
        + "; ".join(said)
        + ". If the registers changed for good, see what a model trained anew would change"
    )


def _drift_metadata(drift: Drift) -> dict[str, dg.MetadataValue]:
    """Shares and pairs per record, expected and met: figures of the model, of nobody."""
    if not drift.is_judged or drift.index is None:
        return {"not judged": dg.MetadataValue.text(drift.why_not)}
    bins = [
        {"bits": name, "in training": round(expected, 4), "tonight": round(met, 4)}
        for name, (expected, met) in drift.shares.items()
    ]
    rules = [
        {
            "blocking rule": volume.rule,
            "pairs per record in training": round(volume.expected, 3),
            "tonight": round(volume.met, 3),
            "is outside": volume.rule in drift.outside,
        }
        for volume in drift.volumes
    ]
    return {
        "match weights of kept pairs": table(bins, ("bits", "in training", "tonight")),
        "pairs by blocking rule": table(
            rules, ("blocking rule", "pairs per record in training", "tonight", "is outside")
        ),
    }


@stage(
    "Giving each child its pseudonym",
    assets=[
        asset(
            "publish.child_keys",
            GROUP,
            "One row per child: the key under which analysts meet it, by a secret of this home.",
            deps=[CHILD_RECORDS],
        )
    ],
)
def child_keys(run: Run) -> Outcome:
    """HMAC-SHA-256 of the child's id under the home's secret."""
    assign_child_keys(run.con, run.home)
    return Outcome()
