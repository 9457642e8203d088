"""Files and folders that are there whole or not at all."""

import os
import stat

import pytest

from pipeline.whole_files import OFFICE_MODE, RESTRICTED_MODE, replace_folder, write_whole, written_whole


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
