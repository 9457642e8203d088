"""A small synthetic county after its first night, made once for all tests that look at what a night leaves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.synthetic import load_plan, make_county


@pytest.fixture(scope="session")
def night_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a county of a few hundred births, after one night. Read it; do not change it."""
    root = tmp_path_factory.mktemp("night") / "county"
    make_county(root, load_plan("demo", births=300, months=8, seed=5))
    as_of = (root / "truth" / "as_of.txt").read_text(encoding="utf-8").strip()
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", "run", "--home", str(root), "--as-of", as_of],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (root / "said.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    return root
