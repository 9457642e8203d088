"""What makes a night score everything again: the code that weights and partition depend on, and no other code."""

import ast
from pathlib import Path

from pipeline import linkage
from pipeline.linkage.changes import RULES_CODE

FOLDER = Path(linkage.__file__).parent
# where a night's rules begin: what differs, what is found and weighed, what is solved, what is counted of it
ENTRIES = ("changes", "partition", "quality", "touched")


def imported(module: str) -> set[str]:
    """The modules of the package that a module of it imports, at any depth of its code."""
    found = set()
    for node in ast.walk(ast.parse((FOLDER / f"{module}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "pipeline.linkage":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pipeline.linkage."):
            found.add(node.module.split(".")[2])
    return found


def test_every_module_that_scoring_and_resolving_use_is_among_the_rules():
    reached, waiting = set(), list(ENTRIES)
    while waiting:
        module = waiting.pop()
        if module not in reached:
            reached.add(module)
            waiting += imported(module)
    assert reached == set(RULES_CODE)


def test_pages_and_reviews_are_no_rules():
    """A word changed in an explanation must not cost a county a full night."""
    assert not {"explain", "waterfall", "words", "drift", "review", "cards", "history", "links"} & set(RULES_CODE)
