"""The installer of the bundle refuses what is not as it was made, before anything is done."""

import hashlib
import json
import platform
import shutil
import subprocess
import sys

import pytest

from pipeline.home import PROJECT

THIS = f"{sys.version_info[0]}.{sys.version_info[1]}"


def seal(folder):
    """SHA256SUMS as the bundle is made with."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "SHA256SUMS")
    (folder / "SHA256SUMS").write_text(
        "".join(
            f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n"
            for path in files
        )
    )


def write_made_for(folder, **changed):
    made_for = {"version": "1", "pythons": [THIS], "machine": f"{platform.system()} {platform.machine()}", **changed}
    (folder / "bundle.json").write_text(json.dumps(made_for))


@pytest.fixture
def folder(tmp_path):
    """A bundle without a wheel that could be installed."""
    made = tmp_path / "bundle"
    (made / "wheels").mkdir(parents=True)
    shutil.copyfile(PROJECT / "bundle" / "install.py", made / "install.py")
    (made / "wheels" / "pip-1-py3-none-any.whl").write_bytes(b"no wheel")
    write_made_for(made)
    seal(made)
    return made


def install(folder, to):
    return subprocess.run(
        [sys.executable, str(folder / "install.py"), "--to", str(to)], capture_output=True, text=True, check=False
    )


def change(folder):
    (folder / "wheels" / "pip-1-py3-none-any.whl").write_bytes(b"no weasel")


def lose(folder):
    (folder / "wheels" / "pip-1-py3-none-any.whl").unlink()


def add(folder):
    (folder / "wheels" / "more-1-py3-none-any.whl").touch()


def lose_sums(folder):
    (folder / "SHA256SUMS").unlink()


def other_python(folder):
    write_made_for(folder, pythons=["3.99"])
    seal(folder)


def other_machine(folder):
    write_made_for(folder, machine="Linux abacus")
    seal(folder)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (change, "was changed"),
        (lose, "is missing"),
        (add, "is not of the bundle"),
        (lose_sums, "SHA256SUMS is missing"),
        (other_python, f"This is Python {THIS}, the bundle is for 3.99"),
        (other_machine, "the bundle is for Linux abacus"),
    ],
)
def test_a_bundle_that_cannot_be_installed_is_refused(folder, tmp_path, spoil, said):
    spoil(folder)
    done = install(folder, tmp_path / "to")
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "to").exists()


def test_a_folder_that_holds_something_is_left_alone(folder, tmp_path):
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "mine").touch()
    done = install(folder, tmp_path / "to")
    assert done.returncode == 2
    assert "is not empty" in done.stderr
    assert (tmp_path / "to" / "mine").exists()


def test_an_installation_that_fails_leaves_nothing(folder, tmp_path):
    done = install(folder, tmp_path / "to")
    assert done.returncode == 1
    assert "Nothing was installed" in done.stderr
    assert not (tmp_path / "to").exists()
