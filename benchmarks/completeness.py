"""How right estimates of the births that nobody reported are, on counties whose truth is known.

    python -m benchmarks.completeness [--counties 200] [--seed 5000] [--save] [HOME ...]

Draws cohorts at the level of histories (`completeness_counties.py`: clustered families hard to reach, dependent
registers, inventive units, missing submissions, births elsewhere, missed links) and estimates each with every method
and as it would be published; then takes homes with `truth/births.csv` that a night has run on. Prints and, with
--save, writes `benchmarks/completeness_<date>.json`. The published choice was made on seeds 0 to 2109; those of the
benchmark begin at 5000.

Figures of a method, over cohorts: bias and root mean square error as shares of the births; the mean error of the
unseen number, against plain counting's (1.0: its error is the unseen number itself); how many intervals hold the truth,
and how wide they are as a share of the births.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import time
from collections import Counter
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np

from benchmarks.completeness_counties import CAUSES, PROVIDER, SimulatedCohort, draw_cohort
from pipeline.completeness.cohorts.model_average import Assumptions, average
from pipeline.completeness.estimators import lower_bounds, sample_coverage, two_lists
from pipeline.completeness.estimators.cells import pair
from pipeline.completeness.estimators.intervals import log_interval
from pipeline.completeness.estimators.inventions import by_mixture
from pipeline.completeness.vocabulary import ANY, Method, Vintage
from pipeline.home import PROJECT, Home
from pipeline.settings.completeness import CompletenessSettings
from pipeline.warehouse import open_warehouse

Estimates = dict[str, tuple[float, float, float]]
PUBLISHED, PLAIN = "published", "plain count"
# what the published choice has to reach
COVERAGE, WIDTH, ERROR = (0.90, 0.98), 3.0, 0.5
_NONE = float("nan")
# a register's word in truth/births.csv
HELD = "held"


def estimates_of(cohort: SimulatedCohort, seed: int, settings: CompletenessSettings) -> Estimates:
    """Births with their interval, by method."""
    genuine = [by_mixture(unit, settings.usual_alone) for unit in cohort.doubtful]
    assumed = Assumptions(
        CAUSES, PROVIDER, (settings.missed_link_share, settings.missed_link_spread), settings.unmodelled_spread,
        settings.bootstrap_replicates, seed,
    )  # fmt: skip
    published = average(cohort.cells, genuine, assumed)
    cells, observed = published.cells, published.observed
    whole = np.sum([cohort.cells, *(unit.alone for unit in cohort.doubtful)], axis=0)
    bare = average(whole, [], Assumptions(CAUSES, PROVIDER, unmodelled=settings.unmodelled_spread, replicates=0))
    without = average(cohort.cells, [], Assumptions(CAUSES, PROVIDER, assumed.missed, replicates=0))
    pairs = [pair(cells, one, other) for one, other in combinations(range(5), 2)]
    chao = lower_bounds.chao(cells)
    found: Estimates = {
        PUBLISHED: (published.estimate, published.low, published.high),
        "published, every record taken as genuine": (bare.estimate, bare.low, bare.high),
        "published, doubtful children dropped": (without.estimate, without.low, without.high),
        PLAIN: (float(cells.sum()), _NONE, _NONE),
        "Chandrasekaran-Deming, mean of pairs": _mean(two_lists.chandrasekaran_deming, pairs),
        "Chapman, mean of pairs": _mean(two_lists.chapman, pairs),
        "Chao's lower bound": (chao[0], *log_interval(*chao, observed)),
        "sample coverage": (sample_coverage.covered(cells), _NONE, _NONE),
    }
    for method, words in ((Method.LATENT_CLASS, "latent class"), (Method.LOG_LINEAR, "log-linear")):
        of = [each for each in published.models if each.method is method]
        best = max(of, key=lambda each: each.weight)
        found[f"{words}, best by its criterion"] = (best.estimate, best.low, best.high)
        for each in of:
            if each.name in ("independent", "causes", "all pairs", "two classes of families + causes"):
                found[f"{words}, {each.name}"] = (each.estimate, each.low, each.high)
    return found


def _mean(
    estimator: Callable[..., tuple[float, float]], pairs: list[tuple[float, float, float]]
) -> tuple[float, float, float]:
    every = [(*estimator(*each), sum(each)) for each in pairs]
    births = float(np.nanmean([each[0] for each in every]))
    return births, *np.nanmean([log_interval(*each) for each in every], axis=0).tolist()


def figures(truth: np.ndarray, unseen: np.ndarray, rows: np.ndarray) -> dict[str, float | None]:
    """What a method makes of all cohorts; rows are (births, low, high)."""
    error = rows[:, 0] - truth
    known = np.isfinite(rows[:, 0])
    with_interval = known & np.isfinite(rows[:, 1])
    inside = (rows[:, 1] <= truth) & (truth <= rows[:, 2])
    width = 100 * (rows[:, 2] - rows[:, 1]) / truth

    def share(values: np.ndarray) -> float | None:
        return round(float(values[with_interval].mean()), 3) if with_interval.any() else None

    return {
        "bias_percent": round(float((100 * error / truth)[known].mean()), 2),
        "rmse_percent": round(float(np.sqrt(((100 * error / truth)[known] ** 2).mean())), 2),
        "error_of_unseen": round(float(np.abs(error)[known].sum() / unseen[known].sum()), 3),
        "error_of_unseen_by_county": round(
            float((np.abs(error) / truth)[known].mean() / (unseen / truth)[known].mean()), 3
        ),
        "coverage": share(inside.astype(float)),
        "truth_above": share((rows[:, 2] < truth).astype(float)),
        "truth_below": share((rows[:, 1] > truth).astype(float)),
        "width_percent": share(width),
        "median_width_percent": round(float(np.median(width[with_interval])), 2) if with_interval.any() else None,
    }


def simulate(counties: int, seed: int) -> dict:
    """Every method on so many cohorts."""
    settings, began = CompletenessSettings(), time.monotonic()
    cohorts = [draw_cohort(number) for number in range(seed, seed + counties)]
    found = [estimates_of(cohort, seed + number, settings) for number, cohort in enumerate(cohorts)]
    truth = np.array([cohort.births for cohort in cohorts], float)
    unseen = np.array([cohort.unseen for cohort in cohorts], float)
    seconds = time.monotonic() - began
    rows = {name: np.array([each[name] for each in found], float) for name in found[0]}
    # plain counting is measured on the truth: its error is the unseen number itself, whatever was invented
    rows[PLAIN] = np.column_stack([truth - unseen, np.full((len(truth), 2), _NONE)])
    methods = {name: figures(truth, unseen, row) for name, row in rows.items()}
    by_mix = {}
    for key in ("families", "invents", "missed_links", "births"):
        for value in sorted({cohort.mix[key] for cohort in cohorts}, key=str):
            chosen = np.array([cohort.mix[key] == value for cohort in cohorts])
            by_mix[f"{key}: {value}"] = {
                "cohorts": int(chosen.sum()),
                **figures(truth[chosen], unseen[chosen], rows[PUBLISHED][chosen]),
            }
    return {
        "cohorts": counties, "seed": seed, "seconds": round(seconds, 1),
        "unseen_percent": round(float((100 * unseen / truth).mean()), 2),
        "methods": methods, "published_by_mix": by_mix,
    }  # fmt: skip


def judge(published: dict[str, float | None]) -> dict[str, bool]:
    """Whether the published choice reaches what it has to."""
    coverage, width, error = (published[name] for name in ("coverage", "width_percent", "error_of_unseen_by_county"))
    assert None not in (coverage, width, error)
    return {
        f"coverage from {COVERAGE[0]} to {COVERAGE[1]}": COVERAGE[0] <= coverage <= COVERAGE[1],
        f"mean width at most {WIDTH} % of births": width <= WIDTH,
        f"mean error of the unseen at most {ERROR} of plain counting's": error <= ERROR,
    }


def of_home(root: Path) -> list[dict]:
    """Published estimates of a home against its truth: resident births of the cohort year, wherever born."""
    home = Home(root)
    with (root / "truth" / "births.csv").open(encoding="utf-8-sig") as file:
        residents = [row for row in csv.DictReader(file) if row["resident"] == "1"]
    births = Counter(row["birth_date"][:4] for row in residents)
    unseen = Counter(row["birth_date"][:4] for row in residents if HELD not in row.values())
    with open_warehouse(home, read_only=True) as con:
        published = con.execute(
            "SELECT cohort, observed, estimate, low, high, vintage FROM completeness.estimates "
            "WHERE register = $any AND division_code = $county ORDER BY cohort",
            {"any": ANY, "county": home.settings.county_code},
        ).fetchall()
    return [
        {
            "county": root.name, "cohort": cohort, "births": births[cohort],
            "unseen": unseen[cohort], "observed": observed,
            "estimate": estimate, "low": low, "high": high, "vintage": vintage,
            "is_inside": estimate is not None and low <= births[cohort] <= high,
        }
        for cohort, observed, estimate, low, high, vintage in published
    ]  # fmt: skip


def of_homes(rows: list[dict]) -> dict[str, dict]:
    """What the published choice makes of whole counties, by whether their cohort year is complete."""
    found = {}
    for name, is_complete in (("complete", True), ("provisional", False)):
        chosen = [
            row
            for row in rows
            if row["estimate"] is not None and (row["vintage"] != Vintage.PROVISIONAL.value) is is_complete
        ]
        if chosen:
            truth, unseen = (np.array([row[key] for row in chosen], float) for key in ("births", "unseen"))
            ends = np.array([(row["estimate"], row["low"], row["high"]) for row in chosen], float)
            found[name] = {"cohorts": len(chosen), **figures(truth, unseen, ends)}
    return found


def main() -> None:
    """Run, print, save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("homes", nargs="*", type=Path)
    parser.add_argument("--counties", type=int, default=200)
    parser.add_argument("--seed", type=int, default=5000)
    parser.add_argument("--save", action="store_true")
    chosen = parser.parse_args()
    result = simulate(chosen.counties, chosen.seed)
    result["judged"] = judge(result["methods"][PUBLISHED])
    result["homes"] = [row for root in chosen.homes for row in of_home(root)]
    result["published_of_homes"] = of_homes(result["homes"])
    text = json.dumps(result, indent=1, ensure_ascii=False)
    print(text)
    if chosen.save:
        path = PROJECT / "benchmarks" / f"completeness_{dt.date.today()}.json"
        path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
