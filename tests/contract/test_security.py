"""Every promise of docs/security.md names a test that is there."""

from __future__ import annotations

import ast
import re

import pytest

from pipeline.home import PROJECT, Home

PAGE = (PROJECT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)


def test_the_page_has_promises():
    rows = [line for line in PAGE.split("## Promises")[1].split("##")[0].splitlines() if line.startswith("| ")]
    assert len(rows) - 2 == len(NAMED) >= 10


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_its_test_is_there(path, name):
    tree = ast.parse((PROJECT / path).read_text(encoding="utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_folder_of_a_home_has_its_readers(tmp_path):
    table = PAGE.split("## Who may do what")[1].split("##")[0]
    home = Home(tmp_path)
    folders = [home.reference, home.landing, home.published, home.public, home.reports, *home.restricted]
    for folder in folders:
        assert f"`{folder.name}/" in table, folder.name
