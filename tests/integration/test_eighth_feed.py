"""A new feed is files only: its contract, its expectations, its staging model. An eighth is added here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import yaml

from pipeline.home import PROJECT
from tests.conftest import UNITS, write_reference_files

CONTRACT = """\
feed: newborn_screening
zh: 新生儿疾病筛查登记
agency: health
kind: birth
record_no: screening_no
event_date: screened_on
catchment: provider
due: {every: month, day: 5}
columns:
  screening_no:  {zh: 筛查编号, type: code, level: required}
  child_sex:     {zh: 性别, type: sex, level: required}
  birth_date:    {zh: 出生日期, type: date, level: required}
  mother_name:   {zh: 母亲姓名, type: name, level: expected}
  mother_id_no:  {zh: 母亲身份证号, type: id_no, level: expected}
  screened_on:   {zh: 采血日期, type: date, level: required}
"""
EXPECTATIONS = {
    "feed": "newborn_screening",
    "expectations": [],
}
STAGING = """\
with records as (
    {{ current_records('newborn_screening', record_no='screening_no') }}
)

select
    {{ record_columns('health') }},
    screened_on.date_std as event_date,
    child_sex.code_std as child_sex,
    {{ birth_columns('birth_date') }},
    {{ name_columns('mother') }},
    {{ id_no_columns('mother') }}
from records
{{ look_ups(
    'newborn_screening',
    names=['mother_name'],
    id_numbers=['mother_id_no'],
    dates=['birth_date', 'screened_on'],
    codes=['child_sex']
) }}
"""
STAGING_YML = """\
sources:
  - name: intake
    database: warehouse
    tables:
      - name: raw_newborn_screening
        description: one row per row sent for the feed newborn_screening, every contracted cell as sent
models:
  - name: stg_health__newborn_screening
    description: one row per current record of the feed newborn_screening
"""
LANDED = {
    "newborn_screening_202401.csv": "筛查编号,性别,出生日期,母亲姓名,母亲身份证号,采血日期\n"
    "S1,女,2024-01-05,试验甲,11010519491231002X,2024-01-08\n",
    "delivery_202401.csv": "分娩登记号,产妇姓名,产妇身份证号,分娩时间,新生儿性别,分娩结局\n"
    "D1,试验甲,11010519491231002X,2024-01-05 08:12,女,活产\n",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with three files more."""
    copy = tmp_path_factory.mktemp("project")
    for name in ("pipeline", "dbt_project", "expectations"):
        shutil.copytree(PROJECT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "target", "logs"))
    for name in ("pyproject.toml", "workspace.yaml"):
        shutil.copy(PROJECT / name, copy / name)
    (copy / "pipeline/contracts/feeds/newborn_screening.yaml").write_text(CONTRACT, encoding="utf-8")
    (copy / "expectations/health/newborn_screening.yml").write_text(yaml.safe_dump(EXPECTATIONS), encoding="utf-8")
    staging = copy / "dbt_project/models/staging/health"
    (staging / "stg_health__newborn_screening.sql").write_text(STAGING, encoding="utf-8")
    (staging / "stg_health__newborn_screening.yml").write_text(STAGING_YML, encoding="utf-8")
    return copy


@pytest.mark.long
def test_an_eighth_feed_goes_from_landing_to_mart(project, tmp_path):
    root = tmp_path / "county"
    write_reference_files(root)
    units = UNITS.replace("delivery;birth_certificate;immunization", "delivery;newborn_screening")
    (root / "reference" / "units.csv").write_text(units, encoding="utf-8")
    folder = root / "landing" / "clinic-100"
    folder.mkdir(parents=True)
    for name, text in LANDED.items():
        (folder / name).write_text(text, encoding="utf-8")
        os.utime(folder / name, (1706800000, 1706800000))

    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", "run", "--home", str(root), "--as-of", "2024-02-10"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with duckdb.connect(str(root / "published" / "current.duckdb"), read_only=True) as con:
        children = con.execute("SELECT in_newborn_screening, in_delivery, record_count FROM marts.children").fetchall()
        owed = con.execute("SELECT status FROM marts.submissions WHERE feed = 'newborn_screening'").fetchall()
    assert children == [("held", "held", 2)]
    assert owed == [("on_time",)]
