"""A small synthetic county after its first night, made once for all tests that look at what a night leaves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from pipeline.synthetic import load_plan, make_county
from tests.without_network import guarded_environment, kernel_s_own


@pytest.fixture(scope="session")
def night_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a county of a few hundred births, after one night. Read it; do not change it.

    Made once for all processes that tests run in.
    """
    # a process's own folder lies in the one of the whole run, where there is more than one process
    shared = (
        tmp_path_factory.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else tmp_path_factory.getbasetemp()
    )
    root, done = shared / "night" / "county", shared / "night.done"
    with FileLock(shared / "night.lock"):
        if not done.exists():
            _make(root)
            done.touch()
    return root


def _make(root: Path) -> None:
    make_county(root, load_plan("demo", births=300, months=8, seed=5))
    as_of = (root / "truth" / "as_of.txt").read_text(encoding="utf-8").strip()
    # every test that looks at this night is a test that it needs no network
    done = subprocess.run(
        [*kernel_s_own(), sys.executable, "-m", "pipeline.cli", "run", "--home", str(root), "--as-of", as_of],
        env=guarded_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (root / "said.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
