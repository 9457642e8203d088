"""Uploads by a real sshd on the loopback address, with accounts, folders, mounts and configuration as written.

All of it happens in a mount namespace of its own, whose /etc/passwd and /etc/group are made by systemd-sysusers: the
machine's own accounts, folders and sshd are not touched.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.casework import write_receipts
from pipeline.home import PROJECT, Home
from pipeline.intake import load
from pipeline.orchestration.services.sftp import write_sftp
from pipeline.orchestration.services.systemd import write_units
from pipeline.reference import Reference, load_reference, write_reference
from pipeline.warehouse import open_warehouse
from tests.landing import csv_bytes, headers, records

PROGRAMS = ("sshd", "sftp", "ssh-keygen", "systemd-sysusers", "systemd-tmpfiles", "unshare", "nsenter", "mount")
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
OURS, OTHER = "u-clinic-100", "u-police-100"


# what a night's process does, where the mounts are seen; the home is the first word
_BEGIN = """
import json, sys, time
from pathlib import Path
from pipeline.home import Home
from pipeline.intake import receive, scan
from pipeline.reference import load_reference
home = Home(sys.argv[1])
reference, today = load_reference(home), home.today()
"""
RECEIVE = _BEGIN + "print(json.dumps(receive(home, reference, today, now=time.time() + float(sys.argv[2])).outcomes))"
SETTLED = (
    _BEGIN
    + """
from pipeline.intake.archive.ledger import Receipts
from pipeline.intake.landing.discovery import unseen
for after in (0, 11):
    found = unseen(home, reference, today, Receipts.read(home), time.time() + after)
print(len(found))
"""
)
WATCH = (
    _BEGIN
    + """
landed, stop, looks = home.landing / "clinic-100" / sys.argv[2], Path(sys.argv[3]), []
print("ready", flush=True)
while not stop.exists():
    size = landed.stat().st_size if landed.exists() else 0
    looks.append([size, scan(home, reference, today)])
    time.sleep(0.2)
