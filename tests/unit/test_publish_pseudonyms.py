"""Keys of children: HMAC-SHA-256 under a secret of the home, the same every night, different between homes."""

import hashlib
import hmac
import stat

import pytest

from pipeline.errors import RollcallError
from pipeline.home import Home
from pipeline.publish import assign_child_keys
from pipeline.publish.release.pseudonyms import KEY_DIGITS, SECRET_BYTES
from pipeline.warehouse import open_warehouse
from tests.conftest import write_reference_files


def link(con, *children):
    con.execute("DELETE FROM linkage.child_records")
    con.executemany(
        "INSERT INTO linkage.child_records VALUES (?, 'delivery', 'F1', 'clinic-100', '2025-03', ?)",
        list(enumerate(children)),
    )


def keys(con):
    return dict(con.execute("SELECT child_id, child_key FROM publish.child_keys").fetchall())


def test_a_key_is_the_hmac_of_the_child_under_the_homes_secret(home):
    with open_warehouse(home) as con:
        link(con, "C0001", "C0002", "C0002", "儿童-三")
        assert assign_child_keys(con, home) == 3
        secret = home.secret_file.read_bytes()
        assert keys(con) == {
            child: hmac.new(secret, child.encode(), hashlib.sha256).hexdigest()[:KEY_DIGITS]
            for child in ("C0001", "C0002", "儿童-三")
        }


def test_the_secret_is_made_once_for_rollcall_alone_and_lies_outside_the_archive(home):
    with open_warehouse(home) as con:
        assign_child_keys(con, home)
        secret = home.secret_file.read_bytes()
        assign_child_keys(con, home)
    assert home.secret_file.read_bytes() == secret
    assert len(secret) == SECRET_BYTES
    assert stat.S_IMODE(home.secret_file.stat().st_mode) == 0o600
    assert home.archive not in home.secret_file.parents


def test_keys_stay_when_children_come_and_go(home):
    with open_warehouse(home) as con:
        link(con, "one", "two")
        assign_child_keys(con, home)
        before = keys(con)
        link(con, "two", "three")
        assert assign_child_keys(con, home) == 1
        after = keys(con)
        assert assign_child_keys(con, home) == 0
    assert before.items() <= after.items()
    assert len(set(after.values())) == 3


def test_two_homes_give_one_child_two_keys(home, tmp_path):
    write_reference_files(tmp_path / "other")
    found = []
    for each in (home, Home(tmp_path / "other")):
        with open_warehouse(each) as con:
            link(con, "one")
            assign_child_keys(con, each)
            found.append(keys(con)["one"])
    assert found[0] != found[1]


@pytest.mark.parametrize("damage", ["gone", "cut"])
def test_a_lost_secret_is_a_sentence_and_never_a_second_key(home, damage):
    with open_warehouse(home) as con:
        link(con, "one")
        assign_child_keys(con, home)
        if damage == "gone":
            home.secret_file.unlink()
        else:
            home.secret_file.write_bytes(b"short")
        link(con, "one", "two")
        with pytest.raises(RollcallError, match=f"is {'gone' if damage == 'gone' else 'damaged'}.*Put back its copy"):
            assign_child_keys(con, home)
        assert set(keys(con)) == {"one"}
