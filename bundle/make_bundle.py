"""Make dist/rollcall-<version>-bundle.tar: `make bundle`, on a machine with a network.

Wheels of requirements.lock for each Python that the project runs on, under the lock's hashes; the project's own wheel;
the installer, and SHA256SUMS over all of it. Wheels are for Linux and this machine's processor.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from pipeline import __version__
from pipeline.home import PROJECT

HERE = Path(__file__).parent
THIS = f"{sys.version_info[0]}.{sys.version_info[1]}"
PYTHONS = ("3.11", "3.12", "3.13")
# of glibc, newest first: a wheel for an older one runs on a newer one; county servers have 2.28 or later
PLATFORMS = ("manylinux_2_28", "manylinux_2_27", "manylinux_2_24", "manylinux_2_17", "manylinux2014", "manylinux_2_12",
             "manylinux2010", "manylinux_2_5", "manylinux1")  # fmt: skip
PAGES = ("README.md", "CHANGELOG.md", "docs")


def download(python: str, wheels: Path) -> bool:
    """Fetch the wheels of one Python; whether each was to be had."""
    tags = [f"{name}_{platform.machine()}" for name in PLATFORMS]
    abi = f"cp{python.replace('.', '')}"
    done = subprocess.run(
        [
            sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
            "--require-hashes", "--only-binary", ":all:", "--python-version", python, "--implementation", "cp",
            *(word for tag in (abi, "abi3", "none") for word in ("--abi", tag)),
            *(word for tag in tags for word in ("--platform", tag)),
            "--dest", str(wheels),
            "-r", str(PROJECT / "requirements.lock"), "-r", str(HERE / "pip.lock"),
        ],
        check=False,
    )  # fmt: skip
    return done.returncode == 0


def own_wheel(wheels: Path) -> Path:
    """Build the project's wheel into the folder."""
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps",
         "--no-build-isolation", "--wheel-dir", str(wheels), str(PROJECT)],
        check=True,
    )  # fmt: skip
    (wheel,) = wheels.glob(f"rollcall-{__version__}-*.whl")
    return wheel


def sha256(path: Path) -> str:
    """A file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def make(target: Path, pythons: tuple[str, ...]) -> Path:
    """Write the archive; Pythons for which a wheel is not to be had are left out and named, this one may not be."""
    name = f"rollcall-{__version__}-bundle"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / name
        wheels = folder / "wheels"
        wheels.mkdir(parents=True)
        got = []
        for python in pythons:
            # apart, so that half of a Python's wheels is not taken along
            apart = Path(temporary) / python
            if download(python, apart):
                got.append(python)
                for path in apart.iterdir():
                    path.replace(wheels / path.name)
            else:
                print(f"Not every wheel is to be had for Python {python}: it is left out.", file=sys.stderr)
        if THIS not in got:
            raise SystemExit(f"No bundle was made: it could not be tried with this Python ({THIS}).")
        own = own_wheel(wheels)
        (folder / "rollcall.lock").write_text(f"rollcall=={__version__} --hash=sha256:{sha256(own)}\n")
        made_for = {"version": __version__, "pythons": got, "machine": f"{platform.system()} {platform.machine()}"}
        (folder / "bundle.json").write_text(json.dumps(made_for, indent=1) + "\n")
        shutil.copyfile(HERE / "install.py", folder / "install.py")
        shutil.copyfile(PROJECT / "requirements.lock", folder / "requirements.lock")
        for page in PAGES:
            source = PROJECT / page
            (shutil.copytree if source.is_dir() else shutil.copyfile)(source, folder / page)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        sums = "".join(f"{sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in files)
        (folder / "SHA256SUMS").write_text(sums)
        target.mkdir(parents=True, exist_ok=True)
        archive, beside = target / f"{name}.tar", target / f".{name}.tar.part"
        # wheels are compressed already
        with tarfile.open(beside, "w") as tar:
            tar.add(folder, name, filter=_of_nobody)
        beside.replace(archive)
    return archive


def _of_nobody(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info


def main() -> None:
    """Make it, and say where it is, how large, and its SHA-256."""
    parser = argparse.ArgumentParser(description="Make one archive from which rollcall is installed without a network.")
    parser.add_argument("--to", type=Path, default=PROJECT / "dist", help="the folder to write into (dist/)")
    parser.add_argument("--python", action="append", help="a Python to fetch wheels for; default: 3.11, 3.12, 3.13")
    asked = parser.parse_args()
    archive = make(asked.to, tuple(asked.python or PYTHONS))
    print(f"{archive}: {archive.stat().st_size / 1e6:,.0f} MB, SHA-256 {sha256(archive)}")


if __name__ == "__main__":
    main()
