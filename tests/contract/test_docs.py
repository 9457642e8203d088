"""What the pages say is so: the page of settings is generated, every link leads somewhere, every command exists."""

import re
import subprocess
import sys

import pytest

from pipeline.home import PROJECT
from pipeline.settings.page import settings_page

PAGES = sorted(
    [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", PROJECT / "CHANGELOG.md", *(PROJECT / "docs").rglob("*.md")]
)


def test_the_page_of_settings_is_what_the_models_say():
    page = (PROJECT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert page == settings_page(), "run: python -m pipeline.settings.page"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_link_between_pages_leads_somewhere(page):
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_every_path_that_a_page_names_exists():
    named = set()
    for page in PAGES:
        for path in re.findall(
            r"`((?:pipeline|dbt_project|expectations|tests|docs|benchmarks)/[\w./-]*)`", page.read_text()
        ):
            named.add((page.name, path))
    absent = [name for name in sorted(named) if not (PROJECT / name[1]).exists()]
    assert not absent


def commands_of_readme() -> list[str]:
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    code = "\n".join(re.findall(r"```\n(.*?)```", text, re.S) + re.findall(r"`(rollcall [^`\n]+)`", text))
    # and what an error tells a person to type
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (PROJECT / "pipeline").rglob("*.py"))
    code += "\n" + "\n".join(re.findall(r": (rollcall [a-z ]+)", sources))
    return sorted(set(re.findall(r"^rollcall ((?:archive|release|review|submissions) [a-z]+|[a-z]+)\b", code, re.M)))


def test_every_command_that_a_page_names_exists():
    for command in commands_of_readme():
        known = subprocess.run(
            [sys.executable, "-m", "pipeline.cli", *command.split(), "--help"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert known.returncode == 0, command


def test_every_make_target_that_a_page_names_exists():
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    for page in PAGES:
        for target in re.findall(r"`make ([a-z-]+)`", page.read_text(encoding="utf-8")):
            assert re.search(rf"^{target}:", makefile, re.M), (page.name, target)


def test_nothing_names_a_registry_or_a_path_of_one_machine():
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout.split()
    for name in tracked:
        path = PROJECT / name
        if path.suffix in {".png", ".lock"} or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        assert "pythonhosted" not in text or name.startswith("tests/contract/test_docs"), name
        assert not re.search(r"(?<![\w.])/(?:work|root|home/\w+)/", text), name
