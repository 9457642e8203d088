"""A stage: one function of a domain package, as one Dagster step that makes one or more tables or files.

Belongs here: what every step has alike, so that none repeats it: the night it works on, the warehouse, counts as
metadata, progress, and failures that tell no value. Does not: any single stage.
"""

import base64
import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import dagster as dg
import duckdb

from pipeline.errors import RollcallError
from pipeline.orchestration.nights import failures
from pipeline.orchestration.nights.progress import listener
from pipeline.orchestration.nights.stopping import is_asked_to_stop
from pipeline.orchestration.resources import HomeResource, Run

Metadata = dict[str, Any]
Result = dg.MaterializeResult | dg.AssetCheckResult

OWNER = "team:data-engineering"
# runs that write the warehouse queue up behind one another
POOL = "duckdb_writer"
# a shared folder that is away for a moment, a program that holds the warehouse for a moment: nothing else heals itself
TRANSIENT = dg.RetryPolicy(max_retries=2, delay=10, backoff=dg.Backoff.EXPONENTIAL)


@dataclass
class Outcome:
    """What a stage says of its work: never a value of a record.

    Attributes:
        said: a few words of counts for the progress line.
        metadata: by asset ("schema.table"), what Dagster shows beside its row count.
        checks: results of the asset checks that the stage declared.
    """

    said: str = ""
    metadata: dict[str, Metadata] = field(default_factory=dict)
    checks: list[dg.AssetCheckResult] = field(default_factory=list)


def asset(
    name: str, group: str, description: str, *, deps: Sequence[str] = (), kinds: Sequence[str] = ("duckdb", "table")
) -> dg.AssetSpec:
    """An asset named as what it is: `schema.table` in the warehouse, `folder.thing` in the home."""
    return dg.AssetSpec(
        key=name.split("."),
        group_name=group,
        description=description,
        deps=[dg.AssetKey(dep.split(".")) for dep in deps],
        kinds=set(kinds),
        owners=[OWNER],
        # a night with nothing new makes none of them
        skippable=True,
    )


def check(name: str, of: str, description: str, *, blocking: bool = False) -> dg.AssetCheckSpec:
    """An asset check that a stage reports itself."""
    return dg.AssetCheckSpec(name=name, asset=dg.AssetKey(of.split(".")), description=description, blocking=blocking)


def stage(
    words: str,
    *,
    assets: Sequence[dg.AssetSpec],
    checks: Sequence[dg.AssetCheckSpec] = (),
    uses_warehouse: bool = True,
    retry: dg.RetryPolicy | None = None,
    options: dict[str, dg.Field] | None = None,
    months: dg.PartitionsDefinition | None = None,
) -> Callable[[Callable[[Run], Outcome]], dg.AssetsDefinition]:
    """Make a function of a night into a Dagster step.

    Args:
        words: what the step does, for the person who watches.
        assets: what it makes.
        checks: the asset checks that it reports.
        uses_warehouse: whether `run.con` is open while it runs.
        retry: where trying again helps.
        options: the step's own configuration, which it finds as `run.options`.
        months: a partition a month, where a run makes one month's; it finds which as `run.context.partition_key`.
    """

    def decorate(does: Callable[[Run], Outcome]) -> dg.AssetsDefinition:
        def work(run: Run) -> list[Result]:
            with run.warehouse() if uses_warehouse else contextlib.nullcontext() as con:
                outcome = does(run)
                results = [_materialized(spec, outcome, con) for spec in assets]
            run.said = outcome.said
            return [*results, *outcome.checks]

        @dg.multi_asset(
            name=does.__name__,
            description=does.__doc__,
            specs=list(assets),
            check_specs=list(checks),
            required_resource_keys={"home"},
            retry_policy=retry,
            config_schema=options or {},
            partitions_def=months,
            pool=POOL,
        )
        def step(context: dg.AssetExecutionContext) -> Iterator[Result]:
            run = context.resources.home.run
            if run.is_idle:
                return
            run.context = context
            run.options = dict(context.op_execution_context.op_config or {})
            yield from guarded(words, context.resources.home, work)

        return step

    return decorate


class PartlyDoneError(RollcallError):
    """A step failed, and has results that are worth keeping: tables that were built, checks that say what is wrong."""

    def __init__(self, message: str, remedy: str, results: Sequence[Result]) -> None:
        super().__init__(message, remedy)
        self.results = results


def guarded(words: str, home: HomeResource, work: Callable[[Run], Sequence[Result]]) -> Iterator[Result]:
    """Run a step's work: progress told, a library's prints dropped (they may quote a cell), failures cleaned.

    Raises:
        dagster.Failure: with a sentence that tells no value and no cause that does.
        dagster.DagsterExecutionInterruptedError: somebody asked the run to stop before this step.
    """
    if is_asked_to_stop():
        raise dg.DagsterExecutionInterruptedError
    run, began = home.run, time.monotonic()
    listener().began(words)
    run.said = ""
    failure: dg.Failure | None = None
    results: Sequence[Result] = ()
    try:
        with _silence():
            results = work(run)
        _count_checks(run, results)
    except Exception as error:
        failures.note(run.home, error, words)
        failure = dg.Failure(failures.sentence(error, words), allow_retries=_may_heal(error))
        if isinstance(error, PartlyDoneError):
            results = error.results
    yield from results
    # raised outside the handler: an exception's context would carry the message along
    if failure:
        listener().failed(words, time.monotonic() - began)
        raise failure
    listener().ended(words, time.monotonic() - began, run.said)


