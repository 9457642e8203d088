"""The house keeps its order: imports go one way, and no code branches on a feed's or an agency's name."""

import ast
import subprocess
import sys

from pipeline.contracts import load_feeds
from pipeline.home import PROJECT

SOURCES = sorted((PROJECT / "pipeline").rglob("*.py"))


def test_imports_keep_their_direction():
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]


def test_no_code_compares_with_the_name_of_a_feed_or_an_agency():
    names = set(load_feeds()) | {feed.agency for feed in load_feeds().values()}
    found = []
    for path in SOURCES:
        # the synthetic county writes the feeds: it must know each by name
        if "synthetic" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare):
                parts = [node.left, *node.comparators]
                parts += [
                    element
                    for part in parts
                    if isinstance(part, (ast.Tuple, ast.List, ast.Set))
                    for element in part.elts
                ]
                if any(isinstance(part, ast.Constant) and part.value in names for part in parts):
                    found.append(f"{path.relative_to(PROJECT)}:{node.lineno}")
    assert not found


def test_every_module_says_what_belongs_in_it():
    silent = [
        str(path.relative_to(PROJECT))
        for path in SOURCES
        if path.read_text(encoding="utf-8").strip()
        and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not silent


def test_only_the_home_reads_the_environment():
    readers = [
        str(path.relative_to(PROJECT))
        for path in SOURCES
        if any(mark in path.read_text(encoding="utf-8") for mark in ('os.environ.get("ROLLCALL_HOME', "os.getenv"))
    ]
    assert readers == ["pipeline/home.py"]


def test_no_package_is_a_corridor_and_no_module_a_hall():
    """A newcomer finds a line by its folders: at most 14 modules and sub-packages each, at most 300 lines a module."""
    packages = {path.parent for path in SOURCES} - {PROJECT / "pipeline"}
    entries = {
        str(package.relative_to(PROJECT)): sum(
            (path.suffix == ".py" and path.name != "__init__.py") or (path.is_dir() and path in packages)
            for path in package.iterdir()
        )
        for package in packages
    }
    assert {name: count for name, count in entries.items() if count > 14} == {}
    lines = {path: path.read_text(encoding="utf-8").count("\n") for path in SOURCES}
    assert [str(path.relative_to(PROJECT)) for path, count in lines.items() if count > 300] == []
