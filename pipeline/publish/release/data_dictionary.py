"""The data dictionary, `docs/data_dictionary.md`: written from the YAML files beside the marts, never by hand.

Run it after a mart was changed: `python -m pipeline.publish.release.data_dictionary`. Not here: what a column means
(its YAML).
"""

from __future__ import annotations

from pathlib import Path

from pipeline.home import PROJECT
from pipeline.publish.release.marts_spec import Mart, MartColumn, load_marts

PAGE = PROJECT / "docs" / "data_dictionary.md"

HEAD = """\
# Data dictionary

What analysts read in `published/current.duckdb`, schema `marts`. This page is written by
`python -m pipeline.publish.release.data_dictionary`
from the YAML files beside the models in `dbt_project/models/marts/`; change those. Codes and periods are text.
A column named `…{register}…` stands once for each birth and later-contact feed of `pipeline/contracts/feeds/`.
"""


def _cell(column: MartColumn) -> str:
    values = f" One of: {', '.join(f'`{value}`' for value in column.values)}." if column.values else ""
    return f"{column.description}{values}".replace("|", "\\|")


def _filled(column: MartColumn) -> str:
    return column.filled if column.is_nullable else "always"


def _section(mart: Mart) -> str:
    rows = [
        f"| `{column.name}` | {column.data_type} | {_filled(column)} | {_cell(column)} |" for column in mart.documented
    ]
    key = ", ".join(f"`{column}`" for column in mart.key)
    table = "\n".join(["| Column | Type | Filled | Meaning |", "| --- | --- | --- | --- |", *rows])
    return f"## {mart.name}\n\n{mart.description}\n\nA row is named by {key}.\n\n{table}\n"


def render() -> str:
    """The page as it should be."""
    return "\n".join([HEAD, *(_section(mart) for _, mart in sorted(load_marts().items()))])


def write(page: Path = PAGE) -> None:
    """Write the page."""
    page.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    write()
