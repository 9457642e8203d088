"""What a machine needs to run the nights and to take uploads in: files that its own programs find right."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import time
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import RollcallError, UsageError
from pipeline.home import PROJECT, Home
from pipeline.orchestration.services.sftp import UNITS as RECEIPTS
from pipeline.orchestration.services.sftp import accounts, write_sftp
from pipeline.orchestration.services.systemd import UNITS, prepare, write_units
from tests.conftest import write_reference_files

HARDENED = {
    "NoNewPrivileges=yes", "ProtectSystem=strict", "PrivateTmp=yes", "PrivateDevices=yes", "User=rollcall",
    "CapabilityBoundingSet=", "RestrictSUIDSGID=yes", "SystemCallFilter=@system-service",
}  # fmt: skip
# of ten; what is left is the network, the account's own files and the kernel's memory
MOST_EXPOSED = 25


def program(name):
    """A program of the machine; the test is skipped where it is not there."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not on this machine")
    return found


@pytest.fixture
def odd_home(tmp_path):
    """A home at a path with all that systemd, sshd and fstab read in a way of their own."""
    root = tmp_path / 'a 100% "odd" $HOME'
    write_reference_files(root)
    home = Home(root)
    home.make_folders()
    return home


def with_settings(home, text):
    home.county_yaml.write_text(home.county_yaml.read_text(encoding="utf-8") + text, encoding="utf-8")
    return Home(home.root)


def lines(path):
    return path.read_text(encoding="utf-8").splitlines()


def test_units_are_hardened_and_write_the_home_alone(home, tmp_path):
    paths = write_units(home, tmp_path / "out")
    assert {path.name for path in paths} == {*UNITS, "rollcall-account.conf"}
    daemon, webserver = (lines(tmp_path / "out" / name) for name in UNITS)
    for unit, writes in ((daemon, home.root), (webserver, f"-{home.dagster}")):
        assert set(unit) >= HARDENED
        assert [line for line in unit if line.startswith("ReadWritePaths=")] == [f'ReadWritePaths="{writes}"']
    assert f'ReadOnlyPaths="-{home.reference}" "-{home.landing}"' in daemon
    hidden = (home.archive, home.warehouse, home.casework, home.landing, home.published, home.secret_file)
    assert {f'InaccessiblePaths="-{path}"' for path in hidden} <= set(webserver)
    assert "MemoryMax=8192M" in daemon
    assert "MemoryMax=2048M" in webserver
    assert "--host 127.0.0.1 --port 3000" in "\n".join(webserver)


def test_settings_of_the_county_are_in_the_units(home, tmp_path):
    home = with_settings(home, "service: {account: births, port: 4000, daemon_memory_mb: 9000}\n")
    write_units(home, tmp_path / "out")
    text = "\n".join((tmp_path / "out" / name).read_text(encoding="utf-8") for name in UNITS)
    assert text.count("User=births") == 2
    assert "--port 4000" in text
    assert "MemoryMax=9000M" in text
    assert "u births -" in (tmp_path / "out" / "rollcall-account.conf").read_text(encoding="utf-8")


