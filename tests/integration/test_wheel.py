"""The project's own wheel is whole: installed away from the checkout, it makes a county and runs its night."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from pipeline.home import PROJECT
from pipeline.orchestration.nights.gate import code_digest


def run(*words: str | Path, cwd: Path) -> str:
    """What a command says; it must end well, and nothing of the checkout's environment goes along."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "ROLLCALL", "DAGSTER"))}
    done = subprocess.run([str(word) for word in words], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs' folder of a fresh environment with the wheel, and with the dependencies of this one."""
    folder = tmp_path_factory.mktemp("wheel")
    run(
        sys.executable, "-m", "pip", "wheel", PROJECT, "--no-deps", "--no-build-isolation", "--quiet",
        "--wheel-dir", folder, cwd=folder,
    )  # fmt: skip
    (wheel,) = folder.glob("rollcall-*.whl")
    venv.create(folder / "env", with_pip=False)
    python = folder / "env" / "bin" / "python"
    run(
        sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", "--quiet", wheel,
        cwd=folder,
    )  # fmt: skip
    site = folder / "env" / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    # not by a .pth file: that of the checkout's own editable installation would be obeyed too
    (site / "dependencies.pth").write_text(
        f"import sys; sys.path.append({sysconfig.get_path('purelib')!r})\n", encoding="utf-8"
    )
    return folder / "env" / "bin"


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_the_wheel_runs_a_county_away_from_the_checkout(installed: Path, tmp_path: Path):
    code = (
        "from pipeline import home; from pipeline.orchestration.nights.gate import code_digest; "
        "print(home.IS_CHECKOUT, home.PROJECT, code_digest(), home.Home().root)"
    )
    is_checkout, where, digest, root = run(installed / "python", "-c", code, cwd=tmp_path).split()
    assert is_checkout == "False"
    assert Path(where).is_relative_to(installed.parent)
    assert digest == code_digest(), "a night by the wheel is a night by the checkout"
    assert Path(root) == tmp_path / "data"

    said = run(installed / "rollcall", "demo", "--births", "60", "--home", "county", cwd=tmp_path)
    assert "The night is done" in said
    assert (tmp_path / "county" / "published" / "current.duckdb").is_file()
    assert (tmp_path / "county" / "reports" / "index.html").is_file()
    run(installed / "rollcall", "templates", "--out", "forms", cwd=tmp_path)
    assert list((tmp_path / "forms").glob("*.xlsx"))
    said = run(installed / "rollcall", "doctor", "--home", "county", cwd=tmp_path)
    assert "packages as locked" in said
    run(installed / "rollcall", "service", "write", "--out", "services", "--home", "county", cwd=tmp_path)
    unit = (tmp_path / "services" / "rollcall-daemon.service").read_text(encoding="utf-8")
    (workspace,) = set(re.findall(r"/\S+/workspace\.yaml", unit))
    assert Path(workspace).is_file()
