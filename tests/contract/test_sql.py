"""SQL lies where SQL is looked for: long statements in files beside their modules, each of them in use."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.home import PROJECT
from pipeline.statements import read_statements

SOURCES = sorted((PROJECT / "pipeline").rglob("*.py"))
# those of migrations are steps, read whole by `pipeline.warehouse`
FILES = [path for path in sorted((PROJECT / "pipeline").rglob("*.sql")) if "migrations" not in path.parts]
# lines of a statement that may stand in a module
MOST_LINES = 12
# modules with longer ones, and why
LONGER = {
    "pipeline/linkage/children/partition.py": "weights and conflicts are composed from the model and the settings",
}
VERBS = re.compile(r"\b(SELECT|INSERT INTO|CREATE (OR REPLACE )?(TEMP )?(TABLE|VIEW)|UPDATE|DELETE FROM|PIVOT)\b")


def literals(path: Path) -> Iterator[ast.expr]:
    """The string literals of a module, those that are assembled as one; no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parts, docstrings = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts |= {id(inner) for inner in ast.walk(node) if inner is not node}
        elif isinstance(node, ast.Expr):
            docstrings.add(id(node.value))
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
        if is_text and id(node) not in parts | docstrings:
            yield node


def test_no_long_statement_stands_in_a_module():
    found = {}
    for path in SOURCES:
        long = [
            node.lineno
            for node in literals(path)
            if node.end_lineno - node.lineno + 1 > MOST_LINES and VERBS.search(ast.unparse(node))
        ]
        if long:
            found[path.relative_to(PROJECT).as_posix()] = long
    assert set(found) == set(LONGER), found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_every_statement_is_used_by_the_module_beside_it(path):
    module = path.with_suffix(".py")
    assert "Statements(__file__)" in module.read_text(encoding="utf-8")
    # the statements' names, where the module asks for them: `_STATEMENTS["name"]` or `_STATEMENTS.filled("name", ...)`
    asked = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "_STATEMENTS":
            asked.add(ast.literal_eval(node.slice))
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "_STATEMENTS.filled":
            asked.add(ast.literal_eval(node.args[0]))
    assert asked == set(read_statements(path))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_a_statement_says_what_it_gives_and_is_one(path):
    texts = read_statements(path)
    assert texts
    for name, text in texts.items():
        said = [line for line in text.splitlines() if line.startswith("--")]
        assert text.startswith("-- "), f"{name}: nothing is said of it"
        # what goes into a place would be written into the comment too
        assert not any("{" in line for line in said), name
        assert ";" not in re.sub(r"--.*|'[^']*'", "", text), f"{name}: more than one statement"


def test_every_module_with_statements_has_its_file():
    having = {path for path in SOURCES if "= Statements(__file__)" in path.read_text(encoding="utf-8")}
    assert {path.with_suffix(".sql") for path in having} - {PROJECT / "pipeline" / "statements.sql"} == set(FILES)