@pytest.mark.parametrize("which", ["home", "odd_home"])
def test_systemd_finds_the_units_right(which, request, tmp_path):
    analyze = program("systemd-analyze")
    write_units(request.getfixturevalue(which), tmp_path / "out")
    write_sftp(request.getfixturevalue(which), tmp_path / "out")
    for name in (*UNITS, *RECEIPTS):
        path = tmp_path / "out" / name
        done = subprocess.run([analyze, "verify", str(path)], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_systemd_finds_little_exposed(home, tmp_path):
    analyze = program("systemd-analyze")
    write_units(home, tmp_path / "out")
    write_sftp(home, tmp_path / "out")
    for name in (*UNITS, RECEIPTS[0]):
        done = subprocess.run(
            [analyze, "security", "--offline=true", f"--threshold={MOST_EXPOSED}", str(tmp_path / "out" / name)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if "offline" in done.stderr:
            pytest.skip("this systemd cannot judge a unit that is not loaded")
        assert done.returncode == 0, done.stdout[-500:]


def test_a_daemon_with_less_memory_than_duckdb_may_take_is_refused(home, tmp_path):
    home = with_settings(home, "service: {daemon_memory_mb: 4096}\n")
    with pytest.raises(UsageError, match=r"service.daemon_memory_mb is 4096; DuckDB alone may take 4096"):
        write_units(home, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_folders_that_may_not_be_used(home, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match="is a file"):
        write_units(home, tmp_path / "file")
    for folder in (home.root, home.archive / "units", home.reference):
        with pytest.raises(UsageError, match="is a folder of the home"):
            write_units(home, folder)
    with pytest.raises(RollcallError, match="cannot be written"):
        write_units(home, tmp_path / "file" / "below")


def test_preparing_is_what_dagster_needs(home):
    prepare(home)
    assert (home.dagster / "dagster.yaml").is_file()


@pytest.mark.timeout(180)
def test_the_pages_start_as_the_unit_says(home, tmp_path):
    """The unit's own command line, folder and environment: Dagster loads the assets with it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = with_settings(home, f"service: {{port: {port}}}\n")
    write_units(home, tmp_path / "out")
    prepare(home)
    unit = dict(
        line.split("=", 1) for line in lines(tmp_path / "out" / UNITS[1]) if re.match(r"(ExecStart|WorkingDir)", line)
    )
    told = [line.split("=", 1)[1].strip('"') for line in lines(tmp_path / "out" / UNITS[1]) if "Environment=" in line]
    environment = dict(
        pair.split("=", 1) for line in told for pair in (shlex.split(line) if "PYTHON" in line else [line])
    )
    environment |= {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    log = (tmp_path / "log").open("wb")
    started = subprocess.Popen(
        shlex.split(unit["ExecStart"]), cwd=unit["WorkingDirectory"], env=environment, stdout=log, stderr=log
    )
    try:
        locations = "locationEntries { locationOrLoadError { __typename } }"
        asked = {"query": f"{{ workspaceOrError {{ ... on Workspace {{ {locations} }} }} }}"}
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/graphql", json.dumps(asked).encode(), {"Content-Type": "application/json"}
        )
        answer = _answer(request, started)
    finally:
        started.send_signal(signal.SIGTERM)
        started.wait(30)
        log.close()
    entries = json.loads(answer)["data"]["workspaceOrError"]["locationEntries"]
    assert [entry["locationOrLoadError"]["__typename"] for entry in entries] == ["RepositoryLocation"]


def _answer(request, started, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert started.poll() is None, "it ended by itself"
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.read()
        except (urllib.error.URLError, OSError):
            time.sleep(1)
    raise AssertionError("the pages did not answer")


def test_every_unit_is_shut_into_its_own_folder(home, tmp_path):
    count, paths = write_sftp(home, tmp_path / "out")
    assert count == 5
    text = {path.name.removeprefix("rollcall-sftp."): path.read_text(encoding="utf-8") for path in paths}
    jails = dict(re.findall(r'Match User (\S+)\n    ChrootDirectory "(\S+)"', text["sshd.conf"]))
    assert jails == {f"u-{code}": f"/srv/rollcall-sftp/u-{code}" for code in
                     ("clinic-100", "police-100", "population-100", "civil-100", "school-100")}  # fmt: skip
    group = text["sshd.conf"].split("Match User")[0]
    for line in ("ForceCommand internal-sftp -d /upload -u 0027", "PasswordAuthentication no", "DisableForwarding yes"):
        assert line in group
    # what other files say is for everybody again
    assert text["sshd.conf"].splitlines()[-1] == "Match all"
    for name, jail in jails.items():
        code = name.removeprefix("u-")
        assert f'd "{jail}" 0755 root root' in text["tmpfiles.conf"]
        assert f'd "{jail}/upload" 2750 {name} rollcall' in text["tmpfiles.conf"]
        mounted = f"{jail}/upload {home.landing / code} none bind,x-mount.mkdir,nosuid,nodev,noexec 0 0"
        assert mounted in text["fstab"].splitlines()
        assert f"m {name} rollcall-units" in text["sysusers.conf"]


def test_paths_that_other_programs_read_in_their_own_way(odd_home, tmp_path):
    home = with_settings(odd_home, "service: {sftp_folder: '/srv/up 100%'}\n")
    write_sftp(home, tmp_path / "out")
    text = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "out").iterdir()}
    assert 'ChrootDirectory "/srv/up 100%%/u-clinic-100"' in text["rollcall-sftp.sshd.conf"]
    assert '"/srv/up 100%%/u-clinic-100"' in text["rollcall-sftp.tmpfiles.conf"]
    for line in text["rollcall-sftp.fstab"].splitlines()[1:]:
        source, target, kind, *_ = line.split(" ")
        assert kind == "none"
        assert source.startswith("/srv/up\\040100%/u-")
        assert target.replace("\\040", " ").startswith(str(home.landing))


def test_units_that_have_closed_have_no_account(home):
    units = (home.reference / "units.csv").read_text(encoding="utf-8")
    units = re.sub(r"(police-100,.*2015-01-01,)", r"\g<1>2020-12-31", units)
    (home.reference / "units.csv").write_text(units, encoding="utf-8")
    assert "u-police-100" not in {one.name for one in accounts(home)}
    assert len(accounts(home)) == 4


@pytest.mark.parametrize(
    ("code", "words"),
    [("卫生院-100", "cannot be the name of an account"), ("c" * 40, "shorten service.sftp_prefix"),
     ("POLICE-100", "two units would share the account u-police-100")],
)  # fmt: skip
def test_a_code_that_is_no_account_is_refused(home, tmp_path, code, words):
    units = (home.reference / "units.csv").read_text(encoding="utf-8").replace("clinic-100", code)
    (home.reference / "units.csv").write_text(units, encoding="utf-8")
    with pytest.raises(UsageError, match=words):
        write_sftp(home, tmp_path / "out")


def _root(tmp_path):
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (root / "etc" / "group").write_text("root:x:0:\n")
    return root


def test_systemd_makes_the_accounts_and_their_folders(home, tmp_path):
    sysusers, tmpfiles = program("systemd-sysusers"), program("systemd-tmpfiles")
    if os.geteuid() != 0:
        pytest.skip("only root may give folders away")
    write_units(home, tmp_path / "out")
    write_sftp(home, tmp_path / "out")
    root, out = _root(tmp_path), tmp_path / "out"
    for words in (
        [sysusers, f"--root={root}", str(out / "rollcall-account.conf"), str(out / "rollcall-sftp.sysusers.conf")],
        [tmpfiles, "--create", f"--root={root}", str(out / "rollcall-sftp.tmpfiles.conf")],
    ):
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    users = {line.split(":")[0]: line.split(":") for line in lines(root / "etc" / "passwd")}
    groups = {line.split(":")[0]: line.split(":") for line in lines(root / "etc" / "group")}
    assert users["u-clinic-100"][6] == "/usr/sbin/nologin"
    assert set(groups["rollcall-units"][3].split(",")) == {name for name in users if name.startswith("u-")}
    jail = root / "srv" / "rollcall-sftp" / "u-clinic-100"
    # all above the folder that a unit writes is root's own, as sshd asks of a chroot
    for folder in (jail, *jail.parents[:2]):
        assert (folder.stat().st_uid, folder.stat().st_mode & 0o022) == (0, 0)
    upload = (jail / "upload").stat()
    assert (upload.st_uid, upload.st_gid) == (int(users["u-clinic-100"][2]), int(groups["rollcall"][2]))
    assert upload.st_mode & 0o7777 == 0o2750
    receipts = (jail / "receipts").stat()
    assert (receipts.st_uid, receipts.st_gid) == (int(users["rollcall"][2]), int(groups["u-clinic-100"][2]))
    assert receipts.st_mode & 0o7777 == 0o2750


def test_sshd_finds_its_part_right(home, tmp_path):
    sshd, keygen = program("sshd"), program("ssh-keygen")
    write_sftp(home, tmp_path / "out")
    subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
    config = tmp_path / "sshd_config"
    part = (tmp_path / "out" / "rollcall-sftp.sshd.conf").read_text(encoding="utf-8")
    config.write_text(f"HostKey {tmp_path / 'key'}\nSubsystem sftp internal-sftp\n{part}", encoding="utf-8")
    done = subprocess.run([sshd, "-t", "-f", str(config)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["write", "sftp"])
def test_the_commands(home, tmp_path, name):
    done = CliRunner().invoke(app, ["service", name, "--home", str(home.root), "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    for path in (tmp_path / "out").iterdir():
        assert str(path) in done.output.replace("\n", "")
    nowhere = str(tmp_path / "nowhere")
    done = CliRunner().invoke(app, ["service", name, "--home", nowhere, "--out", str(tmp_path / "out")])
    assert done.exit_code == 2
    assert not Path(nowhere).exists()


def test_the_image_is_made_of_what_is_there_and_runs_the_console_script():
    text = (PROJECT / "Containerfile").read_text(encoding="utf-8")
    allowed = {line[1:] for line in lines(PROJECT / ".containerignore") if line.startswith("!")}
    copied = {name for line in text.splitlines() if line.startswith("COPY ") for name in line.split()[1:-1]}
    assert copied == allowed
    assert all((PROJECT / name).exists() for name in copied)
    (entry,) = json.loads(re.search(r"^ENTRYPOINT (.*)$", text, re.M)[1])
    assert entry in tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    # the program needs no other folder of the project than those
    code = "\n".join(path.read_text(encoding="utf-8") for path in (PROJECT / "pipeline").rglob("*.py"))
    needed = set(re.findall(r'(?<!_)PROJECT / "([a-z_.]+)"', code)) - {"docs", "build", "benchmarks"}
    assert needed <= copied, needed - copied
    assert re.search(r"^USER rollcall$", text, re.M)
