"""The quality report of a month's release, for the office: under the headings of the European Statistical System.

Belongs here: which figures of the release stand under which heading. Does not: sentences (`bulletin/statements.py`),
how figures were reached (their marts), or anything public: the report holds numbers of records and stays in `office/`.

Source of the headings: Eurostat, ESS Handbook for Quality and Metadata Reports (2020), Single Integrated Metadata
Structure (SIMS 2.0).
"""

from __future__ import annotations

import duckdb

from pipeline import __version__
from pipeline.accountability.vocabulary import Measure
from pipeline.checks.vocabulary import LANGUAGES, Label
from pipeline.contracts import load_feeds
from pipeline.home import Home
from pipeline.publish.bulletin.facts import Facts
from pipeline.publish.bulletin.parts import Bulletin, Cell, Part, cell, heads, plain, word
from pipeline.publish.bulletin.statements import said_parts
from pipeline.publish.bulletin.units import measure_label
from pipeline.publish.disclosure.facts import is_there
from pipeline.publish.registers import register_label

_ACCURACY = """
    SELECT cohort, register, estimate, low, high, completeness, vintage FROM marts.completeness_estimates
    WHERE NOT is_suppressed AND division_code IN (SELECT division_code FROM marts.divisions WHERE level = 'county')
    ORDER BY cohort, register
"""
_MODELS = """
    SELECT cohort, vintage, awaited, lowest_model, highest_model FROM marts.completeness_estimates
    WHERE register = 'any' AND NOT is_suppressed
        AND division_code IN (SELECT division_code FROM marts.divisions WHERE level = 'county')
    ORDER BY cohort
"""
# of the last night that linked
_LINKAGE = """
    SELECT stratum, records, clusters, expected_precision, expected_recall, reviewed_pairs, reviewed_precision,
           reviewed_recall
    FROM marts.linkage_quality
    WHERE records > 0 AND run_id = (
        SELECT run_id FROM marts.linkage_quality JOIN marts.runs USING (run_id) ORDER BY night_no DESC LIMIT 1
    )
    ORDER BY stratum LIKE '%:%', stratum <> 'overall', stratum
"""
# a register's submissions of the twelve months, how many of them came on time, and what units had to hand in
_TIMELINESS = """
    SELECT feed, count(*), count(*) FILTER (status IN ('on_time', 'nil_on_time')),
           count(*) FILTER (status = 'missing'), count(DISTINCT unit_code), coalesce(sum(row_count), 0)::BIGINT,
           coalesce(sum(set_aside_count), 0)::BIGINT
    FROM marts.submissions
    WHERE status <> 'not_due' AND substr(period, 1, 7) BETWEEN substr($first, 1, length(period)) AND $last
    GROUP BY feed ORDER BY feed
"""
_RUNS = (
    "SELECT as_of, records_new, records_changed, model_version, release FROM marts.runs ORDER BY night_no DESC LIMIT 6"
)


# in the standard's order, S.1 to S.19
HEADINGS = (
    "sims_contact", "sims_update", "sims_presentation", "sims_unit", "sims_reference_period", "sims_mandate",
    "sims_confidentiality", "sims_release_policy", "sims_frequency", "sims_accessibility", "sims_management",
    "sims_relevance", "sims_accuracy", "sims_linkage", "sims_timeliness", "sims_coherence", "sims_burden",
    "sims_revisions", "sims_processing", "sims_comment",
)  # fmt: skip


def make_quality_report(con: duckdb.DuckDBPyConnection, home: Home, facts: Facts, county: str) -> Bulletin:
    """The report on the release in use, as of a month, in the shape of a bulletin: its page and workbook are alike."""
    found = said_parts(con, home, facts)
    found |= {"sims_presentation": _presentation(con), "sims_confidentiality": _confidentiality(home)}
    for name, mart, make in (
        ("sims_accuracy", "completeness_estimates", _accuracy),
        ("sims_linkage", "linkage_quality", _linkage),
        ("sims_timeliness", "submissions", _timeliness),
        ("sims_coherence", "unit_scorecards", _coherence),
        ("sims_burden", "submissions", _burden),
        ("sims_revisions", "completeness_estimates", _revisions),
        ("sims_processing", "runs", _processing),
    ):
        found[name] = make(con, facts) if is_there(con, mart) else Part(name, is_absent=True)
    parts = tuple(found[name] for name in HEADINGS)
    return Bulletin(
        "office/quality", plain(county), county, facts.period, (), (), parts, (), is_office=True, title_name="quality"
    )


def _presentation(con: duckdb.DuckDBPyConnection) -> Part:
    """S.3: which registers, of whom, in which periods."""
    units = dict(con.execute("SELECT feed, count(DISTINCT unit_code) FROM marts.submissions GROUP BY feed").fetchall())
    rows = [
        (cell(register_label(name)), cell(word("agencies", feed.agency)), cell(word("periods", feed.due.every)),
         cell(units.get(name, 0)))
        for name, feed in load_feeds().items()
    ]  # fmt: skip
    return Part("sims_presentation", heads("register", "agency", "every", "units"), tuple(rows))


def _confidentiality(home: Home) -> Part:
    """S.7: the numbers of disclosure control."""
    settings = {"suppression_limit": home.settings.suppression_limit, **home.settings.disclosure.model_dump()}
    rows = tuple((cell(word("settings", name)), cell(value)) for name, value in settings.items())
    return Part("sims_confidentiality", heads("setting", "value"), rows)


