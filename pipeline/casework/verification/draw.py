"""A round is drawn: its cases are chosen, it is entered into the ledger, and each team gets a workbook.

Belongs here: from frame to round to files. Does not: the frame (`verification/frame.py`), how a sample is drawn
(`completeness.sampling`), how a workbook looks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.accountability.obligations.calendar import WorkingDays
from pipeline.casework.verification.canvass_workbook import canvass_workbook
from pipeline.casework.verification.frame import Unit, read_frame
from pipeline.casework.verification.rounds import CANVASS, TEAMS, Case, Round, Village, check_name, folder_of
from pipeline.casework.verification.state import ROUND, Verification
from pipeline.casework.verification.workbook import adjudication_workbook, team_workbook
from pipeline.completeness.verification.sampling import Drawn, draw, draw_strata, order
from pipeline.errors import UsageError
from pipeline.home import Home
from pipeline.intake import Chain
from pipeline.intake.archive.archive import Store, review_path
from pipeline.reference import Reference, load_reference
from pipeline.whole_files import write_whole


@dataclass(frozen=True)
class Written:
    """A round whose workbooks lie there. `written`: those of them that were not there yet."""

    round: Round
    is_new: bool
    paths: tuple[Path, ...]
    written: tuple[Path, ...]


def draw_round(
    con: duckdb.DuckDBPyConnection, home: Home, name: str, per_township: int, *, seed: int = 1, villages: int = 0
) -> Written:
    """Draw a round and write its workbooks into `casework/verification/<round>/`. The caller holds the home's lock.

    A round is drawn once: asked for again with the same numbers, only workbooks that are gone are written again.

    Args:
        con: the warehouse, as the last night left it.
        per_township: cases of each township, over all strata.
        villages: villages of an area canvass; none is held where 0.

    Raises:
        UsageError: the name cannot be one, another round has it, no night has ended, or there is nothing to draw.
    """
    check_name(name)
    state = Verification.read(home)
    reference = load_reference(home)
    if name in state.rounds:
        there = state.rounds[name][1]
        if (there.per_township, there.seed, len(there.villages)) != (per_township, seed, villages):
            raise UsageError(
                f"Round {name} was drawn as of {there.drawn_on} with --per-township {there.per_township}, "
                f"--seed {there.seed} and --villages {len(there.villages)}.",
                "Give another round another name.",
            )
        return write_workbooks(home, reference, there, is_new=False)
    round_ = choose_round(con, home, reference, name, per_township, seed, villages)
    return enter_round(home, reference, round_)


def enter_round(home: Home, reference: Reference, round_: Round) -> Written:
    """Keep a round in the archive and the ledger, and write its workbooks. The caller holds the home's lock."""
    body = {
        "kind": ROUND, "round": round_.name, "round_sha256": round_.sha256, "drawn_on": round_.drawn_on,
        "due_on": round_.due_on, "cases": len(round_.cases), "villages": len(round_.villages),
    }  # fmt: skip
    store = Store(home)
    store.write({review_path(home, round_.sha256, "json"): round_.content})
    Chain(home.ledger_file).append([body])
    store.done()
    return write_workbooks(home, reference, round_, is_new=True)


