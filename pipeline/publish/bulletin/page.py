"""A bulletin as one HTML page in one language: nothing to fetch, no script, prints on A4.

Belongs here: setting the page. Does not: what it says (`bulletin/contents.py`), its looks
(`templates/bulletin.html.j2`).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.checks.vocabulary import Label
from pipeline.publish.bulletin.parts import Bulletin, word

# the looks that the office's pages share lie beside the packages that set them
TEMPLATES = (Path(__file__).parent, Path(__file__).parents[1] / "templates")


@cache
def _environment(language: str) -> Environment:
    found = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)

    def say(label: Label) -> str:
        return getattr(label, language)

    found.filters["say"] = say
    found.globals.update(word=word, language=language, code=word("columns", "code"))
    return found


def page(bulletin: Bulletin, language: str) -> bytes:
    """The page of a bulletin in a language (zh or en), as UTF-8."""
    return _environment(language).get_template("bulletin.html.j2").render(b=bulletin).encode()