def _accuracy(con: duckdb.DuckDBPyConnection, _: Facts) -> Part:
    """S.13: births that nobody reported, by cohort."""
    rows = tuple(
        (cell(cohort), _register(register), cell(_count(estimate)), cell(_range(low, high)), cell(_share(completeness)),
         cell(word("vintages", vintage)))
        for cohort, register, estimate, low, high, completeness, vintage in con.execute(_ACCURACY).fetchall()
    )  # fmt: skip
    columns = heads("year", "register", "estimate", "interval", "completeness", "vintage")
    return Part("sims_accuracy", columns, rows)


def _linkage(con: duckdb.DuckDBPyConnection, _: Facts) -> Part:
    """S.13: how right the links are, by the model's own expectation and by reviewed samples."""
    rows = tuple(
        (cell(_stratum(stratum)), cell(_count(records)), cell(_count(clusters)), cell(_share(precision)),
         cell(_share(recall)), cell(_count(reviewed)), cell(_share(seen_precision)), cell(_share(seen_recall)))
        for stratum, records, clusters, precision, recall, reviewed, seen_precision, seen_recall in con.execute(
            _LINKAGE
        ).fetchall()
    )  # fmt: skip
    columns = heads(
        "stratum", "records", "children", "expected_precision", "expected_recall", "reviewed", "seen_precision",
        "seen_recall",
    )  # fmt: skip
    return Part("sims_linkage", columns, rows)


def _timeliness(con: duckdb.DuckDBPyConnection, facts: Facts) -> Part:
    """S.14: what was due, and what came in time."""
    rows = tuple(
        (_register(feed), cell(_count(due)), cell(_count(on_time)), cell(_share(on_time / due)), cell(_count(missing)))
        for feed, due, on_time, missing, *_ in _submissions(con, facts)
    )
    return Part("sims_timeliness", heads("register", "submissions_due", "on_time", "share", "missing"), rows)


def _burden(con: duckdb.DuckDBPyConnection, facts: Facts) -> Part:
    """S.16: what units had to hand in, and what of it could not be used."""
    rows = tuple(
        (_register(feed), cell(_count(units)), cell(_count(due)), cell(_count(records)), cell(_count(aside)))
        for feed, due, _, _, units, records, aside in _submissions(con, facts)
    )
    return Part("sims_burden", heads("register", "units", "submissions_due", "records", "set_aside"), rows)


def _submissions(con: duckdb.DuckDBPyConnection, facts: Facts) -> list[tuple]:
    return con.execute(_TIMELINESS, {"first": facts.first_month, "last": facts.period}).fetchall()


def _coherence(con: duckdb.DuckDBPyConnection, facts: Facts) -> Part:
    """S.13 and S.15: the county's measures of a register's records, over the trailing window, all units together."""
    measures = [measure for measure in Measure if measure is not Measure.TIMELINESS]
    sums = ", ".join(f"sum({one}_numerator), sum({one}_denominator)" for one in measures)
    rows = []
    for feed, *numbers in con.execute(
        f"SELECT feed, {sums} FROM marts.unit_scorecards WHERE period IN ($period, substr($period, 1, 4)) "
        "GROUP BY feed ORDER BY feed",
        {"period": facts.period},
    ).fetchall():
        pairs = zip(numbers[::2], numbers[1::2], strict=True)
        rows.append((_register(feed), *(cell(_share(met / of) if of and met is not None else "") for met, of in pairs)))
    return Part("sims_coherence", (*heads("register"), *map(measure_label, measures)), tuple(rows))


def _revisions(con: duckdb.DuckDBPyConnection, _: Facts) -> Part:
    """S.17: how far an estimate of births stands from being final, and the reach of other models."""
    rows = tuple(
        (cell(cohort), cell(word("vintages", vintage)), cell(_count(awaited)), cell(_range(lowest, highest)))
        for cohort, vintage, awaited, lowest, highest in con.execute(
            _MODELS
        ).fetchall()
    )  # fmt: skip
    return Part("sims_revisions", heads("year", "vintage", "awaited", "models"), rows)


def _processing(con: duckdb.DuckDBPyConnection, _: Facts) -> Part:
    """S.18: the nights behind the release, the program and the model."""
    rows = tuple(
        (cell(as_of), cell(release), cell(_count(new)), cell(_count(changed)), cell(model), cell(__version__))
        for as_of, new, changed, model, release in con.execute(_RUNS).fetchall()
    )
    return Part(
        "sims_processing", heads("as_of", "release", "records_new", "records_changed", "model", "program"), rows
    )


def _stratum(name: str) -> Label:
    """A part of the records: by a word, or a pair of registers `register_pair:<feed>:<feed>`."""
    kind, *registers = name.split(":")
    if not registers:
        return word("strata", kind)
    labels = [register_label(register) for register in dict.fromkeys(registers)]
    return Label(*(" × ".join(getattr(label, one) for label in labels) for one in LANGUAGES))


def _register(name: str) -> Cell:
    return cell(word("registers", "any") if name == "any" else register_label(name))


def _count(number: float | None) -> str:
    return "" if number is None else f"{number:,.0f}"


def _share(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"


def _range(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:,.0f}–{high:,.0f}"
