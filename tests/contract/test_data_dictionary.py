"""Marts, their YAML and the data dictionary say the same; every model has its YAML beside it."""

import re

import pytest
import yaml

from pipeline.contracts import load_feeds
from pipeline.home import PROJECT
from pipeline.publish.release.checks import RESTRICTED_FILE
from pipeline.publish.release.data_dictionary import PAGE, render
from pipeline.publish.release.marts_spec import MARTS_FOLDER, load_marts

MODELS = sorted((PROJECT / "dbt_project" / "models").rglob("*.sql"))

# tables and columns that analysts' own programs rely on: none may go, whatever else is added
PROMISED = {
    "children": "child_key birth_month sex township_code is_resident plurality record_count days_to_registration_band",
    "register_coverage": "birth_month township_code register children_known children_due children_held coverage",
    "submissions": "unit_code feed period status due_on received_at revision row_count set_aside_count",
    "gap_summary": "birth_month township_code register reason children",
    "linkage_quality": "run_id stratum records clusters expected_precision expected_recall reviewed_pairs",
    "runs": "run_id as_of started_at ended_at records_new records_changed model_version release",
}


def test_the_data_dictionary_is_what_the_yaml_says():
    assert PAGE.read_text(encoding="utf-8") == render(), "run: python -m pipeline.publish.release.data_dictionary"


@pytest.mark.parametrize("mart", PROMISED)
def test_promised_columns_are_there(mart):
    columns = {column.name: column for column in load_marts()[mart].columns}
    assert set(PROMISED[mart].split()) <= set(columns)
    codes = [name for name in columns if name.endswith(("_code", "_month", "period", "_key", "_id"))]
    assert all(columns[name].data_type == "VARCHAR" for name in codes)
    assert all(column.data_type == "TIMESTAMPTZ" for name, column in columns.items() if name.endswith("_at"))


def test_children_have_a_column_for_every_register_that_holds_children():
    names = [column.name for column in load_marts()["children"].columns]
    wanted = [f"in_{feed.feed}" for feed in load_feeds().values() if feed.has_children]
    assert [name for name in names if name.startswith("in_")] == wanted


def test_keys_and_orders_name_columns():
    for mart in load_marts().values():
        assert set(mart.key) <= {column.name for column in mart.columns}, mart.name
        assert re.match(r"One row per ", mart.description), mart.name


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_every_model_has_its_yaml_beside_it(path):
    raw = yaml.safe_load(path.with_suffix(".yml").read_text(encoding="utf-8"))
    (model,) = [model for model in raw["models"] if model["name"] == path.stem]
    assert model["description"].strip().lower().startswith("one row per"), path.name
    assert all(column.get("description") for column in model["columns"]), path.name


def test_every_mart_is_published():
    assert {path.stem for path in MARTS_FOLDER.glob("*.sql")} == set(load_marts())


def test_no_mart_is_specified_with_a_column_that_may_not_be_released():
    rules = yaml.safe_load(RESTRICTED_FILE.read_text(encoding="utf-8"))["columns"]
    for mart in load_marts().values():
        for column in mart.columns:
            for rule in rules:
                if not re.search(rule.get("except", "(?!)"), column.name):
                    assert not re.search(rule["pattern"], column.name), (mart.name, column.name, rule["reason"])
