"""Install rollcall from this folder, without a network: python3 install.py --to DIR

Needs nothing but Python. Every file of the folder is held against SHA256SUMS before one of them is used; then a virtual
environment is made in DIR, and `rollcall doctor --installation` says whether it is whole.
"""

import argparse
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
BLOCK = 1 << 20


class RefusedError(Exception):
    """A sentence: what is wrong, and what to do."""


def check_python(made_for):
    """Refuse a Python or a machine for which no wheels are here."""
    have = "{}.{}".format(*sys.version_info[:2])
    if have not in made_for["pythons"]:
        raise RefusedError(
            "This is Python {}, the bundle is for {}. Call install.py with one of these.".format(
                have, ", ".join(made_for["pythons"])
            )
        )
    machine = f"{platform.system()} {platform.machine()}"
    if machine != made_for["machine"]:
        raise RefusedError(
            "This machine is {}, the bundle is for {}. Make one on such a machine.".format(machine, made_for["machine"])
        )


def check_files():
    """Refuse a folder that is not as it was made."""
    sums = HERE / "SHA256SUMS"
    if not sums.is_file():
        raise RefusedError("SHA256SUMS is missing. Unpack the bundle again.")
    known = {}
    for line in sums.read_text(encoding="utf-8").splitlines():
        digest, name = line.split("  ", 1)
        known[name] = digest
    there = {
        path.relative_to(HERE).as_posix()
        for path in HERE.rglob("*")
        if path.is_file() and path != sums and "__pycache__" not in path.parts
    }
    for name in sorted(known.keys() | there):
        if name not in known:
            raise RefusedError(name + " is not of the bundle. Unpack it again, into a folder of its own.")
        if name not in there:
            raise RefusedError(name + " is missing. Unpack the bundle again.")
        if digest_of(HERE / name) != known[name]:
            raise RefusedError(name + " was changed. Fetch the bundle again.")
    return len(known)


def digest_of(path):
    """A file's SHA-256."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while True:
            block = file.read(BLOCK)
            if not block:
                return digest.hexdigest()
            digest.update(block)


def call(*words):
    """Run a program under nothing but this machine's plain environment; False where it failed."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "PYTHON"))}
    environment = dict(kept, PIP_CONFIG_FILE=os.devnull, PIP_DISABLE_PIP_VERSION_CHECK="1")
    return subprocess.call([str(word) for word in words], env=environment) == 0


def install(to):
    """Make the environment and put every wheel into it."""
    # the environment needs no pip of its own, and some systems' Python brings none
    venv.create(str(to), with_pip=False, symlinks=True)
    python = to / "bin" / "python"
    (pip,) = (HERE / "wheels").glob("pip-*.whl")
    for requirements in ("requirements.lock", "rollcall.lock"):
        is_done = call(
            sys.executable, pip / "pip", "--python", python, "install", "--quiet", "--no-index", "--no-deps",
            "--no-cache-dir", "--find-links", HERE / "wheels", "--require-hashes", "-r", HERE / requirements,
        )  # fmt: skip
        if not is_done:
            raise RefusedError(f"The wheels of {requirements} could not be installed; the reason stands above.")
    if not call(to / "bin" / "rollcall", "doctor", "--installation"):
        raise RefusedError("rollcall doctor found the installation wanting; the reason stands above.")


def main():
    """Exit status 0, 1 (the work failed) or 2 (it was refused before anything was done)."""
    parser = argparse.ArgumentParser(description="Install rollcall from this folder, without a network.")
    parser.add_argument("--to", required=True, metavar="DIR", help="where to; absent or empty, such as /opt/rollcall")
    to = Path(parser.parse_args().to).expanduser().absolute()
    try:
        check_python(json.loads((HERE / "bundle.json").read_text(encoding="utf-8")))
        if to.exists() and (not to.is_dir() or any(to.iterdir())):
            raise RefusedError(f"{to} is not empty. Each version has a folder of its own.")
        count = check_files()
    except RefusedError as refused:
        print(refused, file=sys.stderr)
        return 2
    print(f"{count} files are as they were made. Installing ...", flush=True)
    try:
        install(to)
    except (RefusedError, OSError) as error:
        shutil.rmtree(str(to), ignore_errors=True)
        print(f"{error} Nothing was installed.", file=sys.stderr)
        return 1
    print("Installed: {}".format(to / "bin" / "rollcall"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
