"""What makes a night score everything again: the code that weights and partition depend on, and no other code."""

import ast
from pathlib import Path

from pipeline import linkage
from pipeline.linkage.identities.changes import RULES_CODE

FOLDER = Path(linkage.__file__).parent
# where a night's rules begin: what differs, what is found and weighed, what is solved, what is counted of it
ENTRIES = ("identities/changes", "children/partition", "review/expected_quality", "identities/affected_records")


def imported(module: str) -> set[str]:
    """The modules of the package that a module of it imports, at any depth of its code, by their path in it."""
    found = set()
    for node in ast.walk(ast.parse((FOLDER / f"{module}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith("pipeline.linkage."):
            path = "/".join(node.module.split(".")[2:])
            if (FOLDER / f"{path}.py").exists():
                found.add(path)
            else:
                found |= {f"{path}/{alias.name}".lstrip("/") for alias in node.names}
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
    folders = {name.split("/")[0] for name in RULES_CODE}
    assert not {"explanations", "labels", "links_file"} & folders
    others = {"training/drift", "training/cards", "identities/history", "review/queue", "review/sample"}
    assert all((FOLDER / f"{name}.py").exists() for name in others)
    assert not others & set(RULES_CODE)
