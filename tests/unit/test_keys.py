"""A key: read from its file, made in one, and what is sealed under it."""

from __future__ import annotations

import base64
import hashlib
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import RollcallError, UsageError
from pipeline.home import Home
from pipeline.keys import HEADER_BYTES, MAGIC, Key, make_key, read_key, sealed_under

KEY = Key(bytes(range(32)))


@pytest.mark.parametrize(
    "text",
    [
        KEY.secret.hex(),
        KEY.secret.hex().upper() + "\n",
        base64.b64encode(KEY.secret).decode() + "\n",
        base64.urlsafe_b64encode(KEY.secret).decode().rstrip("="),
    ],
)
def test_a_key_is_read_as_hexadecimal_digits_or_base64(tmp_path: Path, text: str) -> None:
    (tmp_path / "key").write_text(text, encoding="ascii")
    assert read_key(tmp_path / "key") == KEY


@pytest.mark.parametrize("data", [b"", b"ab" * 31, b"ab" * 33, b"password", KEY.secret, "钥匙".encode()])
def test_what_is_no_key_is_told_in_one_sentence_that_shows_nothing_of_it(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "key").write_bytes(data)
    with pytest.raises(UsageError, match=r"holds no key|cannot be read") as caught:
        read_key(tmp_path / "key")
    assert caught.value.exit_status == 2
    assert "password" not in str(caught.value)


def test_a_key_shows_nothing_of_itself() -> None:
    told = f"{KEY!r} {KEY} {KEY.identifier}"
    assert KEY.identifier in repr(KEY)
    for hidden in (KEY.secret.hex(), KEY.of_warehouse, repr(KEY.secret)):
        assert hidden not in told
    # each purpose has a key of its own
    assert len({KEY.secret.hex(), KEY.of_warehouse, KEY._derived("archive").hex()}) == 3
    assert Key(b"\1" * 32).identifier != KEY.identifier


def test_a_key_that_is_made_is_its_owner_s_alone_and_is_never_written_over(home: Home, tmp_path: Path) -> None:
    runner, path = CliRunner(), tmp_path / "a.key"
    done = runner.invoke(app, ["key", "make", str(path), "--home", str(home.root)])
    assert done.exit_code == 0
    assert path.stat().st_mode & 0o777 == 0o600
    key = read_key(path)
    assert key.secret.hex() not in done.output
    assert runner.invoke(app, ["key", "make", str(path), "--home", str(home.root)]).exit_code == 2
    assert read_key(path) == key
    assert read_key(path) != make_key(tmp_path / "b.key")
    # beside what it opens it would be in every copy of it
    assert runner.invoke(app, ["key", "make", str(home.state / "k"), "--home", str(home.root)]).exit_code == 2
    assert runner.invoke(app, ["key", "make", str(tmp_path / "no" / "k"), "--home", str(home.root)]).exit_code == 2


def test_what_is_sealed_opens_under_its_key_and_name_alone() -> None:
    data = "王芳 110101199003078515".encode() * 50
    sealed = KEY.seal(data, "a.csv")
    assert sealed != KEY.seal(data, "a.csv")
    assert "王芳".encode() not in sealed
    assert KEY.open(sealed, "a.csv") == data
    assert KEY.open(KEY.seal(b"", "a.csv"), "a.csv") == b""
    for key, name in ((KEY, "b.csv"), (Key(b"\1" * 32), "a.csv")):
        with pytest.raises(RollcallError, match="not as it was sealed"):
            key.open(sealed, name)


def test_no_flipped_bit_of_a_sealed_file_goes_unnoticed() -> None:
    sealed, draw = KEY.seal(b"x" * 300, "a"), random.Random(3)
    for _ in range(100):
        changed = bytearray(sealed)
        changed[draw.randrange(HEADER_BYTES, len(sealed))] ^= 1 << draw.randrange(8)
        with pytest.raises(RollcallError):
            KEY.open(bytes(changed), "a")
    with pytest.raises(RollcallError):
        KEY.open(sealed[: HEADER_BYTES + 5], "a")


def test_a_file_that_only_looks_sealed_lies_in_clear(tmp_path: Path) -> None:
    data = MAGIC + b"a unit may send this too"
    path = tmp_path / f"{hashlib.sha256(data).hexdigest()}.csv"
    path.write_bytes(data)
    assert sealed_under(path) is None
    path.write_bytes(KEY.seal(data, path.name))
    assert sealed_under(path) == KEY.identifier
    path.write_bytes(MAGIC)
    assert sealed_under(path) is None
