"""dbt on a temporary home with its unit tests, which a night leaves out."""

from __future__ import annotations

import json
import os
import subprocess

from pipeline.home import Home
from pipeline.orchestration.dbt import command, environment


def build_with_unit_tests(home: Home, select: str) -> set[tuple[str, str]]:
    """Build and test a selection.

    Returns:
        Which kinds of nodes ended how: ("model", "success"), ("unit_test", "pass"), …
    """
    done = subprocess.run(
        command("build", "--select", select, target=home.dbt_target),
        env={**os.environ, **environment(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    results = json.loads((home.dbt_target / "run_results.json").read_text(encoding="utf-8"))["results"]
    return {(row["unique_id"].split(".")[0], row["status"]) for row in results}
