"""dbt's models as assets and its tests as asset checks: the two calls of a night, before and after linkage.

Not here: how dbt is called (`dbt.py`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject, dbt_assets

from pipeline.orchestration.assets.check_results import AMBER, RED, counted, result
from pipeline.orchestration.assets.stage import OWNER, POOL, PartlyDoneError, Result, guarded, months_of, row_count
from pipeline.orchestration.dbt import AFTER_LINKAGE, BEFORE_LINKAGE, DBT_PROJECT, NodeResult, build, prepare_manifest
from pipeline.orchestration.resources import Run
from pipeline.warehouse import open_warehouse

# where Dagster keeps dbt's name of an asset or a check
UNIQUE_ID = "dagster_dbt/unique_id"
# what the tests ask that dbt brings along
_ASKED = {"unique": "No two rows have the same {column}.", "not_null": "No row is without {column}."}
# of what went wrong, as many as a sentence holds
SHOWN = 5


class Translator(DagsterDbtTranslator):
    """A model is the asset `schema.table`, in the group of its folder, which is its stage."""

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        """The library's spec, with this project's key, group, owner and kinds."""
        node = self.get_resource_props(manifest, unique_id)
        spec = super().get_asset_spec(manifest, unique_id, project)
        # a model that depends on itself or on sources keeps the library's dependencies: their keys are schema.table
        # too; but a view over what a stage writes after dbt was called does not wait for it
        later = {
            self.get_asset_key(source)
            for source in map(manifest["sources"].get, node.get("depends_on", {}).get("nodes", []))
            if source and source["config"].get("meta", {}).get("written_after_models")
        }
        return spec.replace_attributes(
            deps=[dep for dep in spec.deps if dep.asset_key not in later],
            group_name=node["fqn"][1] if node["resource_type"] != "source" else None,
            owners=[OWNER],
            kinds={"dbt", "duckdb", node["config"].get("materialized", "table")}
            if node["resource_type"] != "source"
            else {"duckdb"},
        )

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetCheckSpec | None:
        """The library's spec; a test that dbt brings along says what it asks of which column."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        props = self.get_resource_props(manifest, unique_id)
        asks = _ASKED.get((props.get("test_metadata") or {}).get("name", ""))
        if spec is None or spec.description or asks is None:
            return spec
        return spec._replace(description=asks.format(column=props.get("column_name")))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """`schema.table`, as the warehouse has it."""
        props = dbt_resource_props
        if props["resource_type"] == "source":
            return dg.AssetKey([props["schema"], props["identifier"]])
        return dg.AssetKey([props["schema"], props["alias"] or props["name"]])

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The model's own sentence; the compiled SQL is in dbt's folder."""
        return dbt_resource_props.get("description") or ""


def _spec_id(metadata: Mapping[str, Any] | None) -> str:
    return (metadata or {})[UNIQUE_ID]


def _call(run: Run, definition: dg.AssetsDefinition, context: dg.AssetExecutionContext, select: str) -> list[Result]:
    """Run dbt for what Dagster chose, and say per model and test what became of it."""
    specs = {_spec_id(spec.metadata): spec for spec in definition.specs if spec.key in context.selected_asset_keys}
    checks = {
        _spec_id(spec.metadata): spec
        for spec in definition.check_specs
        if spec.key in context.selected_asset_check_keys
    }
    chosen = [unique_id.split(".")[2] for unique_id in (*specs, *checks)] if context.is_subset else [select]
    nodes = build(run.home, chosen)
    results: list[Result] = [*_models(run, nodes, specs), *_tests(nodes, checks)]
    # what failed before what was skipped because of it
    wrong = sorted((node for node in nodes if not node.is_ok), key=lambda node: node.status == "skipped")
    if wrong:
        raise PartlyDoneError(
            f"dbt: {', '.join(f'{node.name} ({node.status})' for node in wrong[:SHOWN])}.",
            f"A failed test counts rows that should not be; an error is explained in {run.home.dbt_target / 'dbt.log'} "
            "(restricted).",
            results,
        )
    tests = sum(node.unique_id.startswith("test.") for node in nodes)
    run.said = f"{len(nodes) - tests} models, {tests} tests"
    return results


def _models(run: Run, nodes: list[NodeResult], specs: Mapping[str, dg.AssetSpec]) -> Iterator[dg.MaterializeResult]:
    with open_warehouse(run.home) as con:
        for node in nodes:
            spec = specs.get(node.unique_id)
            if spec is None or not node.is_ok:
                continue
            metadata: dict[str, Any] = {"seconds": round(node.seconds, 2)}
            # of views those alone are counted that analysts read: the others are steps on the way
            if "view" not in spec.kinds or spec.key.path[0] == "marts":
                name = ".".join(spec.key.path)
                metadata |= {"dagster/row_count": row_count(con, name), **months_of(con, name)}
            yield dg.MaterializeResult(asset_key=spec.key, metadata=metadata)


def _tests(nodes: list[NodeResult], checks: Mapping[str, dg.AssetCheckSpec]) -> Iterator[dg.AssetCheckResult]:
    for node in nodes:
        spec = checks.get(node.unique_id)
        # a test is skipped where what it tests was not built; it says nothing then
        if spec and node.status != "skipped":
            rows = counted(node.failures, "row")
            yield result(
                spec,
                "" if node.status == "pass" else f"dbt test {node.name}: {rows} should not be there",
                severity=AMBER if node.status == "warn" else RED,
                counts={"failing rows": node.failures, "seconds": round(node.seconds, 2)},
                see="warehouse/dbt/dbt.log",
            )


def _definition(name: str, words: str, select: str) -> dg.AssetsDefinition:
    @dbt_assets(
        manifest=prepare_manifest(),
        select=select,
        name=name,
        project=DbtProject(DBT_PROJECT),
        dagster_dbt_translator=Translator(DagsterDbtTranslatorSettings(enable_source_tests_as_checks=True)),
        required_resource_keys={"home"},
        pool=POOL,
    )
    def models(context: dg.AssetExecutionContext) -> Iterator[Result]:
        home = context.resources.home
        yield from guarded(words, home, lambda run: _call(run, context.assets_def, context, select))

    return models


models_before_linkage = _definition(
    "models_before_linkage", "Standardising records (dbt, before linkage)", BEFORE_LINKAGE
)
models_after_linkage = _definition(
    "models_after_linkage", "Computing measures and marts (dbt, after linkage)", AFTER_LINKAGE
)
