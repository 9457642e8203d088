"""The bulletin's sections about children: coverage by township and register, and why children are not in one.

Belongs here: choosing rows of the controlled tables. Every number of people here is one that disclosure control lets
out, or the mark that stands for one it does not. Does not: units (`bulletin/units.py`), or the control itself.
"""

from __future__ import annotations

from pipeline.publish.bulletin.facts import View
from pipeline.publish.bulletin.parts import Cell, Part, cell, heads
from pipeline.publish.charts import heat_map
from pipeline.publish.disclosure.output import Shown


def coverage_part(view: View) -> Part:
    """Coverage as a table and a heat map, by year of birth, place and register."""
    table = view.facts.tables.tables["register_coverage"]
    rows, points = [], []
    for cohort, place, register, _known, due, held, share in table.rows:
        if cohort not in view.years() or not view.tells_of(place, register):
            continue
        labels = [cell(cohort), view.place(place), view.feed(str(register))]
        rows.append((*labels, _number(due), _number(held), _share(share)))
        if isinstance(share, Shown):
            value = None if share.value is None else float(share.value)
            points.append((str(cohort), labels[1].text, labels[2].text, value, _share(share).text.en))
    charts = (heat_map(points),) if points else ()
    return Part("coverage", heads("year", "place", "register", "due", "held", "coverage"), tuple(rows), charts=charts)


def gaps_part(view: View) -> Part:
    """Children who are not in a register though they are due, by reason; of the scope's own place as a whole."""
    table = view.facts.tables.tables["gap_summary"]
    rows = []
    for cohort, place, register, *counts in table.rows:
        if cohort in view.years() and view.tells_of(place, register) and place == view.scope.places[0]:
            rows.append((cell(cohort), view.place(place), view.feed(str(register)), *map(_number, counts)))
    columns = (*heads("year", "place", "register"), *(column.label for column in table.columns[3:]))
    return Part("gaps", columns, tuple(rows))


def _number(shown: object) -> Cell:
    """A count: the number, or the mark with what was last published."""
    if not isinstance(shown, Shown):
        return cell(shown)
    if shown.is_suppressed and shown.last is not None:
        return cell(f"{shown.text} ({shown.last_in}: {shown.last})", "none")
    return cell(shown.text, "none" if shown.is_suppressed else "")


def _share(shown: object) -> Cell:
    if not isinstance(shown, Shown):
        return cell("")
    return cell(shown.text, "none") if shown.value is None else cell(f"{100 * shown.value:.1f} %")
