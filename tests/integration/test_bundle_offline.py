"""The bundle, from the archive to a county's night, where there is no network at all."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from pipeline import __version__
from pipeline.home import PROJECT

OFFLINE = ("unshare", "--map-root-user", "--net")
# this folder is not on the machine that installs
PLAIN = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}


def offline(*words: str | Path, cwd: Path) -> str:
    """What a program says that has no network; it must end well."""
    done = subprocess.run(
        [*OFFLINE, *words], cwd=cwd, env={**PLAIN, "HOME": str(cwd)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked bundle with this Python's wheels; skips where a network cannot be taken away, or is not there."""
    if shutil.which("unshare") is None or subprocess.run([*OFFLINE, "true"], check=False).returncode != 0:
        pytest.skip("no program can be run without a network here")
    folder = tmp_path_factory.mktemp("bundle")
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    made = subprocess.run(
        [sys.executable, "-m", "bundle.make_bundle", "--to", str(folder), "--python", python],
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "No bundle was made" in made.stderr:
        pytest.skip("the wheels cannot be fetched here")
    assert made.returncode == 0, made.stderr[-3000:]
    (archive,) = folder.glob("*.tar")
    assert archive.name == f"rollcall-{__version__}-bundle.tar"
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    archive.unlink()
    yield folder / archive.stem
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_installed_without_a_network_it_runs_a_night(bundle: Path, tmp_path: Path):
    # the interpreter below this environment: it has nothing but what Python brings
    bare = Path(sys._base_executable)
    said = offline(bare, bundle / "install.py", "--to", tmp_path / "rollcall", cwd=tmp_path)
    assert "packages as locked" in said
    assert "Installed: " in said
    program = tmp_path / "rollcall" / "bin" / "rollcall"
    assert offline(program, "--version", cwd=tmp_path).strip() == __version__
    said = offline(program, "demo", "--births", "60", "--home", "county", cwd=tmp_path)
    assert "The night is done" in said
    assert (tmp_path / "county" / "published" / "current.duckdb").is_file()