print(json.dumps(looks))
"""
)


@dataclass(frozen=True)
class Machine:
    """A machine of a county as its units meet it: sshd's port and where their keys are."""

    home: Home
    folder: Path
    port: int
    inside: tuple[str, ...]

    def sftp(self, account: str, *lines: str, limit: int | None = None) -> subprocess.CompletedProcess[str]:
        """Give commands to sftp, which stops at the first one that fails."""
        return subprocess.run(
            self.command(account, limit),
            input="\n".join(lines),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def command(self, account: str, limit: int | None = None) -> list[str]:
        return [
            "sftp", "-q", "-b", "-", "-P", str(self.port), "-i", str(self.folder / account), "-F", "none",
            *(["-l", str(limit)] if limit else []),
            *(word for option in (
                "StrictHostKeyChecking=no", f"UserKnownHostsFile={self.folder / 'known'}", "IdentitiesOnly=yes",
                "BatchMode=yes", "LogLevel=ERROR",
            ) for word in ("-o", option)),
            f"{account}@127.0.0.1",
        ]  # fmt: skip

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a program where the namespace's mounts and accounts are seen."""
        return subprocess.run([*self.inside, *words], capture_output=True, text=True, check=False, cwd=PROJECT)

    def words(self, script: str, *more: str) -> list[str]:
        """A script on the home, run by this Python where the mounts are seen."""
        return [*self.inside, sys.executable, "-c", script, str(self.home.root), *more]

    def asked(self, script: str, *more: str):
        """What such a script prints."""
        done = subprocess.run(self.words(script, *more), capture_output=True, text=True, check=False, cwd=PROJECT)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def need(*names: str) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may start an sshd that shuts accounts into folders")
    for name in names:
        if shutil.which(name, path=PATH) is None:
            pytest.skip(f"there is no {name} on this machine (Debian: openssh-server, openssh-client, systemd)")
    if subprocess.run(
        ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False
    ).returncode:
        pytest.skip("this machine lets nobody mount anything in a namespace of its own")


@pytest.fixture
def machine(home: Home, tmp_path: Path) -> Iterator[Machine]:
    need(*PROGRAMS)
    root, out, ssh = tmp_path / "machine", tmp_path / "out", tmp_path / "ssh"
    # sshd wants nobody but root to write above a chroot: the folder of tests lies below /tmp, so the units' lies in a
    # tmpfs of the namespace
    with home.county_yaml.open("a", encoding="utf-8") as file:
        file.write("settle_seconds: 3600\narrival_clock: ctime\nservice: {sftp_folder: /mnt/rollcall-sftp}\n")
    home = Home(home.root)
    for name in ("clinic-100", "police-100"):
        (home.landing / name).mkdir(parents=True, exist_ok=True)
    write_units(home, out)
    write_sftp(home, out)
    (root / "etc").mkdir(parents=True)
    for name in ("passwd", "group"):
        shutil.copy(f"/etc/{name}", root / "etc" / name)
    _do(
        "systemd-sysusers",
        f"--root={root}",
        str(out / "rollcall-account.conf"),
        str(out / "rollcall-sftp.sysusers.conf"),
    )
    ssh.mkdir(mode=0o755)
    for account in (OURS, OTHER, "host"):
        _do("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(ssh / account))
    keys = root / "keys"
    keys.mkdir()
    for account in (OURS, OTHER):
        shutil.copy(ssh / f"{account}.pub", keys / account)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # the written part as it is, but for the folder of keys, which is the machine's
    part = (out / "rollcall-sftp.sshd.conf").read_text(encoding="utf-8")
    part = part.replace("/etc/ssh/rollcall-units/%u", "/mnt/keys/%u")
    (root / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {ssh / 'host'}\nPidFile none\nUsePAM yes\n"
        f"Subsystem sftp internal-sftp\n{part}",
        encoding="utf-8",
    )
    binds = [
        line.split()[:2] for line in (out / "rollcall-sftp.fstab").read_text(encoding="utf-8").splitlines()
        if line.startswith((f"/mnt/rollcall-sftp/{OURS}/", f"/mnt/rollcall-sftp/{OTHER}/"))
    ]  # fmt: skip
    assert len(binds) == 2
    script = [
        "set -e",
        f"for name in passwd group; do mount --bind {root}/etc/$name /etc/$name; done",
        # a shadow file beside another passwd would lock the new accounts
        f"test ! -f {root}/etc/shadow || mount --bind {root}/etc/shadow /etc/shadow",
        "mount -t tmpfs -o mode=755 none /mnt",
        f"mkdir /mnt/keys && cp {keys}/* /mnt/keys/ && chmod 644 /mnt/keys/*",
        f"systemd-tmpfiles --create {out}/rollcall-sftp.tmpfiles.conf",
        *(f"mount --bind {source} {target}" for source, target in binds),
        "mkdir -p /run/sshd",
        f"$(command -v sshd) -t -f {root}/sshd_config",
        "echo ready",
        f"exec $(command -v sshd) -D -e -f {root}/sshd_config",
    ]
    log = (tmp_path / "sshd.log").open("w", encoding="utf-8")
    server = subprocess.Popen(
        ["unshare", "-m", "sh", "-c", "\n".join(script)],
        stdout=log, stderr=log, env={**os.environ, "PATH": PATH}, start_new_session=True,
    )  # fmt: skip
    try:
        _wait_for(port, server, tmp_path / "sshd.log")
        yield Machine(home, ssh, port, ("nsenter", "-t", str(server.pid), "-m"))
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)
        log.close()


def _do(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, "PATH": PATH})
    assert done.returncode == 0, done.stderr


def _wait_for(port: int, server: subprocess.Popen, log: Path) -> None:
    for _ in range(300):
        if server.poll() is not None:
            break
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"sshd did not start: {log.read_text(encoding='utf-8')}")


def sees(done: subprocess.CompletedProcess[str]) -> set[str]:
    """Names that `ls -1` listed."""
    assert done.returncode == 0, done.stderr
    return {
        line.strip().rstrip("/").rsplit("/", 1)[-1] for line in done.stdout.splitlines() if not line.startswith("sftp>")
    }


