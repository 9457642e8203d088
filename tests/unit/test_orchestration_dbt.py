"""How dbt is called: its variables come from the contracts, its environment from the home."""

import json

from pipeline.contracts import load_feeds
from pipeline.keys import make_key
from pipeline.orchestration import dbt


def test_variables_name_every_register_and_its_staging_model():
    registers = dbt.dbt_vars()["registers"]
    assert [register["feed"] for register in registers] == list(load_feeds())
    delivery = next(register for register in registers if register["feed"] == "delivery")
    assert delivery == {
        "feed": "delivery",
        "agency": "health",
        "kind": "birth",
        "catchment": "provider",
        "model": "stg_health__delivery",
    }


def test_variables_name_every_check_of_a_cell_and_what_it_counts_against():
    checks = dbt.dbt_vars()["row_checks"]
    assert {check["feed"] for check in checks} == set(load_feeds())
    blank = {"feed": "delivery", "code": "expected_blank", "column": "mother_id_no", "rule": "item_missing"}
    assert blank in checks
    # a file that fails is rejected; its rows are not counted
    assert "rows_mostly_unreadable" not in {check["code"] for check in checks}


def test_the_environment_is_what_the_profile_reads(home, tmp_path):
    profile = (dbt.DBT_PROJECT / "profiles.yml").read_text(encoding="utf-8")
    given = dbt.environment(home)
    assert all(name in profile for name in given)
    in_clear, sealed = profile.split("    sealed:\n")
    assert in_clear.count("env_var(") == len(given)
    key = make_key(tmp_path / "key")
    more = dbt.environment(home.under(tmp_path / "key"))
    # and the warehouse's path, named again
    assert sealed.count("env_var(") == len(more) - len(given) + 1
    assert all(name in sealed for name in more.keys() - given.keys())
    # what dbt never writes down is named in this way
    assert [name for name, value in more.items() if value == key.of_warehouse] == ["DBT_ENV_SECRET_ROLLCALL_KEY"]
    assert given["ROLLCALL_DBT_WAREHOUSE"] == str(home.warehouse_file)


def test_a_call_needs_no_network_and_no_working_folder(tmp_path):
    given = dbt.command("build", target=tmp_path)
    assert {"-P", "--no-version-check", "--no-send-anonymous-usage-stats"} <= set(given)
    assert json.loads(given[given.index("--vars") + 1]) == dbt.dbt_vars()


def test_what_dbt_is_told_decides_the_manifest(monkeypatch):
    before = dbt.project_digest()
    assert dbt.project_digest() == before
    monkeypatch.setattr(dbt, "dbt_vars", lambda: {"registers": []})
    assert dbt.project_digest() != before


def test_a_result_counts_and_quotes_nothing():
    node = dbt.NodeResult("test.rollcall.unique_children_child_key.abc", "fail", 0.1, 3)
    assert not node.is_ok
    assert node.name == "unique_children_child_key"
    assert dbt.NodeResult("model.rollcall.children", "success", 0.1, 0).is_ok