def choose_round(
    con: duckdb.DuckDBPyConnection, home: Home, reference: Reference, name: str, per_township: int, seed: int,
    villages: int,
) -> Round:  # fmt: skip
    """Choose the cases of a round; the same night, name, numbers and seed choose the same.

    Raises:
        UsageError: see `draw_round`.
    """
    night = con.execute(
        "SELECT run_id, as_of FROM publish.nights WHERE release IS NOT NULL ORDER BY night_no DESC LIMIT 1"
    ).fetchone()
    if night is None:
        raise UsageError(f"No night has ended on {home.root} yet.", f"Run one: rollcall run --home {home.root}")
    settings = home.settings.verification
    drawn = draw_strata(read_frame(con, settings), per_township, settings.shares, seed)
    chosen = [(stratum, place, one) for (stratum, place), (_, taken) in drawn.items() for one in taken]
    if not chosen:
        raise UsageError("There is nothing to verify.", "No record of a resident child is there yet.")
    listed = sorted((code, *place) for code, place in _villages(con).items())
    if villages > len(listed):
        raise UsageError(
            f"There are {len(listed)} villages, fewer than {villages}.", "Give a smaller number with --villages."
        )
    walked = [one.unit for one in draw([code for code, *_ in listed], villages, f"{seed}|{name}")]
    return Round(
        name=name,
        run_id=night[0],
        drawn_on=night[1].isoformat(),
        due_on=WorkingDays(reference.holidays).after(night[1], settings.answer_working_days).isoformat(),
        seed=seed,
        per_township=per_township,
        cases=tuple(_cases(name, seed, chosen, settings.registers)),
        strata=tuple((stratum, place, units, len(taken)) for (stratum, place), (units, taken) in sorted(drawn.items())),
        villages=tuple(Village(code, place) for code, place in listed if code in walked),
        village_count=len(listed),
    )


def _cases(name: str, seed: int, chosen: Sequence[tuple[str, str, Drawn]], registers: Sequence[str]) -> list[Case]:
    """Numbered in an order that tells nothing of why each was drawn."""
    by_place = {(stratum, place, one.unit): one.inclusion_probability for stratum, place, one in chosen}
    cases = []
    for number, (stratum, place, unit) in enumerate(order(by_place, f"{seed}|{name}"), start=1):
        assert isinstance(unit, Unit)
        # a case that is no omission asks about another register all the same
        others = order([register for register in registers if register != unit.feed], f"{seed}|{unit.record_key}")
        cases.append(
            Case(
                f"{name}-{number:04d}", stratum, by_place[stratum, place, unit], place, unit.unit_code, unit.feed,
                unit.period, unit.record_key, unit.record_no, unit.child_id,
                unit.register or (others or list(registers))[0],
            )
        )  # fmt: skip
    return cases


def _villages(con: duckdb.DuckDBPyConnection) -> Mapping[str, tuple[str]]:
    rows = con.execute(
        "SELECT division_code, parent_code FROM reference.divisions WHERE level = 'village' ORDER BY ALL"
    ).fetchall()
    return {code: (parent,) for code, parent in rows}


def _unit_names(reference: Reference) -> dict[str, str]:
    return {code: unit.unit_name for code, unit in reference.units.items()}


def write_workbooks(home: Home, reference: Reference, round_: Round, *, is_new: bool) -> Written:
    names, county = _unit_names(reference), home.settings.name
    contents = {team: team_workbook(round_, team, names, county) for team in TEAMS}
    if round_.villages:
        divisions = {code: division.name for code, division in reference.divisions.items()}
        contents[CANVASS] = canvass_workbook(round_, divisions, county)
    # a folder for each team: what is handed over holds nothing of the other's
    paths = {who: folder_of(home, round_.name) / who / f"{round_.name}_{who}.xlsx" for who in contents}
    written = [path for path in paths.values() if not path.exists()]
    for who, path in paths.items():
        # one that is there may have been begun to be filled in
        if path in written:
            write_whole(path, contents[who])
    return Written(round_, is_new, tuple(paths.values()), tuple(written))


def write_adjudication(home: Home, name: str) -> Path | None:
    """Write the workbook of a round's cases in dispute; the entry of the last answer is in its name.

    Returns:
        None where nothing is in dispute.
    """
    state = Verification.read(home)
    said = {case_no: state.given(name, case_no) for case_no in state.disputes(name)}
    if not said:
        return None
    entry = max(given.entry for by_team in said.values() for given in by_team.values())
    path = folder_of(home, name) / "adjudicator" / f"{name}_adjudicator_{entry}.xlsx"
    if not path.exists():
        reference = load_reference(home)
        content = adjudication_workbook(state.rounds[name][1], said, _unit_names(reference), home.settings.name)
        write_whole(path, content)
    return path