def test_a_unit_uploads_and_sees_its_own_folder_and_its_receipts_alone(machine: Machine, tmp_path: Path):
    home, reference = machine.home, load_reference(machine.home)
    file = tmp_path / "delivery_202401.csv"
    file.write_bytes(csv_bytes([headers("delivery"), *records("delivery", 5)]))
    assert sees(machine.sftp(OURS, "ls -1 /")) == {"upload", "receipts"}
    # it begins where it may write
    done = machine.sftp(OURS, f"put {file}", "ls -1")
    assert done.returncode == 0, done.stderr
    assert "delivery_202401.csv" in done.stdout
    # what came is where the night looks, and the night's account may read it
    landed = machine.run("stat", "-c", "%U %G %a", f"{home.landing}/clinic-100/delivery_202401.csv")
    assert landed.stdout.split() == [OURS, "rollcall", "640"], landed.stderr
    # nothing of another unit, of the home or of the machine is there, by any name
    for line in (
        f"ls /{OTHER}", f"ls ../../{OTHER}/upload", "ls /etc", f"ls {home.root}", "get ../../etc/passwd",
        f"rename delivery_202401.csv ../../{OTHER}/upload/household_registration_202401.csv",
        f"rename delivery_202401.csv /mnt/rollcall-sftp/{OTHER}/upload/household_registration_202401.csv",
        "put /etc/hostname /here.csv", "put /etc/hostname /receipts/here.html", "rm /receipts", "mkdir /other",
        "chmod 777 /", "chgrp 0 delivery_202401.csv",
    ):  # fmt: skip
        refused = machine.sftp(OURS, line)
        assert refused.returncode != 0, f"{line}: {refused.stdout}"
    # a link that leads out leads nowhere: it is read as it stands in the unit's own world, and by the night not at all
    assert machine.sftp(OURS, f"symlink /mnt/rollcall-sftp/{OTHER}/upload/x.csv delivery_202402.csv").returncode == 0
    assert machine.sftp(OURS, "get delivery_202402.csv").returncode != 0
    assert sees(machine.sftp(OTHER, "ls -1 /upload")) == set()
    # no shell, no forwarding, no other's key
    shell = ["ssh", *machine.command(OURS)[4:-1], f"{OURS}@127.0.0.1", "id"]
    shell[shell.index("-P")] = "-p"
    done = subprocess.run(shell, capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL)
    assert "uid=" not in done.stdout
    stranger = machine.command(OURS)
    stranger[stranger.index("-i") + 1] = str(machine.folder / OTHER)
    done = subprocess.run(stranger, input="ls", capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode != 0, done.stdout) == (True, "")
    _receipts(machine, reference, tmp_path)


def _receipts(machine: Machine, reference: Reference, tmp_path: Path) -> None:
    """What a night says of the files lies where their unit, and no other, reads it."""
    assert machine.asked(RECEIVE, "7200") == {"parsed": 1, "not_parsed": 1}
    with open_warehouse(machine.home) as con:
        write_reference(con, reference)
        load(con, machine.home)
        write_receipts(con, machine.home)
    words = [sys.executable, "-m", "pipeline.cli", "service", "receipts", "--home", str(machine.home.root)]
    laid = machine.run(*words)
    assert laid.returncode == 0, laid.stderr
    assert "2 receipts were copied" in laid.stdout + laid.stderr
    pages = sees(machine.sftp(OURS, "ls -1 /receipts"))
    assert len(pages) == 2
    page = next(name for name in sorted(pages) if "202401" in name)
    got = machine.sftp(OURS, f"get /receipts/{page} {tmp_path}/got.html")
    assert got.returncode == 0, got.stderr
    assert "delivery_202401.csv" in (tmp_path / "got.html").read_text(encoding="utf-8")
    assert machine.sftp(OURS, f"rm /receipts/{page}").returncode != 0
    assert sees(machine.sftp(OTHER, "ls -1 /receipts")) == set()
    # a second time there is nothing to copy
    again = machine.run(*words)
    assert "0 receipts were copied" in again.stdout + again.stderr


def test_a_file_under_way_is_not_read(machine: Machine, tmp_path: Path):
    file, stop = tmp_path / "delivery_202401.csv", tmp_path / "stop"
    file.write_bytes(csv_bytes([headers("delivery"), *records("delivery", 4_000)]))
    watching = subprocess.Popen(
        machine.words(WATCH, file.name, str(stop)), stdout=subprocess.PIPE, text=True, cwd=PROJECT
    )
    assert watching.stdout is not None
    assert watching.stdout.readline() == "ready\n"
    # so slow (kbit/s) that it takes seconds
    done = machine.sftp(OURS, f"put {file}", limit=400)
    assert done.returncode == 0, done.stderr
    stop.touch()
    looks = json.loads(watching.communicate(timeout=60)[0])
    growing = [found for size, found in looks if 0 < size < file.stat().st_size]
    # it was looked at while it grew, and there was nothing to read
    assert len(growing) > 2
    assert set(growing) == {0}
    # two looks that found it the same, apart, are enough: it need not be old
    assert machine.asked(SETTLED) == 1
    assert machine.asked(RECEIVE, "22") == {"parsed": 1}
    assert machine.asked(RECEIVE, "33") == {}
    # a client that uploads under another name first is not read until it has renamed it
    done = machine.sftp(OURS, f"put {file} delivery_202402.csv.part")
    assert done.returncode == 0, done.stderr
    assert machine.asked(SETTLED) == 0
    assert machine.sftp(OURS, "rename delivery_202402.csv.part delivery_202402.csv").returncode == 0
    assert machine.asked(SETTLED) == 1