def _count_checks(run: Run, results: Sequence[Result]) -> None:
    for each in results:
        if isinstance(each, dg.AssetCheckResult) and not each.passed:
            run.not_passed["red" if each.severity == dg.AssetCheckSeverity.ERROR else "amber"] += 1


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    with (
        open(os.devnull, "w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        yield


def _may_heal(error: BaseException) -> bool:
    return isinstance(error, OSError) or isinstance(error.__cause__, (OSError, duckdb.IOException))


def _materialized(spec: dg.AssetSpec, outcome: Outcome, con: duckdb.DuckDBPyConnection | None) -> dg.MaterializeResult:
    name = ".".join(spec.key.path)
    metadata: Metadata = dict(outcome.metadata.get(name, {}))
    if con and "table" in spec.kinds:
        metadata["dagster/row_count"] = row_count(con, name)
        metadata["dagster/column_schema"] = column_schema(con, name)
        metadata |= months_of(con, name)
    return dg.MaterializeResult(asset_key=spec.key, metadata=metadata)


def row_count(con: duckdb.DuckDBPyConnection, name: str) -> int:
    """Rows of a table of the warehouse, by `schema.table`."""
    schema, table = name.split(".", 1)
    return con.execute(f'SELECT count(*) FROM "{schema}"."{table}"').fetchall()[0][0]


def column_schema(con: duckdb.DuckDBPyConnection, name: str) -> dg.TableSchema:
    """Columns of a table of the warehouse, by `schema.table`: names, the engine's types, whether they may be blank."""
    schema, table = name.split(".", 1)
    found = con.execute(
        "SELECT column_name, data_type, is_nullable FROM duckdb_columns() "
        "WHERE database_name = current_database() AND schema_name = ? AND table_name = ? ORDER BY column_index",
        [schema, table],
    ).fetchall()
    return dg.TableSchema(
        columns=[
            dg.TableColumn(column, kind, constraints=dg.TableColumnConstraints(nullable=is_nullable))
            for column, kind, is_nullable in found
        ]
    )


# columns that say which month a row is about, and how many months a page of Dagster shows
_MONTHS, MONTHS_SHOWN = ("birth_month", "period", "cohort"), 36


def months_of(con: duckdb.DuckDBPyConnection, name: str) -> Metadata:
    """Which months (or years) the rows of a table of the warehouse are about, and how many rows each has, newest first.

    Nothing for a table whose rows are about no month. A night makes all months anew, so that these are no partitions.
    """
    schema, table_name = name.split(".", 1)
    texts = {column.name for column in column_schema(con, name).columns if column.type == "VARCHAR"}
    column = next((each for each in _MONTHS if each in texts), None)
    if column is None:
        return {}
    rows = con.execute(
        f'SELECT "{column}" AS period, count(*) FROM "{schema}"."{table_name}" WHERE "{column}" IS NOT NULL '
        f"GROUP BY 1 ORDER BY 1 DESC LIMIT {MONTHS_SHOWN}"
    ).fetchall()
    listed = [dict(zip(("period", "rows"), row, strict=True)) for row in rows]
    return {"rows by period": table(listed, ("period", "rows"))} if rows else {}


def small_table(con: duckdb.DuckDBPyConnection, sql: str) -> dg.TableMetadataValue:
    """A small table of counts as metadata. The query must group: no row of it may be about one person."""
    cursor = con.execute(sql)
    names = [column[0] for column in cursor.description or []]
    return table([dict(zip(names, row, strict=True)) for row in cursor.fetchall()], names)


def table(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> dg.TableMetadataValue:
    """Rows as a table in Dagster's metadata, with no rows too: Dagster reads columns off the first row otherwise.

    Args:
        rows: one mapping per row, with a value for each column.
        columns: names of the columns, in their order.
    """
    kinds = {name: {_kind(row[name]) for row in rows if row[name] is not None} for name in columns}
    schema = dg.TableSchema(
        columns=[dg.TableColumn(name, kinds[name].pop() if len(kinds[name]) == 1 else "string") for name in columns]
    )
    return dg.MetadataValue.table(
        [dg.TableRecord({name: _plain(row[name]) for name in columns}) for row in rows], schema=schema
    )


def picture(svg: str) -> dg.MarkdownMetadataValue:
    """A chart as metadata: Dagster's page shows it as an image. It must hold counts only, as any metadata.

    Args:
        svg: as `publish.charts` makes it, for standing in a page.
    """
    # by itself it needs the name of its language
    alone = svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return dg.MetadataValue.md(f"![](data:image/svg+xml;base64,{base64.b64encode(alone.encode()).decode()})")


def _kind(value: object) -> str:
    """Dagster's name of a column's type."""
    return {bool: "bool", int: "int", float: "float"}.get(type(value), "string")


def _plain(value: object) -> str | int | float | bool | None:
    return value if isinstance(value, (str, int, float, bool)) or value is None else str(value)
