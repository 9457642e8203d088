"""Files and folders that are there whole or not at all."""

import os
import stat

import pytest

from pipeline.whole_files import (
    OFFICE_FOLDER,
    OFFICE_MODE,
    RESTRICTED_FOLDER,
    RESTRICTED_MODE,
    close_to_others,
    closed_to_others,
    make_folder,
    replace_folder,
    write_whole,
    written_whole,
)


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("mode", [RESTRICTED_MODE, OFFICE_MODE])
def test_a_file_has_its_mode_whatever_the_umask(tmp_path, mode):
    before = os.umask(0o077)
    try:
        path = write_whole(tmp_path / "new" / "page.html", "<p>王</p>", mode)
    finally:
        os.umask(before)
    assert path.read_text(encoding="utf-8") == "<p>王</p>"
    assert mode_of(path) == mode


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = write_whole(tmp_path / "a.json", b"old")

    def half():
        with written_whole(path) as file:
            file.write(b"half")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        half()
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["a.json"]


def test_a_folder_is_replaced_whole(tmp_path):
    folder = tmp_path / "2024-12"
    replace_folder(folder, {"county.html": (b"1", OFFICE_MODE), "office/plots.html": (b"2", RESTRICTED_MODE)})
    replace_folder(folder, {"county.html": (b"3", OFFICE_MODE)})
    assert {path.name: path.read_bytes() for path in folder.rglob("*")} == {"county.html": b"3"}
    assert mode_of(folder / "county.html") == OFFICE_MODE
    assert [one.name for one in tmp_path.iterdir()] == ["2024-12"]


def test_what_a_stop_left_beside_does_not_stand_in_the_way(tmp_path):
    folder = tmp_path / "2024-12"
    for name in (".2024-12.new", ".2024-12.old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "half").touch()
    replace_folder(folder, {"county.html": (b"1", OFFICE_MODE)})
    assert [one.name for one in tmp_path.iterdir()] == ["2024-12"]
    assert [one.name for one in folder.iterdir()] == ["county.html"]


@pytest.mark.parametrize("umask", [0o000, 0o077])
@pytest.mark.parametrize("mode", [RESTRICTED_FOLDER, OFFICE_FOLDER])
def test_folders_have_their_mode_and_so_have_those_above_them(tmp_path, mode, umask):
    before = os.umask(umask)
    try:
        make_folder(tmp_path / "a" / "b", mode)
        make_folder(tmp_path / "a" / "b", mode)
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "a") == mode_of(tmp_path / "a" / "b") == mode
    (tmp_path / "file").touch()
    with pytest.raises(OSError):  # noqa: PT011 - which one depends on the system
        make_folder(tmp_path / "file" / "c", mode)


def test_what_others_make_meanwhile_is_its_owner_s_alone(tmp_path):
    before = os.umask(0o022)
    try:
        with closed_to_others():
            (tmp_path / "log").touch()
            (tmp_path / "folder").mkdir()
        (tmp_path / "open").touch()
    finally:
        os.umask(before)
    modes = {path.name: mode_of(path) for path in tmp_path.iterdir()}
    assert modes == {"log": 0o600, "folder": 0o700, "open": 0o644}


def test_what_lay_open_is_closed_and_links_are_not_followed(tmp_path):
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    for folder in (outside, inside, inside / "deeper"):
        folder.mkdir()
        folder.chmod(0o755)
    for path in (outside / "a", inside / "deeper" / "b"):
        path.touch()
        path.chmod(0o664)
    (inside / "link").symlink_to(outside / "a")
    assert close_to_others(inside) == 3
    assert close_to_others(inside) == 0
    assert (mode_of(inside), mode_of(inside / "deeper"), mode_of(inside / "deeper" / "b")) == (0o700, 0o700, 0o600)
    assert (mode_of(outside), mode_of(outside / "a")) == (0o755, 0o664)
